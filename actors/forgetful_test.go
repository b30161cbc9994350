package actors_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
)

// counter knows how many events have reached it, and says so by acting. At "ask" it asks, at "time" it sets a timer.
type counter struct {
	Seen int
	wish string
}

func (c *counter) Receive(t *actors.Turn, event any) error {
	c.Seen++
	switch e := event.(type) {
	case actors.Percept:
		t.Act(mark{c.Seen})
		switch c.wish {
		case "ask":
			t.Ask("oracle", mark{1})
		case "change its mind":
			t.Cancel(t.Ask("oracle", mark{1}))
		case "time":
			t.After(1)
		case "work":
			t.Do("dig", mark{e.Round})
		}
	default:
		t.Act(mark{100 + c.Seen})
	}
	return nil
}

func (c *counter) Snapshot() ([]byte, error)  { return json.Marshal(c) }
func (c *counter) Restore(state []byte) error { return json.Unmarshal(state, c) }
func (c *counter) Work(context.Context, string, any) (any, error) {
	return mark{7}, nil
}

// forgets gives a probe of a counter that forgets.
func forgets(t *testing.T, wish string) *actorstest.Probe {
	t.Helper()
	b := actors.Forgetful(func() actors.Behavior { return &counter{wish: wish} })()
	return actorstest.New(t, b, actorstest.Config{})
}

// acted are the values of the actions in the effects.
func acted(effects []actors.Effect) string {
	var all []string
	for _, word := range strings.Split(kinds(effects), ", ") {
		if after, is := strings.CutPrefix(word, "act"); is {
			all = append(all, after)
		}
	}
	return strings.Join(all, " ")
}

// "memory-off (an agent begins anew at each decision)": what comes between two decisions is for the next of them.
func TestAForgetfulAgentBeginsAnewAfterEachDecision(t *testing.T) {
	p := forgets(t, "")
	for i, c := range []struct {
		event any
		want  string
	}{
		{actors.Started{}, "{101}"},
		{actors.Outcome{}, "{102}"},
		{actors.Percept{Round: 1}, "{3}"}, // without a choice: nothing is decided
		{actors.Percept{Round: 1, Choice: true}, "{4}"},
		{actors.Outcome{}, "{101} {102}"}, // a new one: it hears Started first
		{actors.Timer{}, ""},              // that nobody has set
		{actors.Outcome{}, "{103}"},
		{actors.Percept{Round: 2, Choice: true}, "{4}"},
		{actors.Percept{Round: 3, Choice: true}, "{101} {2}"},
		{actors.Stopping{}, "{103}"}, // that is no occasion to begin
	} {
		if got := acted(p.Give(c.event)); got != c.want {
			t.Errorf("event %d: %s, want %s", i, got, c.want)
		}
	}
}

// While it thinks it stays who it is; what was asked by one that is gone reaches nobody.
func TestAForgetfulAgentThinksToTheEnd(t *testing.T) {
	p := forgets(t, "ask")
	asked := p.Give(actors.Percept{Round: 1, Choice: true})[1].ID
	if got := acted(p.Give(actors.Outcome{})); got != "{102}" {
		t.Errorf("while it waits for an answer: %s", got)
	}
	if got := acted(p.Give(actors.Answer{ID: asked})); got != "{103}" {
		t.Errorf("the answer: %s", got)
	}
	if got := acted(p.Give(actors.Answer{ID: asked})); got != "" {
		t.Errorf("an answer to nobody: %s", got)
	}
	if got := acted(p.Give(actors.Outcome{})); got != "{101} {102}" {
		t.Errorf("after the answer: %s", got)
	}

	p = forgets(t, "change its mind")
	p.Give(actors.Percept{Round: 1, Choice: true})
	if got := acted(p.Give(actors.Outcome{})); got != "{101} {102}" {
		t.Errorf("what it has cancelled it does not wait for: %s", got)
	}

	p = forgets(t, "time")
	set := p.Give(actors.Percept{Round: 1, Choice: true})[1].ID
	if got := acted(p.Give(actors.Outcome{})); got != "{101} {102}" {
		t.Errorf("a timer is no thought: %s", got)
	}
	if got := acted(p.Give(actors.Timer{ID: set})); got != "" {
		t.Errorf("the timer of one that is gone: %s", got)
	}

	p = forgets(t, "work")
	job := p.Give(actors.Percept{Round: 1, Choice: true})[1]
	result := p.Work(job)
	if result.Error != "" || result.Value != (mark{7}) {
		t.Errorf("its work: %+v", result)
	}
	if got := acted(p.Give(result)); got != "{102}" {
		t.Errorf("its result: %s", got)
	}
}

// It hands its memory over, and what has none is left as it is.
func TestAForgetfulAgentIsKept(t *testing.T) {
	events := []any{actors.Started{}, actors.Percept{Round: 1, Choice: true}, actors.Outcome{}, actors.Percept{Round: 2},
		actors.Percept{Round: 2, Choice: true}, actors.Percept{Round: 3, Choice: true}}
	for _, wish := range []string{"", "ask", "time"} {
		actorstest.Check(t, actors.Forgetful(func() actors.Behavior { return &counter{wish: wish} }), events...)
	}
	none := actors.Forgetful(func() actors.Behavior { return actors.BehaviorFunc(func(*actors.Turn, any) error { return nil }) })()
	if _, is := none.(actors.BehaviorFunc); !is {
		t.Errorf("what has no memory became a %T", none)
	}
	plain := actors.Forgetful(func() actors.Behavior { return &forgotten{} })()
	if _, is := plain.(actors.Keeper); is {
		t.Error("what cannot hand over its memory says that it can")
	}
}

// forgotten cannot hand over its memory.
type forgotten struct{ n int }

func (f *forgotten) Receive(*actors.Turn, any) error { f.n++; return nil }
