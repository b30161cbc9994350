package llmadapter

import "time"

const (
	firstPause   = 200 * time.Millisecond // of all calls after an overload, at most, if the endpoint names none
	leastPause   = time.Millisecond
	longestPause = 2 * time.Minute  // that the endpoint may ask for
	outageAfter  = 5                // failures in a row that make an outage
	probeEvery   = time.Second      // in an outage
	askAgain     = 30 * time.Second // when the endpoint did not let us in
)

// pauses say when nothing may be sent, or only a probe. Three things hold calls back: an overload, for as long as the
// endpoint says; an outage, until a probe is answered; and a key that is not taken, until a probe gets in.
type pauses struct {
	until  time.Duration // of the cooldown
	wished time.Duration // the part of it that the endpoint wished for
	rows   int           // overloads in a row, those among calls that were out together counted once
	failed int           // calls in a row that were not taken: unreachable or overloaded
	denied string        // what the endpoint said when it did not let us in; "": it does
	gone   string        // what the last of them said
	probe  time.Duration // when the next may go out, in an outage or while denied
	asking bool          // one is out
}

// cool begins or extends the cooldown, which is shared by all calls. wish is what the endpoint asks for, 0 if nothing;
// then it begins with a sixteenth of what a call takes (service; 0: not known), for most overloads are a call too many, and
// doubles as long as nothing is answered. again says that this overload was heard of before; luck is uniform in [0, 1).
func (p *pauses) cool(now, wish, service time.Duration, again bool, luck float64) {
	if !again {
		p.rows++
	}
	own := wish <= 0
	if own {
		first := firstPause
		if service > 0 {
			first = min(firstPause, max(leastPause, service/16))
		}
		wish = backoff(first, longestPause/4, p.rows, 0)
	}
	wish = min(wish, longestPause)
	wish += time.Duration(luck * float64(wish) / 10)
	switch {
	case !own:
		p.wished = max(p.wished, now+wish)
		p.until = max(p.until, p.wished)
	case p.failed >= outageAfter-1: // an outage, or nearly: its probes have a pause of their own
		p.until = max(p.wished, now+min(wish, probeEvery))
	default:
		p.until = max(p.until, now+wish)
	}
}

// outage says whether the endpoint seems to be gone.
func (p *pauses) outage() bool { return p.failed >= outageAfter }

// refused counts a call that was not taken. With the last of many an outage begins.
func (p *pauses) refused(now time.Duration, why string) {
	p.failed++
	p.gone = why
	if p.failed == outageAfter {
		p.probe = now + probeEvery
	}
}

// deny notes that the endpoint does not let us in.
func (p *pauses) deny(now time.Duration, why string) {
	p.denied, p.probe = why, now+askAgain
}

// opens says when a call may go out, at the earliest, as far as is known.
func (p *pauses) opens() time.Duration {
	if p.outage() || p.denied != "" {
		return max(p.until, p.probe)
	}
	return p.until
}

// probing says that only a probe may go out.
func (p *pauses) probing() bool { return p.outage() || p.denied != "" }

// backoff doubles from first to most with every time, from 1; luck in [0, 1) adds up to a half.
func backoff(first, most time.Duration, times int, luck float64) time.Duration {
	wait := most
	if times < 32 {
		wait = min(most, first<<max(0, times-1))
	}
	return wait + time.Duration(luck*float64(wait)/2)
}
