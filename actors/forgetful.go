package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Forgetful makes agents that begin anew after each decision: once a percept that offered a choice has been handled and what
// was asked or started for it has come back, the next event reaches a new behavior, made by begin, that hears Started first. What
// comes between two decisions (messages, outcomes, percepts without a choice) is for the next of them. Answers, results and
// timers of a behavior that is gone are dropped. A behavior that is Stateless has no memory to lose, and is left as it is.
//
// It is a null: what the society is without memory. An agent that speaks inside protocols forgets the conversations that
// are open when it decides.
func Forgetful(begin func() Behavior) func() Behavior {
	return func() Behavior {
		self := begin()
		if self == nil {
			return nil
		}
		f := &forgetful{begin: begin, self: self, worker: self, open: map[string]bool{}}
		_, stateless := self.(Stateless)
		_, keeper := self.(Keeper)
		switch {
		case stateless && !keeper:
			return self
		case keeper:
			return &keptForgetful{f}
		}
		return f
	}
}

// forgetful is a behavior that is made anew after each decision.
type forgetful struct {
	begin   func() Behavior
	self    Behavior        // the present one
	worker  Behavior        // the first one: works off the mailbox, where the present one must not be touched
	decided bool            // the present one has had its choice
	open    map[string]bool // by id: what the present one waits for; true: it is a timer
}

// Receive hands the event on, to a new behavior where the one before has decided.
func (f *forgetful) Receive(t *Turn, event any) error {
	var id ID
	answered := true
	switch e := event.(type) {
	case Answer:
		id = e.ID
	case Result:
		id = e.ID
	case Timer:
		id = e.ID
	case Stopping:
		return f.hand(t, event)
	default:
		answered = false
	}
	if answered {
		if _, mine := f.open[id.String()]; !mine {
			return nil // asked by one that is gone
		}
		delete(f.open, id.String())
	} else if f.decided && f.idle() {
		if err := f.anew(t); err != nil {
			return err
		}
	}
	if err := f.hand(t, event); err != nil {
		return err
	}
	if p, is := event.(Percept); is && p.Choice {
		f.decided = true
	}
	return nil
}

// idle says whether it is not thinking: only timers are open.
func (f *forgetful) idle() bool {
	for _, timer := range f.open {
		if !timer {
			return false
		}
	}
	return true
}

// anew begins with a new behavior. What the one before has set will not reach it.
func (f *forgetful) anew(t *Turn) error {
	if f.self = f.begin(); f.self == nil {
		return errors.New("actors: begin anew: the producer gave no behavior")
	}
	f.decided = false
	clear(f.open)
	return f.hand(t, Started{})
}

// hand lets the present behavior receive an event, and notes what it waits for then.
func (f *forgetful) hand(t *Turn, event any) error {
	before := len(t.effects)
	_, t.worker = f.self.(Worker)
	if err := f.self.Receive(t, event); err != nil {
		return err
	}
	for _, e := range t.effects[min(before, len(t.effects)):] {
		switch e.Kind {
		case Ask, Do:
			f.open[e.ID.String()] = false
		case After:
			f.open[e.ID.String()] = true
		case Cancel:
			delete(f.open, e.ID.String())
		}
	}
	return nil
}

// Work runs a job.
func (f *forgetful) Work(ctx context.Context, job string, input any) (any, error) {
	w, ok := f.worker.(Worker)
	if !ok {
		return nil, fmt.Errorf("actors: job %q: the behavior is no Worker", job)
	}
	return w.Work(ctx, job, input)
}

// Limit is the behavior's own.
func (f *forgetful) Limit(job string) time.Duration {
	if l, ok := f.worker.(Limiter); ok {
		return l.Limit(job)
	}
	return 0
}

// keptForgetful hands over the memory of the present behavior.
type keptForgetful struct{ *forgetful }

type writtenForgetful struct {
	Self    []byte          `json:"self"`
	Decided bool            `json:"decided"`
	Open    map[string]bool `json:"open"`
}

// Snapshot is the memory of the present behavior, and whether it has decided.
func (f *keptForgetful) Snapshot() ([]byte, error) {
	self, err := snapshotOf(f.self)
	if err != nil {
		return nil, err
	}
	return json.Marshal(writtenForgetful{self, f.decided, f.open})
}

// Restore takes both back.
func (f *keptForgetful) Restore(state []byte) error {
	var w writtenForgetful
	if err := json.Unmarshal(state, &w); err != nil {
		return fmt.Errorf("actors: restore a behavior that forgets: %w", err)
	}
	if f.decided, f.open = w.Decided, w.Open; f.open == nil {
		f.open = map[string]bool{}
	}
	return restoreTo(f.self, w.Self)
}
