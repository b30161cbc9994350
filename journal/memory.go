package journal

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"sync"
)

// Memory is the store that keeps everything in memory and nothing beyond the process.
type Memory struct {
	mu     sync.RWMutex
	blocks [][]Entry // full ones of blockSize, then one that is being filled
	count  Position
	chains map[string]*chain
	closed bool
	batch  []*chain // of the append that is going on
	arena  []byte   // where payloads and effects of the next entries go
}

// chain is what Memory knows of one actor.
type chain struct {
	head      Head
	at        []Position // of turn i+1
	snapshots []snapshot // by turn
}

type snapshot struct {
	n     uint64
	state []byte
}

const (
	blockSize = 1 << 10  // entries
	arenaSize = 64 << 10 // bytes
)

// NewMemory returns an empty store in memory.
func NewMemory() *Memory { return &Memory{chains: map[string]*chain{}} }

// Immediate implements Immediate: it is.
func (m *Memory) Immediate() bool { return true }

// Append implements Store.
func (m *Memory) Append(ctx context.Context, entries []Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx, "append"); err != nil {
		return err
	}
	defer func() { m.batch = m.batch[:0] }()
	for i := range entries {
		if err := m.admit(&entries[i]); err != nil {
			for _, c := range m.batch {
				c.head.Count--
			}
			return err
		}
	}
	for i := range entries {
		m.put(&entries[i], m.batch[i])
	}
	return nil
}

// usable returns why the store cannot be used, if so. The lock is held.
func (m *Memory) usable(ctx context.Context, doing string) error {
	if m.closed {
		return fmt.Errorf("%w: %s", ErrClosed, doing)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("journal: %s: %w", doing, err)
	}
	return nil
}

// admit counts the entry in its chain and adds the chain to the batch, or says why not. Nothing is written yet.
func (m *Memory) admit(e *Entry) error {
	if err := e.Validate(); err != nil {
		return err
	}
	c := m.chains[e.Actor]
	if c == nil {
		c = &chain{head: Head{Actor: e.Actor}}
	}
	if e.N != c.head.Count+1 {
		return &Conflict{Actor: e.Actor, Expected: c.head.Count + 1, Got: e.N}
	}
	if c.head.Count == 0 {
		m.chains[e.Actor] = c
	}
	c.head.Count++
	m.batch = append(m.batch, c)
	return nil
}

// put writes an entry that was admitted to chain c.
func (m *Memory) put(e *Entry, c *chain) {
	if m.count%blockSize == 0 {
		m.blocks = append(m.blocks, make([]Entry, 0, blockSize))
	}
	kept := *e
	kept.Actor = c.head.Actor
	kept.Payload, kept.Effects = m.keep(e.Payload), m.keep(e.Effects)
	m.count++
	kept.Position = m.count
	last := &m.blocks[len(m.blocks)-1]
	*last = append(*last, kept)
	c.at = append(c.at, m.count)
	c.head.Digest = e.Digest
}

// keep copies b into the arena.
func (m *Memory) keep(b []byte) []byte {
	if len(b) > arenaSize/8 {
		return bytes.Clone(b)
	}
	if cap(m.arena)-len(m.arena) < len(b) {
		m.arena = make([]byte, 0, arenaSize)
	}
	start := len(m.arena)
	m.arena = append(m.arena, b...)
	return m.arena[start:]
}

// view is a part of the journal that no later append changes, so that it can be read without the lock.
type view struct {
	blocks [][]Entry
	end    Position
}

func (m *Memory) view(ctx context.Context, doing string) (view, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	// The headers are copied: that of the last block changes with every append.
	return view{slices.Clone(m.blocks), m.count}, m.usable(ctx, doing)
}

// at returns a copy of the entry at p.
func (v view) at(p Position) Entry {
	e := v.blocks[(p-1)/blockSize][(p-1)%blockSize]
	e.Payload, e.Effects = bytes.Clone(e.Payload), bytes.Clone(e.Effects)
	return e
}

// Read implements Store. It yields what was committed when the reading began.
func (m *Memory) Read(ctx context.Context, from Position) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		v, err := m.view(ctx, "read")
		for p := from + 1; err == nil && p <= v.end; p++ {
			if !yield(v.at(p), nil) {
				return
			}
			if err = ctx.Err(); err != nil {
				err = fmt.Errorf("journal: read: %w", err)
			}
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// Turns implements Store. It yields what was committed when the reading began.
func (m *Memory) Turns(ctx context.Context, actor string, n uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		v, err := m.view(ctx, "turns")
		for _, p := range m.positions(actor, n, v.end) {
			if err != nil || !yield(v.at(p), nil) {
				break
			}
			if err = ctx.Err(); err != nil {
				err = fmt.Errorf("journal: turns: %w", err)
			}
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// positions returns where the actor's turns after n are.
func (m *Memory) positions(actor string, n uint64, end Position) []Position {
	m.mu.RLock()
	defer m.mu.RUnlock()
	c := m.chains[actor]
	if c == nil || n >= uint64(len(c.at)) {
		return nil
	}
	at := c.at[n:]
	return at[:sort.Search(len(at), func(i int) bool { return at[i] > end })]
}

// Heads implements Store.
func (m *Memory) Heads(ctx context.Context) ([]Head, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.usable(ctx, "heads"); err != nil {
		return nil, err
	}
	heads := make([]Head, 0, len(m.chains))
	for _, actor := range slices.Sorted(maps.Keys(m.chains)) {
		if c := m.chains[actor]; c.head.Count > 0 { // a refused append may have left one without
			heads = append(heads, c.head)
		}
	}
	return heads, nil
}

// SaveSnapshot implements Store. Memory keeps all snapshots.
func (m *Memory) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx, "save a snapshot"); err != nil {
		return err
	}
	c := m.chains[actor]
	if c == nil {
		return &Conflict{Actor: actor, Got: n}
	}
	if n == 0 || n > c.head.Count {
		return &Conflict{Actor: actor, Expected: c.head.Count, Got: n}
	}
	s := snapshot{n, append([]byte{}, state...)}
	i, found := slices.BinarySearchFunc(c.snapshots, n, compareTurn)
	if found {
		c.snapshots[i] = s
	} else {
		c.snapshots = slices.Insert(c.snapshots, i, s)
	}
	return nil
}

// LoadSnapshot implements Store.
func (m *Memory) LoadSnapshot(ctx context.Context, actor string, upTo uint64) (uint64, []byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.usable(ctx, "load a snapshot"); err != nil {
		return 0, nil, err
	}
	c := m.chains[actor]
	if c == nil {
		return 0, nil, nil
	}
	i, found := slices.BinarySearchFunc(c.snapshots, upTo, compareTurn)
	if found {
		i++
	}
	if i == 0 {
		return 0, nil, nil
	}
	s := c.snapshots[i-1]
	return s.n, append([]byte{}, s.state...), nil
}

func compareTurn(s snapshot, n uint64) int {
	switch {
	case s.n < n:
		return -1
	case s.n > n:
		return 1
	default:
		return 0
	}
}

// Close implements Store. It lets go of everything that was kept.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.blocks, m.chains, m.arena, m.batch = nil, nil, nil, nil
	return nil
}
