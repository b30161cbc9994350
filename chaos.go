package polis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/internal/chance"
)

// Chaos are faults made on purpose. The zero value makes none. A society that can go on ends in the same hash with them
// as without: they are no part of it.
type Chaos struct {
	Agents   float64  // share of the attempts at agents' turns that panic, half before and half after the behavior ran; never an event's last attempt
	Always   []string // agents of whom every attempt panics
	World    int      // crashes of the world, in rounds drawn from the seed, half before and half after its code ran; never an event's last attempt
	Adapters float64  // share of the attempts of adapters at their messages that panic, half before and half after; never the last

	Journal JournalFault  // what befalls the journal, at a moment drawn from the seed when the run has begun
	Slow    time.Duration // how long one of four commits then takes, with JournalSlow; 0: 100 ms
	Process int           // times that this process kills itself, at moments drawn from the seed: each when that much is kept, so a run that is resumed meets the next one
}

// JournalFault is what can befall a journal on purpose.
type JournalFault string

const (
	// JournalError lets every commit fail, from a moment on, as by an input/output error. It is simulated, and says so.
	JournalError JournalFault = "error"
	// JournalSlow lets one commit of four take long, as on a disk that is busy with others. It is simulated.
	JournalSlow JournalFault = "slow"
	// JournalFull lets the disk be full. Whoever opens the store sees to that, with Chaos.Pages.
	JournalFull JournalFault = "full"
)

// slowCommit is how long a commit takes with JournalSlow, if nothing else is said.
const slowCommit = 100 * time.Millisecond

// mostFaults is how many crashes of the world, or kills, may be asked for.
const mostFaults = 10_000

const acceptedChaos = "accepted are agent:P%, agent:NAME=always, world:N, adapter:P%, journal:full, journal:error, " +
	"journal:slow[=D] and process:N, with P from 0 to 100, N from 1 to 10000 and D such as 200ms"

// ParseChaos reads a list such as "agent:20%,agent:kate=always,world:2".
func ParseChaos(spec string) (Chaos, error) {
	var c Chaos
	for part := range strings.SplitSeq(spec, ",") {
		whom, what, _ := strings.Cut(strings.TrimSpace(part), ":")
		ok := false
		switch whom {
		case "agent":
			if name, always := strings.CutSuffix(what, "=always"); always {
				c.Always, ok = append(c.Always, name), name != ""
			} else {
				c.Agents, ok = parseShare(what)
			}
		case "adapter":
			c.Adapters, ok = parseShare(what)
		case "world":
			c.World, ok = parseFaults(what)
		case "process":
			c.Process, ok = parseFaults(what)
		case "journal":
			ok = c.parseJournal(what)
		}
		if !ok {
			return Chaos{}, fmt.Errorf("chaos %q; %s", part, acceptedChaos)
		}
	}
	return c, nil
}

func parseShare(text string) (float64, bool) {
	percent, isShare := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(percent, 64)
	return share / 100, isShare && err == nil && share >= 0 && share <= 100
}

func parseFaults(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= mostFaults
}

func (c *Chaos) parseJournal(text string) bool {
	what, long, timed := strings.Cut(text, "=")
	fault := JournalFault(what)
	if c.Journal != "" && c.Journal != fault {
		return false
	}
	switch c.Journal = fault; fault {
	case JournalError, JournalFull:
		return !timed
	case JournalSlow:
		c.Slow = slowCommit
		if timed {
			d, err := time.ParseDuration(long)
			if err != nil || d <= 0 {
				return false
			}
			c.Slow = d
		}
		return true
	}
	return false
}

// check says whether the faults are about what there is.
func (c *Chaos) check(s *Society, cfg *Config) error {
	switch {
	case !(c.Agents >= 0 && c.Agents <= 1 && c.Adapters >= 0 && c.Adapters <= 1): // NaN is none either
		return fmt.Errorf("polis: chaos with a share of %v and %v; accepted is 0 to 1", c.Agents, c.Adapters)
	case c.World < 0 || c.World > mostFaults || c.Process < 0 || c.Process > mostFaults || c.Slow < 0:
		return fmt.Errorf("polis: chaos with %d crashes, %d kills and %v; accepted is 0 to %d, and no time below 0", c.World, c.Process, c.Slow, mostFaults)
	case c.Adapters > 0 && len(s.Models) == 0:
		return fmt.Errorf("polis: chaos for adapters, and the society asks no model; accepted is one that does")
	case (c.Journal != "" || c.Process > 0) && cfg.Journal == nil:
		return fmt.Errorf("polis: chaos for the journal or the process, and the run keeps no journal; accepted is a run that does")
	}
	switch c.Journal {
	case "", JournalError, JournalSlow, JournalFull:
	default:
		return fmt.Errorf("polis: chaos %q for the journal; accepted are %q, %q, %q", c.Journal, JournalError, JournalSlow, JournalFull)
	}
	for _, name := range c.Always {
		if !slices.ContainsFunc(s.Agents, func(a Agent) bool { return a.Name == name }) {
			names := make([]string, len(s.Agents))
			for i, a := range s.Agents {
				names[i] = a.Name
			}
			return fmt.Errorf("polis: chaos names agent %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// faults draws from (seed, actor, n, attempt); nil: none.
func (c *Chaos) faults(seed uint64) actors.Chaos {
	if c.Agents == 0 && len(c.Always) == 0 {
		return nil
	}
	return func(actor string, n uint64, attempt, attempts int) (before, after bool) {
		u := chance.Float(seed, "chaos/"+actor+"/"+strconv.Itoa(attempt), n)
		for _, name := range c.Always {
			if actor == actors.ActorName(name) {
				return u < 0.5, u >= 0.5
			}
		}
		return half(u, c.Agents, attempt, attempts)
	}
}

// half says for u, uniform in [0, 1), whether an attempt fails: half of the share before, half after. The last never does.
func half(u, share float64, attempt, attempts int) (before, after bool) {
	if attempt >= attempts || u >= share {
		return false, false
	}
	return u < share/2, u >= share/2
}

// adapterFaults draws from (seed, adapter's name, message, attempt); nil: none.
func (c *Chaos) adapterFaults(seed uint64, name string) func(message uint64, attempt, attempts int) (before, after bool) {
	if c.Adapters == 0 {
		return nil
	}
	return func(message uint64, attempt, attempts int) (before, after bool) {
		return half(chance.Float(seed, "chaos/"+actors.ServiceName(name)+"/"+strconv.Itoa(attempt), message), c.Adapters, attempt, attempts)
	}
}

// horizon is how many rounds are thought of where the world alone knows the end.
const horizon = 12

// worldCrash is one crash of the world.
type worldCrash struct {
	round int
	skip  int // turns of the world in that round that go well before
	after bool
}

// worldFaults plans the crashes of the world; nil: none. A crash that finds no turn left in its round comes at the next.
// The function belongs to one environment actor, since it counts turns.
func (c *Chaos) worldFaults(seed uint64, rounds, agents int) func(round, attempt, attempts int) (before, after bool) {
	if c.World == 0 {
		return nil
	}
	if rounds <= 0 {
		rounds = horizon
	}
	draw := chance.New(seed, "chaos/world", 0)
	plan := make([]worldCrash, c.World)
	for i := range plan {
		plan[i] = worldCrash{round: 1 + draw.IntN(rounds), skip: draw.IntN(agents + 2)}
		if plan[i].round == rounds {
			plan[i].skip = 0 // later there may be no turn
		}
	}
	slices.SortFunc(plan, func(a, b worldCrash) int { return 1000*(a.round-b.round) + min(a.skip-b.skip, 999) })
	odd := draw.IntN(2)
	for i := range plan {
		plan[i].after = (i+odd)%2 > 0
	}
	begun, last, turns := false, 0, 0
	return func(round, attempt, attempts int) (before, after bool) {
		if attempt > 1 || attempts < 2 {
			return false, false
		}
		for !begun && len(plan) > 0 && plan[0].round < round { // a run that is resumed has had them
			plan = plan[1:]
		}
		if begun = true; round != last {
			last, turns = round, 0
		}
		turns++
		if len(plan) == 0 || plan[0].round > round || plan[0].round == round && turns <= plan[0].skip {
			return false, false
		}
		after = plan[0].after
		plan = plan[1:]
		return !after, after
	}
}

// Pages is how many pages of 4096 bytes the journal of a run of that size may fill before its disk is full, drawn from the
// seed: enough for it to begin, and fewer than it takes. 0: as many as it likes.
func (c *Chaos) Pages(seed uint64, rounds, agents int) int {
	if c.Journal != JournalFull {
		return 0
	}
	return 16 + int(moments(seed, "chaos/full", 1, rounds, agents)[0]/2)
}

// Mended are the faults for a run that is taken up again: a journal that could not be written is thought to be mended.
func (c *Chaos) Mended() Chaos {
	m := *c
	if m.Journal != JournalSlow {
		m.Journal = ""
	}
	return m
}

// moments draws n numbers of kept turns, ascending, from the turns that a run of that size has at least.
func moments(seed uint64, what string, n, rounds, agents int) []uint64 {
	if rounds <= 0 {
		rounds = horizon
	}
	turns := uint64(math.MaxInt32)
	if rounds < math.MaxInt32/(agents+1) {
		turns = uint64(rounds) * uint64(agents+1) // a percept each, and the turn of the world that made them
	}
	draw := chance.New(seed, what, 0)
	at := make([]uint64, n)
	for i := range at {
		at[i] = 1 + draw.Uint64N(turns)
	}
	slices.Sort(at)
	return at
}
