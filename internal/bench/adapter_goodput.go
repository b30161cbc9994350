package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// overload is the load of P1, P2, P5 and P7: ten callers for each slot.
const overload = 320

// strict is the server of P1 and P2: it says 429 beyond its slots, and not when to come back.
var strict = serving{slots: 32, service: 50 * time.Millisecond}

// goodputTrial is P1 and P2: how much of a server's capacity is used at tenfold overload, and how often it must say no.
// The adapter that finds the limit out and the one that knows it are flooded in turns, each with a server of its own.
func goodputTrial() trial {
	return trial{full: 123 * time.Second, try: tryGoodput, of: []claim{
		{"p1_goodput_adaptive", "1/s", ">= 0.95×", "capacity: 32 slots ÷ 50 ms"},
		{"p1_goodput_known", "1/s", ">= 0.98×", "capacity: 32 slots ÷ 50 ms"},
		{"p2_429_share", "share", "<= 0.01", "no limit: the same callers and client, each back after 100 ms"},
	}}
}

// stretch is what a server has counted in a stretch of time.
type stretch struct {
	length                     time.Duration
	requests, answered, denied int
}

// rate is answers a second.
func (x stretch) rate() float64 { return float64(x.answered) / x.length.Seconds() }

// share of the requests that were answered 429.
func (x stretch) share() float64 { return float64(x.denied) / float64(max(1, x.requests)) }

func (x *stretch) add(y stretch) {
	x.length += y.length
	x.requests += y.requests
	x.answered += y.answered
	x.denied += y.denied
}

// during counts what a server does while time goes by.
func (s *setting) during(ctx context.Context, j *judge, d time.Duration) (x stretch, err error) {
	var c [2]builtin.Counts
	var at [2]time.Time
	for i := range c {
		if i > 0 {
			if err := s.pass(ctx, d); err != nil {
				return x, err
			}
		}
		asked := time.Now()
		if c[i], err = j.counts(ctx); err != nil {
			return x, err
		}
		at[i] = asked.Add(time.Since(asked) / 2) // about when it looked
	}
	limited := fmt.Sprint(http.StatusTooManyRequests)
	return stretch{at[1].Sub(at[0]), c[1].Requests - c[0].Requests, c[1].Answered - c[0].Answered, c[1].Status[limited] - c[0].Status[limited]}, nil
}

// flooded is an adapter and its server, flooded for some stretches.
type flooded struct {
	judge  *judge
	office *office
	label  string
	rates  []float64
	all    stretch

	from, to time.Time // the last stretch
}

func (s *setting) flooded(ctx context.Context, label string, v serving, cfg llmadapter.Config) (*flooded, error) {
	j, err := s.judge(ctx, v)
	if err != nil {
		return nil, err
	}
	f, err := j.office(cfg, nil)
	if err != nil {
		return nil, errors.Join(err, j.kill())
	}
	return &flooded{judge: j, office: f, label: label}, nil
}

func (f *flooded) end() error { return errors.Join(f.office.end(), f.judge.stop()) }

// crew is callers that ask all the time, each in a name of its own.
func (f *flooded) crew() *crew {
	round := len(f.rates)
	return &crew{office: f.office, asker: func(i int) string { return fmt.Sprint("agent-", i) },
		request: func(i, n int) llmadapter.Request {
			return prompt(fmt.Sprint(f.label, "-", round, "-", i, "-", n))
		}}
}

// flood lets so many of them ask, and counts after a while.
func (f *flooded) flood(ctx context.Context, s *setting, callers int, warm, d time.Duration) (err error) {
	stop := f.crew().start(ctx, callers)
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.pass(ctx, warm); err != nil {
		return err
	}
	f.from = time.Now()
	x, err := s.during(ctx, f.judge, d)
	f.to = time.Now()
	f.rates = append(f.rates, x.rate())
	f.all.add(x)
	return err
}

func tryGoodput(ctx context.Context, s *setting) (_ []finding, err error) {
	adaptive, err := s.flooded(ctx, "adaptive", strict, llmadapter.Config{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, adaptive.end()) }()
	known, err := s.flooded(ctx, "known", strict, llmadapter.Config{InFlight: strict.slots})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, known.end()) }()
	callers := s.crowd(overload, 64)
	var plain []float64
	warm := s.span(5 * time.Second) // until the limit is found
	for range 6 {
		if err := adaptive.flood(ctx, s, callers, warm, s.span(10*time.Second)); err != nil {
			return nil, err
		}
		warm = s.span(500 * time.Millisecond)
		if err := known.flood(ctx, s, callers, warm, s.span(5*time.Second)); err != nil {
			return nil, err
		}
		x, err := s.semaphore(ctx, known.judge, callers)
		if err != nil {
			return nil, err
		}
		plain = append(plain, x.rate())
	}
	bare, err := s.unlimited(ctx, known.judge)
	if err != nil {
		return nil, err
	}
	capacity := make([]float64, len(adaptive.rates))
	for i := range capacity {
		capacity[i] = strict.capacity()
	}
	first := finding{values: adaptive.rates, against: capacity,
		note: fmt.Sprintf("%d callers, %v in 6 stretches, after 5 s; the limit at the end: %d calls", callers, adaptive.all.length.Round(time.Second), adaptive.office.adapter.Load().Limit)}
	second := finding{values: known.rates, against: capacity,
		note: fmt.Sprintf("the same callers in between, for %v; in flight 32, as the server has slots; the client in a semaphore of 32, with no adapter, reaches %.1f: of that it is %.3f, and the adapter that finds the limit out %.3f",
			known.all.length.Round(time.Second), median(plain), summarize(known.rates, plain).ratio, summarize(adaptive.rates, plain).ratio)}
	third := once(adaptive.all.share(), bare.share(), "by the server's count: %d of %d, with a known limit %d of %d; without a limit it serves %.0f a second",
		adaptive.all.denied, adaptive.all.requests, known.all.denied, known.all.requests, bare.rate())
	third.must(known.all.denied == 0, "no 429 with a known limit")
	return []finding{first, second, third}, nil
}

// semaphore is what can be had of a server that takes as many calls as it has slots and no more: while an answer is on its
// way back, and the next question on its way there, its slot stands idle.
func (s *setting) semaphore(ctx context.Context, j *judge, callers int) (x stretch, err error) {
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: j.url})
	if err != nil {
		return x, err
	}
	defer client.Close()
	permits := make(chan struct{}, strict.slots)
	stop := crowdOf(ctx, callers, func(ctx context.Context, end <-chan struct{}, i int) error {
		for n := 1; ; n++ {
			select {
			case permits <- struct{}{}:
			case <-end:
				return nil
			}
			_, err := client.Complete(ctx, prompt(fmt.Sprint("semaphore-", i, "-", n)))
			<-permits
			if err != nil {
				return err
			}
		}
	})
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.pass(ctx, s.span(500*time.Millisecond)); err != nil {
		return x, err
	}
	return s.during(ctx, j, s.span(2500*time.Millisecond))
}

// unlimited is the yardstick of P2: the callers without an adapter.
func (s *setting) unlimited(ctx context.Context, j *judge) (x stretch, err error) {
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: j.url, InFlight: overload})
	if err != nil {
		return x, err
	}
	defer client.Close()
	stop := crowdOf(ctx, s.crowd(overload, 64), func(ctx context.Context, end <-chan struct{}, i int) error {
		for n := 1; ; n++ {
			if _, err := client.Complete(ctx, prompt(fmt.Sprint("bare-", i, "-", n))); err == nil {
				select {
				case <-end:
					return nil
				default:
				}
			} else if !rest(end, 100*time.Millisecond) {
				return ctx.Err()
			}
		}
	})
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.pass(ctx, s.span(500*time.Millisecond)); err != nil {
		return x, err
	}
	return s.during(ctx, j, s.span(5*time.Second))
}
