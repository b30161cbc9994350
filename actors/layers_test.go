package actors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
)

// layer is a behavior with a name that writes down what it sees.
func layer(d *diary, name string, f func(t *actors.Turn, event any)) actors.BehaviorFunc {
	return func(t *actors.Turn, event any) error {
		d.add(name, "%s", brief(event))
		if f != nil {
			f(t, event)
		}
		return nil
	}
}

// kinds are the effects in a few words.
func kinds(effects []actors.Effect) string {
	var words []string
	for _, e := range effects {
		word := e.Kind.String()
		switch {
		case e.Kind == actors.Act:
			word = fmt.Sprint(word, e.Value)
		case e.Name != "":
			word += " " + e.Name
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// "Reflexes before deliberation, roles in protocols beside both, norms that veto effects last."
func TestAnEventPassesThroughTheLayers(t *testing.T) {
	var d diary
	reflex := func(at int) func(*actors.Turn, any) {
		return func(t *actors.Turn, event any) {
			if p, ok := event.(actors.Percept); ok && p.Round == at {
				t.Act(mark{at})
			}
		}
	}
	p := actorstest.New(t, actors.Compose(actors.Layers{
		Reflexes: []actors.Behavior{layer(&d, "reflex 1", reflex(1)), layer(&d, "reflex 2", reflex(2))},
		Deliberation: layer(&d, "thought", func(t *actors.Turn, event any) {
			if _, ok := event.(actors.Percept); ok {
				t.Act(mark{100})
			}
		}),
		Roles: []actors.Behavior{layer(&d, "role", func(t *actors.Turn, event any) {
			if _, ok := event.(actors.Percept); ok {
				t.Send(tell("I saw it", "ben"))
			}
		})},
		Norms: []actors.Norm{actors.NormFunc(func(t *actors.Turn, e actors.Effect) error {
			d.add("norm", "%s of %d", e.Kind, len(t.Effects()))
			if e.Kind == actors.Act && e.Value == (mark{2}) {
				return errors.New("not 2")
			}
			return nil
		})},
	}), actorstest.Config{})
	for round, want := range map[int]string{1: "act{1}, send", 2: "none, send", 3: "act{100}, send"} {
		d.lines = nil
		if got := kinds(p.Give(actors.Percept{Round: round, Phase: "day", View: view{}})); got != want {
			t.Errorf("in round %d it wants %s, want %s", round, got, want)
		}
		said := fmt.Sprintf("percept %d day", round)
		d.expect(t, "reflex 1", said)
		d.expect(t, "reflex 2", map[bool]string{true: said}[round != 1])
		d.expect(t, "thought", map[bool]string{true: said}[round == 3])
		d.expect(t, "role", said)
		d.expect(t, "norm", "act of 2\nsend of 2")
	}
}

// opener opens an ask, a job and a timer at a percept, and writes down what comes of them.
type opener struct {
	d    *diary
	name string
	ids  []actors.ID
}

func (b *opener) Stateless() {}

func (b *opener) Receive(t *actors.Turn, event any) error {
	b.d.add(b.name, "%s", brief(event))
	if _, ok := event.(actors.Percept); ok {
		b.ids = []actors.ID{t.Ask("desk", note{}), t.Do("think", note{b.name}), t.After(1)}
	}
	return nil
}

func (b *opener) Work(_ context.Context, job string, input any) (any, error) {
	return note{text(input) + " did " + job}, nil
}

// "What a layer asked, started or set is answered to that layer alone", also in a composition of compositions.
func TestIDsBelongToTheirLayer(t *testing.T) {
	var d diary
	one, two, inner := &opener{d: &d, name: "one"}, &opener{d: &d, name: "two"}, &opener{d: &d, name: "inner"}
	p := actorstest.New(t, actors.Compose(actors.Layers{
		Reflexes:     []actors.Behavior{one},
		Deliberation: two,
		Roles: []actors.Behavior{
			actors.Compose(actors.Layers{Deliberation: inner}),
			layer(&d, "bystander", nil),
		},
	}), actorstest.Config{})
	effects := p.Give(actors.Percept{Round: 1, Phase: "day"})
	if got, want := kinds(effects), "ask desk, do 0/think, after, ask desk, do 1/think, after, ask desk, do 2/0/think, after"; got != want {
		t.Fatalf("it wants %s, want %s", got, want)
	}
	for i, b := range []*opener{two, inner, one} { // not in the order they were asked
		p.Give(actors.Timer{ID: b.ids[2]})
		r := p.Work(effects[[]int{4, 7, 1}[i]])
		p.Give(r)
		p.Give(actors.Answer{ID: b.ids[0], Service: "desk"})
		p.Give(r) // twice: nobody's any more
	}
	p.Give(actors.Timer{ID: actors.ID{Turn: 99}})
	for i, name := range []string{"one", "two", "inner"} {
		d.expect(t, name, fmt.Sprintf(`
			percept 1 day
			timer 1.%d
			result 1.%d of think: %s did think
			answer 1.%d of desk: `, 3*i+2, 3*i+1, name, 3*i))
	}
	d.expect(t, "bystander", "percept 1 day")
}

// What a norm drops, or a layer cancels, belongs to nobody any more, and the norms of an inner composition look at its
// own effects alone.
func TestNormsVetoLast(t *testing.T) {
	no := func(kind actors.EffectKind) actors.Norm {
		return actors.NormFunc(func(_ *actors.Turn, e actors.Effect) error {
			if e.Kind == kind {
				return errors.New("no")
			}
			return nil
		})
	}
	var d diary
	acts := layer(&d, "acts", func(t *actors.Turn, event any) {
		if _, ok := event.(actors.Percept); ok {
			t.Act(mark{1})
			t.Ask("desk", note{})
		}
	})
	tamed := actors.Compose(actors.Layers{Deliberation: layer(&d, "tamed", func(t *actors.Turn, event any) {
		if _, ok := event.(actors.Percept); ok {
			t.Act(mark{2})
			t.Cancel(t.Ask("desk", note{}))
		}
	}), Norms: []actors.Norm{no(actors.Act)}})
	b := actors.Compose(actors.Layers{Reflexes: []actors.Behavior{acts}, Roles: []actors.Behavior{tamed}, Norms: []actors.Norm{no(actors.After)}})
	p := actorstest.New(t, b, actorstest.Config{})
	effects := p.Give(actors.Percept{Round: 1, Phase: "day"})
	if got, want := kinds(effects), "act{1}, ask desk, none, ask desk, cancel"; got != want {
		t.Errorf("it wants %s, want %s", got, want)
	}
	p.Give(actors.Answer{ID: effects[3].ID, Service: "desk"})
	p.Give(actors.Answer{ID: effects[1].ID, Service: "desk"})
	d.expect(t, "tamed", "percept 1 day")
	d.expect(t, "acts", "percept 1 day\nanswer 1.1 of desk: ")
	state, err := b.(actors.Keeper).Snapshot()
	if err != nil || bytes.Contains(state, []byte(`"1.`)) {
		t.Errorf("nothing is open, and its memory is %s, %v", state, err)
	}
}

// tally counts percepts, and says how many when asked by a message.
type tally struct{ n int }

func (b *tally) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		b.n++
		t.After(1)
	}
	if _, ok := event.(actors.Timer); ok {
		t.Act(mark{b.n})
	}
	return nil
}

func (b *tally) Snapshot() ([]byte, error)  { return json.Marshal(b.n) }
func (b *tally) Restore(state []byte) error { return json.Unmarshal(state, &b.n) }

// "Compose … has a memory to hand over if all its layers have, or have none": its snapshot holds theirs, and what is open.
func TestAMemoryOfLayers(t *testing.T) {
	compose := func() actors.Behavior {
		return actors.Compose(actors.Layers{
			Reflexes:     []actors.Behavior{&tally{}},
			Deliberation: actors.FromMind(mind(func(_ context.Context, s situation) (mark, error) { return mark{s.Round}, nil }), mindful{}),
			Roles:        []actors.Behavior{actors.Compose(actors.Layers{Deliberation: &tally{}})},
		})
	}
	if _, keeper := compose().(actors.Keeper); !keeper {
		t.Fatal("all layers are Keepers")
	}
	actorstest.Check(t, compose,
		actors.Started{},
		actors.Percept{Round: 1, Phase: "day", View: view{}, Choice: true},
		actors.Timer{ID: actors.ID{Turn: 2, Index: 0}},
		actors.Percept{Round: 2, Phase: "day", View: view{}, Choice: true},
		actors.Result{ID: actors.ID{Turn: 4, Index: 2}, Job: "1/decide", Value: mark{1}},
		actors.Timer{ID: actors.ID{Turn: 4, Index: 0}},
		actors.Timer{ID: actors.ID{Turn: 4, Index: 3}},
		actors.Timer{ID: actors.ID{Turn: 2, Index: 2}},
		actors.Stopping{},
	)
	if _, keeper := actors.Compose(actors.Layers{Reflexes: []actors.Behavior{&tally{}}, Deliberation: &sum{}}).(actors.Keeper); keeper {
		t.Error("a layer without a Keeper has a memory that nobody hands over")
	}
	two := actors.Compose(actors.Layers{Reflexes: []actors.Behavior{&tally{}, &tally{}}}).(actors.Keeper)
	state, err := compose().(actors.Keeper).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := two.Restore(state); err == nil || !strings.Contains(err.Error(), "the snapshot has 3, the behavior 2") {
		t.Errorf("the snapshot of three layers goes into two: %v", err)
	}
}
