package lookout

import (
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/emergence/stream"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func watches(t *testing.T, texts ...string) (all []stream.Watch) {
	t.Helper()
	for _, text := range texts {
		w, err := stream.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}

func roundOf(n int) environment.RoundEnded {
	e := environment.RoundEnded{Round: n, World: []environment.Variable{{Name: "stock", Value: float64(n)}}}
	for i, name := range []string{"ann", "ben", "cleo"} {
		e.Agents = append(e.Agents, environment.AgentRow{Name: name, Variables: []environment.Variable{{Name: "act", Value: 1}, {Name: "gain", Value: float64(i * n)}}})
	}
	return e
}

// The society does not wait for who reads what was measured: frames that come meanwhile are left out, and the last is measured in
// the end.
func TestNobodyWaits(t *testing.T) {
	var seen [][]stream.Reading
	reads, go1 := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() { close(reads); <-go1 })
	l, err := Open(watches(t, "gini:gain", "convention", "reciprocity", "active-information:stock"), 1, 3, func(r []stream.Reading) {
		seen = append(seen, r)
		first()
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Observe(roundOf(1))
	<-reads
	for n := 2; n <= 100; n++ { // all of it while the first is being read
		l.Observe(actors.Said{Round: n, Message: &protocol.Message{Sender: "ann", Receivers: []string{"ben"}}})
		l.Observe(actors.Said{Round: n, Message: &protocol.Message{Sender: "ben", Receivers: []string{"ann"}}, Unheard: true})
		l.Observe(roundOf(n))
	}
	close(go1)
	l.Close()
	if len(seen) != 2 || seen[0][0].Round != 1 || seen[1][0].Round != 100 {
		t.Fatalf("%d readings were shown", len(seen))
	}
	last := seen[1]
	if g := last[0].Estimate; g == nil || g.N != 3 || g.Value < .4 {
		t.Errorf("%v", last[0])
	}
	if c := last[1].Estimate; c == nil || c.Value != 1 {
		t.Errorf("%v", last[1])
	}
	if r := last[2].Estimate; r == nil || r.Value != 0 || r.N != 1 {
		t.Errorf("who is not heard has not spoken to anybody: %v", last[2])
	}
	if a := last[3]; a.Err != nil || a.Rounds != stream.Standard {
		t.Errorf("%v", a)
	}
}

// Between two measures there are as many rounds as asked for; without a round there is nothing to show.
func TestEvery(t *testing.T) {
	var rounds []int
	l, err := Open(watches(t, "gini:gain"), 10, 1, func(r []stream.Reading) { rounds = append(rounds, r[0].Round) })
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 9; n++ {
		l.Observe(roundOf(n))
	}
	l.Close()
	if len(rounds) != 1 || rounds[0] != 9 {
		t.Errorf("shown are rounds %v", rounds)
	}
	if l, err = Open(nil, 1, 1, func([]stream.Reading) { t.Error("nothing is shown") }); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := Open(make([]stream.Watch, 99), 1, 1, nil); err == nil {
		t.Error("99 watches")
	}
}

// What goes wrong where it is measured ends nothing else.
func TestFailureIsShown(t *testing.T) {
	var failed error
	n := 0
	l, err := Open(watches(t, "gini:gain"), 1, 1, func(r []stream.Reading) {
		if n++; n == 1 {
			panic("no room")
		}
		failed = r[0].Err
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Observe(roundOf(1))
	l.Close()
	if failed == nil {
		t.Error("nobody is told")
	}
}
