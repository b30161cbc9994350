package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
)

// "Same seed, same configuration, same hash, on any number of threads or nodes."
func TestThreeNodesGiveTheHashOfOneProcess(t *testing.T) {
	g := launchAll(t, 3, nil)
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		for _, chaos := range []float64{0, 0.2} {
			t.Run(fmt.Sprint(pace, chaos), func(t *testing.T) {
				s := spec{Pace: pace, Seed: 7, Rounds: 12, Chaos: chaos}
				p := village(s)
				want, err := polis.Run(t.Context(), p.Society, p.Config)
				must(t, err)
				got, err := g.run(t.Context(), t, 0, s, nil)
				must(t, err)
				if got.Hash != want.Hash || fmt.Sprint(got.World) != fmt.Sprint(want.World) || !got.Reproducible {
					t.Errorf("got %s %+v, want %s %+v", got.Hash, got, want.Hash, want)
				}
				if !got.Messages.Balanced() || got.Messages.Sent != want.Messages.Sent || got.NotStopped != nil {
					t.Errorf("the account is %+v, of one process %+v", got.Messages, want.Messages)
				}
				if got.Faults != want.Faults {
					t.Errorf("faults are %+v, of one process %+v", got.Faults, want.Faults)
				}
				if len(got.World.(*well).Gone) != 2 {
					t.Errorf("%v have left", got.World.(*well).Gone)
				}
			})
		}
	}
}

// A mailbox that is full in another process refuses as one here does: who wrote hears of it, who waits for letters waits
// for those only that have come, and nobody waits until a deadline.
func TestFullMailboxesElsewhereRefuse(t *testing.T) {
	g := launchAll(t, 3, nil)
	began := time.Now()
	refused := 0
	rep, err := g.run(t.Context(), t, 0, spec{Pace: environment.Rounds, Seed: 7, Rounds: 5, Room: 2, Talk: 300}, func(event any) {
		if e, ok := event.(actors.Clocked); ok && strings.HasSuffix(e.What, "was refused: busy") {
			refused++
		}
	})
	must(t, err)
	if took := time.Since(began); took > 40*time.Second || rep.Rounds != 5 {
		t.Errorf("%d rounds took %v: somebody has waited for a deadline", rep.Rounds, took)
	}
	if refused == 0 || rep.Reproducible || rep.Faults.Clocked < refused || !rep.Messages.Balanced() {
		t.Errorf("%d were told to be refused: %+v", refused, rep)
	}
}

// What observers of the other nodes see, those of the first see, too.
func TestObserversSeeAllNodes(t *testing.T) {
	g := launchAll(t, 3, nil)
	said, failed, rounds := map[string]int{}, map[string]int{}, 0
	step, last := uint64(0), map[string]uint64{}
	rep, err := g.run(t.Context(), t, 2, spec{Pace: environment.Rounds, Seed: 7, Rounds: 6, Chaos: 0.2}, func(event any) {
		switch e := event.(type) {
		case actors.Said:
			if said[e.Message.Sender]++; e.Round != rounds+1 {
				t.Errorf("%s is heard to speak in round %d, after the end of round %d", e.Message.Sender, e.Round, rounds)
			}
			if e.Step < step || e.N < last[e.Message.Sender] || e.N == 0 || e.Now == 0 && e.Round > 1 {
				t.Errorf("%s is heard to speak in step %d, turn %d, at %v; before that was step %d and its turn %d", e.Message.Sender, e.Step, e.N, e.Now, step, last[e.Message.Sender])
			}
			step, last[e.Message.Sender] = e.Step, e.N
		case polis.Failed:
			failed[e.Decision.Cause().Actor]++
		case environment.RoundEnded:
			rounds = e.Round
		}
	})
	must(t, err)
	if len(said) < 4 || len(failed) < 8 || rounds != 6 {
		t.Errorf("said %v, failed %v, %d rounds", said, failed, rounds)
	}
	sum := 0
	for _, n := range failed {
		sum += n
	}
	if sum != rep.Faults.Crashes {
		t.Errorf("%d crashes were seen, %d are reported", sum, rep.Faults.Crashes)
	}
}

// A node is believed only about those who live on it, and only the first says how a run goes.
func TestANodeIsBelievedAboutItsOwnOnly(t *testing.T) {
	members := []Member{{"a", "127.0.0.1:1"}, {"b", "127.0.0.1:2"}, {"c", "127.0.0.1:3"}}
	n := &Node{cfg: Config{Name: "b"}, place: place(members), runs: map[uint64]*run{}}
	of := map[string]string{} // an agent of each node
	for _, name := range villagers {
		of[n.place.of(agentPrefix+name)] = name
	}
	if len(of) != 3 {
		t.Fatal("the villagers live on", of)
	}
	speak := func(from, to string) *mail {
		return &mail{run: 1, from: agentPrefix + from, to: agentPrefix + to, weight: 1, msg: letter(from)}
	}
	for name, c := range map[string]struct {
		peer string
		m    *mail
		ok   bool
	}{
		"its own":                {"a", speak(of["a"], of["b"]), true},
		"of another node":        {"a", speak(of["c"], of["b"]), false},
		"of this node":           {"a", speak(of["b"], of["b"]), false},
		"to another node":        {"a", speak(of["a"], of["c"]), false},
		"the world's":            {"a", &mail{run: 1, from: "world", to: agentPrefix + of["b"], msg: &wire.Delivery{}}, true},
		"not the world's":        {"c", &mail{run: 1, from: "world", to: agentPrefix + of["b"], msg: &wire.Delivery{}}, false},
		"a model's":              {"a", &mail{run: 1, to: agentPrefix + of["b"], weight: 1, msg: &wire.Answer{}}, true},
		"no model's":             {"c", &mail{run: 1, to: agentPrefix + of["b"], weight: 1, msg: &wire.Answer{}}, false},
		"the first says stop":    {"a", &mail{run: 1, msg: &notice{what: sayStop}}, true},
		"another says stop":      {"c", &mail{run: 1, msg: &notice{what: sayStop}}, false},
		"another says prepare":   {"c", &mail{run: 1, msg: &notice{what: sayPrepare}}, false},
		"said to the wrong node": {"a", &mail{run: 1, msg: &notice{what: sayShare}}, false},
		"said by nobody":         {"a", &mail{run: 1, msg: &notice{what: "sing"}}, false},
	} {
		data, err := c.m.append(nil)
		must(t, err)
		if err := n.arrived(c.peer, data); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
