package polis

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// eventsOf are one of each kind of event that the society's own turns tell.
func eventsOf() []any {
	f := &supervision.Failure{Actor: "agents/kate", Turn: 7, Attempt: 2, Event: "percept", Err: errors.New("no \xff bread\nstack")}
	return []any{
		environment.RoundEnded{Round: 3, Now: 3 * time.Second, World: []environment.Variable{{Name: "z", Value: 1.5}, {Name: "a", Value: math.Inf(-1)}},
			Agents: []environment.AgentRow{
				{Name: "kate", Decides: "rules", Variables: []environment.Variable{{Name: "catch", Value: 10}, {Name: "share", Value: 1e-9}}},
				{Name: "ben", Variables: []environment.Variable{{Name: "catch", Value: math.Copysign(0, -1)}, {Name: "share", Value: 1e300}}},
				{Name: "cleo \"x\"", Decides: "gpt", Variables: []environment.Variable{{Name: "other", Value: math.Inf(1)}}},
				{Name: "dan", Reward: new(float64)},
			}},
		environment.RoundEnded{Round: 4},
		environment.RoundEnded{Round: 5, Agents: []environment.AgentRow{{Name: "kate"}, {Name: "ben", Variables: []environment.Variable{{Name: "catch", Value: -3}}}}},
		environment.Missed{Round: 3, Phase: "talk", Agent: "kate", Late: true},
		environment.Hurried{Round: 3, Phase: "talk"},
		environment.Unkept{Round: 2, Why: "full"},
		environment.Restored{Round: 2, Phase: "talk", Turn: 9, Redone: 4, Stood: time.Second},
		actors.Unkept{Agent: "kate", Why: "full"},
		actors.Forgot{Agent: "kate"},
		actors.Clocked{Agent: "kate", What: "ask 3.1 ran into its limit"},
		actors.Unruled{From: "kate", To: "ben", Why: "panic"},
		Failed{supervision.Restart{Failure: f, After: time.Second, Scope: supervision.AllForOne}},
		Failed{supervision.Quarantine{Failure: f, After: time.Minute}},
		Failed{supervision.Stop{Failure: f, Reason: "often", Quarantined: true}},
		Failed{supervision.Stop{Failure: &supervision.Failure{Actor: "agents/ben", Turn: 8, Attempt: 1, Err: supervision.ErrStop}, Reason: "it asked to stop"}},
		Failed{supervision.Escalate{Failure: f}},
		Failed{supervision.Stop{Failure: &supervision.Failure{Actor: "agents", Attempt: 1, Err: &supervision.Escalated{Child: f}}}},
		Blocked{Actor: "agents/kate", Held: 2 * time.Second},
		Abandoned{Actor: "agents/kate", Job: "decide 3.0"},
		Intervened{What: DidSilence, Round: 3, Phase: "talk"},
		Intervened{What: DidCrash, Agent: "kate", Round: 3, Phase: "talk"},
		llmadapter.Ended{Service: "model", Asker: "kate", Turn: 9, Index: 1, Outcome: "failed", Why: "HTTP 503", Kind: llmadapter.Overloaded, Attempts: 3,
			Wait: time.Second, Took: 2 * time.Second, Usage: llmadapter.Tokens{Input: 12, Output: 3}},
	}
}

// keeping is a society that lives nowhere and whose annals go to a store.
func keeping(store journal.Store) *Running {
	r := &Running{society: &Society{Name: "none"}, marks: map[string]int{}}
	if store != nil {
		r.annals = &annals{recorder: &journal.Recorder{Store: store}, lost: make(chan error, 1)}
	}
	return r
}

// What is read back of the society's turns is what observers saw.
func TestTurnsOfTheSocietyComeBack(t *testing.T) {
	store := journal.NewMemory()
	r := keeping(store)
	r.beginning(kindBegun, 0)
	for _, event := range eventsOf() {
		r.tell(event)
	}
	select {
	case err := <-r.annals.lost:
		t.Fatal(err)
	default:
	}
	if err := journal.Check(store.Read(t.Context(), 0)); err != nil {
		t.Error(err)
	}
	var got []any
	for event, err := range ReadRecord(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event)
	}
	want := eventsOf()
	if len(got) != len(want)+1 {
		t.Fatalf("%d events, want %d and the first", len(got), len(want))
	}
	for i, event := range want {
		if f, ok := event.(Failed); ok {
			sameFailure(t, got[i+1], f)
		} else if !reflect.DeepEqual(got[i+1], event) {
			t.Errorf("%#v came back as %#v", event, got[i+1])
		}
	}
}

func sameFailure(t *testing.T, got any, want Failed) {
	t.Helper()
	g, ok := got.(Failed)
	if !ok || reflect.TypeOf(g.Decision) != reflect.TypeOf(want.Decision) {
		t.Fatalf("%#v came back as %#v", want, got)
	}
	a, b := *g.Decision.Cause(), *want.Decision.Cause()
	var adopted *supervision.Escalated
	if a.Err.Error() != clean(b.Err.Error()) || errors.Is(a.Err, supervision.ErrStop) != errors.Is(b.Err, supervision.ErrStop) ||
		errors.As(a.Err, &adopted) != errors.As(b.Err, &adopted) {
		t.Errorf("%v came back as %v", b.Err, a.Err)
	}
	a.Err, b.Err = nil, nil
	if a != b {
		t.Errorf("%+v came back as %+v", b, a)
	}
	blank := func(d supervision.Decision) supervision.Decision {
		switch d := d.(type) {
		case supervision.Restart:
			d.Failure = nil
			return d
		case supervision.Quarantine:
			d.Failure = nil
			return d
		case supervision.Stop:
			d.Failure = nil
			return d
		}
		return nil
	}
	if blank(g.Decision) != blank(want.Decision) {
		t.Errorf("%#v came back as %#v", want.Decision, g.Decision)
	}
}

// What was counted when it happened is counted when the run is taken up again, and shown again.
func TestRecallCountsWhatWasCounted(t *testing.T) {
	store := journal.NewMemory()
	lived := keeping(store)
	lived.beginning(kindBegun, 0)
	for _, event := range eventsOf() {
		lived.tell(event)
	}
	lived.resumed(6, map[string][]actors.Asked{"ada": make([]actors.Asked, 2)})
	again := keeping(store)
	var shown int
	again.cfg.Observe = func(any) { shown++ }
	if err := recallAll(t.Context(), again, store); err != nil {
		t.Fatal(err)
	}
	if again.faults != lived.faults || again.faults == (Faults{}) || !reflect.DeepEqual(again.control.done, lived.control.done) ||
		again.control.changed != lived.control.changed || again.control.crashes != lived.control.crashes {
		t.Errorf("recalled %+v, %+v; was %+v, %+v", again.faults, again.control, lived.faults, lived.control)
	}
	if shown != len(eventsOf()) || !again.recalled.hurried || again.recalled.round != 5 || again.recalled.resumes != 1 || again.recalled.again != 2 {
		t.Errorf("%d shown, past %+v", shown, again.recalled)
	}
	if again.annals.n != lived.annals.n || again.annals.digest != lived.annals.digest || again.annals.now != lived.annals.now {
		t.Errorf("the annals go on at %+v, they ended at %+v", again.annals, lived.annals)
	}
	again.tell(actors.Forgot{Agent: "ben"})
	if err := journal.Check(store.Read(t.Context(), 0)); err != nil || again.annals.n != lived.annals.n+1 {
		t.Error(err, again.annals.n)
	}
}

// What models have cost before a kill is in the record of what they cost after it, and in the report.
func TestCostsAreAddedUp(t *testing.T) {
	store := journal.NewMemory()
	r := keeping(store)
	r.beginning(kindBegun, 0)
	r.recalled.models = map[string]llmadapter.Account{"model": {Requests: 3, Answered: 3, InputTokens: 30}}
	r.tell(llmadapter.Ended{Service: "model", Asker: "kate", Outcome: "answered"})
	again := keeping(store)
	if err := recallAll(t.Context(), again, store); err != nil {
		t.Fatal(err)
	}
	if got := again.recalled.models["model"]; got.Requests != 3 || got.InputTokens != 30 {
		t.Errorf("%+v", got)
	}
	adapter, err := llmadapter.New(llmadapter.Config{Model: llmadapter.ModelFunc(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := again.stop(); err != nil {
			t.Error(err)
		}
	}()
	again.engine, again.adapters = engine.New(engine.Config{}), map[string]*llmadapter.Adapter{"model": adapter}
	again.society.Models = map[string]llmadapter.Config{"model": {Label: llmadapter.StandIn}}
	again.recalled.hurried = true
	rep := again.report(environment.Result{World: 1}, nil, nil)
	if rep.Models["model"] != again.recalled.models["model"] {
		t.Errorf("%+v", rep.Models)
	}
	if rep.Reproducible {
		t.Error("a phase was cut short before the kill, and the run is called repeatable")
	}
	if again.recalled.hurried = false; !again.report(environment.Result{World: 1}, nil, nil).Reproducible {
		t.Error("without that it is")
	}
}

// "Same round may not be told twice at the seam."
func TestSeamIsToldOnce(t *testing.T) {
	store := journal.NewMemory()
	lived := keeping(store)
	lived.beginning(kindBegun, 0)
	failed := func(actor string, turn uint64, attempt int) Failed {
		return Failed{supervision.Restart{Failure: &supervision.Failure{Actor: actor, Turn: turn, Attempt: attempt, Err: errDry}}}
	}
	missed := environment.Missed{Round: 3, Phase: "talk", Agent: "kate"}
	for _, event := range []any{missed, environment.RoundEnded{Round: 2}, missed, failed("agents/kate", 7, 2), failed("services/model", 7, 2)} {
		lived.tell(event)
	}
	again := keeping(store)
	if err := recallAll(t.Context(), again, store); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		event any
		new   bool
	}{
		{environment.RoundEnded{Round: 1}, false}, {environment.RoundEnded{Round: 2}, false}, {environment.RoundEnded{Round: 3}, true},
		{missed, false}, {missed, true}, {environment.Missed{Round: 3, Phase: "talk", Agent: "ben"}, true},
		{failed("agents/kate", 7, 1), false}, {failed("agents/kate", 7, 2), false}, {failed("agents/kate", 7, 3), true}, {failed("agents/kate", 8, 1), true},
		{failed("agents/ben", 7, 1), true}, {failed("services/model", 7, 1), true}, {failed("services/model", 7, 2), true},
		{actors.Forgot{Agent: "kate"}, true},
	} {
		shown := false
		again.cfg.Observe = func(any) { shown = true }
		n := again.annals.n
		if again.tell(c.event); shown != c.new || (again.annals.n > n) != c.new {
			t.Errorf("%+v is new: %t, and is told: %t, written: %t", c.event, c.new, shown, again.annals.n > n)
		}
	}
}

var errDry = errors.New("dry")

// What is no record of a run is said to be none; what is damaged is named.
func TestRecordsThatAreNone(t *testing.T) {
	ctx := t.Context()
	with := func(kind, payload string) journal.Store {
		store := journal.NewMemory()
		e := journal.Entry{Actor: annalist, N: 1, Kind: kind, Payload: []byte(payload), Effects: []byte("[]")}
		if err := store.Append(ctx, []journal.Entry{e}); err != nil {
			t.Fatal(err)
		}
		return store
	}
	for _, c := range []struct {
		store journal.Store
		want  string
	}{
		{journal.NewMemory(), "holds no run"},
		{with("missed", `{"agent":"a","late":false,"phase":"p","round":1}`), "holds no run"},
		{with("begun", `{}`), `turn 1 of "society", begun`},
		{with("begun", `{"config":1,"deciders":{},"origin":null,"services":[],"versions":{},"zeal":1}`), `zeal`},
		{with("begun", `{"config":1`), `begun: journal`},
		{with("glum", `{}`), `glum`},
	} {
		if _, err := Origins(ctx, c.store); err == nil || !strings.Contains(err.Error(), c.want) && !strings.Contains(err.Error(), ErrNoRun.Error()) {
			t.Errorf("origins: %v, want %s", err, c.want)
		}
		heads, _ := c.store.Heads(ctx)
		err := recallAll(ctx, keeping(c.store), c.store)
		switch {
		case len(heads) == 0: // killed before anything was kept: it begins again
			if err != nil {
				t.Errorf("recall: %v, and there is nothing", err)
			}
		case err == nil || !strings.Contains(err.Error(), c.want) && !errors.Is(err, ErrNoRun):
			t.Errorf("recall: %v, want %s", err, c.want)
		}
	}
	for _, payload := range []string{
		`{"agents":[{"name":"a","values":[1,2]}],"now":0,"round":1,"variables":["x"],"world":{"values":[],"variables":[]}}`,
		`{"agents":[],"now":0,"round":1,"variables":[],"world":{"values":[1],"variables":[]}}`,
		`{"agents":[],"now":0,"round":1,"variables":[],"world":{"values":["many"],"variables":["x"]}}`,
	} {
		if _, err := readTurn(&journal.Entry{Actor: annalist, N: 1, Kind: kindRoundEnded, Payload: []byte(payload)}); err == nil {
			t.Errorf("%s is taken for a round", payload)
		}
	}
}

// Whatever a record says, it is an event, or an error: and an event that is written again is what was read.
func FuzzReadTurn(f *testing.F) {
	store := journal.NewMemory()
	r := keeping(store)
	r.beginning(kindBegun, 0)
	for _, event := range eventsOf() {
		r.tell(event)
	}
	for e := range store.Read(context.Background(), 0) {
		f.Add(e.Kind, []byte(e.Payload))
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		event, err := readTurn(&journal.Entry{Actor: annalist, N: 1, Kind: kind, Payload: payload})
		if err != nil {
			return
		}
		round, ok := event.(environment.RoundEnded)
		if !ok {
			return
		}
		b, err := appendRound(nil, &round)
		if err != nil {
			t.Fatal(err)
		}
		again, err := readTurn(&journal.Entry{Actor: annalist, N: 1, Kind: kind, Payload: b})
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		back := again.(environment.RoundEnded)
		if twice, err := appendRound(nil, &back); err != nil || !bytes.Equal(twice, b) { // not by ==: NaN is a value here
			t.Errorf("%s came back as %s, %v", b, twice, err)
		}
	})
}

// recallAll recalls all that a store holds.
func recallAll(ctx context.Context, r *Running, store journal.Store) error {
	var read reader
	for e, err := range store.Read(ctx, 0) {
		if err == nil {
			err = read.read(&e)
		}
		if err == nil {
			err = r.recall(&e, read.events)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
