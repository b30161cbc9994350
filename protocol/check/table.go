package check

import (
	"bytes"
	"hash/maphash"
)

// table keeps the situations that are known, each once, under numbers from 0 on in the order in which they were found.
type table struct {
	seed  maphash.Seed
	slots []uint32 // number + 1
	bytes []byte
	from  []uint64 // where in bytes each begins
}

func newTable() *table {
	return &table{seed: maphash.MakeSeed(), slots: make([]uint32, 1<<10), from: []uint64{0}}
}

func (t *table) len() int { return len(t.from) - 1 }

// at gives the key with a number.
func (t *table) at(n uint32) []byte { return t.bytes[t.from[n]:t.from[n+1]] }

// add gives the number of a key, and whether it is new.
func (t *table) add(key []byte) (uint32, bool) {
	if 2*t.len() >= len(t.slots) {
		t.grow()
	}
	i := t.slot(key)
	if n := t.slots[i]; n != 0 {
		return n - 1, false
	}
	n := uint32(t.len())
	t.slots[i] = n + 1
	t.bytes = append(t.bytes, key...)
	t.from = append(t.from, uint64(len(t.bytes)))
	return n, true
}

// slot finds the one that holds the key, or is to hold it.
func (t *table) slot(key []byte) uint64 {
	mask := uint64(len(t.slots) - 1)
	for i := maphash.Bytes(t.seed, key) & mask; ; i = (i + 1) & mask {
		if n := t.slots[i]; n == 0 || bytes.Equal(t.at(n-1), key) {
			return i
		}
	}
}

func (t *table) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	for n := range uint32(t.len()) {
		t.slots[t.slot(t.at(n))] = n + 1
	}
}
