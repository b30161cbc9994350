package actors_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// heard is a message that comes from somebody.
func heard(sender, words string) *protocol.Message {
	return &protocol.Message{Act: protocol.Inform, Sender: sender, Receivers: []string{"agent"}, Conversation: "c1", Content: note{words}}
}

// sees is a percept in a phase where something can be done.
func sees(round, marks int) actors.Percept {
	return actors.Percept{Round: round, Phase: "day", View: view{marks}, Choice: true}
}

// all is a number about everything in a situation.
func all(s situation) (n int) {
	for _, m := range s.Messages {
		n = 31*n + len(m.Sender+text(m.Content)+m.Conversation+string(m.Act))
	}
	for _, o := range s.Outcomes {
		v, _ := o.Value.(mark)
		n = 31*n + v.N + len(o.Reason+o.Action+o.Detail)
	}
	return 31*n + s.Percept.Marks + s.Round + len(s.Phase) + int(s.Now)
}

var meanwhile = []any{
	heard("ben", "hello"), actors.Outcome{Action: "mark", Value: mark{7}}, heard("cleo", "hello again"),
	actors.Outcome{Action: "mark", Reason: "negative", Detail: "-1 is below zero"}, &protocol.Message{Act: protocol.Request, Sender: "dan"},
	&protocol.Message{Act: protocol.Request, Sender: "dan", Receivers: []string{"eve"}, ReplyTo: []string{"fay"}, Content: note{"go"}, Language: "fishing-1",
		Encoding: "utf-8", Ontology: "fishing", Protocol: "fipa-request", Conversation: "c1", ReplyWith: "r1", InReplyTo: "r0", ReplyBy: 3 * time.Second,
		Extra: map[string]string{"X-b": "2", "X-a": "1"}},
}

// lately counts decisions: the memory of a rule.
type lately struct{ N int }

func (r *lately) Decide(_ *actors.Turn, s situation) (mark, error) {
	r.N++
	if r.N%3 == 0 {
		return mark{}, actors.ErrPass
	}
	return mark{1000*r.N + all(s)}, nil
}

func (r *lately) Snapshot() ([]byte, error)  { return json.Marshal(r) }
func (r *lately) Restore(state []byte) error { return json.Unmarshal(state, r) }

// statelessly decides on the percept alone.
type statelessly struct{}

func (statelessly) Stateless() {}

func (statelessly) Decide(t *actors.Turn, s situation) (mark, error) {
	return mark{s.Rand.IntN(100) + all(s)}, nil
}

// Deciders are Keepers with all that a decision needs, or Stateless: a new life decides as the old one would have.
func TestDecidersAreRestoredWhole(t *testing.T) {
	blind := actors.Percept{Round: 9, Phase: "night", View: view{}} // nothing can be done
	var script []any
	for round := range 3 {
		script = append(script, meanwhile...)
		script = append(script, blind, sees(round+1, round))
	}
	for name, b := range map[string]func() actors.Behavior{
		"a rule with a Keeper": func() actors.Behavior { return actors.FromRule(&lately{}) },
		"a rule that is a function": func() actors.Behavior {
			return actors.FromRule(rule(func(t *actors.Turn, s situation) (mark, error) { return mark{all(s) + s.Rand.IntN(100)}, nil }))
		},
		"a rule that is Stateless": func() actors.Behavior { return actors.FromRule(statelessly{}) },
	} {
		t.Run(name, func(t *testing.T) {
			_, keeper := b().(actors.Keeper)
			if _, stateless := b().(actors.Stateless); keeper == stateless {
				t.Error("it is neither a Keeper nor Stateless, or both")
			}
			actorstest.Config{Seed: 3}.Check(t, b, script...)
		})
	}
	t.Run("a mind", func(t *testing.T) {
		actorstest.Check(t, func() actors.Behavior {
			return actors.FromMind(mind(nil), mindful{Fallback: &lately{}})
		}, append(append([]any{},
			heard("ben", "before"), sees(1, 4)), append(meanwhile, // it thinks in turn 2, and fails
			actors.Result{ID: actors.ID{Turn: 2}, Job: "decide", Error: "no idea"}, blind,
			heard("ben", "between"), sees(2, 5), sees(3, 6), // overtaken: turn 11 is dropped for turn 12
			actors.Result{ID: actors.ID{Turn: 11}, Job: "decide", Error: "late"},
			actors.Result{ID: actors.ID{Turn: 12, Index: 1}, Job: "decide", Error: "no idea"},
			sees(4, 7), actors.Result{ID: actors.ID{Turn: 15}, Job: "decide", Value: mark{5}}, actors.Stopping{},
		)...)...)
	})
}

// What a mind thinks about is all there is: what came since the last decision that was made, also if one was overtaken.
func TestAnOvertakenThoughtLosesNothing(t *testing.T) {
	p := actorstest.New(t, actors.FromMind(mind(func(_ context.Context, s situation) (mark, error) {
		return mark{}, errors.New(fmt.Sprint(len(s.Messages), len(s.Outcomes), s.Percept.Marks))
	}), mindful{Fallback: rule(func(_ *actors.Turn, s situation) (mark, error) { return mark{len(s.Messages)}, nil })}), actorstest.Config{})
	p.Give(heard("ben", "one"))
	first := p.Give(sees(1, 10))
	p.Give(heard("ben", "two"))
	p.Give(actors.Outcome{Action: "mark", Value: mark{}})
	second := p.Give(sees(2, 20))
	if got := kinds(second); got != "cancel, do decide" || second[0].ID != first[0].ID {
		t.Fatalf("it wants %s", got)
	}
	if r := p.Work(second[1]); r.Error != "2 1 20" {
		t.Errorf("it thinks about %s messages, outcomes, marks", r.Error)
	} else if e := p.Give(r); e[0].Value != (mark{2}) {
		t.Errorf("its fallback wants %v", e)
	}
	if third := p.Give(sees(3, 30)); p.Work(third[0]).Error != "0 0 30" {
		t.Error("what was decided about comes again")
	}
}

// What has come since the last decision is bounded: the newest 1024 of each kind.
func TestADecisionHasTheNewestOfTooMany(t *testing.T) {
	var got situation
	p := actorstest.New(t, actors.FromRule(rule(func(_ *actors.Turn, s situation) (mark, error) {
		got = s
		got.Messages = append([]*protocol.Message{}, s.Messages...)
		return mark{}, nil
	})), actorstest.Config{})
	for i := range 1100 {
		p.Give(heard("ben", fmt.Sprint(i)))
	}
	p.Give(sees(1, 0))
	if n := len(got.Messages); n != 1024 || text(got.Messages[0].Content) != "76" || text(got.Messages[n-1].Content) != "1099" {
		t.Errorf("the decision has %d messages, from %s", n, text(got.Messages[0].Content))
	}
}

// A percept of another world, and a snapshot that is none, are errors that say so.
func TestDecidersSayWhatIsWrong(t *testing.T) {
	other := actors.Percept{View: environment.Pass{}, Choice: true}
	for name, b := range map[string]actors.Behavior{
		"a rule":           actors.FromRule(thirteen),
		"a Stateless rule": actors.FromRule(statelessly{}),
		"a mind":           actors.FromMind(mind(nil), mindful{}),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := actorstest.New(t, b, actorstest.Config{}).Try(other); err == nil || !strings.Contains(err.Error(), "actors_test.view cannot") && !strings.Contains(err.Error(), "about actors_test.view") {
				t.Errorf("it says %v", err)
			}
			k, ok := b.(actors.Keeper)
			if !ok {
				return
			}
			for _, state := range []string{"", "nonsense", `{"messages":[{"message":{},"content":{"type":"unknown","value":1}}]}`} {
				if err := k.Restore([]byte(state)); err == nil {
					t.Errorf("it takes %q for its memory", state)
				}
			}
		})
	}
}
