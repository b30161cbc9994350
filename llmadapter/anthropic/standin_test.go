package anthropic_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// serve starts a stand-in, and a client of this form that was written apart from it.
func serve(t *testing.T, c builtin.Config) (*builtin.Server, *anthropic.Client) {
	t.Helper()
	s, err := builtin.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := anthropic.New(anthropic.Config{Model: s.Name(), BaseURL: s.URL(), Idle: 2 * time.Second, FirstToken: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return s, m
}

// The stand-in, through the client of real endpoints, keeps the contract of a Model.
func TestTheStandInKeepsTheContract(t *testing.T) {
	model := func(c builtin.Config) func(t *testing.T) llmadapter.Model {
		return func(t *testing.T) llmadapter.Model {
			_, m := serve(t, c)
			return m
		}
	}
	llmadaptertest.Check(t, llmadaptertest.Maker{
		Model: model(builtin.Config{}), Forms: llmadapter.Forms,
		Silent: model(builtin.Config{FirstToken: time.Hour}),
		Gone:   model(builtin.Config{Faults: builtin.Faults{builtin.Fault529: 1}}),
	})
}

// Each fault is, to the client, of the kind that it is meant to be, with what the head says of limits.
func TestFaultsOfTheStandIn(t *testing.T) {
	for fault, want := range map[builtin.Fault]llmadapter.Kind{
		builtin.Fault429: llmadapter.RateLimited, builtin.Fault500: llmadapter.Transient, builtin.Fault503: llmadapter.Overloaded,
		builtin.Fault529: llmadapter.Overloaded, builtin.FaultError: llmadapter.Transient, builtin.FaultCut: llmadapter.Truncated,
		builtin.FaultReset: llmadapter.Truncated, builtin.FaultStall: llmadapter.Stalled, builtin.FaultKeepalive: llmadapter.Stalled,
		builtin.FaultHTML: llmadapter.Malformed, builtin.FaultSlow: "", builtin.FaultBadJSON: "", builtin.FaultUnknown: "", builtin.FaultBounds: "",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			_, m := serve(t, builtin.Config{FirstToken: -1, PerToken: -1, RPM: 60, TPM: 60000, Faults: builtin.Faults{fault: 1}})
			reply, err := m.Complete(t.Context(), llmadaptertest.Harvest(1))
			rates := reply.Rates
			var e *llmadapter.Error
			switch {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (!errors.As(err, &e) || e.Kind != want || e.Fate != llmadapter.Settled || llmadaptertest.CheckError(err) != nil):
				t.Errorf("%v, want %s", err, want)
			case want != "":
				rates = e.Rates
			}
			if e == nil || e.Status == http.StatusOK {
				if rates.Requests.Limit != 60 || rates.Requests.Remaining != 59 {
					t.Errorf("limits %+v", rates)
				}
			}
			if want == llmadapter.RateLimited && e.RetryAfter != time.Second { // of 50 ms, in whole seconds
				t.Errorf("come back in %v", e.RetryAfter)
			}
		})
	}
}

// A form that is not taken is an invalid request, so that the adapter goes on to the next.
func TestFormsThatAreNotTakenAreInvalid(t *testing.T) {
	_, m := serve(t, builtin.Config{Takes: []llmadapter.Form{llmadapter.FormText}})
	for _, form := range llmadapter.Forms {
		r, err := m.Complete(t.Context(), llmadaptertest.Harvest(1).As(form))
		var e *llmadapter.Error
		if form == llmadapter.FormText {
			if calls, wrong := llmadapter.ReadCalls(r); err != nil || wrong != nil || len(calls) == 0 {
				t.Errorf("%v, %v: %+v", err, wrong, r)
			}
		} else if !errors.As(err, &e) || e.Kind != llmadapter.Invalid || e.Status != http.StatusBadRequest {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// The same question has the same answer in both wire forms, whichever client asks it.
func TestBothClientsHearTheSame(t *testing.T) {
	s, m := serve(t, builtin.Config{})
	other, err := openai.New(openai.Config{Model: s.Name(), BaseURL: s.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	odd := llmadaptertest.Harvest(0)
	odd.Messages = append(odd.Messages, llmadapter.Message{Role: llmadapter.Assistant, Text: "I see.", Calls: []llmadapter.Call{{Name: "go fish!", Arguments: "{"}, {Name: "pass"}}},
		llmadapter.Message{Role: llmadapter.Result, Text: "No."}, llmadapter.Message{Role: llmadapter.User, Text: "Well?"})
	for _, r := range []llmadapter.Request{llmadaptertest.Talk(0), llmadaptertest.Harvest(0), llmadaptertest.Harvest(0).As(llmadapter.FormText), odd} {
		got, err := m.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		want, err := other.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Messages) == len(odd.Messages) { // the name that no server takes is another in this form, and so may be the answer
			got.Calls, want.Calls = nil, nil
		}
		if got.Text != want.Text || !reflect.DeepEqual(got.Calls, want.Calls) || got.Finish != want.Finish || got.Model != want.Model || got.Usage.Output == 0 {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	names, err := m.Models(t.Context())
	if err != nil || len(names) != 1 || names[0] != s.Name() {
		t.Errorf("models %q, %v", names, err)
	}
}

// square is a world in which there is nothing to do.
type square struct{}

// Perceive shows an agent nothing.
func (*square) Perceive(string) struct{} { return struct{}{} }

// The adapter runs with this client as with any other: it waits where it should, tries again what may be, and its account
// agrees with what the server counted.
func TestTheAdapterRunsWithIt(t *testing.T) {
	server, model := serve(t, builtin.Config{FirstToken: -1, Slots: 4, QueueLimit: -1, Busy: 529, BusyRetry: -1, Takes: []llmadapter.Form{llmadapter.FormSchema},
		Faults: builtin.Faults{builtin.Fault500: 0.1, builtin.FaultError: 0.1, builtin.FaultCut: 0.1}, Seed: 3})
	var mu sync.Mutex
	heard := map[string]int{}
	society := polis.Society{Name: "square", World: environment.Define(func() *square { return &square{} }, (*square).Perceive),
		Models: map[string]llmadapter.Config{"model": {Model: model, Name: server.Name(), Provider: "anthropic", Label: llmadapter.StandIn, InFlight: 4, AttemptLimit: 20 * time.Second}}}
	for i := range 12 {
		society.Agents = append(society.Agents, polis.Agent{Name: fmt.Sprint("a", i), Model: "model", Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				switch e := event.(type) {
				case actors.Percept:
					r := llmadaptertest.Harvest(0)
					r.Messages[1].Text += " You are " + t.Self() + fmt.Sprint(" in round ", e.Round)
					t.Ask("model", r)
				case actors.Answer:
					mu.Lock()
					defer mu.Unlock()
					if reply, ok := e.Value.(llmadapter.Reply); ok {
						if calls, err := llmadapter.ReadCalls(reply); err != nil || len(calls) == 0 {
							heard["unreadable"]++
						}
					}
					heard[fmt.Sprintf("%T", e.Value)]++
				}
				return nil
			})
		}})
	}
	report, err := polis.Run(t.Context(), society, polis.Config{Rounds: 5, Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	account, counts := report.Models["model"], server.Counts()
	if !account.Balanced() || account.Requests != 60 || account.Answered < 50 || heard["llmadapter.Reply"] != account.Answered || heard["unreadable"] != 0 {
		t.Errorf("account %+v, heard %v", account, heard)
	}
	if counts.Requests < account.Settled || counts.Requests > account.Settled+account.PossiblyBilled || account.Attempts <= 60 {
		t.Errorf("account %+v, the server counted %+v", account, counts)
	}
}

// A client at an endpoint of this form; here it is the stand-in, which needs no key.
func Example() {
	ctx := context.Background()
	server, err := builtin.Start(ctx, builtin.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	model, err := anthropic.New(anthropic.Config{Model: server.Name(), BaseURL: server.URL()}) // Key: os.Getenv("ANTHROPIC_API_KEY") elsewhere
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	reply, err := model.Complete(ctx, llmadapter.Request{MaxTokens: 100, Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "Who is there?"}}})
	fmt.Println(reply.Model, reply.Finish, err)
	// Output: sim-model stop <nil>
}
