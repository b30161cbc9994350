package polis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/journal"
)

// kindQuarantined is the kind of a turn whose event was set aside.
const kindQuarantined = "quarantined"

// ErrNotQuarantined is wrapped by the error about a turn that is not one whose event was set aside.
var ErrNotQuarantined = errors.New("polis: no event was set aside there")

// QuarantinedTurn is an event at which its receiver failed to the last attempt, so that it was set aside. It has its place
// in the record, and no effect but, in the world, the outcome that its agent got.
type QuarantinedTurn struct {
	Actor    string          `json:"actor"`
	Turn     uint64          `json:"turn"`
	Step     uint64          `json:"step"`     // of the world's steps
	Logical  time.Duration   `json:"logical"`  // logical time
	Wall     time.Time       `json:"wall"`     // when it was given up
	Cause    journal.Cause   `json:"cause"`    // the effect that made the event
	Kind     string          `json:"kind"`     // of the event: percept, message, action, …
	Attempts int             `json:"attempts"` // that failed
	Error    string          `json:"error"`    // of the last
	Event    json.RawMessage `json:"event"`    // as it would have been recorded; null: it could not be written down
}

// ID names the turn, as in "agents/kate@12".
func (q *QuarantinedTurn) ID() string { return q.Actor + "@" + strconv.FormatUint(q.Turn, 10) }

// Quarantined gives all turns of a journal whose events were set aside, in the order of commit.
func Quarantined(ctx context.Context, store journal.Store) ([]QuarantinedTurn, error) {
	var all []QuarantinedTurn
	for e, err := range store.Read(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if e.Kind != kindQuarantined {
			continue
		}
		q, err := quarantinedIn(&e)
		if err != nil {
			return nil, err
		}
		all = append(all, q)
	}
	return all, nil
}

// QuarantinedAt gives the one with that ID.
func QuarantinedAt(ctx context.Context, store journal.Store, id string) (QuarantinedTurn, error) {
	actor, n, err := parseTurn(id)
	if err != nil {
		return QuarantinedTurn{}, err
	}
	for e, err := range store.Turns(ctx, actor, n-1) {
		switch {
		case err != nil:
			return QuarantinedTurn{}, err
		case e.N != n:
			return QuarantinedTurn{}, fmt.Errorf("polis: %s follows turn %d: %w", id, e.N, journal.ErrMissing)
		case e.Kind != kindQuarantined:
			return QuarantinedTurn{}, fmt.Errorf("%w: %s is a turn about an event of kind %q", ErrNotQuarantined, id, e.Kind)
		}
		return quarantinedIn(&e)
	}
	return QuarantinedTurn{}, fmt.Errorf("%w: there is no turn %s", ErrNotQuarantined, id)
}

// parseTurn reads "agents/kate@12". An actor's name may have an @ in it.
func parseTurn(id string) (actor string, n uint64, err error) {
	if i := strings.LastIndexByte(id, '@'); i > 0 {
		if n, err = strconv.ParseUint(id[i+1:], 10, 64); err == nil && n > 0 {
			return id[:i], n, nil
		}
	}
	return "", 0, fmt.Errorf("polis: turn %q; accepted is ACTOR@TURN, such as agents/kate@12 or world@7", id)
}

// quarantinedIn reads what the record says of an event that was set aside.
func quarantinedIn(e *journal.Entry) (QuarantinedTurn, error) {
	q := QuarantinedTurn{Actor: e.Actor, Turn: e.N, Step: e.Step, Logical: e.Logical, Wall: e.Wall, Cause: e.Cause}
	var w struct {
		Attempts *int
		Error    *string
		Event    json.RawMessage
		Kind     *string
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return q, fmt.Errorf("polis: what was set aside in %s: %w", q.ID(), err)
	}
	if w.Attempts == nil || w.Error == nil || w.Kind == nil || len(w.Event) == 0 {
		return q, fmt.Errorf("polis: what was set aside in %s is %.80q; accepted is its attempts, error, event and kind", q.ID(), e.Payload)
	}
	q.Attempts, q.Error, q.Event, q.Kind = *w.Attempts, *w.Error, w.Event, *w.Kind
	return q, nil
}
