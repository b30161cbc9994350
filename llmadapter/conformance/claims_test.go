package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// double is a model that keeps the contract.
func double(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	switch {
	case ctx.Err() != nil:
		return llmadapter.Reply{}, gone
	case len(r.Messages) == 0:
		return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: "no messages"}
	case len(r.Tools) > 0:
		return llmadapter.Reply{Calls: []llmadapter.Call{{Name: "harvest", Arguments: fmt.Sprintf(`{"tons":%d}`, r.Seed)}}, Finish: llmadapter.FinishCalls}, nil
	case r.Schema != nil || strings.Contains(r.Messages[len(r.Messages)-1].Text, llmadapter.ToolsFence):
		return llmadapter.Reply{Text: `{"calls":[{"name":"pass","arguments":{}}]}`, Finish: llmadapter.FinishStop}, nil
	}
	return llmadapter.Reply{Text: "I am a double.", Finish: llmadapter.FinishStop}, nil
}

var gone = &llmadapter.Error{Kind: llmadapter.Cancelled, Fate: llmadapter.Unsent, Text: "nobody waits"}

// silent is a model that waits for the end of its ctx.
func silent(ctx context.Context, _ llmadapter.Request) (llmadapter.Reply, error) {
	<-ctx.Done()
	return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Cancelled, Text: "nobody waits"}
}

func down(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
	return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Unreachable, Fate: llmadapter.Unsent, Text: "nobody is there"}
}

func always(f llmadapter.ModelFunc) func() llmadapter.Model {
	return func() llmadapter.Model { return f }
}

func keeps() Subject {
	return Subject{Model: always(double), Forms: llmadapter.Forms, Seeded: true, Silent: always(silent), Gone: always(down)}
}

// Every claim finds a model that breaks it, in every way.
func TestCheckFindsBreaches(t *testing.T) {
	reply := func(change func(r llmadapter.Request, reply *llmadapter.Reply)) Subject {
		m := keeps()
		m.Model = always(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			out, err := double(ctx, r)
			if err == nil {
				change(r, &out)
			}
			return out, err
		})
		return m
	}
	fails := func(e error) Subject {
		m := keeps()
		m.Gone = always(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) { return llmadapter.Reply{}, e })
		return m
	}
	quiet := func(f llmadapter.ModelFunc) Subject {
		m := keeps()
		m.Silent = always(f)
		return m
	}
	var lives atomic.Uint64
	for name, test := range map[string]struct {
		m    Subject
		want string // the claims that it breaks, of those that are named
	}{
		"nothing":  {keeps(), ""},
		"no text":  {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Text = " " }), "it answers with text; it calls tools in every form"},
		"a finish": {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Finish = "eos" }), "it answers with text; it calls tools in every form; many may ask at once; a request without sense is survived"},
		"usage":    {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Usage.Output = -1 }), "it answers with text; it calls tools in every form; many may ask at once; a request without sense is survived"},
		"calls": {reply(func(_ llmadapter.Request, r *llmadapter.Reply) {
			r.Calls = []llmadapter.Call{{Name: "pass", Arguments: "{}"}}
		}), "it answers with text"},
		"no calls":   {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Calls = nil }), "it calls tools in every form"},
		"a tool":     {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Text = strings.ReplaceAll(r.Text, "pass", "fly") }), "it calls tools in every form"},
		"arguments":  {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Text = strings.ReplaceAll(r.Text, "{}", "[]") }), "it calls tools in every form"},
		"a change":   {reply(func(r llmadapter.Request, _ *llmadapter.Reply) { r.Messages[0].Text += "!" }), "a request stays as it was"},
		"a life":     {reply(func(_ llmadapter.Request, r *llmadapter.Reply) { r.Text += fmt.Sprint(lives.Add(1)) }), "it calls tools in every form; the same seed gives the same answer"},
		"an error":   {fails(errors.New("oh")), "an error says what became of the attempt"},
		"no error":   {fails(nil), "an error says what became of the attempt"},
		"a kind":     {fails(&llmadapter.Error{Kind: "odd", Text: "x"}), "an error says what became of the attempt"},
		"a fate":     {fails(&llmadapter.Error{Kind: llmadapter.Broken, Fate: 7, Text: "x"}), "an error says what became of the attempt"},
		"unsent":     {fails(&llmadapter.Error{Kind: llmadapter.Unreachable, Text: "x"}), "an error says what became of the attempt"},
		"unsettled":  {fails(&llmadapter.Error{Kind: llmadapter.Invalid, Status: 400, Text: "x"}), "an error says what became of the attempt"},
		"a pause":    {fails(&llmadapter.Error{Kind: llmadapter.Broken, RetryAfter: -1, Text: "x"}), "an error says what became of the attempt"},
		"no words":   {fails(&llmadapter.Error{Kind: llmadapter.Broken}), "an error says what became of the attempt"},
		"two lines":  {fails(&llmadapter.Error{Kind: llmadapter.Broken, Text: "a\nb"}), "an error says what became of the attempt"},
		"long words": {fails(&llmadapter.Error{Kind: llmadapter.Broken, Text: strings.Repeat("é", 201)}), "an error says what became of the attempt"},
		"both": {Subject{Model: always(double), Gone: always(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
			return llmadapter.Reply{Text: "x"}, gone
		})}, "an error says what became of the attempt"},
		"deaf": {Subject{Model: always(func(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			return double(context.Background(), r)
		})}, "who is gone already gets an error"},
		"not silent": {quiet(double), "it returns soon after its caller goes; it returns soon after a deadline"},
		"another kind": {quiet(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			<-ctx.Done()
			return down(ctx, r)
		}), "it returns soon after its caller goes; it returns soon after a deadline"},
		"never back": {quiet(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			<-time.After(2 * Soon)
			return silent(ctx, r)
		}), "it returns soon after its caller goes; it returns soon after a deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken []string
				for _, c := range Claims {
					if err := c.Check(t.Context(), test.m); err != nil && !errors.Is(err, ErrNotChecked) {
						broken = append(broken, c.Name)
					}
				}
				if got := strings.Join(broken, "; "); got != test.want {
					t.Errorf("broken: %s\nwant:   %s", got, test.want)
				}
				time.Sleep(3 * Soon) // until the model that is never back in time is back
			})
		})
	}
}
