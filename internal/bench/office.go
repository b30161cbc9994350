package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// office is an adapter on an engine, in front of a server: what a society has.
type office struct {
	asked
	adapter *llmadapter.Adapter
	client  *openai.Client
	number  atomic.Uint64         // of the last request
	failed  atomic.Pointer[error] // of an actor, which nobody has made on purpose; nil: none
}

// onPurpose is in the text of every fault that is made here, and of those of an adapter's chaos.
const onPurpose = "on purpose"

// watch sees what fails. A life of the adapter's actor that ends by a fault of its own is a finding, whatever comes after.
func (f *office) watch(ev engine.Event) {
	if d, ok := ev.(engine.Decided); ok {
		if cause := d.Decision.Cause(); !strings.Contains(cause.Err.Error(), onPurpose) {
			err := fmt.Errorf("%s has failed: %w", cause.Actor, cause.Err)
			f.failed.CompareAndSwap(nil, &err)
		}
	}
}

// office opens one in front of a judge. wrap may put something around the client; nil: nothing.
func (j *judge) office(cfg llmadapter.Config, wrap func(llmadapter.Model) llmadapter.Model) (*office, error) {
	return newOffice(cfg, openai.Config{Model: judgeName, BaseURL: j.url, InFlight: cmp.Or(cfg.InFlight, 64)}, wrap)
}

func newOffice(cfg llmadapter.Config, endpoint openai.Config, wrap func(llmadapter.Model) llmadapter.Model) (*office, error) {
	client, err := openai.New(endpoint)
	if err != nil {
		return nil, err
	}
	if cfg.Model = client; wrap != nil {
		cfg.Model = wrap(client)
	}
	adapter, err := llmadapter.New(cfg)
	if err != nil {
		client.Close()
		return nil, err
	}
	f := &office{adapter: adapter, client: client}
	f.engine, f.close = newWatchedEngine(f.watch)
	if f.ref, err = f.engine.Spawn(adapter.Spec("services/model")); err != nil {
		client.Close()
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// end ends it, and checks that every request and every attempt has come to one end.
func (f *office) end() error {
	err := f.close()
	f.client.Close()
	if failed := f.failed.Load(); failed != nil {
		err = errors.Join(err, *failed)
	}
	if acc := f.adapter.Account(); !acc.Balanced() {
		err = errors.Join(err, fmt.Errorf("the account does not hold: %+v", acc))
	}
	return err
}

// put puts a request, and gives what the asker gets: a Reply, a Rejected or a Failed. The error is none of these, such as
// ctx's.
func (f *office) put(ctx context.Context, asker string, limit time.Duration, r llmadapter.Request) (any, error) {
	return f.putAs(ctx, f.number.Add(1), asker, limit, r)
}

// putAs puts it under a number of its own.
func (f *office) putAs(ctx context.Context, n uint64, asker string, limit time.Duration, r llmadapter.Request) (any, error) {
	v, err := f.engine.Request(ctx, f.ref, &wire.Ask{Asker: asker, N: n, Seed: n << 11, Limit: limit, Request: r})
	if no, ok := errors.AsType[llmadapter.Rejected](err); ok { // at the gate
		return no, nil
	}
	if err != nil {
		return nil, err
	}
	return v.(*wire.Answer).Value, nil
}

// prompt is a request that nothing else is like: the id stands in it for the server to count by.
func prompt(id string) llmadapter.Request {
	return llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "How much?\nrequest-id: " + id}}}
}

// crew is callers that ask, each one question after the other.
type crew struct {
	office  *office
	asker   func(caller int) string
	request func(caller, n int) llmadapter.Request
	limit   time.Duration                                       // of each; 0: a minute
	seen    func(caller, n int, answer any, took time.Duration) // from many goroutines; nil: nobody
}

// comeBack is how soon a caller comes back whose request was not answered and who was not told when.
const comeBack = 20 * time.Millisecond

// start lets so many callers ask until stop is called, which waits for the answers that are due.
func (c *crew) start(ctx context.Context, callers int) (stop func() error) {
	return crowdOf(ctx, callers, func(ctx context.Context, end <-chan struct{}, caller int) error {
		for n := 1; ; n++ {
			select {
			case <-end:
				return nil
			default:
			}
			begun := time.Now()
			v, err := c.office.put(ctx, c.asker(caller), cmp.Or(c.limit, time.Minute), c.request(caller, n))
			if err != nil {
				return err
			}
			if c.seen != nil {
				c.seen(caller, n, v, time.Since(begun))
			}
			if wait := backIn(v); wait > 0 && !rest(end, wait) {
				return nil
			}
		}
	})
}

// backIn is when one that got this answer asks again.
func backIn(answer any) time.Duration {
	switch v := answer.(type) {
	case llmadapter.Rejected:
		return max(v.RetryAfter, time.Millisecond)
	case llmadapter.Failed:
		return max(v.RetryAfter, comeBack)
	}
	return 0
}

// rest waits; false: the end came before.
func rest(end <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-end:
		return false
	}
}

// crowdOf lets so many do something until stop is called, which waits for them and gives their errors.
func crowdOf(ctx context.Context, n int, do func(ctx context.Context, end <-chan struct{}, i int) error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	end, failed := make(chan struct{}), make(chan error, 1)
	for i := range n {
		all.Go(func() {
			if err := do(ctx, end, i); err != nil {
				select {
				case failed <- err:
				default: // one is enough
				}
			}
		})
	}
	return sync.OnceValue(func() error {
		defer cancel()
		close(end)
		late := time.AfterFunc(patience, cancel)
		defer late.Stop()
		all.Wait()
		select {
		case err := <-failed:
			return err
		default:
			return nil
		}
	})
}

// spawn gives the engine of an office an actor.
func (f *office) spawn(name string, receive func(c *engine.Context, msg any) error) (*engine.Ref, error) {
	return f.engine.Spawn(engine.Spec{Name: name, New: func() engine.Actor { return engine.ActorFunc(receive) }})
}
