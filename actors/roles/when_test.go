package roles_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
)

// tide is what is to be done once the water is high enough: a job.
type tide struct{ At, N int }

func init() { actors.Payload[tide]("roles_test.tide") }

// dyke watches the water, which rises by one with each percept.
type dyke struct {
	water, done int
	broken      bool
	stop        func(*actors.Turn, roles.Task[tide]) error
	working     []roles.At
}

func (y *dyke) live() (*roles.Desk, actors.Behavior) {
	d := roles.New(roles.Config{})
	roles.AddWatcher(d, roles.Watcher[tide]{
		Agree: func(_ *actors.Turn, _ string, w tide) error {
			if w.At < 0 {
				return errors.New("never")
			}
			return nil
		},
		Holds: func(_ *actors.Turn, task roles.Task[tide]) (bool, error) {
			if y.broken {
				return false, errors.New("the dyke is broken")
			}
			return y.water >= task.What.At, nil
		},
		Perform: func(_ *actors.Turn, task roles.Task[tide]) (any, error) {
			y.done++
			switch {
			case task.What.N == 13:
				return nil, errors.New("broken")
			case task.What.N > 100:
				y.working = append(y.working, task.At)
				return nil, roles.ErrLater
			}
			return news{y.water}, nil
		},
		Stop: y.stop,
	})
	return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		switch e := event.(type) {
		case actors.Percept:
			y.water++
		case actors.Outcome:
			if e.Action == "ready" {
				return d.Done(t, y.working[0], news{y.done})
			}
			y.broken = true
		}
		return nil
	})
}

// wishing arranges something when it starts, and cancels it at a percept.
func wishing(w tide, ended *[]string) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		a := roles.AddArranger(d, func(_ *actors.Turn, e roles.Ended[tide]) error {
			*ended = append(*ended, fmt.Sprintf("%s %v %s at %v", e.End, e.Value, e.Reason.Code, e.When.Round(time.Second)))
			return nil
		})
		return d, actors.BehaviorFunc(func(t *actors.Turn, event any) (err error) {
			switch event.(type) {
			case actors.Started:
				_, err = a.When(t, w, 5*time.Second, "bob")
			case actors.Percept:
				for _, s := range d.Sessions() {
					err = errors.Join(err, d.Cancel(t, s.Conversation()))
				}
			}
			return err
		})
	}
}

// Every way in which a request-when ends. "The agree is mandatory. P acts exactly once. φ already true at the agree triggers at
// once."
func TestRequestWhen(t *testing.T) {
	stops := func(*actors.Turn, roles.Task[tide]) error { return nil }
	for name, c := range map[string]struct {
		wish tide
		dyke dyke
		lost string   // who hears nothing
		then []string // what happens
		want string
		done int
	}{
		"at once":          {tide{0, 4}, dyke{}, "", nil, "DONE {0}  at 0s", 1},
		"later":            {tide{2, 4}, dyke{}, "", []string{"rise", "rise", "rise"}, "DONE {2}  at 0s", 1},
		"will not":         {tide{-1, 4}, dyke{}, "", nil, "REFUSED <nil> refused at 0s", 0},
		"fails":            {tide{1, 13}, dyke{}, "", []string{"rise"}, "FAILED <nil> failed at 0s", 1},
		"never":            {tide{9, 4}, dyke{}, "", []string{"rise"}, "CANCELLED {cancel}  at 10m0s", 0},
		"cannot":           {tide{9, 4}, dyke{}, "", []string{"rise", "break"}, "FAILED <nil> impossible at 0s", 0},
		"takes long":       {tide{1, 101}, dyke{}, "", []string{"rise", "rise", "ready"}, "DONE {1}  at 0s", 1},
		"does nothing":     {tide{1, 101}, dyke{}, "", []string{"rise"}, "FAILED <nil> expired at 1m0s", 1},
		"cancelled":        {tide{9, 4}, dyke{}, "", []string{"rise", "cancel"}, "CANCELLED {cancel}  at 0s", 0},
		"cannot stop":      {tide{1, 101}, dyke{}, "", []string{"rise", "cancel"}, "CANCEL_FAILED <nil> cannot-stop at 0s", 1},
		"stops":            {tide{1, 101}, dyke{stop: stops}, "", []string{"rise", "cancel"}, "CANCELLED {cancel}  at 0s", 1},
		"deaf":             {tide{1, 4}, dyke{}, "bob", []string{"rise"}, "TIMEOUT <nil>  at 5s", 0},
		"gone":             {tide{1, 4}, dyke{}, "gone", nil, "UNDELIVERABLE <nil>  at 0s", 0},
		"goes":             {tide{9, 4}, dyke{}, "later", []string{"rise"}, "CANCEL_TIMEOUT <nil>  at 10m30s", 0},
		"who asked is off": {tide{9, 4}, dyke{}, "ann", []string{"rise"}, "", 0},
	} {
		var ended []string
		w := newTown(t)
		w.settle("ann", wishing(c.wish, &ended))
		bob := w.settle("bob", c.dyke.live)
		bob.deaf, bob.gone = c.lost == "bob", c.lost == "gone"
		w.give("ann", actors.Started{})
		w.deliver()
		for _, what := range c.then {
			switch what {
			case "rise":
				w.give("bob", actors.Percept{})
			case "break":
				w.give("bob", actors.Outcome{})
			case "ready":
				w.give("bob", actors.Outcome{Action: "ready"})
			case "cancel":
				w.give("ann", actors.Percept{})
			}
			w.deliver()
		}
		bob.deaf = bob.deaf || c.lost == "later"
		w.agents["ann"].gone = c.lost == "ann"
		w.live()
		w.clear("is unknown") // ten minutes after its end a session is forgotten
		if got := strings.Join(ended, ", "); got != c.want || c.dyke.done != c.done {
			t.Errorf("%s: ended as %q, done %d times; want %q, %d\n%s", name, got, c.dyke.done, c.want, c.done, strings.Join(w.log, "\n"))
		}
	}
}

// An agent may watch for several things, each for its own part and in the order of conversations: what has come true is done once.
func TestSeveralThingsAreWatchedFor(t *testing.T) {
	var done []string
	water := 0
	w := newTown(t)
	w.settle("bob", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		roles.AddWatcher(d, roles.Watcher[tide]{
			Holds: func(_ *actors.Turn, task roles.Task[tide]) (bool, error) { return water >= task.What.At, nil },
			Perform: func(_ *actors.Turn, task roles.Task[tide]) (any, error) {
				done = append(done, fmt.Sprintf("%s tide %d", task.Peer, task.What.At))
				return nil, nil
			}})
		roles.AddWatcher(d, roles.Watcher[job]{
			Holds: func(_ *actors.Turn, task roles.Task[job]) (bool, error) { return water >= 10*task.What.N, nil },
			Perform: func(_ *actors.Turn, task roles.Task[job]) (any, error) {
				done = append(done, fmt.Sprintf("%s job %d", task.Peer, task.What.N))
				return nil, nil
			}})
		return d, nil
	})
	for _, name := range []string{"ann", "cy", "dan"} {
		w.settle(name, func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			a, b := roles.AddArranger[tide](d, nil), roles.AddArranger[job](d, nil)
			return d, does(func(t *actors.Turn) error {
				_, err := a.When(t, tide{3, 1}, 0, "bob")
				_, also := b.When(t, job{1}, 0, "bob")
				return errors.Join(err, also)
			})
		})
	}
	for _, name := range []string{"dan", "ann", "cy"} {
		w.give(name, actors.Started{})
		w.deliver()
	}
	for range 4 {
		water += 3
		w.give("bob", actors.Percept{})
		w.deliver()
	}
	w.live()
	w.clear()
	if want := []string{"ann tide 3", "cy tide 3", "dan tide 3", "ann job 1", "cy job 1", "dan job 1"}; !slices.Equal(done, want) {
		t.Errorf("done was %q, want %q\n%s", done, want, strings.Join(w.log, "\n"))
	}
}
