package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
	"github.com/polis-agents/polis/scenarios/commons"
)

// journalSuite is what it costs to keep what happens.
func journalSuite() []part {
	kept, cut, asked := &keptRun{}, &cutRun{}, &askedRun{}
	once := func(Options) int { return 1 }
	return []part{
		contest{name: "sqlite_turns", metric: rate, goal: ">= 0.5×", value: kept.openSociety, ops: turnsOf,
			yardstick: "the same rows in bare inserts, in the same batches", against: kept.openInserts},
		contest{name: "memory_cost", metric: cpuTime, goal: "<= 1.1×", value: openLake(fishers, inMemory),
			yardstick: "the same run, its turns digested and not kept", against: openLake(fishers, nowhere), ops: turnsOf},
		contest{name: "memory_cost_5", metric: cpuTime, goal: ">= 0×", value: openLake(5, inMemory),
			yardstick: "the same run, its turns digested and not kept", against: openLake(5, nowhere),
			ops: func(o Options) int { return turnsAt(o, 5) }},
		contest{name: "resume_million", metric: seconds, goal: "<= 10", value: cut.openResume, ops: once,
			yardstick: "reading the same file and checking every digest", against: cut.openCheck},
		contest{name: "replay_speed", metric: rate, goal: ">= 5×", value: asked.openReplay, ops: once,
			yardstick: "the run itself, its model a stand-in over loopback: 150 ms to the first token, 5 ms for each", against: asked.openAsked},
	}
}

// Five fishers see little of each other, so their turns are the cheapest that there are at the lake, and the most to keep
// for what they cost. They have no goal of their own, and so one that is always met.

func inMemory() journal.Store { return journal.NewMemory() }
func nowhere() journal.Store  { return nil }

// fishers is how many live at the lake of this suite, where nothing else is said.
const fishers = 100

// months are as many as give a side the time it should take, or about that.
func months(o Options, agents int) int {
	return max(2, int(10_000*o.Least/(50*time.Millisecond))/agents)
}

// turnsAt is how many turns a run has: in each month one for the percepts and one for what the lake does, and of each
// fisher a percept and an outcome, and the action. The first and the last are no full months.
func turnsAt(o Options, agents int) int { return months(o, agents) * (3*agents + 2) }

func turnsOf(o Options) int { return turnsAt(o, fishers) }

// lake is a society of rules at the commons, for so many months: real turns, real effects, and no waiting.
func lake(months, agents int) (polis.Society, polis.Config, error) {
	minds, err := polis.ParseMinds([]string{"sustainable"}, agents, agents)
	if err != nil {
		return polis.Society{}, polis.Config{}, err
	}
	stock := strconv.Itoa(100 * agents)
	s, err := commons.Build(polis.Order{Agents: agents, Minds: minds, Rounds: months,
		Settings: map[string]string{"talk": "false", "initial": stock, "cap": stock}})
	return s, polis.Config{Seed: 1, Rounds: months}, err
}

// openLake is a whole run, from an empty store to the report.
func openLake(agents int, store func() journal.Store) opener {
	return func(o Options) (rig, error) {
		return rig{run: func(ops int) (sample, error) {
			return measure(ops, func() error { _, err := fish(o, agents, store()); return err })
		}}, nil
	}
}

// fish lets the society live once.
func fish(o Options, agents int, store journal.Store) (*polis.Report, error) {
	s, cfg, err := lake(months(o, agents), agents)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cfg.Journal = store
	cfg.Observe = func(any) {} // as the demo does: somebody always looks, with a journal or without
	r, err := polis.Run(ctx, s, cfg)
	if err == nil && r.Rounds != months(o, agents) {
		err = fmt.Errorf("the lake lived for %d months, not %d", r.Rounds, months(o, agents))
	}
	return r, err
}

// keptRun is a run in a file, and what the yardstick needs of it.
type keptRun struct {
	dir     string
	batches []int // entries in each
	rows    []journal.Entry
}

// openSociety is a society whose turns go to SQLite while it lives: from the first to the moment when all are kept.
func (k *keptRun) openSociety(o Options) (r rig, err error) {
	if k.dir, err = os.MkdirTemp("", "polis-bench-"); err != nil {
		return rig{}, err
	}
	n := 0
	return rig{
		run: func(int) (sample, error) {
			n++
			file, err := sqlite.Open(context.Background(), filepath.Join(k.dir, "run-"+strconv.Itoa(n)+".db"), sqlite.Options{})
			if err != nil {
				return sample{}, err
			}
			k.batches = k.batches[:0]
			var kept journal.Kept
			s, err := measure(0, func() error {
				r, err := fish(o, fishers, batchCounter{file, k})
				if err == nil {
					kept = r.Kept
				}
				return err
			})
			s.ops = int(kept.Turns)
			return s, errors.Join(err, k.read(file), file.Close())
		},
		close: func() error { return os.RemoveAll(k.dir) },
	}, nil
}

// read takes the rows out of the file.
func (k *keptRun) read(file journal.Store) error {
	k.rows = k.rows[:0]
	for e, err := range file.Read(context.Background(), 0) {
		if err != nil {
			return err
		}
		k.rows = append(k.rows, e)
	}
	return nil
}

// batchCounter notes how much goes into a transaction.
type batchCounter struct {
	journal.Store
	of *keptRun
}

// Append implements journal.Store.
func (b batchCounter) Append(ctx context.Context, entries []journal.Entry) error {
	b.of.batches = append(b.of.batches, len(entries))
	return b.Store.Append(ctx, entries)
}
