package information

import (
	"fmt"
	"math"
)

// PairKernel is a measure of two series of which one, the target, is fixed: transfer entropy or mutual information, in bits,
// plug-in, of one source after another. Its values are those of Transfer and of Mutual but for rounding. Nothing is allocated
// for a value: a source of 1,000 bits costs about as much as counting it. Not for use by two goroutines at once.
type PairKernel struct {
	length  int        // of the series
	offset  int        // of the source's symbol for the first sample
	of      *embedding // the target's side; L > 1: the source's symbols are taken in blocks
	size    int        // symbols of the source
	kx      int        // blocks of L of them
	pasts   int        // states of the target's past, with what is given, that were seen; 1 for mutual information
	known   float64    // sum of n log2 n over pasts, less that over pasts with the next symbol
	base    []int      // of each sample: its past and next symbol, times kx
	bytes   []uint8    // the same, when all cells fit a tally
	cells   []int32
	margin  []int32 // of the cells of one past
	tally   tally
	margins []int  // with very many cells: of each sample, where its past is counted with the source's symbol
	sparse  sparse // with very many cells
	table   []float64
	moved   []uint8 // a source that was moved, or coded in blocks
}

// NewTransfer binds the transfer entropy to target from sources with symbols 0..sourceSize-1. See Transfer. The symbols of target
// and of what is given may be any.
func NewTransfer(target []int, sourceSize int, history History, given ...[]int) (*PairKernel, error) {
	e, err := history.embed(target, given)
	if err != nil {
		return nil, err
	}
	k := &PairKernel{length: len(target), offset: e.start - e.Lag - e.L + 1, of: e}
	return k, k.bind(sourceSize)
}

// NewMutual binds the mutual information of sources, with symbols 0..sourceSize-1, and of y lag entries later. See Mutual.
func NewMutual(y []int, sourceSize, lag int) (*PairKernel, error) {
	if lag <= -len(y) || lag >= len(y) {
		return nil, fmt.Errorf("information: lag %d in series of %d symbols; accepted is less than their length", lag, len(y))
	}
	next := y[max(lag, 0) : len(y)+min(lag, 0)]
	e := &embedding{History: History{L: 1}, next: next, known: make([]int, len(next)), ky: float64(alphabet(next)), ways: 1}
	k := &PairKernel{length: len(y), offset: max(-lag, 0), of: e}
	return k, k.bind(sourceSize)
}

// bind codes all that does not change with the source.
func (k *PairKernel) bind(sourceSize int) error {
	blocks := math.Pow(float64(sourceSize), float64(k.of.L))
	if sourceSize < 1 || blocks > narrow {
		return fmt.Errorf("information: sources with %d symbols, in blocks of %d; accepted are 1 to %d different blocks", sourceSize, k.of.L, narrow)
	}
	past, pasts := recode(k.of.known)
	next, nexts := recode(k.of.next)
	k.size, k.kx, k.pasts = sourceSize, int(blocks), pasts
	states := pasts * nexts
	if float64(states)*blocks > maxCells {
		return fmt.Errorf("information: %d pasts, %d symbols and %v of the source; accepted are up to %d combinations", pasts, nexts, blocks, maxCells)
	}
	k.table = nLogN(len(next))
	perPast, perNext := make([]int32, pasts), make([]int32, states)
	k.base = make([]int, len(next))
	for i, p := range past {
		code := p*nexts + next[i]
		perPast[p]++
		perNext[code]++
		k.base[i] = code * k.kx
	}
	k.known = logs(k.table, perPast) - logs(k.table, perNext)
	k.moved = make([]uint8, k.length)
	if states*k.kx > max(narrow, crowded*len(next)) {
		k.margins = make([]int, len(next))
		for i, p := range past {
			k.margins[i] = (states + p) * k.kx // after all cells
		}
		k.sparse = sparse{make([]int32, (states+pasts)*k.kx), k.table}
		return nil
	}
	k.cells, k.margin = make([]int32, states*k.kx), make([]int32, k.kx)
	if len(k.cells) <= narrow {
		k.bytes, k.tally.single = make([]uint8, len(next)), len(k.cells) > scarce
		for i, code := range k.base {
			k.bytes[i] = uint8(code)
		}
	}
	return nil
}

// N is the number of samples.
func (k *PairKernel) N() int { return len(k.base) }

// Value is the measure of one source in bits. The source has the length of the target and symbols below sourceSize, as Codes
// makes them; one of another length panics, and a larger symbol makes the value meaningless.
func (k *PairKernel) Value(source []uint8) float64 {
	if len(source) != k.length {
		panic(fmt.Sprintf("information: source of %d symbols for a target of %d", len(source), k.length))
	}
	if k.of.L > 1 {
		source = k.blocks(source)
	}
	return k.value(source, 0)
}

// Shifted is the Value of the source moved in a circle by shift, entry i being source[(i+shift) mod length], without moving it.
func (k *PairKernel) Shifted(source []uint8, shift int) float64 {
	if len(source) != k.length {
		panic(fmt.Sprintf("information: source of %d symbols for a target of %d", len(source), k.length))
	}
	shift = ((shift % k.length) + k.length) % k.length
	if k.of.L > 1 {
		moved := k.moved
		copy(moved[copy(moved, source[shift:]):], source[:shift])
		return k.value(k.blocks(moved), 0)
	}
	return k.value(source, shift)
}

// Information is the value of a source with what is needed to correct it.
func (k *PairKernel) Information(source []uint8) Information {
	return k.of.information(k.Value(source), float64(k.kx))
}

// blocks codes every L symbols of a source; entry i stands for those from i on. It may write over the source when that is moved.
func (k *PairKernel) blocks(source []uint8) []uint8 {
	for i := range len(source) - k.of.L + 1 {
		code := 0
		for _, s := range source[i : i+k.of.L] {
			code = code*k.size + int(s)
		}
		k.moved[i] = uint8(code)
	}
	return k.moved
}

// value counts the source, read from the entry shift on and around.
func (k *PairKernel) value(source []uint8, shift int) float64 {
	from := (k.offset + shift) % k.length
	if k.margins != nil {
		return k.wide(source, from)
	}
	first := source[from:min(from+len(k.base), k.length)]
	rest := source[:len(k.base)-len(first)]
	if k.bytes != nil {
		k.tally.add(k.bytes[:len(first)], first)
		k.tally.add(k.bytes[len(first):], rest)
		k.tally.take(k.cells)
	} else {
		clear(k.cells)
		k.count(k.base[:len(first)], first)
		k.count(k.base[len(first):], rest)
	}
	return (k.known + k.counted()) / float64(len(k.base))
}

// count is what the tally does, with more cells than a byte can tell apart.
func (k *PairKernel) count(base []int, source []uint8) {
	for i, x := range source {
		k.cells[base[i]+int(x)]++
	}
}

// wide is value with so many cells that most stay empty.
func (k *PairKernel) wide(source []uint8, from int) float64 {
	sum, at := k.known, from
	for i, code := range k.base {
		x := int(source[at])
		sum += k.sparse.more(code+x) - k.sparse.more(k.margins[i]+x)
		if at++; at == k.length {
			at = 0
		}
	}
	at = from
	for i, code := range k.base {
		x := int(source[at])
		k.sparse.counts[code+x], k.sparse.counts[k.margins[i]+x] = 0, 0
		if at++; at == k.length {
			at = 0
		}
	}
	return sum / float64(len(k.base))
}

// counted is the sum of n log2 n over cells, less that over pasts with the source's symbol.
func (k *PairKernel) counted() (sum float64) {
	block := len(k.cells) / k.pasts
	for past := 0; past < len(k.cells); past += block {
		clear(k.margin)
		for from := past; from < past+block; from += k.kx {
			margin := k.margin
			for x, n := range k.cells[from:][:len(margin)] {
				margin[x] += n
				sum += k.table[n]
			}
		}
		sum -= logs(k.table, k.margin)
	}
	return sum
}
