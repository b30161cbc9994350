package polis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
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

// Retried is what would come of an event that was set aside, if it were offered now.
type Retried struct {
	QuarantinedTurn
	Err     error           // why it would be set aside again; nil: it would not
	Effects json.RawMessage // what its turn would want done, as it would be recorded; nil: see Err
}

// Retry offers an event that was set aside, by its ID, to its receiver as it was right before, with the behavior and the
// world that the epochs give it now. It is a trial: nothing is done, sent, asked or written, and what the journal says has
// happened stays as it is. Who wants a run in which it went well forks that run from the round before.
func Retry(ctx context.Context, store journal.Store, id string, epochs ...Epoch) (*Retried, error) {
	q, err := QuarantinedAt(ctx, store, id)
	if err != nil {
		return nil, err
	}
	if err := checkEpochs(epochs); err != nil {
		return nil, err
	}
	p, err := newPast(epochs, store)
	if err != nil {
		return nil, err
	}
	r := &Retried{QuarantinedTurn: q}
	for e, err := range store.Read(ctx, 0) {
		if err == nil && e.Actor == q.Actor && e.N == q.Turn {
			r.Effects, err = p.retry(ctx, &e)
			var fails *environment.StillFails
			if errors.As(err, &fails) {
				r.Err, err = fails, nil
			}
			return r, err
		}
		if err == nil {
			_, err = p.take(ctx, &e, 0)
		}
		if err != nil {
			return nil, fmt.Errorf("polis: the run cannot be rebuilt up to %s: %w", id, err)
		}
	}
	return nil, fmt.Errorf("%w: there is no turn %s", ErrNotQuarantined, id)
}

// retry does a turn that was set aside.
func (p *past) retry(ctx context.Context, e *journal.Entry) (effects []byte, err error) {
	defer func() {
		if v := recover(); v != nil { // the record is not what any society has written
			err = fmt.Errorf("polis: turn %d of %s cannot be read: %v", e.N, e.Actor, v)
		}
	}()
	if e.Actor == environment.Name {
		if err := p.crossTo(ctx, p.world.RoundOf(e)); err != nil {
			return nil, err
		}
		return p.world.Retry(e)
	}
	name, isAgent := strings.CutPrefix(e.Actor, actors.ActorName(""))
	if p.cfg.Pace == environment.Simulated && isAgent { // an agent's may be the first turn of a round
		if err := p.crossTo(ctx, p.ended+1); err != nil {
			return nil, err
		}
	}
	if a := p.agents[name]; isAgent && a != nil {
		return a.Retry(e)
	}
	return nil, fmt.Errorf("polis: %s is no actor of this society", e.Actor)
}
