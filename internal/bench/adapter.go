package bench

import (
	"context"
	"sync"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/llmadapter"
)

// adapterSuite is what llmadapter promises and what it costs: P1 to P16, each on a line or several. Those that are about an
// endpoint have one in a process of its own.
func adapterSuite() []part {
	return []part{
		goodputTrial(),
		memoryTrial(),
		lossTrial(),
		priorityTrial(),
		fairnessTrial(),
		outageTrial(),
		amplificationTrial(),
		cancelTrial(),
		deadlineTrial(),
		permitTrial(),
		contest{name: "p12_socket_cost", metric: latency, goal: "<= 30000", value: openSocketCall, added: true,
			yardstick: "net/http by itself, the same bytes", against: openBareSocketCall},
		contest{name: "p13_noop_cost", metric: latency, goal: "<= 3000", value: openAdapterCall, added: true,
			yardstick: "calling the model itself", against: openDirectCall},
		contest{name: "p13_noop_allocs", metric: allocs, goal: "<= 12", value: openAdapterCall,
			yardstick: "an actor that calls the model in its turn", against: openActorCall},
		contest{name: "p13_noop_rate", metric: rate, goal: ">= 100000", value: openAdapterCrowd,
			yardstick: "a semaphore around the model", against: openSemaphoreCrowd},
		beside{minuteTrial(), streamTrial(), silenceTrial()}, // two minutes of some five calls a second
	}
}

// callers at once, where many call.
const callers = 256

// question is what is asked.
var question = llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "How much?"}}}

// noop is a model that answers at once.
var noop = llmadapter.ModelFunc(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
	return llmadapter.Reply{Text: "4", Finish: llmadapter.FinishStop}, nil
})

// asked is an adapter on an engine.
type asked struct {
	engine *engine.Engine
	ref    *engine.Ref
	close  func() error
}

// openAdapter starts one in front of a model.
func openAdapter(m llmadapter.Model) (*asked, error) {
	adapter, err := llmadapter.New(llmadapter.Config{Model: m})
	if err != nil {
		return nil, err
	}
	e, shutdown := newEngine()
	ref, err := e.Spawn(adapter.Spec("services/model"))
	return &asked{e, ref, shutdown}, err
}

// ask asks for one answer. An error of the model is an answer that has no right to be.
func (a *asked) ask(ctx context.Context, n int, r llmadapter.Request) error {
	v, err := a.engine.Request(ctx, a.ref, &wire.Ask{Asker: "ann", N: uint64(n), Seed: uint64(n), Limit: time.Minute, Request: r})
	if err != nil {
		return err
	}
	if answer := v.(*wire.Answer); answer.Error != "" {
		return answer.Value.(error)
	}
	return nil
}

// openAdapterCall is one call after the other through the adapter.
func openAdapterCall(Options) (rig, error) {
	a, err := openAdapter(noop)
	if err != nil {
		return rig{}, err
	}
	n := 0
	return rig{close: a.close, run: func(ops int) (sample, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return measureEach(ops, func() error { n++; return a.ask(ctx, n, question) })
	}}, nil
}

// openDirectCall is the same without the adapter.
func openDirectCall(Options) (rig, error) {
	var m llmadapter.Model = noop
	return rig{run: func(ops int) (sample, error) {
		return measureEach(ops, func() error {
			_, err := m.Complete(context.Background(), question)
			return err
		})
	}}, nil
}

// openActorCall is the least that an actor needs to be asked and to answer.
func openActorCall(Options) (rig, error) {
	e, shutdown := newEngine()
	ref, err := e.Spawn(engine.Spec{Name: "services/model", New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			if m, ok := msg.(*wire.Ask); ok {
				reply, err := noop.Complete(context.Background(), m.Request.(llmadapter.Request))
				if err != nil {
					return err
				}
				c.Reply(&wire.Answer{N: m.N, Index: m.Index, Value: reply})
			}
			return nil
		})
	}})
	a, n := &asked{e, ref, shutdown}, 0
	return rig{close: shutdown, run: func(ops int) (sample, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return measureEach(ops, func() error { n++; return a.ask(ctx, n, question) })
	}}, err
}

// openAdapterCrowd is many callers at once.
func openAdapterCrowd(Options) (rig, error) {
	a, err := openAdapter(noop)
	if err != nil {
		return rig{}, err
	}
	return rig{close: a.close, run: func(ops int) (sample, error) {
		return crowded(ops, func(ctx context.Context, n int) error { return a.ask(ctx, n, question) })
	}}, nil
}

// openSemaphoreCrowd is the least that keeps a limit: no queue, no fairness, no deadline, no account.
func openSemaphoreCrowd(Options) (rig, error) {
	permits := make(chan struct{}, 64)
	var m llmadapter.Model = noop
	return rig{run: func(ops int) (sample, error) {
		return crowded(ops, func(ctx context.Context, _ int) error {
			permits <- struct{}{}
			defer func() { <-permits }()
			_, err := m.Complete(ctx, question)
			return err
		})
	}}, nil
}

// crowded does operations from many goroutines.
func crowded(ops int, f func(ctx context.Context, n int) error) (sample, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	each := ops/callers + 1
	return measure(each*callers, func() error {
		var all sync.WaitGroup
		failed := make(chan error, callers)
		for c := range callers {
			all.Go(func() {
				for i := range each {
					if err := f(ctx, c*each+i); err != nil {
						failed <- err
						return
					}
				}
			})
		}
		all.Wait()
		select {
		case err := <-failed:
			return err
		default:
			return nil
		}
	})
}
