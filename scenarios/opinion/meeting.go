package opinion

import (
	"math/rand/v2"
	"sort"
)

// Next draws the meetings of a sweep, as many as there are agents, and gives the names in the order of their turns. Voter: one
// hears one. Deffuant: two hear each other. The others: everybody hears all it can, as they were when the sweep began.
func (f *Forum) Next(r *rand.Rand) []string {
	f.At, f.Who, f.Whom, f.Moved, f.sorted = -1, f.Who[:0], f.Whom[:0], 0, nil
	var there []int
	for i := range f.Agents {
		if !f.Absent[i] {
			there = append(there, i)
		}
	}
	if f.laws.Graph == ring && !f.Opened || f.laws.Shuffled {
		f.seat(r)
	}
	switch pairs := f.laws.Model == voter || f.laws.Model == deffuant; {
	case !f.Opened:
		for _, i := range there {
			f.turn(i, -1)
		}
	case len(there) < 2:
	case pairs:
		for range there {
			i, j := f.draw(there, r)
			f.turn(i, j)
			if f.laws.Model == deffuant {
				f.turn(j, i)
			}
		}
	default:
		for i, spoken := range f.Spoken {
			if f.Before[i] = f.Opinions[i]; !spoken {
				f.Before[i] = -1
			}
		}
		for _, i := range there {
			f.turn(i, -1)
		}
	}
	names := make([]string, len(f.Who))
	for k, i := range f.Who {
		names[k] = f.Agents[i]
	}
	return names
}

func (f *Forum) turn(i, j int) { f.Who, f.Whom = append(f.Who, i), append(f.Whom, j) }

// seat gives everybody another place.
func (f *Forum) seat(r *rand.Rand) {
	r.Shuffle(len(f.Circle), func(i, j int) { f.Circle[i], f.Circle[j] = f.Circle[j], f.Circle[i] })
	for at, i := range f.Circle {
		f.Where[i] = at
	}
}

// draw gives one of those, and one of the others, or of its neighbours; -1: it has none.
func (f *Forum) draw(there []int, r *rand.Rand) (i, j int) {
	at := r.IntN(len(there))
	i = there[at]
	if f.laws.Graph == complete {
		other := r.IntN(len(there) - 1)
		if other >= at {
			other++
		}
		return i, there[other]
	}
	near := f.neighbors(i)
	if len(near) == 0 {
		return i, -1
	}
	return i, near[r.IntN(len(near))]
}

// neighbors are those next to an agent, on graphs that are not complete.
func (f *Forum) neighbors(i int) (near []int) {
	n, at := len(f.Circle), f.Where[i]
	for _, to := range []int{at - 1, at + 1} {
		if f.laws.Graph == ring {
			to = (to + n) % n
		}
		if to < 0 || to >= n {
			continue
		}
		if j := f.Circle[to]; j != i && !f.Absent[j] && (len(near) == 0 || near[0] != j) {
			near = append(near, j)
		}
	}
	return near
}

// Call goes on to an agent's turn. Those that have left by then have none.
func (f *Forum) Call(agent string) {
	for f.At++; f.At < len(f.Who) && f.Agents[f.Who[f.At]] != agent; f.At++ {
	}
	if f.At < len(f.Who) && f.laws.Model == deffuant && f.At%2 == 0 {
		i := f.Who[f.At]
		f.Before[i] = f.Opinions[i]
	}
}

// turnOf says whether it is an agent's turn.
func (f *Forum) turnOf(i int) bool { return f.At >= 0 && f.At < len(f.Who) && f.Who[f.At] == i }

// View is what an agent can sense: those it hears in its turn, and nobody else.
type View struct {
	Hears   int     `json:"hears"`   // how many others it hears; 0: nobody
	Opinion float64 `json:"opinion"` // what they think, on average
}

// Perceive gives what one agent can sense.
func (f *Forum) Perceive(agent string) View {
	i, known := f.place[agent]
	if !known || !f.Opened || !f.turnOf(i) || f.laws.Deaf {
		return View{}
	}
	switch j := f.Whom[f.At]; {
	case (f.laws.Model == hk || f.laws.Model == degroot) && f.Before[i] < 0: // it has not said yet what it thinks
		return View{}
	case f.laws.Model == hk:
		return f.near(i)
	case f.laws.Model == degroot:
		return f.around(i)
	case j < 0 || !f.Spoken[j]:
		return View{}
	case f.laws.Model == deffuant && f.At%2 == 1:
		return View{1, f.Before[j]}
	default:
		return View{1, f.Opinions[j]}
	}
}

// around is what all that an agent can meet thought when the sweep began.
func (f *Forum) around(i int) View {
	if f.laws.Graph == complete {
		v := f.ranked().sum(0, len(f.ranked().at))
		if v.Hears--; v.Hears <= 0 {
			return View{}
		}
		return View{v.Hears, (v.Opinion - f.Before[i]) / float64(v.Hears)}
	}
	return f.among(f.neighbors(i), func(float64) bool { return true })
}

// near is what those thought whom an agent could meet, and who were no farther from it than eps.
func (f *Forum) near(i int) View {
	x, eps := f.Before[i], f.laws.Eps
	if f.laws.Graph != complete {
		return f.among(f.neighbors(i), func(y float64) bool { return y >= x-eps && y <= x+eps })
	}
	r := f.ranked()
	from := sort.SearchFloat64s(r.at, x-eps)
	to := sort.Search(len(r.at), func(k int) bool { return r.at[k] > x+eps })
	v := r.sum(from, to)
	if v.Hears--; v.Hears <= 0 {
		return View{}
	}
	return View{v.Hears, min(1, max(0, (v.Opinion-x)/float64(v.Hears)))}
}

// among is what those of some thought that are heard.
func (f *Forum) among(some []int, heard func(float64) bool) View {
	v := View{}
	for _, j := range some {
		if x := f.Before[j]; x >= 0 && heard(x) {
			v.Hears, v.Opinion = v.Hears+1, v.Opinion+x
		}
	}
	if v.Hears > 0 {
		v.Opinion /= float64(v.Hears)
	}
	return v
}

// ranking is what all thought when the sweep began, in order, with the sums up to each: it saves each agent from going
// through all others.
type ranking struct{ at, sums []float64 }

func (f *Forum) ranked() *ranking {
	if f.sorted != nil {
		return f.sorted
	}
	r := &ranking{sums: []float64{0}}
	for _, x := range f.Before {
		if x >= 0 {
			r.at = append(r.at, x)
		}
	}
	sort.Float64s(r.at)
	for k, x := range r.at {
		r.sums = append(r.sums, r.sums[k]+x)
	}
	f.sorted = r
	return r
}

// sum is how many there are from one rank to before another, and the sum of what they think.
func (r *ranking) sum(from, to int) View { return View{to - from, r.sums[to] - r.sums[from]} }
