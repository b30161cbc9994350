package llmadapter

import "time"

const (
	minute       = time.Minute
	grain        = 100 * time.Millisecond // in which what was used is given back
	grains       = int(minute/grain) + 2  // that lie ahead, at most
	laggard      = 3 * time.Second        // see window
	unheardOf    = 1 << 40                // more than any limit
	longestReset = 90 * time.Second       // after which a limit a minute is full again, clocks being what they are
)

// window is a limit a minute that holds in every minute: what a call uses is held while it is out, and until a minute
// after it came back, or after its first 3 s if it takes longer. So no minute has more than the limit in it, wherever
// between its start and its end, or those 3 s, the endpoint counts the call; and a call that takes long costs no more
// than a twentieth of the limit.
type window struct {
	own     int   // as configured; 0: not
	limit   int   // that holds; 0: none is known
	held    int   // by calls that are out
	past    []int // by calls that came back, by the grain in which it is given back, around; nil: no limit was ever known
	spent   int   // the sum of past
	seen    int64 // the grain that was given back last
	missing int   // of what an endpoint says is left, besides what we have used; it comes back evenly
	since   time.Duration
	until   time.Duration // all of missing is back
}

func newWindow(limit int) window {
	w := window{own: limit}
	w.set(limit)
	return w
}

func (w *window) set(limit int) {
	if w.limit = limit; limit > 0 && w.past == nil {
		w.past = make([]int, grains)
	}
}

// on says whether there is a limit.
func (w *window) on() bool { return w.limit > 0 }

// advance gives back what is due.
func (w *window) advance(now time.Duration) {
	to := int64(now / grain)
	if to <= w.seen || w.past == nil {
		return
	}
	if w.spent > 0 {
		for g := max(w.seen, to-int64(grains)) + 1; g <= to; g++ {
			slot := &w.past[g%int64(grains)]
			w.spent -= *slot
			*slot = 0
		}
	}
	w.seen = to
}

// elsewhere is what others have used, as far as is known.
func (w *window) elsewhere(now time.Duration) int {
	if w.missing == 0 || now >= w.until {
		return 0
	}
	left := float64(w.until-now) / float64(w.until-w.since)
	return min(w.missing, int(float64(w.missing)*left)+1)
}

// fits says whether so much may be used now. Who wants more than the limit gets all of it.
func (w *window) fits(now time.Duration, n int) bool {
	if !w.on() {
		return true
	}
	w.advance(now)
	return w.held+w.spent+w.elsewhere(now)+min(n, w.limit) <= w.limit
}

// opens says when so much fits if nothing else is used meanwhile, and what is out comes back now.
func (w *window) opens(now time.Duration, n int) time.Duration {
	if !w.on() || n <= 0 {
		return now
	}
	rounds := time.Duration((n - 1) / w.limit)
	n = (n-1)%w.limit + 1
	if w.fits(now, n) {
		return now + rounds*minute
	}
	over := w.held + w.spent + w.elsewhere(now) + n - w.limit
	if others := w.elsewhere(now); others > 0 { // they come back evenly
		over -= others
		if over <= 0 {
			return max(now+grain, w.until-time.Duration(-over)*(w.until-now)/time.Duration(others)) + rounds*minute
		}
	}
	for g := w.seen + 1; g <= w.seen+int64(grains); g++ {
		if over -= w.past[g%int64(grains)]; over <= 0 {
			return max(time.Duration(g)*grain, w.until) + rounds*minute
		}
	}
	return now + minute + rounds*minute
}

// hold takes so much for a call that begins, if there is a limit, and says how much it took.
func (w *window) hold(n int) int {
	if !w.on() {
		return 0
	}
	w.held += n
	return n
}

// settle gives back what a call held, and notes what it has used: from its start until now, at the longest.
func (w *window) settle(now, started time.Duration, held, used int) {
	w.held -= held
	if !w.on() || used <= 0 {
		return
	}
	w.advance(now)
	back := min(now, started+laggard) + minute
	g := int64((back + grain - 1) / grain)
	if g <= w.seen {
		return
	}
	w.past[g%int64(grains)] += used
	w.spent += used
}

// hear takes in what an endpoint says. Its limit counts where it is lower than ours, or where we have none. One that is full
// again much later than in a minute is that of a day, say, which is not kept here: its end is a 429.
func (w *window) hear(now time.Duration, a Allowance) {
	if !a.Known() || a.Reset > longestReset {
		return
	}
	limit := min(a.Limit, unheardOf)
	if w.own > 0 {
		limit = min(limit, w.own)
	}
	w.set(limit)
	w.advance(now)
	reset := a.Reset
	if reset <= 0 || reset > minute {
		reset = minute
	}
	gone := min(a.Limit, unheardOf) - min(max(0, a.Remaining), a.Limit)
	if gone > w.held+w.spent {
		w.missing, w.since, w.until = gone-w.held-w.spent, now, now+reset
	} else {
		w.missing, w.until = 0, 0
	}
}
