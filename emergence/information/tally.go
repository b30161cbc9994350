package information

import (
	"encoding/binary"
	"math"
)

const (
	narrow   = 256     // cells of a tally: as many as a byte can tell apart
	crowded  = 4       // cells for each sample, with which it is no longer worth looking at all cells
	maxCells = 1 << 20 // of a kernel
)

// tally counts codes of one byte. Equal codes that follow one another go to different banks, for a count that has just been
// written is slow to read.
type tally [4][narrow]int32

// add counts base[i] + x[i], eight at a time: no sum of two bytes is more than a byte, so that eight of them are one sum.
func (t *tally) add(base, x []uint8) {
	i := 0
	for ; i+8 <= len(base) && i+8 <= len(x); i += 8 {
		t.eight(binary.LittleEndian.Uint64(base[i:]) + binary.LittleEndian.Uint64(x[i:]))
	}
	for ; i < len(base); i++ {
		t[0][base[i]+x[i]]++
	}
}

// eight counts the bytes of codes.
func (t *tally) eight(codes uint64) {
	t[0][uint8(codes)]++
	t[1][uint8(codes>>8)]++
	t[2][uint8(codes>>16)]++
	t[3][uint8(codes>>24)]++
	t[0][uint8(codes>>32)]++
	t[1][uint8(codes>>40)]++
	t[2][uint8(codes>>48)]++
	t[3][uint8(codes>>56)]++
}

// take moves the counts of the first cells out, and leaves zeros.
func (t *tally) take(cells []int32) {
	a, b, c, d := t[0][:len(cells)], t[1][:len(cells)], t[2][:len(cells)], t[3][:len(cells)]
	for i := range cells {
		cells[i] = a[i] + b[i] + c[i] + d[i]
		a[i], b[i], c[i], d[i] = 0, 0, 0, 0
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
