package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Position is a place in the order of commit. Zero is before the first entry. Stores choose the numbers: later
// entries have greater ones, and there may be gaps. A reader that has seen an entry goes on from its Position.
type Position uint64

// ErrConflict is wrapped by the *Conflict that refuses an append or a snapshot.
var ErrConflict = errors.New("journal: conflict")

// ErrClosed is wrapped by the errors of a store that was closed.
var ErrClosed = errors.New("journal: store closed")

// Conflict says that an entry does not extend its actor's chain by exactly one: another writer was faster, or a
// turn is missing. Of a snapshot it says that its turn is not committed.
type Conflict struct {
	Actor    string
	Expected uint64 // the turn that would have extended the chain; the last committed turn if it is a snapshot's
	Got      uint64
}

// Error names the actor, the turn expected and the turn got.
func (c *Conflict) Error() string {
	return fmt.Sprintf("%v: %q: expected turn %d, got %d", ErrConflict, c.Actor, c.Expected, c.Got)
}

// Unwrap returns ErrConflict.
func (c *Conflict) Unwrap() error { return ErrConflict }

// Store keeps entries and snapshots. It is safe for concurrent use; what it returns belongs to the caller, what it
// was given it does not keep. Every method fails once ctx is done, with an error that wraps ctx.Err(). Package
// journaltest has the tests that every store passes.
type Store interface {
	// Append commits the entries in their order, all or nothing. Causes come before their effects, here and from
	// call to call. An entry that does not extend its actor's chain by exactly one is refused with a *Conflict, a
	// malformed one with ErrMalformed. Digests are taken as they are (Check looks at them).
	Append(ctx context.Context, entries []Entry) error

	// Read yields the entries after from, of all actors, in the order of their commit: at least those committed
	// when the reading began. An error ends it. Appending while reading is allowed. No entry is ever committed
	// before one that was read already: that is why a tail may go on from the last Position it saw.
	Read(ctx context.Context, from Position) iter.Seq2[Entry, error]

	// Turns yields the turns of one actor after turn n, in their order; none if the actor is unknown.
	Turns(ctx context.Context, actor string, n uint64) iter.Seq2[Entry, error]

	// Heads returns the end of every actor's chain, sorted by actor, bytewise.
	Heads(ctx context.Context) ([]Head, error)

	// SaveSnapshot keeps an actor's state after its turn n, in place of what was kept for that turn before. A turn
	// that is not committed is refused with a *Conflict: a snapshot must not know more than the journal.
	SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error

	// LoadSnapshot returns the latest snapshot of the actor that is not later than its turn upTo, and its turn; n
	// is 0 if there is none.
	LoadSnapshot(ctx context.Context, actor string, upTo uint64) (n uint64, state []byte, err error)

	// Close ends the store. Closing again changes nothing.
	Close() error
}
