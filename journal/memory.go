package journal

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Memory is the store that keeps everything in memory and nothing beyond the process. Its entries lie in pages without a
// pointer in them, so that the garbage collector has nothing to look at however long the journal becomes.
type Memory struct {
	mu     sync.Mutex
	pages  []*page // full ones, then one that is being filled
	count  Position
	names  map[string]*chain
	chains []*chain // by their number
	kinds  []string // a handful
	batch  []*chain // of the append that is going on
	closed bool
}

// chain is what Memory knows of one actor, or of a name that only stands as a cause. One round is much like another, so
// it also knows which cause came next the last time: that is found without looking its name up.
type chain struct {
	number    uint32
	head      Head
	last      place      // of its last turn
	snapshots []snapshot // by turn

	cause  *chain // of its last turn
	follow *chain // which cause came after this one, in another's chain
}

type snapshot struct {
	n     uint64
	state []byte
}

// NewMemory returns an empty store in memory.
func NewMemory() *Memory {
	return &Memory{names: map[string]*chain{}}
}

// Immediate implements Immediate: it is.
func (m *Memory) Immediate() bool { return true }

// Append implements Store.
func (m *Memory) Append(ctx context.Context, entries []Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx, "append"); err != nil {
		return err
	}
	m.batch = m.batch[:0]
	for i := range entries {
		if err := m.admit(&entries[i]); err != nil {
			for _, c := range m.batch {
				c.head.Count--
			}
			return err
		}
	}
	for i, c := range m.batch {
		m.put(&entries[i], c)
	}
	return nil
}

// admit counts the entry in its chain and adds the chain to the batch, or says why not. Nothing is written yet.
func (m *Memory) admit(e *Entry) error {
	if err := e.Validate(); err != nil {
		return err
	}
	c := m.chain(e.Actor)
	if e.N != c.head.Count+1 {
		return &Conflict{Actor: e.Actor, Expected: c.head.Count + 1, Got: e.N}
	}
	c.head.Count++
	m.batch = append(m.batch, c)
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

// chain finds the chain of a name, or begins one.
func (m *Memory) chain(name string) *chain {
	c := m.names[name]
	if c == nil {
		c = &chain{number: uint32(len(m.chains)), head: Head{Actor: name}}
		m.names[name] = c
		m.chains = append(m.chains, c)
	}
	return c
}

// kind finds the number of a kind of event.
func (m *Memory) kind(kind string) uint32 {
	for i, k := range m.kinds {
		if k == kind {
			return uint32(i)
		}
	}
	m.kinds = append(m.kinds, kind)
	return uint32(len(m.kinds) - 1)
}

// put writes an entry that was admitted to chain c.
func (m *Memory) put(e *Entry, c *chain) {
	if last := c.cause; last == nil {
		c.cause = m.chain(e.Cause.Actor)
	} else if last.head.Actor != e.Cause.Actor {
		if last.follow == nil || last.follow.head.Actor != e.Cause.Actor {
			last.follow = m.chain(e.Cause.Actor)
		}
		c.cause = last.follow
	}
	p := m.page(stubSize + len(e.Payload) + len(e.Effects))
	m.count++
	c.last = p.put(e, &stub{actor: c.number, kind: m.kind(e.Kind), cause: c.cause.number, before: c.last}, uint32(len(m.pages)))
	c.head.Digest = e.Digest
}

// page returns the one being filled, or a new one when there is no room for so many bytes.
func (m *Memory) page(size int) *page {
	if n := len(m.pages); n > 0 {
		if p := m.pages[n-1]; p.fits(size) {
			return p
		}
	}
	p := newPage(m.count+1, len(m.pages), size)
	m.pages = append(m.pages, p)
	return p
}

// view is a part of the journal that no later append changes, so that it can be read without the lock.
type view struct {
	pages  []*page // all but the last are full
	last   page    // as it was
	end    Position
	chains []*chain // only their names are read
	kinds  []string
}

// view of all there is. The lock is held.
func (m *Memory) view() view {
	v := view{end: m.count, chains: m.chains, kinds: m.kinds}
	if n := len(m.pages); n > 0 {
		v.pages, v.last = m.pages[:n], *m.pages[n-1]
	}
	return v
}

// page is the i-th page, from 0.
func (v *view) page(i int) *page {
	if i == len(v.pages)-1 {
		return &v.last
	}
	return v.pages[i]
}

// entry reads a copy.
func (v *view) entry(at place) Entry {
	p := v.page(int(at.page) - 1)
	e, r := p.entry(at.slot)
	e.Actor, e.Kind, e.Cause.Actor = v.chains[r.actor].head.Actor, v.kinds[r.kind], v.chains[r.cause].head.Actor
	return e
}

// Read implements Store. It yields what was committed when the reading began.
func (m *Memory) Read(ctx context.Context, from Position) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		m.mu.Lock()
		v, err := m.view(), m.usable(ctx, "read")
		m.mu.Unlock()
		i := sort.Search(len(v.pages), func(i int) bool { return v.pages[i].first > from+1 }) // the page after
		for at := (place{page: uint32(max(i, 1))}); err == nil && from < v.end; from++ {
			p := v.page(int(at.page) - 1)
			if at.slot = uint32(from + 1 - p.first); at.slot >= uint32(len(p.starts)) {
				at = place{page: at.page + 1}
			}
			if !yield(v.entry(at), nil) {
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
		m.mu.Lock()
		v, err := m.view(), m.usable(ctx, "turns")
		var places []place // from the last turn back
		if c := m.names[actor]; err == nil && c != nil && c.head.Count > n {
			places = make([]place, 0, c.head.Count-n)
			places = append(places, c.last)
		}
		m.mu.Unlock()
		for len(places) > 0 && len(places) < cap(places) {
			last := places[len(places)-1]
			places = append(places, v.page(int(last.page)-1).stub(last.slot).before)
		}
		for _, at := range slices.Backward(places) {
			if err != nil || !yield(v.entry(at), nil) {
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

// Heads implements Store.
func (m *Memory) Heads(ctx context.Context) ([]Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx, "heads"); err != nil {
		return nil, err
	}
	heads := make([]Head, 0, len(m.chains))
	for _, c := range m.chains {
		if c.head.Count > 0 { // a refused append, or a cause, may have left one without
			heads = append(heads, c.head)
		}
	}
	slices.SortFunc(heads, func(a, b Head) int { return strings.Compare(a.Actor, b.Actor) })
	return heads, nil
}

// SaveSnapshot implements Store. Memory keeps all snapshots.
func (m *Memory) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx, "save a snapshot"); err != nil {
		return err
	}
	c := m.names[actor]
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
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx, "load a snapshot"); err != nil {
		return 0, nil, err
	}
	c := m.names[actor]
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
	m.pages, m.names, m.chains, m.batch = nil, nil, nil, nil
	return nil
}
