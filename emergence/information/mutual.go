package information

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Information is what one series tells about another, from N samples.
type Information struct {
	Bits  float64 // plug-in; from samples it is never below 0 and, between series that have nothing to do with one another, above
	N     int     // samples used
	DF    float64 // degrees of freedom of the table that was counted: (Kx-1)(Ky-1), times Kz under a condition on Z
	Cells float64 // cells of that table; with more than a quarter of N the correction fails
}

// Bias is what Bits is too large by on average when there is no information: DF/(2N ln 2), to the first order. Source: Panzeri
// and Treves 1996.
func (i Information) Bias() float64 { return i.DF / (2 * float64(i.N) * math.Ln2) }

// Corrected is Bits less Bias. It may be below 0, which says that there is less than chance would make.
func (i Information) Corrected() float64 { return i.Bits - i.Bias() }

// G is the statistic 2N ln 2 times Bits. When the samples are independent of each other, and the series of one another, it is
// about chi-squared with DF degrees of freedom.
func (i Information) G() float64 { return 2 * float64(i.N) * math.Ln2 * i.Bits }

// P is the chance of such a G or a larger one by the chi-squared distribution; 1 without a degree of freedom. It holds for
// samples that are independent of each other: not for series with a memory, which need surrogates.
func (i Information) P() float64 {
	if i.DF <= 0 {
		return 1
	}
	return distuv.ChiSquared{K: i.DF}.Survival(i.G())
}

// Undersampled tells whether the cells are more than a quarter of the samples, and no first-order correction can be relied on.
func (i Information) Undersampled() bool { return i.Cells > float64(i.N)/4 }

// Mutual is the mutual information of x and of y lag entries later, I(x[t]; y[t+lag]); with a lag below 0, x is the later one.
// Plug-in, with its correction. O(N). Source: Cover and Thomas.
func Mutual(x, y []int, lag int) (Information, error) {
	if len(x) != len(y) {
		return Information{}, fmt.Errorf("information: series of %d and of %d symbols; accepted are two of one length", len(x), len(y))
	}
	if lag <= -len(x) || lag >= len(x) {
		return Information{}, fmt.Errorf("information: lag %d in series of %d symbols; accepted is less than their length", lag, len(x))
	}
	if lag >= 0 {
		x, y = x[:len(x)-lag], y[lag:]
	} else {
		x, y = x[-lag:], y[:len(y)+lag]
	}
	o, err := NewOutcomes(nil, x, y)
	if err != nil {
		return Information{}, err
	}
	bits, err := o.Mutual(nil, []int{0}, []int{1})
	kx, ky := float64(o.sizes[0]), float64(o.sizes[1])
	return Information{Bits: bits, N: o.rows, DF: (kx - 1) * (ky - 1), Cells: kx * ky}, err
}

// Contingency is the mutual information of the rows and the columns of a table of counts. Plug-in, with its correction, for
// which rows and columns without a count do not exist. O(cells).
func Contingency(counts [][]float64) (Information, error) {
	var x, y []int
	var weights []float64
	for r, row := range counts {
		if len(row) != len(counts[0]) {
			return Information{}, fmt.Errorf("information: row %d has %d counts and row 0 has %d; accepted are rows of one length", r, len(row), len(counts[0]))
		}
		for c, n := range row {
			x, y, weights = append(x, r), append(y, c), append(weights, n)
		}
	}
	if _, err := wholeSum(weights); err != nil {
		return Information{}, err
	}
	o, err := NewOutcomes(weights, x, y)
	if err != nil {
		return Information{}, err
	}
	bits, err := o.Mutual(nil, []int{0}, []int{1})
	kx, ky := float64(o.sizes[0]), float64(o.sizes[1])
	return Information{Bits: bits, N: int(o.total), DF: (kx - 1) * (ky - 1), Cells: kx * ky}, err
}
