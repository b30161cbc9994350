package check

import (
	"fmt"
	"math"
	"slices"

	"github.com/polis-agents/polis/protocol/interaction"
)

// tries is how often at most a way to a full queue is searched for what makes it full: where that is none of the first
// ways, the queue has a bound that is only longer.
const tries = 200

// overflow asks, where one message more would be on the way than may be, whether that can go on for ever.
func (e *exploration) overflow(n uint32, c *situation, a action) {
	k := faultKey{Unbounded, interaction.Role(a.role), 0, none}
	if e.seen[k] || e.attempts[a.role] >= tries || c.broken {
		return
	}
	e.attempts[a.role]++
	path := append(e.path(n), a)
	path[len(path)-1].over = false
	f := Fault{State: e.name(int(a.role), c.sessions[a.session][a.role].at), Label: e.labels[a.label].String()}
	if end, cycle := e.pump(path, int(a.session), int(a.role)); cycle > 0 {
		f.Cycle = cycle
		f.Text = fmt.Sprintf("the %s can send %s again and again, faster than the other side takes it", k.role, f.Label)
		e.grows = true
		e.report(k, f, path[:end])
	} else if e.fixed {
		f.Text = fmt.Sprintf("more than %d messages of the %s can be on the way", e.queue, k.role)
		e.report(k, f, path)
	}
}

// pump finds in a way the first steps that can be repeated for ever, with more on the way from a side each time. It gives
// where they end and how many they are; 0: there are none.
func (e *exploration) pump(path []action, s, r int) (end, cycle int) {
	at := []*situation{e.start(e.in)}
	for _, a := range path {
		at = append(at, e.apply(at[len(at)-1], a, false))
	}
	for end := range at {
		for from := end - 1; from >= 0; from-- {
			if grown(at[from], at[end], s, r) && e.repeats(at[end], path[from:end], s, r) {
				return end, end - from
			}
		}
	}
	return 0, 0
}

// grown says whether two situations are the same but for what is on the way, of which there is more in the second, behind
// what there was.
func grown(a, b *situation, s, r int) bool {
	if a.broken != b.broken || len(b.sessions[s][r].out) <= len(a.sessions[s][r].out) {
		return false
	}
	for i := range a.sessions {
		for r := range a.sessions[i] {
			x, y := &a.sessions[i][r], &b.sessions[i][r]
			if x.at != y.at || x.heard != y.heard || x.fresh != y.fresh || x.round != y.round || !slices.Equal(x.counts, y.counts) ||
				len(y.out) < len(x.out) || !slices.Equal(x.out, y.out[:len(x.out)]) {
				return false
			}
		}
	}
	return true
}

// repeats says whether steps can be taken so often again that each message on the way has been through them.
func (e *exploration) repeats(c *situation, steps []action, s, r int) bool {
	for times := len(c.sessions[s][r].out) + len(c.sessions[s][1-r].out) + 2; times > 0; times-- {
		before := c
		for _, a := range steps {
			can := false
			e.actions(c, e.in, math.MaxInt, func(o action) { can = can || o == a })
			if !can {
				return false
			}
			c = e.apply(c, a, false)
		}
		if !grown(before, c, s, r) {
			return false
		}
	}
	return true
}
