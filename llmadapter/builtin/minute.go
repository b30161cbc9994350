package builtin

import "time"

// How a minute is looked at: in grains, so that what is kept is bounded.
const (
	grain  = 100 * time.Millisecond
	grains = int(time.Minute / grain)
)

// Minute is the most there was in any 60 s that begin at a tenth of a second. Of every other 60 s it is off by what came
// in one tenth at most.
type Minute struct {
	Requests int `json:"requests"` // that came, whatever was answered
	Admitted int `json:"admitted"` // of these, not refused as wrong, by an outage or by the limits a minute
	Tokens   int `json:"tokens"`   // of prompts admitted, when they came, and of answers, when they ended
	Input    int `json:"input"`    // of prompts alone
	Output   int `json:"output"`   // of answers alone
}

// rolling is a sum over the last minute.
type rolling struct {
	ring [grains]int // by grain modulo
	last int64       // grain that was added to last
	sum  int
	most int // the sum has ever been
}

// add adds n at a time since the beginning. A time that goes back counts as the last one.
func (r *rolling) add(at time.Duration, n int) {
	now := max(int64(at/grain), r.last)
	for range min(now-r.last, int64(grains)) {
		r.last++
		r.sum -= r.ring[r.last%int64(grains)]
		r.ring[r.last%int64(grains)] = 0
	}
	r.last = now
	r.ring[now%int64(grains)] += n
	r.sum += n
	r.most = max(r.most, r.sum)
}

// minutes are all that is looked at by the minute.
type minutes struct{ requests, admitted, tokens, input, output rolling }

func (m *minutes) most() Minute {
	return Minute{m.requests.most, m.admitted.most, m.tokens.most, m.input.most, m.output.most}
}

// mostSeconds is how many seconds are told one by one.
const mostSeconds = 900

// Seconds are the last 900 seconds, one by one, up to the one in which something was counted last.
type Seconds struct {
	From     int64 `json:"from"` // Unix time of the first
	Requests []int `json:"requests"`
	Answered []int `json:"answered"`
	Refused  []int `json:"refused"`
}

// second is one of them.
type second struct{ requests, answered, refused int }

// seconds keeps them in a ring.
type seconds struct {
	ring  [mostSeconds]second
	first int64 // Unix time of the first that is kept
	last  int64 // and of the last one; 0: there is none
}

// at is the second of a time. A time that goes back counts as the last one.
func (s *seconds) at(now time.Time) *second {
	at := max(now.Unix(), s.last)
	if s.last == 0 || at-s.last > mostSeconds {
		s.ring, s.first, s.last = [mostSeconds]second{}, at, at
	}
	for s.last < at {
		s.last++
		s.ring[s.last%mostSeconds] = second{}
	}
	s.first = max(s.first, s.last-mostSeconds+1)
	return &s.ring[at%mostSeconds]
}

func (s *seconds) told() Seconds {
	out := Seconds{From: s.first, Requests: []int{}, Answered: []int{}, Refused: []int{}}
	for at := s.first; at <= s.last && s.last > 0; at++ {
		v := s.ring[at%mostSeconds]
		out.Requests = append(out.Requests, v.requests)
		out.Answered = append(out.Answered, v.answered)
		out.Refused = append(out.Refused, v.refused)
	}
	return out
}
