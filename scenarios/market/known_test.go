package market_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/market"
)

// run plays a market to its end.
func run(t testing.TB, seed uint64, set map[string]string, minds []string, cfg polis.Config) (*polis.Report, map[string]float64) {
	t.Helper()
	all, err := polis.ParseMinds(minds, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := market.Build(polis.Order{Minds: all, Settings: set, Rounds: cfg.Rounds})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Seed = seed
	rep, err := polis.Run(context.Background(), s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !rep.Messages.Balanced() || rep.NotStopped != nil {
		t.Fatalf("seed %d: %+v, %v", seed, rep.Messages, rep.NotStopped)
	}
	return rep, market.Measure(rep)
}

// "Cost matrix [[9,2,7,8],[6,4,3,7],[5,8,1,8],[7,6,9,4]], tasks announced in order 0..3, each awarded to the cheapest agent
// still free: total 14. Optimum 13." 7 messages for each bidder and task at most; nothing breaks the protocol.
func TestKnownMatrix(t *testing.T) {
	set := map[string]string{"costs": "testdata/costs.csv"}
	minds := []string{"1*buyer", "4*honest"}
	rep, m := run(t, 1, set, minds, polis.Config{})
	if _, rows := run(t, 1, map[string]string{"costs": "9,2,7,8;6,4,3,7;5,8,1,8;7,6,9,4"}, minds, polis.Config{}); !maps.Equal(rows, m) {
		t.Errorf("written as rows: %v, from a file %v", rows, m)
	}
	for name, want := range map[string]float64{"cost": 14, "optimum": 13, "central": 14, "chance": 23.5, "done": 1, "violations": 0} {
		if math.Abs(m[name]-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
	if rep.Messages.Dead != 0 || rep.Said["accept-proposal"] != 4 || rep.Said["inform"] != 4 {
		t.Errorf("said %v, account %+v", rep.Said, rep.Messages)
	}
	for _, procs := range []int{1, 8} {
		before := runtime.GOMAXPROCS(procs)
		again, _ := run(t, 1, set, minds, polis.Config{Chaos: polis.Chaos{Agents: .2}})
		runtime.GOMAXPROCS(before)
		if again.Hash != rep.Hash || again.Faults.Crashes == 0 {
			t.Errorf("on %d threads with %d crashes: hash %.12s, want %.12s", procs, again.Faults.Crashes, again.Hash, rep.Hash)
		}
	}
}

// "Random costs, independent Exp(1), n x n: E[optimal] = sum of 1/k²; E[sequential contract net] = H_n; random assignment = n."
func TestRandomCosts(t *testing.T) {
	runs := 300
	if os.Getenv("POLIS_TEST_LONG") != "" {
		runs = 4000
	}
	const n = 3
	sum, squares := map[string]float64{}, map[string]float64{}
	for seed := range uint64(runs) {
		_, m := run(t, seed+1, nil, []string{"1*buyer", fmt.Sprintf("%d*honest", n)}, polis.Config{})
		if m["done"] != 1 || math.Abs(m["cost"]-m["central"]) > 1e-9 {
			t.Fatalf("seed %d: %v", seed+1, m)
		}
		for name, x := range m {
			sum[name] += x
			squares[name] += x * x
		}
	}
	for name, want := range map[string]float64{"optimum": 1.3611, "cost": 1.8333, "chance": n} {
		mean := sum[name] / float64(runs)
		se := math.Sqrt((squares[name]/float64(runs) - mean*mean) / float64(runs))
		if math.Abs(mean-want) > 4*se {
			t.Errorf("%s is %.4f (se %.4f) in %d runs, want %.4f", name, mean, se, runs, want)
		}
		t.Logf("%s %.4f (se %.4f), exact %.4f", name, mean, se, want)
	}
}

// tally watches who was awarded what, and who was answered.
type tally struct {
	accepts  map[string]int    // by conversation
	open     map[string]string // the act that a proposal waits for, by conversation and proposer; "": it is there
	wrong    []string
	promises int
}

func (c *tally) hear(event any) {
	said, ok := event.(actors.Said)
	if !ok {
		return
	}
	m := said.Message
	for _, to := range m.Receivers {
		switch m.Act {
		case protocol.Propose:
			c.promises++
			c.open[m.Conversation+" "+m.Sender] = "?"
		case protocol.AcceptProposal, protocol.RejectProposal:
			at := m.Conversation + " " + to
			if c.open[at] != "?" {
				c.wrong = append(c.wrong, fmt.Sprintf("%s to %s, who had %q", m.Act, to, c.open[at]))
			}
			c.open[at] = string(m.Act)
			if m.Act == protocol.AcceptProposal {
				if c.accepts[m.Conversation]++; c.accepts[m.Conversation] > 1 {
					c.wrong = append(c.wrong, "a second award in "+m.Conversation)
				}
			}
		}
	}
}

// "No double award in 10,000 random runs with crashes; every proposer gets exactly one answer." A contractor that dies with
// its award is found out by the deadline, and the task is called for again.
func TestAwardsUnderFailure(t *testing.T) {
	runs := 200
	if os.Getenv("POLIS_TEST_LONG") != "" {
		runs = 10_000
	}
	crashes, deaths := 0, 0
	for seed := range uint64(runs) {
		c := &tally{accepts: map[string]int{}, open: map[string]string{}}
		rep, m := run(t, seed+1, map[string]string{"tasks": "2"}, []string{"1*buyer", "2*honest", "1*mortal:40", "1*breaker:30"},
			polis.Config{Rounds: 100, Chaos: polis.Chaos{Agents: .1}, Observe: c.hear})
		for at, answer := range c.open {
			if answer == "?" && rep.Rounds < 100 {
				c.wrong = append(c.wrong, at+" was not answered")
			}
		}
		q := rep.World.(*market.Square)
		if len(c.wrong) > 0 || c.promises == 0 || m["violations"] != 0 {
			t.Fatalf("seed %d: %v; %d proposals, judged %v", seed+1, c.wrong, c.promises, rep.Judged)
		}
		for i, w := range q.Works {
			for _, o := range q.Works[:i] {
				if o.Task == w.Task {
					t.Fatalf("seed %d: task %d was done twice", seed+1, w.Task)
				}
			}
		}
		crashes += rep.Faults.Crashes
		for _, trader := range q.Traders {
			if trader.Left == 0 && trader.Name == "Cleo" {
				deaths++
			}
		}
	}
	if crashes == 0 || deaths == 0 {
		t.Errorf("%d crashes, %d deaths: nothing was shown", crashes, deaths)
	}
}

// "An agent that breaks 30 % of its commitments is estimated within 0.05 after 200 observations, and awards move away from it."
// Costs are the same for all, so that who believes everybody awards the first by name.
func TestAwardsMoveAwayFromWhoBreaksHisWord(t *testing.T) {
	costs := filepath.Join(t.TempDir(), "same.csv")
	row := strings.Repeat("1,", 249) + "1\n"
	if err := os.WriteFile(costs, []byte(row+row+row), 0o600); err != nil {
		t.Fatal(err)
	}
	share := func(buyer string) (awards, broken float64) {
		counts, failed := map[string]int{}, 0
		run(t, 5, map[string]string{"costs": costs, "each": "300"}, []string{"1*" + buyer, "1*breaker:30", "2*honest"}, polis.Config{Rounds: 4000, Observe: func(event any) {
			said, ok := event.(actors.Said)
			switch {
			case ok && said.Message.Act == protocol.AcceptProposal:
				counts[said.Message.Receivers[0]]++
			case ok && said.Message.Act == protocol.Failure:
				failed++
			}
		}})
		return float64(counts["Ada"]), float64(failed)
	}
	blind, broken := share("buyer")
	if rate := broken / blind; blind < 100 || math.Abs(rate-.3) > .1 {
		t.Errorf("who believes everybody awards the breaker %v times, who breaks %v of them: want about .3", blind, rate)
	}
	wary, _ := share("wary")
	if wary > blind/3 {
		t.Errorf("the wary award the breaker %v times, those who are not %v times", wary, blind)
	}
	t.Logf("awards to the breaker: %v by who believes everybody, %v by the wary", blind, wary)
}
