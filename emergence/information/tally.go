package information

import (
	"encoding/binary"
	"math"
)

const (
	scarce   = 64      // cells up to which a tally has banks
	narrow   = 256     // cells of a tally: as many as a byte can tell apart
	crowded  = 4       // cells for each sample, with which it is no longer worth looking at all cells
	maxCells = 1 << 20 // of a kernel
)

// tally counts codes of one byte. With few cells equal codes often follow one another, and a count that has just been written is
// slow to read: then there are four banks, taken by turns.
type tally struct {
	banks  [4][narrow]int32
	single bool // only the first is used
}

// add counts base[i] + x[i], eight at a time: no sum of two bytes is more than a byte, so that eight of them are one sum.
func (t *tally) add(base, x []uint8) {
	i := 0
	for ; i+8 <= len(base) && i+8 <= len(x); i += 8 {
		codes := binary.LittleEndian.Uint64(base[i:]) + binary.LittleEndian.Uint64(x[i:])
		if t.single {
			t.eightInOne(codes)
		} else {
			t.eight(codes)
		}
	}
	for ; i < len(base); i++ {
		t.banks[0][base[i]+x[i]]++
	}
}

// eight counts the bytes of codes.
func (t *tally) eight(codes uint64) {
	a, b, c, d := &t.banks[0], &t.banks[1], &t.banks[2], &t.banks[3]
	a[uint8(codes)]++
	b[uint8(codes>>8)]++
	c[uint8(codes>>16)]++
	d[uint8(codes>>24)]++
	a[uint8(codes>>32)]++
	b[uint8(codes>>40)]++
	c[uint8(codes>>48)]++
	d[uint8(codes>>56)]++
}

// eightInOne is eight with the first bank only.
func (t *tally) eightInOne(codes uint64) {
	a := &t.banks[0]
	a[uint8(codes)]++
	a[uint8(codes>>8)]++
	a[uint8(codes>>16)]++
	a[uint8(codes>>24)]++
	a[uint8(codes>>32)]++
	a[uint8(codes>>40)]++
	a[uint8(codes>>48)]++
	a[uint8(codes>>56)]++
}

// take moves the counts of the first cells out, and leaves zeros.
func (t *tally) take(cells []int32) {
	copy(cells, t.banks[0][:])
	clear(t.banks[0][:len(cells)])
	if t.single {
		return
	}
	for bank := 1; bank < len(t.banks); bank++ {
		counts := t.banks[bank][:len(cells)]
		for i, n := range counts {
			cells[i] += n
		}
		clear(counts)
	}
}

// nLogN is the table of n log2 n for n up to most. The entropy of counts with the sum N is log2 N - (1/N) sum n log2 n.
func nLogN(most int) []float64 {
	table := make([]float64, most+1)
	for n := 2; n <= most; n++ {
		table[n] = float64(n) * math.Log2(float64(n))
	}
	return table
}

// logs is the sum of n log2 n over counts.
func logs(table []float64, counts []int32) (sum float64) {
	for _, n := range counts {
		sum += table[n]
	}
	return sum
}

// sparse counts in more cells than there are samples, and adds up n log2 n as it goes, so that no cell is looked at that was not met.
type sparse struct {
	counts []int32
	table  []float64 // nLogN
}

// more counts a code and returns what that adds to the sum of n log2 n.
func (s *sparse) more(code int) float64 {
	n := s.counts[code]
	s.counts[code] = n + 1
	return s.table[n+1] - s.table[n]
}
