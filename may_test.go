package polis_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// bossy is an agent that asks and tells ben every round, and writes another's name under it.
type bossy struct{ undelivered []actors.Undelivered }

func (b *bossy) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		t.Act(draw{1})
		for _, act := range []protocol.Act{protocol.Request, protocol.Inform} {
			t.Send(protocol.Message{Act: act, Sender: "cleo", Receivers: []string{"ben", "cleo"}, Content: notice{e.Round}})
		}
	case actors.Undelivered:
		b.undelivered = append(b.undelivered, e)
	}
	return nil
}

// hierarchy is a society in which only cleo may ask ben for something. ada does it all the same, in cleo's name.
func hierarchy(got *sync.Map, ada *bossy) polis.Society {
	s := village()
	s.Agents = []polis.Agent{
		{Name: "ada", Behavior: func() actors.Behavior { return ada }},
		{Name: "ben", Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
				if m, ok := event.(*protocol.Message); ok {
					n, _ := got.LoadOrStore(fmt.Sprintf("%s of %s", m.Act, m.Sender), new(int))
					*n.(*int)++
				}
				return nil
			})
		}},
		{Name: "cleo", Behavior: still}, {Name: "dan", Behavior: still},
	}
	s.May = func(m *protocol.Message, to string) error {
		if m.Act == protocol.Request && to == "ben" && m.Sender != "cleo" {
			return fmt.Errorf("%s must not ask %s; %s", m.Sender, to, strings.Repeat("é", 400))
		}
		return nil
	}
	return s
}

// "A role without the right may not speak the act": what is forbidden never arrives, is counted as refused, and stands in
// the journal with the reason. "A forged sender arrives with the true one", and does not get round the rule.
func TestAForbiddenActNeverArrives(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated, environment.Realtime} {
		t.Run(string(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got sync.Map
				ada := &bossy{}
				store := journal.NewMemory()
				r := run(t, hierarchy(&got, ada), polis.Config{Rounds: 4, Pace: pace, Journal: store})
				asked, tells := 0, 0
				got.Range(func(what, n any) bool {
					if what != "inform of ada" {
						t.Errorf("ben got %s", what)
					}
					tells += *n.(*int)
					return true
				})
				if tells == 0 || len(ada.undelivered) == 0 || int(r.Messages.Refused) < len(ada.undelivered) {
					t.Errorf("ben was told %d times, ada got %d back, %d were refused", tells, len(ada.undelivered), r.Messages.Refused)
				}
				for _, u := range ada.undelivered {
					if u.Reason != actors.ReasonForbidden || u.To != "ben" || u.Message.Act != protocol.Request || u.Message.Sender != "ada" ||
						!strings.HasPrefix(u.Why, "ada must not ask ben; é") || !strings.HasSuffix(u.Why, "é…") || len(u.Why) > 510 {
						t.Errorf("ada got back %+v", u)
					}
				}
				for _, e := range entriesOf(t, store) {
					if e.Kind == "undelivered" && strings.Contains(string(e.Payload), `"why":"ada must not ask ben; é`) {
						asked++
					}
				}
				if asked != len(ada.undelivered) {
					t.Errorf("the journal has %d, ada got %d", asked, len(ada.undelivered))
				}
			})
		})
	}
}

// Replay asks the same rule and ends in the same hash; under another rule it names the turn that differs.
func TestReplayAsksWhatMayBeSaid(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		store := journal.NewMemory()
		cfg := polis.Config{Rounds: 4, Pace: pace, Journal: store}
		want := run(t, hierarchy(&sync.Map{}, &bossy{}), cfg)
		replay := func(may func(*protocol.Message, string) error) (*polis.Replayed, error) {
			s := hierarchy(&sync.Map{}, &bossy{})
			if may != nil {
				s.May = may
			}
			return polis.Replay(t.Context(), store, polis.Epoch{Society: s, Config: cfg})
		}
		if r, err := replay(nil); err != nil || r.Hash != want.Hash {
			t.Errorf("%s: %v, %+v; want the hash %s", pace, err, r, want.Hash)
		}
		for name, may := range map[string]func(*protocol.Message, string) error{
			"all":     func(*protocol.Message, string) error { return nil },
			"none":    func(*protocol.Message, string) error { return errors.New("hush") },
			"because": hierarchyButShort,
		} {
			if _, err := replay(may); err == nil {
				t.Errorf("%s: a replay in which %s may speak ends well", pace, name)
			}
		}
	}
}

// hierarchyButShort forbids the same and says something else.
func hierarchyButShort(m *protocol.Message, to string) error {
	if m.Act == protocol.Request && to == "ben" && m.Sender != "cleo" {
		return errors.New("no")
	}
	return nil
}

// A rule that panics forbids, also when it does so while it says why, and observers are told.
func TestARuleThatPanicsForbids(t *testing.T) {
	for name, may := range map[string]func(*protocol.Message, string) error{
		"asked":  func(*protocol.Message, string) error { panic("ask somebody else") },
		"spoken": func(*protocol.Message, string) error { return mute{} },
	} {
		s := hierarchy(&sync.Map{}, &bossy{})
		ada := &bossy{}
		s.Agents[0].Behavior = func() actors.Behavior { return ada }
		s.May = may
		unruled := 0
		run(t, s, polis.Config{Rounds: 2, Observe: func(e any) {
			if u, ok := e.(actors.Unruled); ok && u.From == "ada" {
				unruled++
			}
		}})
		if unruled != 8 || len(ada.undelivered) != 8 || ada.undelivered[0].Reason != actors.ReasonForbidden || ada.undelivered[0].Why != "" {
			t.Errorf("%s: %d times unruled, came back: %+v", name, unruled, ada.undelivered)
		}
	}
}

type mute struct{}

func (mute) Error() string { panic("it has no words") }

// MaySpeak is asked first: what it forbids, May is not asked about.
func TestMaySpeakComesFirst(t *testing.T) {
	ada := &bossy{}
	s := hierarchy(&sync.Map{}, ada)
	s.MaySpeak = func(_, to string) bool { return to != "ben" }
	s.May = func(m *protocol.Message, to string) error {
		if to == "ben" {
			panic("asked about ben")
		}
		return errors.New("hush")
	}
	run(t, s, polis.Config{Rounds: 2, Observe: func(e any) {
		if u, ok := e.(actors.Unruled); ok {
			t.Error(u.Why)
		}
	}})
	whys := map[string]int{}
	for _, u := range ada.undelivered {
		whys[u.To+" "+u.Reason+" "+u.Why]++
	}
	if fmt.Sprint(whys) != "map[ben forbidden :4 cleo forbidden hush:4]" {
		t.Error(whys)
	}
}
