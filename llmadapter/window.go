package llmadapter

import "time"

const (
	minute       = time.Minute
	grain        = 100 * time.Millisecond // in which what was used is given back
	grains       = int(minute/grain) + 2  // that lie ahead, at most
	laggard      = 3 * time.Second        // see window
	unheardOf    = 1 << 40                // more than any limit
	forgotten    = 5 * minute             // after which what an endpoint does not say any more does not hold
	mostMinutes  = 60                     // that anybody is told to wait
	longestReset = 90 * time.Second       // after which a limit a minute is full again, clocks being what they are
)

// window is a limit a minute that holds in every minute: what a call uses is held while it is out, and until a minute
// after it came back, or after its first 3 s if it takes longer. So no minute has more than the limit in it, wherever
// between its start and its end, or those 3 s, the endpoint counts the call; and a call that takes long costs no more
// than a twentieth of the limit.
type window struct {
	own     int           // as configured; 0: not
	server  int           // as the endpoint says; 0: it did not, of late
	held    int           // by calls that are out
	past    []int         // by calls that came back, by the grain in which it is given back, around; nil: no limit was ever known
	spent   int           // the sum of past
	seen    int64         // the grain that was given back last
	missing int           // of what an endpoint says is left, besides what we have used; it comes back evenly
	since   time.Duration // the endpoint has said it
	until   time.Duration // all of missing is back
}

func newWindow(limit int) window {
	w := window{own: limit}
	if limit > 0 {
		w.past = make([]int, grains)
	}
	return w
}

// limit is the smaller of both; 0: there is none.
func (w *window) limit() int {
	if w.own > 0 && w.server > 0 {
		return min(w.own, w.server)
	}
	return max(w.own, w.server)
}

// on says whether there is a limit.
func (w *window) on() bool { return w.own > 0 || w.server > 0 }

// advance gives back what is due.
func (w *window) advance(now time.Duration) {
	if w.server > 0 && now-w.since > forgotten {
		w.server, w.missing = 0, 0
	}
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

// fits says whether so much may be used now. Who wants more than the limit gets all of it. What others use counts against
// what the endpoint allows, not against our own limit.
func (w *window) fits(now time.Duration, n int) bool {
	w.advance(now)
	n = min(n, w.limit()) + w.held + w.spent
	return (w.own == 0 || n <= w.own) && (w.server == 0 || n+w.elsewhere(now) <= w.server)
}

// opens says when so much fits if nothing else is used meanwhile, and what is out comes back now.
func (w *window) opens(now time.Duration, n int) time.Duration {
	w.advance(now)
	limit := w.limit()
	if limit == 0 || n <= 0 {
		return now
	}
	later := time.Duration(min((n-1)/limit, mostMinutes)) * minute
	n = (n-1)%limit + 1
	at := now
	if w.own > 0 {
		at = w.back(now, w.held+w.spent+n-w.own)
	}
	if over := w.held + w.spent + n - w.server; w.server > 0 {
		if others := w.elsewhere(now); over+others > 0 { // theirs come back evenly
			free := now + time.Duration(min(1, float64(over+others)/float64(others+1))*float64(max(0, w.until-now))) + 1
			at = max(at, w.back(now, over), min(free, max(now, w.until)))
		}
	}
	return at + later
}

// back says when so much is given back.
func (w *window) back(now time.Duration, n int) time.Duration {
	if n <= 0 {
		return now
	}
	for g := w.seen + 1; g <= w.seen+int64(grains); g++ {
		if n -= w.past[g%int64(grains)]; n <= 0 {
			return time.Duration(g) * grain
		}
	}
	return now + minute
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

// hear takes in what an endpoint says. Its limit holds beside ours, until it has not been said for long. One that is full
// again much later than in a minute is that of a day, say, which is not kept here: its end is a 429.
func (w *window) hear(now time.Duration, a Allowance) {
	if !a.Known() || a.Reset > longestReset {
		return
	}
	if w.server = min(a.Limit, unheardOf); w.past == nil {
		w.past = make([]int, grains)
	}
	w.since = now
	w.advance(now)
	reset := a.Reset
	if reset <= 0 || reset > minute {
		reset = minute
	}
	gone := w.server - min(max(0, a.Remaining), w.server)
	if gone > w.held+w.spent {
		w.missing, w.until = gone-w.held-w.spent, now+reset
	} else {
		w.missing, w.until = 0, 0
	}
}
