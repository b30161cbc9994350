package journal

// Keeper is implemented by whatever can hand over its memory and take it back: behaviors of agents and worlds alike.
// Snapshot must not change the state, and what it returns belongs to the caller. Restore replaces the whole state by
// one that Snapshot made, possibly in another process, and must not keep the slice. After Restore the keeper answers
// every further event as the one that was snapshot would have.
type Keeper interface {
	Snapshot() ([]byte, error)
	Restore(state []byte) error
}
