package builtin

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// What is limited, by the names that headers have for it.
const (
	ofRequests = "requests"
	ofTokens   = "tokens"
	ofInput    = "input-tokens"
	ofOutput   = "output-tokens"
)

// limits are requests and tokens a minute.
type limits struct {
	mu  sync.Mutex
	all []limit // those that there are
}

// limit is one of them.
type limit struct {
	of    string
	short string // for people
	size  int
	meter
}

// meter knows how much may be taken. It may be owed more than there is: tokens of answers are taken when they are known.
type meter interface {
	take(now time.Time, n int)
	left(now time.Time) float64                   // negative: owed
	until(now time.Time, n float64) time.Duration // so many are left, if nobody takes any; 0: now
}

func newLimits(c Config, now time.Time) *limits {
	l := &limits{}
	for _, v := range []limit{{of: ofRequests, short: "RPM", size: c.RPM}, {of: ofTokens, short: "TPM", size: c.TPM},
		{of: ofInput, short: "ITPM", size: c.InputTPM}, {of: ofOutput, short: "OTPM", size: c.OutputTPM}} {
		if v.size == 0 {
			continue
		}
		v.meter = &bucket{size: float64(v.size), has: float64(v.size), at: now}
		if c.Window == WindowSliding {
			v.meter = &sliding{size: v.size, began: now}
		}
		l.all = append(l.all, v)
	}
	return l
}

// admit takes one request and its tokens, or nothing at all, and tells in the header what is left. reserved are tokens
// that the answer may have and that are taken already; of an answer of which none are, one is asked for.
func (l *limits) admit(now time.Time, name string, prompt, reserved int, d dialect, h http.Header) (p *problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	needs := map[string]int{ofRequests: 1, ofTokens: prompt + reserved, ofInput: prompt, ofOutput: 1}
	for i := range l.all {
		if p = l.all[i].refuse(now, name, needs[l.all[i].of]); p != nil {
			break
		}
	}
	for i := range l.all {
		v := &l.all[i]
		if p == nil && v.of != ofOutput {
			v.take(now, needs[v.of])
		}
		d.allowance(h, v.of, v.size, max(int(v.left(now)), 0), v.until(now, float64(v.size)))
	}
	return p
}

// spend takes the tokens of an answer. Those that were reserved are taken already, and not given back.
func (l *limits) spend(now time.Time, tokens, reserved int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.all {
		switch l.all[i].of {
		case ofTokens:
			l.all[i].take(now, max(tokens-reserved, 0))
		case ofOutput:
			l.all[i].take(now, tokens)
		}
	}
}

// refuse is the answer when n cannot be taken.
func (l *limit) refuse(now time.Time, name string, n int) *problem {
	p := &problem{status: http.StatusTooManyRequests, kind: l.of, code: "rate_limit_exceeded"}
	switch wait := l.until(now, float64(n)); {
	case wait == 0:
		return nil
	case n > l.size:
		p.text = fmt.Sprintf("Request too large for %s on %s per minute (%s): Limit %d, Requested %d. This is a stand-in.", name, l.of, l.short, l.size, n)
	default:
		p.retry = wait
		p.text = fmt.Sprintf("Rate limit reached for %s on %s per minute (%s): Limit %d, Requested %d. Please try again in %v. This is a stand-in.",
			name, l.of, l.short, l.size, n, wait.Round(time.Millisecond))
	}
	return p
}

// bucket fills up to its size within a minute, as those of providers do. It lets nearly twice its size through in the
// first minute after a rest.
type bucket struct {
	size, has float64
	at        time.Time
}

// fill adds what the time since has brought.
func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.has = min(b.has+d.Minutes()*b.size, b.size)
		b.at = now
	}
}

func (b *bucket) take(now time.Time, n int) {
	b.fill(now)
	b.has -= float64(n)
}

func (b *bucket) left(now time.Time) float64 {
	b.fill(now)
	return b.has
}

func (b *bucket) until(now time.Time, n float64) time.Duration {
	b.fill(now)
	if n <= b.has {
		return 0
	}
	return time.Duration((n - b.has) / b.size * float64(time.Minute))
}

// sliding lets its size through in every 60 s, wherever they begin, and not one more. What was taken is there again 60 s
// after the tenth of a second in which it was.
type sliding struct {
	size  int
	began time.Time
	ring  [grains + 1]int
	last  int64 // grain
	sum   int
}

// roll forgets what is older.
func (s *sliding) roll(now time.Time) {
	at := max(int64(now.Sub(s.began)/grain), s.last)
	for range min(at-s.last, int64(len(s.ring))) {
		s.last++
		s.sum -= s.ring[s.last%int64(len(s.ring))]
		s.ring[s.last%int64(len(s.ring))] = 0
	}
	s.last = at
}

func (s *sliding) take(now time.Time, n int) {
	s.roll(now)
	s.ring[s.last%int64(len(s.ring))] += n
	s.sum += n
}

func (s *sliding) left(now time.Time) float64 {
	s.roll(now)
	return float64(s.size - s.sum)
}

func (s *sliding) until(now time.Time, n float64) time.Duration {
	missing := n - s.left(now)
	if missing <= 0 {
		return 0
	}
	for g := s.last - int64(grains); g <= s.last; g++ { // the oldest first
		if g < 0 {
			continue
		}
		if missing -= float64(s.ring[g%int64(len(s.ring))]); missing <= 0 {
			return s.began.Add(time.Duration(g+int64(len(s.ring))) * grain).Sub(now)
		}
	}
	return time.Minute // more than there ever is
}
