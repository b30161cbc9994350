package information

import (
	"fmt"
	"math"
	"slices"
)

// Recode turns values into symbols 0..K-1 in the order in which they are first seen, and returns the K values. O(N).
func Recode[T comparable](values []T) (symbols []int, alphabet []T) {
	symbols = make([]int, len(values))
	codes := make(map[T]int)
	for i, v := range values {
		code, ok := codes[v]
		if !ok {
			code = len(alphabet)
			codes[v] = code
			alphabet = append(alphabet, v)
		}
		symbols[i] = code
	}
	return symbols, alphabet
}

// recode is Recode for symbols, which are mostly small numbers already: a table in place of a map.
func recode(values []int) (symbols []int, size int) {
	limit := 4*len(values) + 1024
	for _, v := range values {
		if v < 0 || v >= limit {
			symbols, alphabet := Recode(values)
			return symbols, len(alphabet)
		}
	}
	symbols = make([]int, len(values))
	codes := make([]int, 0, 64) // one more than the code; 0: not seen
	for i, v := range values {
		if v >= len(codes) {
			codes = append(codes, make([]int, v+1-len(codes))...)
		}
		if codes[v] == 0 {
			size++
			codes[v] = size
		}
		symbols[i] = codes[v] - 1
	}
	return symbols, size
}

// Codes is Recode for the kernels: symbols in bytes, and how many there are. An error when there are more than 256.
func Codes[T comparable](values []T) ([]uint8, int, error) {
	symbols, alphabet := Recode(values)
	if len(alphabet) > 256 {
		return nil, 0, fmt.Errorf("information: %d different values; accepted are up to 256", len(alphabet))
	}
	codes := make([]uint8, len(symbols))
	for i, s := range symbols {
		codes[i] = uint8(s)
	}
	return codes, len(alphabet), nil
}

// Joint makes one series of several of the same length: a symbol 0..size-1 for each combination of symbols. Not every symbol
// below size need be seen; size is never more than 4 times the length, or 1024. O(N n).
func Joint(columns ...[]int) (symbols []int, size int, err error) {
	o, err := NewOutcomes(nil, columns...)
	if err != nil {
		return nil, 0, err
	}
	symbols, size = o.joint(o.all())
	return slices.Clone(symbols), size, nil
}

// Blocks returns the overlapping blocks of k symbols of a series, as symbols: entry i stands for x[i] .. x[i+k-1], and there are
// len(x)-k+1. O(N k).
func Blocks(x []int, k int) ([]int, error) {
	if k < 1 || k > len(x) {
		return nil, fmt.Errorf("information: blocks of %d symbols of a series of %d; accepted is 1 to %d", k, len(x), len(x))
	}
	columns := make([][]int, k)
	for i := range columns {
		columns[i] = x[i : len(x)-k+1+i]
	}
	blocks, _, err := Joint(columns...)
	return blocks, err
}

// Bins turns real values into 0..bins-1 so that about as many lie in each: the value with rank r of N goes to r*bins/N, and
// equal values go where the first of them goes. With many equal values some bins stay empty. O(N log N).
func Bins(x []float64, bins int) ([]int, error) {
	if bins < 2 || bins > len(x) {
		return nil, fmt.Errorf("information: %d bins for %d values; accepted is 2 to the number of values", bins, len(x))
	}
	if err := finite("value", x); err != nil {
		return nil, err
	}
	sorted := slices.Sorted(slices.Values(x))
	binned := make([]int, len(x))
	for i, v := range x {
		rank, _ := slices.BinarySearch(sorted, v)
		binned[i] = rank * bins / len(x)
	}
	return binned, nil
}

// finite says which value is not a number or infinite.
func finite(name string, x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("information: %s %d is %v; accepted are finite numbers", name, i, v)
		}
	}
	return nil
}
