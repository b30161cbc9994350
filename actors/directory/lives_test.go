package directory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
)

// request has an agent ask a directory for something; the answer is on its way to nobody.
func (w *town) request(from, at string, content any) {
	w.settle(from, silent)
	id := fmt.Sprint(from, "/", len(w.said))
	w.give(at, &protocol.Message{Act: protocol.Request, Sender: from, Receivers: []string{at}, Protocol: "fipa-request", Conversation: id, ReplyWith: id, Content: content})
}

// A subscription lasts an hour. Who has gone, and who has come, while a DF subscribed anew, it learns when it has.
func TestADFThatSubscribesAnewLearnsWhoHasGone(t *testing.T) {
	w := newTown(t)
	w.settle("ams", func() actors.Behavior { return AMS(Config{Results: 2}) })
	w.settle("df", func() actors.Behavior { return DF(Config{AMS: "ams"}) })
	w.until(time.Second)
	for _, name := range []string{"ann", "ben", "cy", "dan", "eva", "fay"} {
		w.request(name, "ams", Register[Agent]{Agent{Name: name}})
		w.works("df", name)
	}
	w.works("df", "guest") // in no white pages
	w.until(time.Hour + 3*hop + hop/2)
	zoe := w.asks("zoe")
	finds := func(want string) {
		t.Helper()
		w.until(w.now + time.Second)
		if got := zoe.search("df", Constraints{}); got.told() != want {
			t.Errorf("at %v it found %q, want %q", w.now, got.told(), want)
		}
	}
	if state := w.state("ams"); strings.Contains(state, "ACTIVE") || w.heard("ams", protocol.Subscribe) != 1 {
		t.Fatal("the old subscription is not over, or the new one there")
	}
	w.request("ben", "ams", Deregister[Agent]{"ben"})
	w.request("fay", "ams", Deregister[Agent]{"fay"})
	w.request("dan", "ams", Deregister[Agent]{"dan"})
	w.request("dan", "ams", Register[Agent]{Agent{Name: "dan"}})
	w.request("gil", "ams", Register[Agent]{Agent{Name: "gil"}})
	w.works("df", "gil")
	finds("ann cy dan eva gil guest")
	w.until(w.now + 50*time.Minute)
	w.request("gil", "ams", Deregister[Agent]{"gil"})
	finds("ann cy dan eva guest")
	for hour := range 3 { // and again
		name := []string{"ann", "cy", "eva"}[hour]
		for subscriptions := w.heard("ams", protocol.Cancel); w.heard("ams", protocol.Cancel) == subscriptions; {
			w.until(w.now + hop)
		}
		w.until(w.now + hop) // the old one is over, the new one on its way
		w.request(name, "ams", Deregister[Agent]{name})
		finds([]string{"cy dan eva guest", "dan eva guest", "dan guest"}[hour])
	}
}

// heard counts what somebody was told by an act.
func (w *town) heard(name string, act protocol.Act) (n int) {
	for _, m := range w.said {
		if m.Act == act && slices.Contains(m.Receivers, name) {
			n++
		}
	}
	return n
}

// A DF listens again when its subscription is over in its time, not to an AMS that is not there or does not want it.
func TestADFListensAgainToAnAMSThatIsThere(t *testing.T) {
	for _, c := range []struct {
		function string
		x        *Exception
		again    bool
	}{
		{"subscribe", nil, true}, {"subscribe", &Exception{Code: "TIMEOUT"}, true}, {"subscribe", &Exception{Code: "CANCEL_TIMEOUT"}, true},
		{"subscribe", &Exception{Code: "expired"}, true}, {"subscribe", &Exception{Code: "too-many-changes"}, true},
		{"subscribe", &Exception{Code: "budget"}, true}, {"subscribe", &Exception{Code: "livelock"}, true},
		{"subscribe", &Exception{Code: "UNDELIVERABLE"}, false}, {"subscribe", &Exception{Code: "unauthorised"}, false}, {"search", nil, false},
	} {
		l := follow(newDirectory[Description](Config{}, roles.Config{}), "ams")
		l.Names = []string{"ann"}
		turn := actors.NewTurn(actors.TurnConfig{Self: "df"})
		if err := l.again(turn, c.function, c.x); err != nil || len(turn.Effects()) > 0 != c.again || len(l.Left) > 0 != c.again {
			t.Errorf("after the end of %s by %v: %v, %v, left %v", c.function, c.x, err, turn.Effects(), l.Left)
		}
	}
}

// Who has gone is forgotten: that it is in no white pages any more is no news at the next subscription.
func TestADFForgetsThatSomebodyLived(t *testing.T) {
	l := follow(newDirectory[Description](Config{}, roles.Config{}), "ams")
	turn := actors.NewTurn(actors.TurnConfig{Self: "df"})
	l.Names = []string{"ann", "ben", "cy"}
	if err := l.changed(turn, Agent{}, Change[Agent]{"gone", Agent{Name: "ben"}}); err != nil || !slices.Equal(l.Names, []string{"ann", "cy"}) {
		t.Errorf("it remembers %q, %v", l.Names, err)
	}
	if err := l.listen(turn); err != nil {
		t.Fatal(err)
	}
	if err := l.found(turn, Agent{}, Found[Agent]{Entries: []Agent{{Name: "cy"}, {Name: "dan"}}}); err != nil || !slices.Equal(l.Names, []string{"cy", "dan"}) || len(l.Left) > 0 {
		t.Errorf("it remembers %q, and waits for %q, %v", l.Names, l.Left, err)
	}
}

// What it remembers of an AMS is bounded, sorted, and each name there once.
func TestADFRemembersSoManyWhoLive(t *testing.T) {
	var l lives
	for i := range maxLiving + 5 {
		l.add(fmt.Sprintf("%06d", i))
	}
	if l.add("000003"); len(l.Names) != maxLiving || !slices.IsSorted(l.Names) || l.Names[3] != "000003" || l.Names[4] != "000004" {
		t.Errorf("it remembers %d", len(l.Names))
	}
	var few lives
	for _, name := range []string{"b", "a", "b", strings.Repeat("x", MaxText+1), "a"} {
		few.add(name)
	}
	if !slices.Equal(few.Names, []string{"a", "b"}) {
		t.Errorf("it remembers %q", few.Names)
	}
}

// All that matches is told at first, in parts, each as large as an answer may be.
func TestASubscriptionTellsFirstAllThatMatches(t *testing.T) {
	for _, c := range []struct {
		entries int
		want    []string
	}{{0, []string{"found"}}, {1, []string{"found a"}}, {2, []string{"found a b"}}, {3, []string{"found a b …", "found c"}}, {4, []string{"found a b …", "found c d"}}} {
		df := open(t, "df", func() actors.Behavior { return DF(Config{Results: 2}) })
		for i := range c.entries {
			name := string(rune('a' + i))
			df.answer(name, Register[Description]{Description{Name: name}})
		}
		var told []string
		for _, m := range df.ask("zoe", protocol.Subscribe, Watch[Description]{}) {
			part := brief(m)
			if m.Content.(Found[Description]).More {
				part += " …"
			}
			told = append(told, part)
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("of %d it told %q", c.entries, told)
		}
	}
}

// A subscription is refused to who may not, and of what can be no template, in this order.
func TestASubscriptionHasItsExceptions(t *testing.T) {
	for _, c := range []struct {
		function string // that is not permitted
		template Description
		want     string
	}{
		{"subscribe", Description{Lease: -1}, "refuse(unauthorised)"},
		{"search", Description{Lease: -1}, "refuse(unrecognised-parameter-value)"},
		{"search", Description{}, "found"},
	} {
		df := open(t, "df", func() actors.Behavior {
			return DF(Config{Permit: func(from, function, name string) error {
				if function == c.function {
					return fmt.Errorf("no %s of %q for %s", function, name, from)
				}
				return nil
			}})
		})
		if said := df.ask("zoe", protocol.Subscribe, Watch[Description]{c.template}); len(said) != 1 || brief(said[0]) != c.want {
			t.Errorf("without %s: %v", c.function, said)
		}
	}
}

// The bound of a subscription is hit by what it tells at first already: who subscribed is told, and the record shows it.
func TestWhatIsTooMuchForOneSubscriptionIsReported(t *testing.T) {
	d := newDirectory[Description](Config{Entries: 20_000, Results: 1}, roles.Config{})
	for i := range 10_100 {
		name := fmt.Sprintf("%05d", i)
		d.registry.Held = append(d.registry.Held, held[Description]{Entry: Description{Name: name}})
	}
	df := open(t, "df", func() actors.Behavior { return d.desk.Beside(d) })
	df.old = true
	said := df.ask("zoe", protocol.Subscribe, Watch[Description]{})
	if n := len(said); n < 10_000 || n > 10_002 || brief(said[n-1]) != "failure(too-many-changes)" {
		t.Errorf("it said %d things, at last %s", n, brief(said[n-1]))
	}
	if len(df.judged) != 1 || df.judged[0].Verdict != "cut" || df.judged[0].Reason.Code != "too-many-changes" || df.judged[0].To != "zoe" || df.judged[0].Protocol != "fipa-subscribe" || df.judged[0].Conversation != said[0].Conversation {
		t.Errorf("the record shows %+v", df.judged)
	}
}
