package supervision

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestFailureNamesWhatFailed(t *testing.T) {
	f := &Failure{Actor: "agents/kate", Turn: 7, Attempt: 2, Event: "percept", Err: io.ErrUnexpectedEOF}
	if got, want := f.Error(), "agents/kate: turn 7 (percept), attempt 2: unexpected EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(f, io.ErrUnexpectedEOF) {
		t.Error("the cause is not found")
	}
	if f.Stack() != nil {
		t.Error("an error has no stack")
	}
}

func TestPanicIsAnErrorWithItsStack(t *testing.T) {
	f := &Failure{Err: fmt.Errorf("deciding: %w", &Panic{Value: io.EOF, Stack: []byte("goroutine 1")})}
	if string(f.Stack()) != "goroutine 1" {
		t.Errorf("stack %q", f.Stack())
	}
	if !errors.Is(f, io.EOF) {
		t.Error("an error that was passed to panic is not found")
	}
	p := &Panic{Value: "no fish"}
	if p.Error() != "panic: no fish" || p.Unwrap() != nil {
		t.Errorf("%v, %v", p, p.Unwrap())
	}
}

// ErrEscalate: "its parent is to decide". The parent, not everybody up to the top.
func TestEscalatedIsForOneParentOnly(t *testing.T) {
	child := &Failure{Actor: "world/north", Turn: 3, Attempt: 1, Event: "tick",
		Err: fmt.Errorf("%w: %w", ErrEscalate, &Panic{Value: "flood", Stack: []byte("stack")})}
	f := &Failure{Actor: "world", Turn: 1, Attempt: 1, Event: "escalated", Err: &Escalated{child}}
	if errors.Is(f, ErrEscalate) {
		t.Error("the parent would pass it up unseen")
	}
	if string(f.Stack()) != "stack" {
		t.Errorf("the child's stack is lost: %q", f.Stack())
	}
	if !strings.Contains(f.Error(), "world/north: turn 3 (tick)") {
		t.Errorf("the child is not named: %v", f)
	}
	if _, restarted := (Policy{}).Decide(&Record{}, f, 0).(Restart); !restarted {
		t.Error("the parent's policy did not decide")
	}
}
