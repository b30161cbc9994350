package llmadapter

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// silent is an endpoint that serves so many at once and lets all others wait without a word.
type silent struct {
	slots   int
	service func(r *rand.Rand) time.Duration
	prefill time.Duration
	free    moments // when each slot is
}

type moments []time.Duration

func (m moments) Len() int           { return len(m) }
func (m moments) Less(i, j int) bool { return m[i] < m[j] }
func (m moments) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)        { *m = append(*m, x.(time.Duration)) }
func (m *moments) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}

// takes says when the first token of a call comes, and the end.
func (s *silent) takes(now time.Duration, r *rand.Rand) (first, end time.Duration) {
	begins := now
	if len(s.free) >= s.slots {
		begins = max(now, heap.Pop(&s.free).(time.Duration))
	}
	end = begins + s.prefill + s.service(r)
	heap.Push(&s.free, end)
	return begins + s.prefill - now, end
}

// "Our queue holds the backlog": the limit finds the slots of an endpoint that never says no, whatever the length of the
// answers, at the goodput of one that is not limited.
func TestTheLimitFindsASilentQueue(t *testing.T) {
	steady := func(d time.Duration) func(*rand.Rand) time.Duration {
		return func(*rand.Rand) time.Duration { return d }
	}
	lognormal := func(median time.Duration) func(*rand.Rand) time.Duration {
		return func(r *rand.Rand) time.Duration {
			return time.Duration(float64(median) * math.Exp(r.NormFloat64()*0.8))
		}
	}
	for _, c := range []struct {
		name    string
		slots   int
		service func(*rand.Rand) time.Duration
	}{
		{"4 slots, 50 ms", 4, steady(50 * time.Millisecond)},
		{"4 slots, 1 s", 4, steady(time.Second)},
		{"32 slots, 50 ms", 32, steady(50 * time.Millisecond)},
		{"16 slots, lognormal", 16, lognormal(2 * time.Second)},
		{"1 slot, 200 ms", 1, steady(200 * time.Millisecond)},
	} {
		r := rand.New(rand.NewPCG(7, 8))
		s := &silent{slots: c.slots, service: c.service, prefill: 5 * time.Millisecond}
		p := stagePlay(t, Config{Queue: 1000})
		type call struct {
			e          *entry
			first, end time.Duration
		}
		var out []call
		mean := time.Duration(0)
		for range 1000 {
			mean += s.prefill + c.service(r)
		}
		mean /= 1000
		length := 1500 * mean / time.Duration(c.slots)
		served, most, sum, n := 0, 0, 0, 0
		for p.now < length {
			for p.d.queue.length < 200 {
				p.asks("ann", 0, hello)
			}
			for _, e := range p.out {
				first, end := s.takes(p.now, r)
				out = append(out, call{e, first, end})
			}
			p.out = nil
			next := 0
			for i := range out {
				if out[i].end < out[next].end {
					next = i
				}
			}
			o := out[next]
			out = append(out[:next], out[next+1:]...)
			p.now = max(p.now, o.end)
			p.d.returned(p.now, o.e, outcome{reply: Reply{Text: "yes", FirstToken: o.first}})
			p.settle()
			if p.now > length/2 {
				served++
				most = max(most, len(out)+len(p.out))
				sum += p.d.limit.calls()
				n++
			}
		}
		goodput := float64(served) / (float64(length/2) / float64(mean) * float64(c.slots))
		if goodput < 0.93 || most > 2*c.slots+4 {
			t.Errorf("%s: goodput %.2f, up to %d out, limit %.1f on average", c.name, goodput, most, float64(sum)/float64(n))
		}
	}
}

// An endpoint that has become slower by itself is not waited for by fewer and fewer.
func TestTheLimitGrowsAgainWhereOthersAreTheCause(t *testing.T) {
	p := stagePlay(t, Config{})
	answer := func(first, took time.Duration) {
		for p.d.queue.length < 100 {
			p.asks("ann", 0, hello)
		}
		e := p.out[0]
		p.out = p.out[1:]
		p.now += took
		e.started = p.now - took
		p.d.returned(p.now, e, outcome{reply: Reply{Text: "yes", FirstToken: first}})
		p.settle()
	}
	for range 200 {
		answer(10*time.Millisecond, 100*time.Millisecond)
	}
	if p.d.limit.calls() < 32 {
		t.Errorf("limit %d", p.d.limit.calls())
	}
	low := mostInFlight
	for range 4000 {
		answer(300*time.Millisecond, 400*time.Millisecond)
		low = min(low, p.d.limit.calls())
	}
	if low < 16 || p.d.limit.calls() < 48 {
		t.Errorf("limit %d, was %d", p.d.limit.calls(), low)
	}
}

// First tokens that are late for reasons of their own are no reason for fewer calls: thoughts that are not shown, prompts
// that are seldom in a cache.
func TestTheLimitIsNotForLateTokens(t *testing.T) {
	for name, first := range map[string]func(r *rand.Rand) time.Duration{
		"thoughts": func(r *rand.Rand) time.Duration { return time.Second + time.Duration(r.Float64()*4.5e9) },
		"lognormal thoughts": func(r *rand.Rand) time.Duration {
			return time.Duration(float64(600*time.Millisecond) * math.Exp(r.NormFloat64()*0.8))
		},
		"a cache": func(r *rand.Rand) time.Duration {
			if r.IntN(50) == 0 {
				return 50 * time.Millisecond
			}
			return 500*time.Millisecond + time.Duration(r.Float64()*1e8)
		},
	} {
		r := rand.New(rand.NewPCG(9, 1))
		p := stagePlay(t, Config{Queue: 1000})
		sum := 0
		const answers = 6000
		for i := range answers {
			for p.d.queue.length < 200 {
				p.asks("ann", 0, hello)
			}
			e := p.out[0]
			p.out = p.out[1:]
			f := first(r)
			took := f + time.Duration(r.Float64()*1e9)
			p.now += took / time.Duration(p.d.limit.calls())
			e.started = p.now - took
			p.d.returned(p.now, e, outcome{reply: Reply{Text: "yes", FirstToken: f}})
			p.settle()
			if i >= answers/3 {
				sum += p.d.limit.calls()
			}
		}
		if mean := float64(sum) / (answers * 2 / 3); mean < 40 {
			t.Errorf("%s: limit %.1f on average", name, mean)
		}
	}
}
