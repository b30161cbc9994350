package directory

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
)

// town is some agents on virtual time without a runtime: what one says another hears after a while, and each lives a new life for
// each turn.
type town struct {
	t     *testing.T
	now   time.Duration
	lives map[string]*inhabitant
	comes []arrival // the earliest first
	said  []*protocol.Message
	delay func(from, to string) time.Duration
}

type inhabitant struct {
	born     func() actors.Behavior
	behavior actors.Behavior
	turns    uint64
	dead     bool
	keeps    bool
	off      map[actors.ID]bool
}

type arrival struct {
	at    time.Duration
	to    string
	event any
}

const hop = 100 * time.Millisecond

func newTown(t *testing.T) *town {
	return &town{t: t, lives: map[string]*inhabitant{}, delay: func(string, string) time.Duration { return hop }}
}

// settle adds an agent.
func (w *town) settle(name string, born func() actors.Behavior) {
	b := born()
	_, keeps := b.(actors.Keeper)
	w.lives[name] = &inhabitant{born: born, behavior: b, keeps: keeps, off: map[actors.ID]bool{}}
	w.give(name, actors.Started{})
}

// dfs adds directories, each of which knows others from the start: they have registered with it.
func (w *town) dfs(c Config, members map[string][]string) {
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range members {
			if !yield(n) {
				return
			}
		}
	}) {
		w.settle(name, func() actors.Behavior { return DF(c) })
		for _, m := range members[name] {
			w.enter(name, Description{Name: m, Services: []Service{{Type: TypeDF}}})
		}
	}
}

// enter registers somebody with a directory, at once.
func (w *town) enter(df string, d Description) {
	id := "enter/" + d.Name
	w.give(df, &protocol.Message{Act: protocol.Request, Sender: d.Name, Receivers: []string{df}, Protocol: "fipa-request", Conversation: id, ReplyWith: id, Content: Register[Description]{d}})
	w.said = w.said[:len(w.said)-1]
	w.comes = slices.DeleteFunc(w.comes, func(a arrival) bool {
		m, ok := a.event.(*protocol.Message)
		return ok && m.Conversation == id
	})
}

// works enters some who do work.
func (w *town) works(df string, names ...string) {
	for _, n := range names {
		w.enter(df, worker(n))
	}
}

func worker(name string) Description {
	return Description{Name: name, Services: []Service{{Type: "work"}}}
}

// give gives an agent an event, and sees to what it wants.
func (w *town) give(name string, event any) {
	w.t.Helper()
	one := w.lives[name]
	if one.keeps {
		state, err := one.behavior.(actors.Keeper).Snapshot()
		if err != nil {
			w.t.Fatal(err)
		}
		one.behavior = one.born()
		if err := one.behavior.(actors.Keeper).Restore(state); err != nil {
			w.t.Fatal(err)
		}
	}
	one.turns++
	t := actors.NewTurn(actors.TurnConfig{Self: name, N: one.turns, Now: w.now, Seed: 1})
	if err := one.behavior.Receive(t, event); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	for _, e := range t.Effects() {
		switch e.Kind {
		case actors.Send:
			m := e.Value.(*protocol.Message)
			m.Sender = name
			w.said = append(w.said, m)
			for _, to := range m.Receivers {
				w.comesAt(w.now+w.delay(name, to), to, m)
			}
		case actors.After:
			w.comesAt(w.now+e.Delay, name, actors.Timer{ID: e.ID})
		case actors.Cancel:
			one.off[e.ID] = true
		}
	}
}

func (w *town) comesAt(at time.Duration, to string, event any) {
	i, _ := slices.BinarySearchFunc(w.comes, at+1, func(a arrival, at time.Duration) int { return cmp.Compare(a.at, at) })
	w.comes = slices.Insert(w.comes, i, arrival{at, to, event})
}

// until lets all happen that happens up to a time.
func (w *town) until(at time.Duration) {
	w.t.Helper()
	for len(w.comes) > 0 && w.comes[0].at <= at {
		a := w.comes[0]
		w.comes = w.comes[1:]
		w.now = a.at
		one := w.lives[a.to]
		switch e := a.event.(type) {
		case *protocol.Message:
			if one == nil || one.dead {
				w.comesAt(w.now+w.delay(a.to, e.Sender), e.Sender, actors.Undelivered{Message: e, To: a.to, Reason: actors.ReasonUnknown})
				continue
			}
		case actors.Timer:
			if one.dead || one.off[e.ID] {
				continue
			}
		default:
			if one.dead {
				continue
			}
		}
		w.give(a.to, a.event)
	}
	w.now = at
}

// asker is an agent that searches when it is told to, and notes what it hears.
type asker struct {
	w       *town
	name    string
	answers []answer
}

type answer struct {
	at    time.Duration
	found Found[Description]
	code  string // of an exception
}

func (w *town) asks(name string) *asker {
	a := &asker{w: w, name: name}
	w.settle(name, func() actors.Behavior {
		desk := roles.New(roles.Config{})
		roles.AddClient(desk, ended[Description, Search[Description]](Ears[Description]{
			Whole: func(t *actors.Turn, _ Description, f Found[Description]) error {
				a.answers = append(a.answers, answer{t.Now(), f, ""})
				return nil
			},
			Ended: func(t *actors.Turn, _ string, x *Exception) error {
				if x != nil {
					a.answers = append(a.answers, answer{t.Now(), Found[Description]{}, x.Code})
				}
				return nil
			}}, "search"))
		return desk.Beside(actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if q, ok := event.(inquire); ok {
				_, err := desk.Open(t, "fipa-request", protocol.Request, q.Search, q.within, q.at)
				return err
			}
			return nil
		}))
	})
	w.lives[name].keeps = false
	return a
}

// inquire is what an asker is told.
type inquire struct {
	Search[Description]
	at     string
	within time.Duration
}

var work = Description{Services: []Service{{Type: "work"}}}

// search asks a directory for work, and waits for what comes.
func (a *asker) search(at string, c Constraints) answer {
	a.w.t.Helper()
	return a.within(at, c, 0)
}

func (a *asker) within(at string, c Constraints, within time.Duration) answer {
	a.w.t.Helper()
	n, began := len(a.answers), a.w.now
	a.w.give(a.name, inquire{Search[Description]{work, c}, at, within})
	a.w.until(began + time.Minute)
	if len(a.answers) != n+1 {
		a.w.t.Fatalf("a search at %s came to %d answers", at, len(a.answers)-n)
	}
	got := a.answers[n]
	got.at -= began
	return got
}

// told is an answer in short.
func (a answer) told() string {
	if a.code != "" {
		return a.code
	}
	s := strings.TrimSpace(listed(a.found))
	if len(a.found.Missing) > 0 {
		s += " missing " + strings.Join(a.found.Missing, " ")
	}
	return s
}

// asked counts the searches that went from one directory to another.
func (w *town) asked() (n int) {
	for _, m := range w.said {
		if _, ok := m.Content.(Search[Description]); ok && m.Act == protocol.Request && w.lives[m.Sender].keeps {
			n++
		}
	}
	return n
}
