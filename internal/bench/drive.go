package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// Drive is callers in a closed loop at an endpoint of the OpenAI wire form, through an adapter: each asks, waits for the
// answer, and asks again. Every prompt has a line "request-id: …" of its own, for whoever wants to join what is counted here
// with the server's log.
type Drive struct {
	Endpoint openai.Config     // Model "": the first of the endpoint's list
	Adapter  llmadapter.Config // of which Model and Observe are set here
	Callers  int               // at once; 0: 8
	For      time.Duration     // until nothing more is asked; 0: 1 min
	Urgent   float64           // share of the callers that ask with a higher priority, 0 to 1
	Progress func(left time.Duration)
}

// driveLimit is how long a request may take.
const driveLimit = 50 * time.Second

// driveTokens is how long an answer may be.
const driveTokens = 64

// tally is what becomes of the requests of a drive, as its callers and the adapter's observers see it.
type tally struct {
	mu           sync.Mutex
	open         map[uint64]bool // asked, and without an end; true: its caller has an answer
	asked, twice int
	peak         int
	wait         [2]ring // until the first attempt, of the plain and of the urgent
	took         ring    // from there to the answer
	run          string
	urgent       map[string]bool // callers
}

// ring is the last durations of many.
type ring struct {
	all  []time.Duration
	next int
}

func (r *ring) add(d time.Duration) {
	if len(r.all) < 1<<20 {
		r.all = append(r.all, d)
		return
	}
	r.all[r.next] = d
	r.next = (r.next + 1) % len(r.all)
}

// Observe sees the end of requests.
func (t *tally) Observe(event any) {
	e, ok := event.(llmadapter.Ended)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.open[e.Turn]; !ok {
		t.twice++
	}
	delete(t.open, e.Turn)
	t.peak = max(t.peak, e.Load.InFlight)
	if e.Attempts > 0 {
		class := 0
		if t.urgent[e.Asker] {
			class = 1
		}
		t.wait[class].add(e.Wait)
	}
	if e.Outcome == "answered" {
		t.took.add(e.Took)
	}
}

// ask notes that a request is about to be asked.
func (t *tally) ask(n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked++
	t.open[n] = false
}

// Run drives the endpoint. It gives what was seen when ctx ends before the time is over, too, beside ctx's error.
func (d Drive) Run(ctx context.Context) (*Report, error) {
	if d.Callers == 0 {
		d.Callers = 8
	}
	if d.For == 0 {
		d.For = time.Minute
	}
	if err := d.findModel(ctx); err != nil {
		return nil, err
	}
	t := &tally{open: map[uint64]bool{}, urgent: map[string]bool{}, run: fmt.Sprintf("%x", time.Now().UnixNano())}
	for i := range int(d.Urgent * float64(d.Callers)) {
		t.urgent[callerName(i)] = true
	}
	d.Adapter.Observe = t.Observe
	f, err := newOffice(d.Adapter, d.Endpoint, nil)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	stop := crowdOf(ctx, d.Callers, func(ctx context.Context, end <-chan struct{}, i int) error { return d.call(ctx, f, t, end, i) })
	s := setting{tell: func() {
		if d.Progress != nil {
			d.Progress(max(0, d.For-time.Since(begun)))
		}
	}}
	err = s.pass(ctx, d.For)
	took := time.Since(begun)
	served := f.adapter.Account().Answered // what is answered from here on took longer
	err = errors.Join(err, stop())
	limit := f.adapter.Load().Limit
	if err := errors.Join(f.end(), ctx.Err()); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return d.report(t, f.adapter.Account(), float64(served)/took.Seconds(), limit)
}

func callerName(i int) string { return fmt.Sprint("caller-", i) }

// findModel asks the endpoint what it has, where no model is named.
func (d *Drive) findModel(ctx context.Context) error {
	if d.Endpoint.Model != "" {
		return nil
	}
	cfg := d.Endpoint
	cfg.Model = "any"
	client, err := openai.New(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	names, err := client.Models(ctx)
	if err != nil {
		return fmt.Errorf("bench: which models there are: %w", err)
	}
	if len(names) == 0 {
		return errors.New("bench: the endpoint has no model")
	}
	d.Endpoint.Model = names[0]
	return nil
}

// call asks one question after the other.
func (d *Drive) call(ctx context.Context, f *office, t *tally, end <-chan struct{}, i int) error {
	name := callerName(i)
	for k := 1; ; k++ {
		select {
		case <-end:
			return nil
		default:
		}
		r := prompt(fmt.Sprint("bench-", t.run, "-", i, "-", k))
		r.MaxTokens = driveTokens
		if t.urgent[name] {
			r.Priority = 1
		}
		n := f.number.Add(1)
		t.ask(n)
		v, err := f.putAs(ctx, n, name, driveLimit, r)
		if err != nil {
			return err
		}
		if wait := backIn(v); wait > 0 && !rest(end, wait) {
			return nil
		}
	}
}

// report tells what was seen. There is no yardstick, and most results have no goal.
func (d *Drive) report(t *tally, acc llmadapter.Account, rate float64, limit int) (*Report, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	report := &Report{Bench: "adapter", Machine: thisMachine(), Endpoint: d.Endpoint.BaseURL, Model: d.Endpoint.Model, Account: &acc}
	const free = "" // of a goal
	sec := time.Duration.Seconds
	share := func(n, of int) float64 { return float64(n) / float64(max(1, of)) }
	for _, x := range []struct {
		name, unit, goal string
		value            float64
		note             string
	}{
		{"p1_goodput", "1/s", free, rate, fmt.Sprintf("%d callers for %v", d.Callers, d.For)},
		{"p2_429_share", "share", free, share(acc.Server429, acc.Attempts), "as the client sees them"},
		{"p4_lost", "requests", "<= 0", float64(len(t.open)), "of those asked, without an end"},
		{"p4_twice", "requests", "<= 0", float64(t.twice), "with more than one end"},
		{"p8_amplification", "attempts/request", free, share(acc.Attempts, acc.Requests-acc.Rejected), "of the requests that were not rejected"},
		{"wait_p50", "s", free, sec(percentile(t.wait[0].all, 0.5)), "until the first attempt"},
		{"wait_p99", "s", free, sec(percentile(t.wait[0].all, 0.99)), ""},
		{"urgent_wait_p99", "s", free, sec(percentile(t.wait[1].all, 0.99)), fmt.Sprintf("of %d callers with a higher priority", len(t.urgent))},
		{"latency_p50", "s", free, sec(percentile(t.took.all, 0.5)), "from the first attempt to the answer"},
		{"latency_p99", "s", free, sec(percentile(t.took.all, 0.99)), ""},
		{"in_flight_peak", "calls", free, float64(t.peak), "seen when a request ends"},
		{"limit", "calls", free, float64(limit), "of calls at once, at the end"},
	} {
		if x.name == "urgent_wait_p99" && len(t.urgent) == 0 {
			continue
		}
		f := once(x.value, 0, "%s", x.note)
		if x.name == "p4_lost" {
			f.must(acc.Balanced() && acc.Requests == t.asked, "an account that holds: %d asked", t.asked)
		}
		r, err := f.result(claim{x.name, x.unit, x.goal, ""})
		if err != nil {
			return nil, err
		}
		report.Results = append(report.Results, r)
	}
	return report, nil
}
