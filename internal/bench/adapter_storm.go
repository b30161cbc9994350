package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// stormCalls are how many questions a storm has.
const stormCalls = 100_000

// stormPatience is short, so that a stalled answer holds its place for a moment only.
const stormPatience = 150 * time.Millisecond

// storms are all the ways in which a server can fail. What holds back all calls is rare, or there would be nothing else.
const storms = "429=0.2%,503=0.2%,500=2%,error=1%,overload=0.1%,cut=2%,reset=2%,stall=0.3%,keepalive=0.3%,html=1%"

// stormy is the server of P4 and P11.
var stormy = serving{slots: 64, service: 4 * time.Millisecond, queue: 256, faults: storms}

// lossTrial is P4: what becomes of questions when everything fails that can: answers, the adapter, the server, the askers.
func lossTrial() trial {
	return trial{full: 75 * time.Second, try: tryLoss, of: []claim{
		{"p4_lost", "questions", "<= 0", "questions asked"},
		{"p4_twice", "questions", "<= 0", "questions asked"},
	}}
}

// open starts a storm's adapter, with a client that does not wait long.
func (s *storm) open(j *judge, cfg llmadapter.Config, wrap func(llmadapter.Model) llmadapter.Model) (err error) {
	cfg.Observe = s.Observe
	s.office, err = newOffice(cfg, openai.Config{Model: judgeName, BaseURL: j.url, InFlight: 64, FirstToken: stormPatience, Idle: stormPatience}, wrap)
	return err
}

// stuck is how long nothing may be asked until the askers count as stuck: longer than any of them waits for an answer.
const stuck = 30 * time.Second

// rage lets the askers ask all they have, and does something meanwhile, each time that so many more are asked. Askers that
// are stuck, or slower by far than any machine is, are left behind: what they wait for is lost, and the verdict says so.
func (s *storm) rage(ctx context.Context, set *setting, times int, do func(time int) error) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.over.Wait()
	}()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	begun := time.Now()
	told, last, at := begun, int64(0), begun
	for n := 1; ; {
		select {
		case <-done:
			return nil
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		asked := s.asked.Load()
		if asked != last {
			last, at = asked, time.Now()
		}
		if time.Since(told) > time.Second {
			told = time.Now()
			set.tell()
		}
		switch {
		case time.Since(at) > stuck, time.Since(begun) > set.span(5*time.Minute)+stuck:
			return nil
		case n <= times && asked >= int64(n*s.askers*s.each/(times+1)):
			if err := do(n); err != nil {
				return err
			}
			n++
		}
	}
}

func tryLoss(ctx context.Context, s *setting) (_ []finding, err error) {
	said := &roll{}
	v := stormy
	v.more = []string{"--log-level", "debug"}
	j, err := s.judgeHeard(ctx, v, said.hear)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.kill()) }()
	storm := newStorm(256, s.times(stormCalls, 2000), 32, "loss")
	crashes, kills := 0, s.crowd(3, 1)
	// The adapter's actor handles one message at a time, so it asks for no lock.
	chaos := func(message uint64, attempt, attempts int) (before, after bool) {
		luck := chance.Float(1, "bench/chaos", message*8+uint64(attempt))
		if attempt >= attempts || luck >= 0.01 {
			return false, false
		}
		crashes++
		return luck < 0.005, luck >= 0.005
	}
	if err := storm.open(j, llmadapter.Config{Chaos: chaos}, nil); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err = storm.start(1); err == nil {
		err = storm.rage(ctx, s, kills, func(int) error { // kill -9
			return errors.Join(j.kill(), s.pass(ctx, 300*time.Millisecond), j.again(ctx))
		})
	}
	if err := errors.Join(err, storm.office.end()); err != nil {
		return nil, err
	}
	took := time.Since(begun)
	if _, err := j.quiet(ctx); err != nil {
		return nil, err
	}
	if err := j.stop(); err != nil { // all that it said is heard
		return nil, err
	}
	acc := storm.office.adapter.Account()
	asked, lost, twice, odd := storm.verdict()
	came, again := said.counted()
	a := once(float64(lost), float64(asked), "%d askers, 32 of which stop; the server fails in 10 ways, is killed and started again %d times, the adapter's actor crashes %d times; %d answered, %d rejected, %d failed, %d cancelled in %v; by the server's own account %d requests came, by the ledger at least %d and at most %d",
		storm.askers, kills, crashes, acc.Answered, acc.Rejected, acc.Failed, acc.Cancelled, took.Round(time.Second), came, acc.Settled, acc.Settled+acc.PossiblyBilled)
	b := once(float64(twice), float64(asked), "the same run; %d questions were answered twice by the server, all of them after an attempt that the adapter knows to have failed", len(again))
	if len(odd) > 0 {
		a.note += "; the first: " + odd[0]
	}
	a.must(came >= acc.Settled, "the server has counted what the ledger has settled")
	b.must(came <= acc.Settled+acc.PossiblyBilled, "the ledger has all that the server has counted, as settled or as possibly billed")
	b.must(storm.marked(again), "an answer paid for twice is marked")
	return []finding{a, b}, nil
}

// marked says whether of every question that a server has answered twice more than one attempt is known.
func (s *storm) marked(ids []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		var asker, n int
		if _, err := fmt.Sscanf(id, s.label+"/asker-%d/%d", &asker, &n); err != nil {
			return false
		}
		if s.find(fmt.Sprint("asker-", asker), uint64(n)).attempts < 2 {
			return false
		}
	}
	return true
}

// permitTrial is P11: whether every call gives its permit back, however it ends.
func permitTrial() trial {
	return trial{full: 60 * time.Second, try: tryPermits, of: []claim{
		{"p11_permits", "permits lost", "<= 0", "permits there are"},
	}}
}

// clumsy is a client that panics now and then; when it is told to, it answers by itself, or holds on to every call.
type clumsy struct {
	model   llmadapter.Model
	calls   atomic.Uint64
	panics  atomic.Int64
	easy    atomic.Bool
	holding atomic.Bool
	held    atomic.Int64
	release chan struct{}
}

// Complete panics at one call of a hundred, half before the call and half after it.
func (c *clumsy) Complete(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	if c.holding.Load() {
		c.held.Add(1)
		select {
		case <-c.release:
		case <-ctx.Done():
		}
		return llmadapter.Reply{Text: "4", Finish: llmadapter.FinishStop}, nil
	}
	if c.easy.Load() {
		return llmadapter.Reply{Text: "4", Finish: llmadapter.FinishStop}, nil
	}
	luck := chance.Float(2, "bench/clumsy", c.calls.Add(1))
	if luck < 0.01 {
		c.panics.Add(1)
	}
	if luck < 0.005 {
		panic("a panic " + onPurpose)
	}
	reply, err := c.model.Complete(ctx, r)
	if luck < 0.01 {
		panic("a panic " + onPurpose)
	}
	return reply, err
}

func tryPermits(ctx context.Context, s *setting) (_ []finding, err error) {
	j, err := s.judge(ctx, stormy)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.stop()) }()
	const permits = 32
	storm := newStorm(256, s.times(stormCalls, 2000), 0, "permits")
	client := &clumsy{release: make(chan struct{})}
	wrap := func(m llmadapter.Model) llmadapter.Model { client.model = m; return client }
	if err := storm.open(j, llmadapter.Config{InFlight: permits}, wrap); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, storm.office.end()) }()
	if err := storm.start(2); err != nil {
		return nil, err
	}
	if err := storm.rage(ctx, s, 0, nil); err != nil {
		return nil, err
	}
	left, err := storm.atRest(ctx)
	if err != nil {
		return nil, err
	}
	// After a pause an adapter goes slowly: it has all its permits again when some calls were answered.
	client.easy.Store(true)
	for n := 0; n < 100*permits && storm.office.adapter.Load().Limit < permits; n++ {
		if err := storm.office.together(ctx, 2*permits, nil); err != nil {
			return nil, err
		}
	}
	client.holding.Store(true)
	var there int64
	err = storm.office.together(ctx, 2*permits, func() error {
		defer close(client.release)
		rest, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err := storm.office.until(rest, func(l llmadapter.Load) bool { return client.held.Load() >= permits && l.InFlight+l.Queued == 2*permits })
		there = client.held.Load()
		if rest.Err() != nil {
			err = ctx.Err() // there are fewer than there should be
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	acc := storm.office.adapter.Account()
	found := once(float64(permits-there)+float64(left), permits, "after %d requests: %d answered, %d rejected, %d failed, %d cancelled, and %d panics of the client; %d calls can be out at once again",
		acc.Requests, acc.Answered, acc.Rejected, acc.Failed, acc.Cancelled, client.panics.Load(), there)
	found.must(there <= permits, "no more than %d at once", permits)
	return []finding{found}, nil
}

// atRest waits until no call is out; those that still are after a while are lost permits.
func (s *storm) atRest(ctx context.Context) (left int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err = s.office.until(ctx, func(l llmadapter.Load) bool { left = l.InFlight; return left == 0 })
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return left, err
}

// together puts so many requests at once, does something while they are open, and waits for the answers.
func (f *office) together(ctx context.Context, n int, meanwhile func() error) error {
	stop := crowdOf(ctx, n, func(ctx context.Context, _ <-chan struct{}, i int) error {
		_, err := f.put(ctx, "last", 15*time.Second, prompt(fmt.Sprint("last-", i)))
		return err
	})
	var err error
	if meanwhile != nil {
		err = meanwhile()
	}
	return errors.Join(err, stop())
}

// until waits until the adapter is as it should be.
func (f *office) until(ctx context.Context, there func(llmadapter.Load) bool) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for late := time.Now().Add(patience); !there(f.adapter.Load()); {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if time.Now().After(late) {
			return fmt.Errorf("the adapter is not as expected after %v: %+v", patience, f.adapter.Load())
		}
	}
	return nil
}
