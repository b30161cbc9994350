package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/llmadapter"
)

const (
	floodQueue    = 1000
	floodInFlight = 4
	floodAgents   = 8
)

// memoryTrial is P3: what a flood of requests takes of the heap, in front of a model that never answers. It is in this
// process, for nothing is sent.
func memoryTrial() trial {
	return trial{full: 8 * time.Second, try: tryMemory, of: []claim{
		{"p3_memory", "B", "<= 2048", "a goroutine that waits for a semaphore with the same request"},
	}}
}

// flood is agents that ask without waiting for answers.
type flood struct {
	each             int // requests of each agent
	asked            atomic.Int64
	rejected, failed atomic.Int64
	answered         atomic.Int64
	most             atomic.Int64 // requests seen to wait
	all              chan struct{}
	paused           chan struct{} // closed when all have asked
}

// goOn is the word of an agent to itself.
type goOn struct{}

// tell counts an answer, and says when it is the last.
func (f *flood) tell(answer any) {
	switch answer.(type) {
	case llmadapter.Rejected:
		f.rejected.Add(1)
	case llmadapter.Failed:
		f.failed.Add(1)
	}
	if f.answered.Add(1) == int64(f.each*floodAgents) {
		close(f.all)
	}
}

// agent asks a hundred times in a turn, so that others come in between.
func (f *flood) agent(office *office, name string) func(c *engine.Context, msg any) error {
	n := 0
	return func(c *engine.Context, msg any) error {
		switch m := msg.(type) {
		case engine.Started, goOn:
			for range 100 {
				if n == f.each {
					return nil
				}
				n++
				ask := &wire.Ask{Asker: name, N: uint64(n), Seed: uint64(n), Limit: time.Hour, Request: prompt(fmt.Sprint(name, "-", n))}
				if err := c.Send(office.ref, ask, 1); err != nil {
					no, ok := errors.AsType[llmadapter.Rejected](err)
					if !ok {
						return err
					}
					f.tell(no)
				}
				if f.asked.Add(1) == int64(f.each*floodAgents) {
					close(f.paused)
				}
			}
			load := office.adapter.Load()
			raise(&f.most, int64(load.Queued+load.InFlight))
			return c.Send(c.Self(), goOn{}, 0)
		case *wire.Answer:
			f.tell(m.Value)
		}
		return nil
	}
}

func tryMemory(ctx context.Context, s *setting) (_ []finding, err error) {
	release := make(chan struct{})
	answer := sync.OnceFunc(func() { close(release) })
	hangs := func(llmadapter.Model) llmadapter.Model {
		return llmadapter.ModelFunc(func(ctx context.Context, _ llmadapter.Request) (llmadapter.Reply, error) {
			select {
			case <-release:
				return llmadapter.Reply{Text: "4", Finish: llmadapter.FinishStop}, nil
			case <-ctx.Done():
				return llmadapter.Reply{}, ctx.Err()
			}
		})
	}
	office, err := (&judge{url: "http://127.0.0.1:9/v1"}).office(llmadapter.Config{InFlight: floodInFlight, Queue: floodQueue}, hangs)
	if err != nil {
		return nil, err
	}
	defer func() {
		answer()
		err = errors.Join(err, office.end())
	}()
	f := &flood{each: s.times(1_000_000, 20_000) / floodAgents, all: make(chan struct{}), paused: make(chan struct{})}
	before := heapInUse()
	for i := range floodAgents {
		name := fmt.Sprint("agent-", i)
		if _, err := office.spawn("agents/"+name, f.agent(office, name)); err != nil {
			return nil, err
		}
	}
	peak, early, err := f.watch(ctx, s)
	if err != nil {
		return nil, err
	}
	held := heapInUse() - before
	answer()
	if err := arrived(ctx, f.all); err != nil {
		return nil, fmt.Errorf("%d of %d are answered: %w", f.answered.Load(), f.asked.Load(), err)
	}
	waited := int64(floodQueue + floodInFlight)
	served := f.answered.Load() - f.rejected.Load() - f.failed.Load()
	found := once(float64(held)/float64(waited), bareWait(int(waited)),
		"%d requests at a queue of %d: at most %d waiting or out, %d served once the model answered, %d rejected at once; heap at most %s, after a tenth of them %s",
		f.asked.Load(), floodQueue, f.most.Load(), served, f.rejected.Load(), mib(peak), mib(early))
	found.must(f.most.Load() <= waited && served == waited && f.failed.Load() == 0, "at most %d open, all of them served", waited)
	// In a brief run all may have asked before anybody looked: then nothing is known of growth.
	found.must(early == 0 || peak <= 2*early+16<<20, "no growth with the number of requests")
	return []finding{found}, nil
}

// watch looks at the heap until all have asked: its most, and its most in the first tenth. Garbage is part of it.
func (f *flood) watch(ctx context.Context, s *setting) (peak, early int64, err error) {
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	var m runtime.MemStats
	for {
		select {
		case <-f.paused:
			return peak, max(early, 1), nil
		case <-look.C:
			s.tell()
		case <-late.C:
			return 0, 0, fmt.Errorf("only %d of %d are asked after %v", f.asked.Load(), f.each*floodAgents, patience)
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
		runtime.ReadMemStats(&m)
		peak = max(peak, int64(m.HeapAlloc))
		if f.asked.Load() <= int64(f.each*floodAgents/10) {
			early = peak
		}
	}
}

// bareWait is the yardstick: bytes for each request whose goroutine waits for a semaphore.
func bareWait(n int) float64 {
	before := heapInUse() + stackInUse()
	permits, waiting, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	for i := range n {
		r := prompt(fmt.Sprint("bare-", i))
		go func() {
			waiting <- struct{}{}
			permits <- struct{}{}
			runtime.KeepAlive(r)
			gone <- struct{}{}
		}()
	}
	for range n {
		<-waiting
	}
	held := heapInUse() + stackInUse() - before
	for range n {
		<-permits
	}
	for range n {
		<-gone
	}
	return float64(max(1, held)) / float64(n)
}

// stackInUse is what goroutines have for their stacks.
func stackInUse() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.StackInuse)
}

// raise lets a number be at least n.
func raise(x *atomic.Int64, n int64) {
	for was := x.Load(); was < n && !x.CompareAndSwap(was, n); was = x.Load() {
	}
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// arrived waits for what must come.
func arrived(ctx context.Context, c <-chan struct{}) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-c:
		return nil
	case <-late.C:
		return fmt.Errorf("not done after %v", patience)
	case <-ctx.Done():
		return ctx.Err()
	}
}
