package information

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	brojaRounds = 100_000
	brojaGap    = 1e-6 // between what is returned and the minimum, in bits, but for what margins are off
)

// leastUnion is the least that two sources can tell together about a target, in bits, over all distributions in which each source
// goes with the target as it does in o. It alternates: for the mixture R of the conditional distributions Q(sources|t), each Q is
// projected onto those with its two margins by iterative proportional fitting; for these, R is their mixture. Both sets are convex
// and each step lowers sum over t of p(t) D(Q(.|t) || R), which therefore goes to its minimum (Csiszár and Tusnády 1984;
// Banerjee, Rauh and Montúfar 2018).
func (o *Outcomes) leastUnion(first, second, target []int) (float64, error) {
	a, ka := o.joint(first)
	b, kb := o.joint(second)
	t, kt := o.joint(target)
	if cells := float64(ka) * float64(kb) * float64(kt); cells > 1<<20 {
		return 0, fmt.Errorf("information: redundancy %q over %.0f cells; accepted are up to %d", BROJA, cells, 1<<20)
	}
	u := &union{ka: ka, kb: kb, mixture: make([]float64, ka*kb), scratch: make([]float64, ka*kb)}
	u.p = make([]float64, kt)
	for range kt {
		u.rows, u.columns = append(u.rows, make([]float64, ka)), append(u.columns, make([]float64, kb))
		u.q = append(u.q, make([]float64, ka*kb))
	}
	for i := range o.rows {
		w := o.weight(i) / o.total
		u.p[t[i]] += w
		u.rows[t[i]][a[i]] += w
		u.columns[t[i]][b[i]] += w
	}
	for k := range u.q {
		for i := range u.rows[k] {
			u.rows[k][i] /= u.p[k]
		}
		for j := range u.columns[k] {
			u.columns[k][j] /= u.p[k]
		}
		for i, r := range u.rows[k] {
			for j, c := range u.columns[k] {
				u.q[k][i*kb+j] = r * c
			}
		}
	}
	return u.least()
}

// union is the state of the minimisation.
type union struct {
	ka, kb        int
	p             []float64   // of the target's symbols
	rows, columns [][]float64 // of each symbol, the margins that Q keeps
	q             [][]float64 // of each symbol, Q(sources|t)
	mixture       []float64
	scratch       []float64
}

func (u *union) least() (float64, error) {
	for range brojaRounds {
		u.mix()
		gap := 0.0
		for k, p := range u.p {
			gap += p * u.fit(k)
		}
		if gap < brojaGap {
			u.mix()
			return u.told(), nil
		}
	}
	return 0, fmt.Errorf("information: redundancy %q does not settle in %d rounds; accepted are %q and %q", BROJA, brojaRounds, MMI, IMin)
}

func (u *union) mix() {
	clear(u.mixture)
	for k, q := range u.q {
		for i, v := range q {
			u.mixture[i] += u.p[k] * v
		}
	}
}

// told is what the sources tell about the target in the distribution so far.
func (u *union) told() float64 {
	told := 0.0
	for k, q := range u.q {
		for i, v := range q {
			if v > 0 {
				told += u.p[k] * v * math.Log2(v/u.mixture[i])
			}
		}
	}
	return told
}

// fit makes Q(.|t) of symbol k the distribution nearest to the mixture that has its margins. It returns the largest log2 of new
// over old: averaged over the target it bounds the way to the minimum, as the minimiser's Q is nearer to the new Q than to the
// old by at least what is left to gain. That holds for margins that fit: how far they are off is added. Towards a minimum on the
// border fitting slows down, and is left to the next round.
func (u *union) fit(k int) (gap float64) {
	q, off := u.scratch, 1.0
	copy(q, u.mixture)
	for i := 0; i < 1000 && off > 1e-12; i++ {
		off = u.scale(q, k)
	}
	growth := math.Inf(-1)
	for i, v := range q {
		if v > 0 && u.q[k][i] > 0 {
			growth = max(growth, math.Log2(v/u.q[k][i]))
		}
	}
	u.q[k], u.scratch = q, u.q[k]
	return growth + off
}

// scale brings q to the rows' margins, then to the columns', and returns how far it was off the latter.
func (u *union) scale(q []float64, k int) (off float64) {
	for i, want := range u.rows[k] {
		row := q[i*u.kb : (i+1)*u.kb]
		floats.Scale(ratio(want, floats.Sum(row)), row)
	}
	for j, want := range u.columns[k] {
		have := 0.0
		for i := range u.ka {
			have += q[i*u.kb+j]
		}
		off = max(off, math.Abs(have-want))
		for i := range u.ka {
			q[i*u.kb+j] *= ratio(want, have)
		}
	}
	return off
}

func ratio(want, have float64) float64 {
	if have <= 0 {
		return 0
	}
	return want / have
}
