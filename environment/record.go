package environment

import (
	"strconv"
	"strings"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
)

// AppendCanonical appends the percept as it is recorded: keys sorted, the view under the name of its type.
func (p Percept) AppendCanonical(b []byte) ([]byte, error) {
	b = append(b, `{"choice":`...)
	b = strconv.AppendBool(b, p.Choice)
	b = append(b, `,"phase":`...)
	b, err := journal.AppendCanonical(b, p.Phase)
	if err != nil {
		return b, err
	}
	b = append(b, `,"round":`...)
	b = strconv.AppendInt(b, int64(p.Round), 10)
	b = append(b, `,"view":`...)
	if b, err = journal.AppendPayload(b, p.View); err != nil {
		return b, err
	}
	return append(b, '}'), nil
}

// AppendCanonical appends the outcome as it is recorded.
func (o Outcome) AppendCanonical(b []byte) ([]byte, error) {
	b = append(b, `{"action":`...)
	b, err := journal.AppendCanonical(b, o.Action)
	if err != nil {
		return b, err
	}
	if o.Refused() {
		b = append(b, `,"detail":`...)
		if b, err = journal.AppendCanonical(b, o.Detail); err != nil {
			return b, err
		}
		b = append(b, `,"reason":`...)
		if b, err = journal.AppendCanonical(b, o.Reason); err != nil {
			return b, err
		}
	} else {
		b = append(b, `,"value":`...)
		if b, err = journal.AppendPayload(b, o.Value); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func null(b []byte) ([]byte, error) { return append(b, "null"...), nil }

func appendPhase(b []byte, round int, phase string) ([]byte, error) {
	b = append(b, `{"phase":`...)
	b, err := journal.AppendCanonical(b, phase)
	b = append(b, `,"round":`...)
	b = strconv.AppendInt(b, int64(round), 10)
	return append(b, '}'), err
}

func appendAction(b []byte, agent, name string, action any) ([]byte, error) {
	b = append(b, `{"action":`...)
	b, err := journal.AppendCanonical(b, name)
	if err != nil {
		return b, err
	}
	b = append(b, `,"agent":`...)
	if b, err = journal.AppendCanonical(b, agent); err != nil {
		return b, err
	}
	b = append(b, `,"value":`...)
	if b, err = journal.AppendPayload(b, action); err != nil {
		return b, err
	}
	return append(b, '}'), nil
}

// appendOutcome appends the effect that an action has for its agent.
func appendOutcome(b []byte, out Outcome, agent string) ([]byte, error) {
	b, err := out.AppendCanonical(append(b, `{"outcome":`...))
	if err != nil {
		return b, err
	}
	return appendTo(b, agent)
}

// appendQuarantined records an event that was set aside, and why. One that cannot even be written down is null.
func appendQuarantined(b []byte, f *engine.Failure, event func([]byte) ([]byte, error)) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"attempts":`...), int64(f.Attempt), 10)
	b, err := journal.AppendCanonical(append(b, `,"error":`...), strings.ToValidUTF8(f.Err.Error(), "\ufffd"))
	if err != nil {
		return b, err
	}
	b = append(b, `,"event":`...)
	written := len(b)
	if b, err = event(b); err != nil {
		b, _ = null(b[:written])
	}
	b, err = journal.AppendCanonical(append(b, `,"kind":`...), f.Event)
	return append(b, '}'), err
}

// appendTo closes an effect with its receiver.
func appendTo(b []byte, agent string) ([]byte, error) {
	b = append(b, `,"to":`...)
	b, err := journal.AppendCanonical(b, agent)
	return append(b, '}'), err
}
