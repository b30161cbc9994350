package statistics

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Surrogate writes into dst what src could have been if one thing in it were broken. The outer index is the column (an
// agent), the inner one the round; dst has the shape of src (see Like) and shares nothing with it. src is rectangular
// and not empty (CheckColumns), else a Surrogate may panic. It allocates nothing.
type Surrogate[T any] func(dst, src [][]T, r *rand.Rand)

// Shuffle permutes the rounds of each column on its own. It breaks all structure in time and keeps how often each value
// occurs in each column. On series that persist it finds structure where there is none: use Circular or Block there.
// Cost O(nT).
func Shuffle[T any](dst, src [][]T, r *rand.Rand) {
	for c := range src {
		column := dst[c][:len(src[c])]
		copy(column, src[c])
		for t := len(column) - 1; t > 0; t-- {
			u := r.IntN(t + 1)
			column[t], column[u] = column[u], column[t]
		}
	}
}

// Circular turns each column by a shift of its own, as CircularShift draws it. It breaks the alignment between columns
// and keeps all that is within one, but for one seam. Where all columns are moved, two of them may by chance be moved
// alike. Cost O(nT).
func Circular[T any](dst, src [][]T, r *rand.Rand) {
	for c, column := range src {
		k := CircularShift(len(column), r)
		copy(dst[c], column[k:])
		copy(dst[c][len(column)-k:], column[:k])
	}
}

// CircularShift draws the shift of a column of T rounds for those that turn it without copying: uniform in
// [T/10, 9T/10), never 0 unless T is 1.
func CircularShift(rounds int, r *rand.Rand) int {
	if rounds < 2 {
		return 0
	}
	return max(1, rounds/10) + r.IntN(CircularShifts(rounds))
}

// CircularShifts is how many different shifts a column of T rounds has. Where one column is moved, more draws than that
// say nothing new, and shifts near each other say nearly the same: a p below CircularResolution comes too often.
func CircularShifts(rounds int) int {
	return max(1, 9*rounds/10-max(1, rounds/10))
}

// CircularResolution is the smallest p to be trusted from circular shifts of one column of T rounds: eight of all shifts.
// Found by calibration on series that stay with probability 0.8 (docs/calibration.md): at 200 rounds the tests at 0.05
// are sound and of those at 0.01 two to three times too many are positive; at 500 that is so no more. Block has no such bound.
func CircularResolution(rounds int) float64 { return min(1, 8/float64(CircularShifts(rounds))) }

// Block makes the stationary bootstrap (Politis and Romano 1994, JASA 89:1303): each column on its own is pieced together
// from stretches of itself that begin anywhere, wrap around, and have geometric lengths with the given mean in rounds;
// 0 is MeanBlock of the series' length. It breaks what is aligned over longer times and keeps the short-range
// autocorrelation; how often each value occurs is kept only on average. Cost O(nT).
func Block[T any](mean int) Surrogate[T] {
	return func(dst, src [][]T, r *rand.Rand) {
		for c, column := range src {
			m := mean
			if m <= 0 {
				m = MeanBlock(len(column))
			}
			for t := 0; t < len(column); {
				from := r.IntN(len(column))
				for left := min(blockLength(m, r), len(column)-t); left > 0; {
					n := copy(dst[c][t:t+left], column[from:])
					t, left, from = t+n, left-n, 0
				}
			}
		}
	}
}

// blockLength draws a geometric length with the given mean.
func blockLength(mean int, r *rand.Rand) int {
	if mean <= 1 {
		return 1
	}
	// 1 - Float64 is in (0, 1], so that the logarithm is finite.
	return 1 + int(math.Log(1-r.Float64())/math.Log1p(-1/float64(mean)))
}

// MeanBlock is the mean length of blocks, in rounds, for a series of the given length: 3.42 T^(1/3), which is the growth
// that is best for the stationary bootstrap (Politis and White 2004) through the 20 of 200 rounds with which the
// false-positive rates in docs/calibration.md were found, and at most T/4.
func MeanBlock(rounds int) int {
	return max(1, min(int(math.Round(3.42*math.Cbrt(float64(rounds)))), rounds/4))
}

// Labels permutes, within each round, which column has which value. It breaks identity and keeps the distribution of
// each round, and with it every signal that all columns saw. Cost O(nT).
func Labels[T any](dst, src [][]T, r *rand.Rand) {
	for c := range src {
		copy(dst[c], src[c])
	}
	if len(src) == 0 {
		return
	}
	for t := range src[0] {
		for c := len(dst) - 1; c > 0; c-- {
			d := r.IntN(c + 1)
			dst[c][t], dst[d][t] = dst[d][t], dst[c][t]
		}
	}
}

// LabelBlocks is Labels in stretches of so many rounds, the last of what is left: who has which column is drawn anew for each
// stretch; 0 is MeanBlock of the number of rounds. It breaks identity over longer times and keeps, beside the distribution of
// each round, how each column persists within a stretch: without that, agents who keep to what they do look different from
// each other though they are not. The stretches are the same in every draw, so that independent rounds are tested
// exactly; k columns have k! arrangements of each stretch, which is few for two columns and a short series. Cost O(nT).
func LabelBlocks[T any](length int) Surrogate[T] {
	return func(dst, src [][]T, r *rand.Rand) {
		for c := range src {
			copy(dst[c], src[c])
		}
		if len(src) == 0 {
			return
		}
		rounds, stretch := len(src[0]), length
		if stretch <= 0 {
			stretch = MeanBlock(rounds)
		}
		for from := 0; from < rounds; from += stretch {
			to := min(from+stretch, rounds)
			for c := len(dst) - 1; c > 0; c-- {
				if d := r.IntN(c + 1); d != c {
					swap(dst[c][from:to], dst[d][from:to])
				}
			}
		}
	}
}

// Exchange permutes, within each column, the stretches of a length that begin at the given places and do not overlap; the
// rest stays. It is LabelBlocks for what stands in one column: the acts of one agent after those of another.
func Exchange[T any](length int, starts []int) Surrogate[T] {
	return func(dst, src [][]T, r *rand.Rand) {
		for c, column := range dst {
			copy(column, src[c])
			for i := len(starts) - 1; i > 0; i-- {
				if j := r.IntN(i + 1); j != i {
					swap(column[starts[i]:starts[i]+length], column[starts[j]:starts[j]+length])
				}
			}
		}
	}
}

func swap[T any](a, b []T) {
	for t := range a {
		a[t], b[t] = b[t], a[t]
	}
}

// Moving applies a surrogate to some columns only and leaves the others as they are: the source of a transfer, and not
// its target. It is for surrogates that treat each column on its own, which Labels and LabelBlocks do not.
func Moving[T any](surrogate Surrogate[T], columns ...int) Surrogate[T] {
	return func(dst, src [][]T, r *rand.Rand) {
		for c := range src {
			copy(dst[c], src[c])
		}
		for _, c := range columns {
			surrogate(dst[c:c+1], src[c:c+1], r)
		}
	}
}

// Like makes an empty destination of the shape of src.
func Like[T any](src [][]T) [][]T {
	dst := make([][]T, len(src))
	for c, column := range src {
		dst[c] = make([]T, len(column))
	}
	return dst
}

// CheckColumns tells whether columns can have surrogates: at least one column, all of one length, of two rounds or more.
func CheckColumns[T any](columns [][]T) error {
	if len(columns) == 0 {
		return fmt.Errorf("statistics: no columns; accepted is one or more")
	}
	for c, column := range columns {
		if len(column) != len(columns[0]) {
			return fmt.Errorf("statistics: column %d has %d rounds and column 0 has %d; accepted are columns of one length",
				c, len(column), len(columns[0]))
		}
	}
	if n := len(columns[0]); n < 2 {
		return fmt.Errorf("statistics: %d rounds; accepted are 2 or more", n)
	}
	return nil
}
