package information

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

const (
	unionGap    = 1e-6 // between what is returned and the minimum, in nats
	unionEnough = 1e-5 // the same, where a step could not be computed for cells that have all but vanished
	unionFall   = 5    // by which the barrier is lowered each time
	unionSteps  = 500
)

// leastUnion is the least that two sources can tell together about a target, in bits, over all distributions in which each source
// goes with the target as it does in o: the target's entropy less what the sources leave of it. To make that least is a convex
// program, f(q) = sum q ln(q/q(sources)) under linear constraints, and is done by Newton's method with a barrier -mu sum ln q that is lowered until it moves the minimum by no more than unionGap (Boyd and
// Vandenberghe 2004, chapter 11; for this program Makkeh, Theis and Vicente 2018). Without the constraints the Hessian has one
// block for each pair of sources, of rank one beside its diagonal, so that what is solved has only as many rows as constraints.
func (o *Outcomes) leastUnion(first, second, target []int) (float64, error) {
	u, err := o.union(first, second, target)
	if err != nil {
		return 0, err
	}
	for range unionSteps {
		decrement, ok := u.step()
		if settled := decrement < u.mu/10; (ok && settled && u.gap() <= unionGap) || (!ok && unionFall*u.gap() <= unionEnough) {
			return plugin(u.target, 1) + u.value()/math.Ln2, nil
		} else if !ok {
			break
		} else if settled {
			u.mu /= unionFall
		}
	}
	return 0, fmt.Errorf("information: redundancy %q does not settle; accepted are %q and %q", BROJA, MMI, IMin)
}

// union is the program: the cells that both margins allow, each in the block of its sources and under two constraints.
type union struct {
	q, d        []float64 // probabilities, and the next step
	constraints [][]int   // of a cell: that of its first source and the target's symbol, and that of its second but for one of each symbol
	members     [][]int   // of a block
	rows        int       // constraints
	target      []float64 // probabilities of its symbols
	mu          float64
}

func (o *Outcomes) union(first, second, target []int) (*union, error) {
	a, ka := o.joint(first)
	b, kb := o.joint(second)
	t, kt := o.joint(target)
	if cells := float64(ka) * float64(kb) * float64(kt); cells > 1<<14 || (ka+kb)*kt > 1<<9 {
		return nil, fmt.Errorf("information: redundancy %q of %d and %d symbols about %d; accepted are up to %d combinations, %d with either", BROJA, ka, kb, kt, 1<<14, 1<<9)
	}
	pt, pa, pb := make([]float64, kt), make([]float64, kt*ka), make([]float64, kt*kb)
	for i := range o.rows {
		w := o.weight(i) / o.total
		pt[t[i]] += w
		pa[t[i]*ka+a[i]] += w
		pb[t[i]*kb+b[i]] += w
	}
	u := &union{target: pt}
	number := func(p []float64, size, spare int) []int { // of constraints; -1: none
		numbers := make([]int, len(p))
		for i, left := 0, 0; i < len(p); i++ {
			if i%size == 0 {
				left = spare // the constraints of one symbol have the same sum on both sides: one of them follows from the others
			}
			numbers[i] = -1
			if p[i] > 0 && left == 0 {
				numbers[i] = u.rows
				u.rows++
			} else if p[i] > 0 {
				left--
			}
		}
		return numbers
	}
	rowOf, columnOf := number(pa, ka, 0), number(pb, kb, 1)
	blocks := map[[2]int]int{}
	for k := range kt {
		for i := range ka {
			for j := range kb {
				p := pa[k*ka+i] * pb[k*kb+j]
				if p == 0 {
					continue
				}
				block, ok := blocks[[2]int{i, j}]
				if !ok {
					block = len(u.members)
					blocks[[2]int{i, j}] = block
					u.members = append(u.members, nil)
				}
				under := []int{rowOf[k*ka+i]}
				if c := columnOf[k*kb+j]; c >= 0 {
					under = append(under, c)
				}
				u.members[block] = append(u.members[block], len(u.q))
				u.q, u.constraints = append(u.q, p/pt[k]), append(u.constraints, under)
			}
		}
	}
	u.d, u.mu = make([]float64, len(u.q)), 0.1/float64(len(u.q))
	return u, nil
}

// gap is how far the minimum with the barrier is from that without, at most, in nats.
func (u *union) gap() float64 { return u.mu * float64(len(u.q)) }

// value is what is made least, in nats.
func (u *union) value() (f float64) {
	for _, cells := range u.members {
		all := 0.0
		for _, i := range cells {
			all += u.q[i]
		}
		for _, i := range cells {
			f += u.q[i] * math.Log(u.q[i]/all)
		}
	}
	return f
}

// barred is value with the barrier.
func (u *union) barred() float64 {
	f := u.value()
	for _, q := range u.q {
		f -= u.mu * math.Log(q)
	}
	return f
}

// step goes one step of Newton's method along the constraints, and returns the square of the decrement: twice what it expected
// to gain.
func (u *union) step() (decrement float64, ok bool) {
	n := len(u.q)
	gradient, bend, spare := make([]float64, n), make([]float64, n), make([]float64, len(u.members))
	schur, right := mat.NewSymDense(u.rows, nil), mat.NewVecDense(u.rows, nil)
	for k, cells := range u.members {
		all := 0.0
		for _, i := range cells {
			all += u.q[i]
		}
		for _, i := range cells {
			q := u.q[i]
			gradient[i] = math.Log(q/all) - u.mu/q
			bend[i] = q * q / (q + u.mu)      // 1 over the diagonal of the Hessian, 1/q + mu/q²
			spare[k] += q * u.mu / (q + u.mu) // all less the sum of bend, without the cancellation
		}
	}
	solve := func(v []float64) []float64 { // by the Hessian
		x := make([]float64, n)
		for k, cells := range u.members {
			sum := 0.0
			for _, i := range cells {
				sum += v[i] * bend[i]
			}
			for _, i := range cells {
				x[i] = bend[i] * (v[i] + sum/spare[k])
			}
		}
		return x
	}
	for k, cells := range u.members {
		for _, i := range cells {
			for _, r := range u.constraints[i] {
				for _, c := range u.constraints[i] {
					if r <= c {
						schur.SetSym(r, c, schur.At(r, c)+bend[i])
					}
				}
				for _, j := range cells {
					for _, c := range u.constraints[j] {
						if r <= c {
							schur.SetSym(r, c, schur.At(r, c)+bend[i]*bend[j]/spare[k])
						}
					}
				}
			}
		}
	}
	for i, x := range solve(gradient) {
		for _, r := range u.constraints[i] {
			right.SetVec(r, right.AtVec(r)-x)
		}
	}
	var factors mat.Cholesky
	var multipliers mat.VecDense
	if !factors.Factorize(schur) || !solved(factors.SolveVecTo(&multipliers, right)) {
		return 0, false
	}
	for i := range bend {
		u.d[i] = -gradient[i]
		for _, r := range u.constraints[i] {
			u.d[i] -= multipliers.AtVec(r)
		}
	}
	copy(u.d, solve(u.d))
	for i, d := range u.d {
		decrement -= gradient[i] * d
	}
	return decrement, u.walk(decrement)
}

// solved tells whether a system was solved, be it with few digits: a step that is not the best is judged by what it gains.
func solved(err error) bool {
	var condition mat.Condition
	return err == nil || errors.As(err, &condition)
}

// walk goes as much of the step as stays inside and gains; near the minimum, where rounding hides the gain, it stays.
func (u *union) walk(decrement float64) bool {
	length := 1.0
	for i, d := range u.d {
		if d < 0 {
			length = min(length, -0.99*u.q[i]/d)
		}
	}
	if math.IsNaN(length) || math.IsNaN(decrement) {
		return false
	}
	before, from := u.barred(), append([]float64(nil), u.q...)
	for ; length > 1e-12; length /= 2 {
		for i, d := range u.d {
			u.q[i] = from[i] + length*d
		}
		if u.barred() <= before-length*decrement/10 {
			return true
		}
	}
	copy(u.q, from)
	return decrement < u.mu
}
