package information

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func randomCodes(r *rand.Rand, n, k int) []uint8 {
	x := make([]uint8, n)
	for i := range x {
		x[i] = uint8(r.IntN(k))
	}
	return x
}

func ints(x []uint8) []int {
	y := make([]int, len(x))
	for i, s := range x {
		y[i] = int(s)
	}
	return y
}

func turned(x []uint8, shift int) []uint8 {
	y := make([]uint8, len(x))
	for i := range y {
		y[i] = x[((i+shift)%len(x)+len(x))%len(x)]
	}
	return y
}

// "Its values are those of Transfer and of Mutual but for rounding", the second time as the first.
func TestPairKernelIsTheMeasure(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n, kx, ky := 12+r.IntN(200), 1+r.IntN(5), 1+r.IntN(5)
		h := History{K: 1 + r.IntN(3), L: 1 + r.IntN(2), Lag: 1 + r.IntN(3)}
		y := ints(randomCodes(r, n, ky))
		given := make([][]int, r.IntN(3))
		for i := range given {
			given[i] = random(r, n, 3)
		}
		transfer := must[*PairKernel](t)(NewTransfer(y, kx, h, given...))
		lag := r.IntN(9) - 4
		mutual := must[*PairKernel](t)(NewMutual(y, kx, lag))
		for range 3 {
			x := randomCodes(r, n, kx)
			shift := r.IntN(2*n) - n
			moved := turned(x, shift)
			want := must[Information](t)(Transfer(ints(x), y, h, given...))
			near(t, fmt.Sprint("TE ", h, kx, ky, n), transfer.Value(x), want.Bits, exact)
			near(t, fmt.Sprint("TE moved ", h, kx, ky, n, shift), transfer.Shifted(x, shift), must[Information](t)(Transfer(ints(moved), y, h, given...)).Bits, exact)
			near(t, fmt.Sprint("MI ", lag), mutual.Value(x), must[Information](t)(Mutual(ints(x), y, lag)).Bits, exact)
			near(t, fmt.Sprint("MI moved ", lag, shift), mutual.Shifted(x, shift), must[Information](t)(Mutual(ints(moved), y, lag)).Bits, exact)
		}
	}
}

func TestPairKernelCorrectsAsTheMeasureDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	x, y := randomCodes(r, 400, 3), ints(randomCodes(r, 400, 2))
	h := History{K: 2, L: 2}
	z := random(r, 400, 3)
	got, want := must[*PairKernel](t)(NewTransfer(y, 3, h, z)).Information(x), must[Information](t)(Transfer(ints(x), y, h, z))
	near(t, "corrected TE", got.Corrected(), want.Corrected(), exact)
	near(t, "cells", got.Cells, want.Cells, 0)
	got, want = must[*PairKernel](t)(NewMutual(y, 3, 2)).Information(x), must[Information](t)(Mutual(ints(x), y, 2))
	near(t, "corrected MI", got.Corrected(), want.Corrected(), exact)
	near(t, "cells", got.Cells, want.Cells, 0)
}

func TestGroupKernelIsTheMeasure(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 200 {
		n := 1 + r.IntN(150)
		columns, plain, sizes := [][]uint8{}, [][]int{}, []int{}
		for range 2 + r.IntN(5) {
			k := 1 + r.IntN(5)
			sizes = append(sizes, k)
			columns = append(columns, randomCodes(r, n, k))
		}
		kernel := must[*GroupKernel](t)(NewGroup(n, sizes...))
		for range 2 {
			plain = plain[:0]
			for i := range columns {
				columns[i] = randomCodes(r, n, sizes[i])
				plain = append(plain, ints(columns[i]))
			}
			o := must[*Outcomes](t)(NewOutcomes(nil, plain...))
			got := kernel.Value(columns)
			near(t, fmt.Sprint("TC ", sizes, n), got.Total, must[float64](t)(o.TotalCorrelation(nil)), exact)
			near(t, fmt.Sprint("DTC ", sizes, n), got.Dual, must[float64](t)(o.DualTotalCorrelation(nil)), exact)
			near(t, "O", got.O(), must[float64](t)(o.OInformation(nil)), exact)
			near(t, "S", got.S(), must[float64](t)(o.SInformation(nil)), exact)
		}
	}
}

func TestKernelsAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for _, size := range []int{2, 9} {
		x, y := randomCodes(r, 1000, size), ints(randomCodes(r, 1000, size))
		for _, h := range []History{{}, {K: 2, L: 2}} {
			k := must[*PairKernel](t)(NewTransfer(y, size, h))
			if n := testing.AllocsPerRun(10, func() { k.Value(x); k.Shifted(x, 300) }); n != 0 {
				t.Errorf("transfer kernel allocates %v times", n)
			}
		}
		columns := [][]uint8{x, x, x, x}
		g := must[*GroupKernel](t)(NewGroup(1000, size, size, size, size))
		if n := testing.AllocsPerRun(10, func() { g.Value(columns) }); n != 0 {
			t.Errorf("group kernel allocates %v times", n)
		}
	}
}

func TestKernelsRefuse(t *testing.T) {
	for name, f := range map[string]func(){
		"source": func() { must[*PairKernel](t)(NewMutual([]int{0, 1, 1}, 2, 0)).Value([]uint8{0}) },
		"moved":  func() { must[*PairKernel](t)(NewMutual([]int{0, 1, 1}, 2, 0)).Shifted([]uint8{0}, 1) },
		"column": func() { must[*GroupKernel](t)(NewGroup(3, 2, 2)).Value([][]uint8{{0, 0, 0}, {0}}) },
		"width":  func() { must[*GroupKernel](t)(NewGroup(3, 2, 2)).Value([][]uint8{{0, 0, 0}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a %s of the wrong length has a value", name)
				}
			}()
			f()
		}()
	}
}

// The yardstick is a bare loop that only counts the same symbols: next, past and source, for every pair and surrogate.
func BenchmarkTransfer(b *testing.B) {
	for _, size := range []int{2, 4, 6, 10} {
		r := rand.New(rand.NewPCG(5, 1))
		x, target := randomCodes(r, 1000, size), ints(randomCodes(r, 1000, size))
		b.Run(fmt.Sprint("bare/", size), func(b *testing.B) {
			counts := make([]int32, size*size*size)
			base := make([]int, len(target))
			for i := 1; i < len(target); i++ {
				base[i] = (target[i-1]*size + target[i]) * size
			}
			for b.Loop() {
				clear(counts)
				for i := 1; i < len(x); i++ {
					counts[base[i]+int(x[i-1])]++
				}
			}
		})
		k, err := NewTransfer(target, size, History{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint("value/", size), func(b *testing.B) {
			for b.Loop() {
				k.Value(x)
			}
		})
		b.Run(fmt.Sprint("shifted/", size), func(b *testing.B) {
			for b.Loop() {
				k.Shifted(x, 301)
			}
		})
	}
}

func BenchmarkOInformation(b *testing.B) {
	for _, c := range []struct{ n, size int }{{3, 2}, {5, 2}, {8, 2}, {3, 6}, {5, 3}, {5, 4}} {
		r := rand.New(rand.NewPCG(6, 1))
		columns, sizes := make([][]uint8, c.n), make([]int, c.n)
		cells := 1
		for i := range columns {
			columns[i], sizes[i] = randomCodes(r, 1000, c.size), c.size
			cells *= c.size
		}
		b.Run(fmt.Sprint("bare/", c.n, "x", c.size), func(b *testing.B) {
			counts := make([]int32, cells)
			for b.Loop() {
				clear(counts)
				for row := range 1000 {
					code := 0
					for _, x := range columns {
						code = code*c.size + int(x[row])
					}
					counts[code]++
				}
			}
		})
		k, err := NewGroup(1000, sizes...)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint("value/", c.n, "x", c.size), func(b *testing.B) {
			for b.Loop() {
				k.Value(columns)
			}
		})
	}
}
