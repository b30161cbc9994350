package information

import (
	"cmp"
	"fmt"
	"math"
)

// History says which part of the past counts. The zero value is the usual one.
type History struct {
	K   int // symbols of the target's own past; 0: 1
	L   int // symbols of the source's past; 0: 1
	Lag int // how long before the target's next symbol the last of them is; 0: 1
}

func (h History) filled() History {
	return History{K: cmp.Or(h.K, 1), L: cmp.Or(h.L, 1), Lag: cmp.Or(h.Lag, 1)}
}

// start is the first entry that has the whole history before it, in series of some length.
func (h History) start(length int) (int, error) {
	start := max(h.K, h.Lag+h.L-1)
	if most := max(h.K, h.L, h.Lag); min(h.K, h.L, h.Lag) < 1 || most >= length || start >= length { // most: a sum may overflow
		return 0, fmt.Errorf("information: history k=%d l=%d lag=%d of series of %d symbols; accepted is 1 or more each and a series that is longer", h.K, h.L, h.Lag, length)
	}
	return start, nil
}

// Transfer is the transfer entropy from source to target, I(Y[t]; the L symbols of X up to t-Lag | the K symbols of Y up to t-1):
// what the source tells about the target's next symbol that the target's own past does not. What is given, such as a signal that all
// hear, is known besides, with the symbols of the same rounds as the source's: what it alone tells both is no transfer then.
// Plug-in, with its correction of (Ky-1)(Kx^L-1)Ky^K degrees of freedom, times Kz^L for each that is given. N is the length less
// max(K, Lag+L-1). O(N). Sources: Schreiber 2000; Lizier et al. 2008 for the conditional one.
func Transfer(source, target []int, history History, given ...[]int) (Information, error) {
	if len(source) != len(target) {
		return Information{}, fmt.Errorf("information: series of %d and of %d symbols; accepted are two of one length", len(source), len(target))
	}
	e, err := history.embed(target, given)
	if err != nil {
		return Information{}, err
	}
	told, err := e.blocks(source)
	if err != nil {
		return Information{}, err
	}
	o, err := NewOutcomes(nil, e.next, told, e.known)
	if err != nil {
		return Information{}, err
	}
	bits, err := o.Conditional(nil, []int{0}, []int{1}, []int{2})
	kx := math.Pow(float64(alphabet(source)), float64(e.L))
	return e.information(bits, kx), err
}

// Samples are what Transfer counts, a row for each sample: the target's next symbol, what the source tells, and what is known besides,
// the target's past with what is given. The transfer is the Conditional of the first two under the third.
func Samples(source, target []int, history History, given ...[]int) (next, told, known []int, err error) {
	if len(source) != len(target) {
		return nil, nil, nil, fmt.Errorf("information: series of %d and of %d symbols; accepted are two of one length", len(source), len(target))
	}
	e, err := history.embed(target, given)
	if err != nil {
		return nil, nil, nil, err
	}
	told, err = e.blocks(source)
	return e.next, told, e.known, err
}

// embedding is the target's side of a transfer entropy.
type embedding struct {
	History
	start       int     // entry of the first sample
	next, known []int   // of each sample, the target's symbol, and its past with what is given
	ky, ways    float64 // symbols of the target, and of known, seen or not
}

func (h History) embed(target []int, given [][]int) (*embedding, error) {
	e := &embedding{History: h.filled(), ky: float64(alphabet(target))}
	start, err := e.History.start(len(target))
	if err != nil {
		return nil, err
	}
	e.start, e.next, e.ways = start, target[start:], math.Pow(e.ky, float64(e.K))
	past, err := Blocks(target[start-e.K:len(target)-1], e.K)
	if err != nil {
		return nil, err
	}
	known := [][]int{past}
	for i, g := range given {
		if len(g) != len(target) {
			return nil, fmt.Errorf("information: series %d that is given has %d symbols and the target has %d; accepted are series of one length", i, len(g), len(target))
		}
		blocks, err := e.blocks(g)
		if err != nil {
			return nil, err
		}
		known, e.ways = append(known, blocks), e.ways*math.Pow(float64(alphabet(g)), float64(e.L))
	}
	e.known, _, err = Joint(known...)
	return e, err
}

// blocks are the L symbols of a series that each sample may know.
func (e *embedding) blocks(x []int) ([]int, error) {
	return Blocks(x[e.start-e.Lag-e.L+1:len(x)-e.Lag], e.L)
}

// information is that of a source with kx different blocks.
func (e *embedding) information(bits, kx float64) Information {
	return Information{Bits: bits, N: len(e.next), DF: (e.ky - 1) * (kx - 1) * e.ways, Cells: e.ky * kx * e.ways}
}

// Storage is the active information storage of a series, I(Y[t]; the k symbols before): how far it can be told from its own past.
// Plug-in, with its correction of (K-1)(K^k-1) degrees of freedom. O(N). Source: Lizier et al. 2012.
func Storage(x []int, k int) (Information, error) { return storage(x, k, k) }

// storage is Storage without the entries before start.
func storage(x []int, k, start int) (Information, error) {
	if k < 1 || start >= len(x) {
		return Information{}, fmt.Errorf("information: a past of %d symbols of a series of %d; accepted is 1 to less than its length", max(k, start), len(x))
	}
	past, err := Blocks(x[start-k:len(x)-1], k)
	if err != nil {
		return Information{}, err
	}
	o, err := NewOutcomes(nil, x[start:], past)
	if err != nil {
		return Information{}, err
	}
	bits, err := o.Mutual(nil, []int{0}, []int{1})
	size := float64(alphabet(x))
	ways := math.Pow(size, float64(k))
	return Information{Bits: bits, N: o.rows, DF: (size - 1) * (ways - 1), Cells: size * ways}, err
}

// HistoryLength returns the k of 1..most with which the series tells most about its next symbol for what that costs: the largest
// Storage less twice its Bias (Akaike's criterion), all taken over the same entries, the smaller k when two are equal. It is the K
// for Transfer to that series: a shorter one takes for transfer what the target knew itself, a longer one wants more samples.
// O(N most²).
func HistoryLength(x []int, most int) (int, error) {
	best, k := math.Inf(-1), 0
	for i := 1; i <= most; i++ {
		s, err := storage(x, i, most)
		if err != nil {
			return 0, err
		}
		if worth := s.Bits - 2*s.Bias(); worth > best+1e-12 {
			best, k = worth, i
		}
	}
	if k == 0 {
		return 0, fmt.Errorf("information: a past of up to %d symbols; accepted is 1 or more", most)
	}
	return k, nil
}

// alphabet is the number of different symbols of a series.
func alphabet(x []int) int {
	_, size := recode(x)
	return size
}
