package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// outageTrial is P7: what an adapter does while its server is gone, and how soon it has caught up with it. The server is
// gone in two ways, at two servers at once: nobody listens, and everything is answered 503.
func outageTrial() trial {
	return trial{full: 48 * time.Second, try: tryOutage, of: []claim{
		{"p7_recovery", "1/s", ">= 0.9×", "capacity: 16 slots ÷ 50 ms"},
	}}
}

// halved is the server of P7: two of them are as much as the one of P1.
var halved = serving{slots: 16, service: 50 * time.Millisecond, more: []string{"--control"}}

// outage is a way in which it can be gone.
type outage struct {
	name   string
	gone   func(ctx context.Context, j *judge, d time.Duration) error
	back   func(ctx context.Context, j *judge) error
	after  float64 // answers a second from the fifth second of its return on
	first  time.Duration
	probes float64 // a second while it was gone
	top    int     // calls at once after its return
	denied int     // 429s after its return
}

var outages = []outage{
	{name: "refused", // the process is stopped, and another one started in its place
		gone: func(_ context.Context, j *judge, _ time.Duration) error { return j.stop() },
		back: func(ctx context.Context, j *judge) error { return j.again(ctx) }},
	{name: "503",
		gone: func(ctx context.Context, j *judge, d time.Duration) error {
			return j.control(ctx, fmt.Sprintf(`{"mode":"503","for":%q}`, d))
		},
		back: func(context.Context, *judge) error { return nil }},
}

// control tells a judge what befalls it.
func (j *judge) control(ctx context.Context, body string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+j.host()+"/control", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := j.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)); resp.StatusCode/100 != 2 {
		return fmt.Errorf("the server's /control: %s: %s", resp.Status, text)
	}
	return nil
}

func tryOutage(ctx context.Context, s *setting) ([]finding, error) {
	all := append([]outage(nil), outages...)
	errs := make([]error, len(all))
	var both sync.WaitGroup
	for i := range all {
		both.Go(func() { errs[i] = all[i].suffer(ctx, s) })
	}
	both.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	found := once(math.Inf(1), halved.capacity(), "")
	for _, o := range all {
		found.values[0] = min(found.values[0], o.after)
		found.note += fmt.Sprintf("%s: %.0f a second from the 5th second on, 0.9 of the capacity after %v, %.2f probes a second meanwhile, at most %d calls and %d 429s after; ",
			o.name, o.after, o.first.Round(10*time.Millisecond), o.probes, o.top, o.denied)
		found.must(o.probes <= 1, "at most 1 probe a second (%s)", o.name)
	}
	found.note += fmt.Sprintf("gone for %v, with 160 callers each; the value is the lesser", s.span(30*time.Second))
	return []finding{found}, nil
}

// suffer lets it be gone for 30 s, and counts what comes before, meanwhile and after.
func (o *outage) suffer(ctx context.Context, s *setting) (err error) {
	f, err := s.flooded(ctx, o.name, halved, llmadapter.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	stop := f.crew().start(ctx, s.crowd(overload/2, 32))
	defer func() { err = errors.Join(err, stop()) }()
	if err := s.pass(ctx, s.span(6*time.Second)); err != nil {
		return err
	}
	away, settle := s.span(30*time.Second), s.span(2*time.Second)
	begun := time.Now()
	if err := o.gone(ctx, f.judge, away); err != nil {
		return err
	}
	if err := s.pass(ctx, settle); err != nil { // until the adapter knows
		return err
	}
	before, looked := f.office.adapter.Account().Attempts, time.Now()
	if err := s.pass(ctx, away-time.Since(begun)); err != nil {
		return err
	}
	// A probe may be due at either end of what is looked at.
	o.probes = max(0, float64(f.office.adapter.Account().Attempts-before-1)) / time.Since(looked).Seconds()
	if err := o.back(ctx, f.judge); err != nil {
		return err
	}
	return o.catchUp(ctx, s, f)
}

// catchUp counts after its return.
func (o *outage) catchUp(ctx context.Context, s *setting, f *flooded) error {
	back := time.Now()
	was, err := f.judge.counts(ctx)
	if err != nil {
		return err
	}
	for time.Since(back) < s.span(5*time.Second) {
		x, err := s.during(ctx, f.judge, s.span(500*time.Millisecond))
		if err != nil {
			return err
		}
		if o.first == 0 && x.rate() >= 0.9*halved.capacity() {
			o.first = time.Since(back)
		}
	}
	x, err := s.during(ctx, f.judge, s.span(5*time.Second))
	if err != nil {
		return err
	}
	c, err := f.judge.counts(ctx)
	o.after, o.top, o.denied = x.rate(), c.Peak, c.Status["429"]-was.Status["429"]
	return err
}
