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
// what the source tells about the target's next symbol that the target's own past does not. Plug-in, with its correction of
// (Ky-1)(Kx^L-1)Ky^K degrees of freedom. N is the length less max(K, Lag+L-1). O(N). Source: Schreiber 2000.
func Transfer(source, target []int, history History) (Information, error) {
	if len(source) != len(target) {
		return Information{}, fmt.Errorf("information: series of %d and of %d symbols; accepted are two of one length", len(source), len(target))
	}
	h := history.filled()
	start, err := h.start(len(target))
	if err != nil {
		return Information{}, err
	}
	n := len(target) - start
	past, err := Blocks(target[start-h.K:len(target)-1], h.K)
	if err != nil {
		return Information{}, err
	}
	told, err := Blocks(source[start-h.Lag-h.L+1:len(source)-h.Lag], h.L)
	if err != nil {
		return Information{}, err
	}
	o, err := NewOutcomes(nil, target[start:], told, past)
	if err != nil {
		return Information{}, err
	}
	bits, err := o.Conditional(nil, []int{0}, []int{1}, []int{2})
	ky, kx := float64(alphabet(target)), math.Pow(float64(alphabet(source)), float64(h.L))
	ways := math.Pow(ky, float64(h.K))
	return Information{Bits: bits, N: n, DF: (ky - 1) * (kx - 1) * ways, Cells: ky * kx * ways}, err
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
