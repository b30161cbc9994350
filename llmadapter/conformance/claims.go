package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// content is what of an answer the same request with the same seed repeats.
func content(r llmadapter.Reply) llmadapter.Reply {
	r.ID, r.Model, r.Usage, r.FirstToken, r.Rates = "", "", llmadapter.Tokens{}, 0, llmadapter.Rates{}
	return r
}

// many asks with seeds 1 to n, all at once.
func many(ctx context.Context, model llmadapter.Model, n int) ([]llmadapter.Reply, error) {
	replies, errs := make([]llmadapter.Reply, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { replies[i], errs[i] = ask(ctx, model, Harvest(uint64(i+1))) })
	}
	all.Wait()
	return replies, errors.Join(errs...)
}

func together(ctx context.Context, m Subject) error {
	replies, err := many(ctx, m.Model(), 16)
	if err != nil {
		return err
	}
	for _, r := range replies {
		if err := CheckReply(r); err != nil {
			return err
		}
	}
	return nil
}

func seeded(ctx context.Context, m Subject) error {
	if !m.Seeded {
		return ErrNotChecked
	}
	model := m.Model()
	at, err := many(ctx, model, 8)
	if err != nil {
		return err
	}
	for i := len(at) - 1; i >= 0; i-- { // another order, one at a time, and of another life
		if i == len(at)/2 {
			model = m.Model()
		}
		r, err := ask(ctx, model, Harvest(uint64(i+1)))
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(content(r), content(at[i])) {
			return fmt.Errorf("seed %d: %+v and %+v", i+1, content(at[i]), content(r))
		}
	}
	return nil
}

// ended is what became of a call.
type ended struct {
	reply llmadapter.Reply
	err   error
}

// begin asks in the background.
func begin(ctx context.Context, model llmadapter.Model) <-chan ended {
	done := make(chan ended, 1)
	go func() {
		r, err := model.Complete(ctx, Talk(1))
		done <- ended{r, err}
	}()
	return done
}

// within waits for a call whose ctx is over.
func within(done <-chan ended, accepted ...llmadapter.Kind) error {
	timer := time.NewTimer(Soon)
	defer timer.Stop()
	select {
	case <-timer.C:
		return fmt.Errorf("it did not return within %v", Soon)
	case e := <-done:
		if err := CheckError(e.err); err != nil {
			return err
		}
		var failed *llmadapter.Error
		errors.As(e.err, &failed)
		for _, kind := range accepted {
			if failed.Kind == kind {
				return nil
			}
		}
		return fmt.Errorf("it says %w; accepted is %v", e.err, accepted)
	}
}

func goneAlready(ctx context.Context, m Subject) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return within(begin(ctx, m.Model()), llmadapter.Cancelled)
}

func cancelled(ctx context.Context, m Subject) error {
	if m.Silent == nil {
		return ErrNotChecked
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := begin(ctx, m.Silent())
	timer := time.NewTimer(20 * time.Millisecond) // so that it is under way; an end before that is as good a case
	defer timer.Stop()
	select {
	case e := <-done:
		return fmt.Errorf("it should be silent, and ended: %+v", e)
	case <-timer.C:
	}
	cancel()
	return within(done, llmadapter.Cancelled)
}

func tooLate(ctx context.Context, m Subject) error {
	if m.Silent == nil {
		return ErrNotChecked
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	done := begin(ctx, m.Silent())
	<-ctx.Done()
	return within(done, llmadapter.Cancelled, llmadapter.Stalled)
}

func failing(ctx context.Context, m Subject) error {
	if m.Gone == nil {
		return ErrNotChecked
	}
	reply, err := ask(ctx, m.Gone(), Talk(1))
	if !reflect.DeepEqual(reply, llmadapter.Reply{}) {
		return fmt.Errorf("a failed attempt has an answer: %+v", reply)
	}
	return CheckError(err)
}

func senseless(ctx context.Context, m Subject) error {
	model := m.Model()
	bad := Harvest(1)
	bad.Tools = []llmadapter.Tool{{Name: "\x00", Schema: json.RawMessage(`{"type":`)}}
	role := Talk(1)
	role.Messages[0].Role = "ghost"
	schema := Talk(1)
	schema.Schema = &llmadapter.Schema{Name: "\n", Schema: json.RawMessage(`}`)}
	dangling := Talk(1)
	dangling.Messages = []llmadapter.Message{{Role: llmadapter.Result, Text: "of nothing"}, {Role: llmadapter.Assistant, Text: "\xff", Calls: make([]llmadapter.Call, 2)}}
	for _, r := range []llmadapter.Request{{}, bad, role, schema, dangling, {MaxTokens: -1, Messages: Talk(1).Messages}} {
		reply, err := ask(ctx, model, r)
		if err == nil {
			err = CheckReply(reply)
		} else {
			err = CheckError(err)
		}
		if err != nil {
			return fmt.Errorf("%+v: %w", r, err)
		}
	}
	return nil
}
