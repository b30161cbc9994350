package information

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Totals are the two ways to say in bits how much several columns are together.
type Totals struct {
	Total float64 // total correlation
	Dual  float64 // dual total correlation
}

// O is the O-information: below 0 synergy dominates, above 0 redundancy.
func (t Totals) O() float64 { return t.Total - t.Dual }

// S is the S-information.
func (t Totals) S() float64 { return t.Total + t.Dual }

// GroupKernel takes the Totals of columns again and again, plug-in, without allocating: those of Outcomes but for rounding. Not for
// use by two goroutines at once.
type GroupKernel struct {
	rows    int
	sizes   []int
	strides []int // of a column's symbol in the code of a row
	cells   []int32
	folded  []int32 // cells without the columns before one
	tally   tally
	codes   []int  // of rows, with more cells than a tally has
	sparse  sparse // with very many cells
	table   []float64
}

// NewGroup makes a kernel for 2 columns or more of some number of rows, with symbols 0..sizes[i]-1 in column i; 2^20 combinations at most.
func NewGroup(rows int, sizes ...int) (*GroupKernel, error) {
	cells := 1.0
	for i, s := range sizes {
		if s < 1 || s > narrow {
			return nil, fmt.Errorf("information: column %d with %d symbols; accepted are 1 to %d", i, s, narrow)
		}
		cells *= float64(s)
	}
	if len(sizes) < 2 || rows < 1 || cells > maxCells {
		return nil, fmt.Errorf("information: %d columns with %v combinations of symbols in %d rows; accepted are 2 columns or more, up to %d combinations, 1 row or more",
			len(sizes), cells, rows, maxCells)
	}
	k := &GroupKernel{rows: rows, sizes: slices.Clone(sizes), strides: make([]int, len(sizes)), table: nLogN(rows)}
	stride := 1
	for i := len(sizes) - 1; i >= 0; i-- {
		k.strides[i] = stride
		stride *= sizes[i]
	}
	k.cells, k.tally.single = make([]int32, stride), stride > scarce
	if stride > narrow {
		k.codes = make([]int, rows)
	}
	if stride > max(narrow, crowded*rows) {
		k.sparse = sparse{k.cells, k.table}
	} else {
		k.folded = make([]int32, stride)
	}
	return k, nil
}

// Value is that of columns as Codes makes them. The wrong number of columns or rows panics; a symbol that its column cannot have
// makes the value meaningless.
func (k *GroupKernel) Value(columns [][]uint8) Totals {
	if len(columns) != len(k.sizes) {
		panic(fmt.Sprintf("information: %d columns for a kernel of %d", len(columns), len(k.sizes)))
	}
	for i, c := range columns {
		if len(c) != k.rows {
			panic(fmt.Sprintf("information: column %d of %d rows for a kernel of %d", i, len(c), k.rows))
		}
	}
	if k.codes != nil {
		k.code(columns)
	}
	if k.folded == nil {
		return k.wide(columns)
	}
	if k.codes == nil {
		k.count(columns)
		k.tally.take(k.cells)
	} else {
		clear(k.cells)
		for _, code := range k.codes {
			k.cells[code]++
		}
	}
	return k.dense()
}

// dense makes the totals of cells by looking at all of them.
func (k *GroupKernel) dense() Totals {
	whole, singles, others := logs(k.table, k.cells), 0.0, 0.0
	for i, stride := range k.strides {
		others += k.without(stride, k.sizes[i])
	}
	left := k.folded[:copy(k.folded, k.cells)]
	for i, stride := range k.strides {
		for from := 0; from < len(left); from += stride {
			n := int32(0)
			for _, c := range left[from : from+stride] {
				n += c
			}
			singles += k.table[n]
		}
		for s := 1; s < k.sizes[i]; s++ { // what comes before the next column no longer matters
			for at, c := range left[s*stride : (s+1)*stride] {
				left[at] += c
			}
		}
		left = left[:stride]
	}
	return k.totals(whole, singles, others)
}

// count tallies the rows, eight at a time: no code is more than a byte, so that eight of them are coded as one number.
func (k *GroupKernel) count(columns [][]uint8) {
	row := 0
	for ; row+8 <= k.rows; row += 8 {
		codes := binary.LittleEndian.Uint64(columns[0][row:])
		for i, c := range columns[1:] {
			codes = codes*uint64(k.sizes[i+1]) + binary.LittleEndian.Uint64(c[row:])
		}
		if k.tally.single {
			k.tally.eightInOne(codes)
		} else {
			k.tally.eight(codes)
		}
	}
	for ; row < k.rows; row++ {
		code := 0
		for i, c := range columns {
			code += int(c[row]) * k.strides[i]
		}
		k.tally.banks[0][uint8(code)]++
	}
}

// without is the sum of n log2 n over the cells of all columns but one.
func (k *GroupKernel) without(stride, size int) (sum float64) {
	if stride == 1 {
		for from := 0; from < len(k.cells); from += size {
			n := int32(0)
			for _, c := range k.cells[from : from+size] {
				n += c
			}
			sum += k.table[n]
		}
		return sum
	}
	for from := 0; from < len(k.cells); from += size * stride {
		others := k.folded[:stride]
		copy(others, k.cells[from:])
		for s := 1; s < size; s++ {
			for at, c := range k.cells[from+s*stride:][:len(others)] {
				others[at] += c
			}
		}
		sum += logs(k.table, others)
	}
	return sum
}

// code codes the rows, with more cells than a byte can tell apart.
func (k *GroupKernel) code(columns [][]uint8) {
	clear(k.codes)
	for i, c := range columns {
		codes, stride := k.codes[:len(c)], k.strides[i]
		for row, s := range c {
			codes[row] += int(s) * stride
		}
	}
}

// wide makes the totals of rows, with so many cells that most stay empty.
func (k *GroupKernel) wide(columns [][]uint8) Totals {
	whole, singles, others := 0.0, 0.0, 0.0
	for row := range k.rows {
		whole += k.sparse.more(k.codes[row])
	}
	for _, code := range k.codes {
		k.cells[code] = 0
	}
	for i, c := range columns {
		for row, s := range c {
			others += k.sparse.more(k.codes[row] - int(s)*k.strides[i])
		}
		for row, s := range c {
			k.cells[k.codes[row]-int(s)*k.strides[i]] = 0
		}
		for _, s := range c {
			singles += k.sparse.more(int(s))
		}
		clear(k.cells[:k.sizes[i]])
	}
	return k.totals(whole, singles, others)
}

// totals makes entropies, log2 N - sum/N, of the sums of n log2 n over the cells of all columns, of each, and of all but each.
func (k *GroupKernel) totals(whole, singles, others float64) Totals {
	n, columns := float64(k.rows), float64(len(k.sizes))
	return Totals{
		Total: (columns-1)*math.Log2(n) + (whole-singles)/n,
		Dual:  math.Log2(n) + ((columns-1)*whole-others)/n,
	}
}
