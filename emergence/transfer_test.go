package emergence

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/polis-agents/polis/emergence/information"
)

// A signal that all hear makes transfer where there is none; what is given is known besides, and takes it away.
func TestWhatAllHearIsNoTransfer(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	columns := make([][]float64, 3) // z is heard by x after one round and by y after two
	for i := range columns {
		columns[i] = make([]float64, 4000)
	}
	x, y, z := columns[0], columns[1], columns[2]
	for i := range z {
		z[i] = float64(r.IntN(2))
		if i > 1 {
			x[i], y[i] = z[i-1], z[i-2]
		}
	}
	lagged := append([]float64{0}, z[:len(z)-1]...) // z as x hears it
	table, err := NewTable([]string{"x", "y", "z", "lagged"}, append(columns, lagged), nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Find("transfer-entropy")
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]float64{"source=x target=y": 1, "source=x target=y given=lagged": 0, "source=x target=y given=z": 1, "source=z target=x given=y": 1} {
		e, err := m.Estimate(Input{Table: table}, settings(set), Test{Null: "block", Surrogates: 99, Resamples: -1})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(e.Value-want) > .01 || e.P == nil || want == 1 && *e.P > .01 {
			t.Errorf("%s: %v, p %v, want %v", set, e.Value, *e.P, want)
		}
	}
	if _, err := m.Estimate(Input{Table: table}, settings("given=w"), Test{}); err == nil {
		t.Error("it takes what there is not for given")
	}
}

// The kernel and the plain way draw the same surrogates, and find the same in them.
func TestKernelsAndFunctionsAgree(t *testing.T) {
	in := copies(300, .3, 9)
	x, y := in.Table.Columns[0], in.Table.Columns[1]
	xs, _ := information.Recode(x)
	ys, _ := information.Recode(y)
	h := information.History{K: 2, L: 2}
	kernel, err := information.NewTransfer(ys, 2, h)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(xy [][]int) (information.Information, error) { return information.Transfer(xy[0], xy[1], h) }
	fast, slow := &bound{}, &bound{}
	fast.moving([][]int{xs, ys}, kernel, nil, plain)
	slow.moving([][]int{xs, ys}, nil, errors.New("too many symbols"), plain)
	for _, null := range series {
		a, b := fast.draws[null](), slow.draws[null]()
		ra, rb := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
		for range 20 {
			if p, q := a(ra), b(rb); math.Abs(p-q) > 1e-9 {
				t.Errorf("%s: %v by the kernel, %v without", null, p, q)
			}
		}
	}
}
