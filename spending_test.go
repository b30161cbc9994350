package polis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
)

// tenPrice is that of these tests: a dollar for a million tokens of a prompt, ten for those of an answer.
var tenPrice = llmadapter.Prices{"sim-*": {Input: 1, Output: 10}}

// server bills what it is asked, honestly: it knows nothing of budgets.
type server struct {
	mu    sync.Mutex
	bills map[string][]llmadapter.Tokens // by what was asked, which says who asks and when
	wrong func(question string) error    // its answer was billed and is lost; nil: none is
}

// Complete implements llmadapter.Model. What an answer costs follows from the question.
func (s *server) Complete(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	question := r.Messages[0].Text
	used := llmadapter.Tokens{Input: 900 + len(question), Output: min(r.MaxTokens, 20+7*len(question)+int(r.Seed%50))}
	s.mu.Lock()
	s.bills[question] = append(s.bills[question], used)
	s.mu.Unlock()
	if s.wrong != nil {
		if err := s.wrong(question); err != nil {
			return llmadapter.Reply{}, err
		}
	}
	return llmadapter.Reply{Text: "2", Finish: llmadapter.FinishStop, Model: "sim-oracle-1", Usage: used}, nil
}

// billed is what the server wants of those whose questions begin so, in billionths of a dollar.
func (s *server) billed(begins string) (nano, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for question, bills := range s.bills {
		if strings.HasPrefix(question, begins) {
			for _, b := range bills {
				nano, calls = nano+1000*b.Input+10_000*b.Output, calls+1
			}
		}
	}
	return nano, calls
}

// buying asks the oracle in every round how much to draw, and draws one litre when it is not told.
func buying() actors.Behavior {
	return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		switch e := event.(type) {
		case actors.Percept:
			t.Ask("oracle", llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: fmt.Sprint(t.Self(), " ", t.Now())}}})
		case actors.Answer:
			if _, ok := e.Value.(llmadapter.Reply); ok {
				t.Act(draw{2})
				return nil
			}
			t.Act(draw{1})
			t.Mark(actors.Fallback, e.Error)
		}
		return nil
	})
}

// buyers is a society of agents that ask a server within a budget.
func buyers(s llmadapter.Model, budget, each llmadapter.Budget) polis.Society {
	society := polis.Society{Name: "buyers", World: wellOf(nil), Models: map[string]llmadapter.Config{"oracle": {
		Model: s, Name: "sim-oracle", Label: llmadapter.StandIn, Prices: tenPrice, Budget: budget, AgentBudget: each, Attempts: 1}}}
	for _, name := range []string{"ada", "ben", "cleo", "dan"} {
		society.Agents = append(society.Agents, polis.Agent{Name: name, Behavior: buying, Mind: "buying", Model: "oracle"})
	}
	return society
}

// checkSpending holds a report against what the server bills, and its parts against the whole.
func checkSpending(t *testing.T, r *polis.Report, s *server, budget float64) {
	t.Helper()
	a := r.Models["oracle"]
	between := func(who string, a llmadapter.Account, begins string) {
		t.Helper()
		nano, calls := s.billed(begins)
		least, most := nanos(a.CostUSD), nanos(a.CostUSD)+nanos(a.PossiblyUSD)
		if nano < least || nano > most || calls < a.Settled || calls > a.Settled+a.PossiblyBilled || !a.Balanced() {
			t.Errorf("%s: the server bills %d for %d calls, the account is %+v", who, nano, calls, a)
		}
	}
	between("all", a, "")
	var askers, models llmadapter.Account
	for who, of := range r.Spending["oracle"].Askers {
		between(who, of, who)
		askers.Add(of)
	}
	for _, of := range r.Spending["oracle"].Models {
		models.Add(of)
	}
	if askers != a {
		t.Errorf("askers %+v, all %+v", askers, a)
	}
	if models.Attempts != a.Attempts || models.Settled != a.Settled || models.PossiblyBilled != a.PossiblyBilled || models.CostUSD != a.CostUSD || models.PossiblyUSD != a.PossiblyUSD {
		t.Errorf("models %+v, all %+v", models, a)
	}
	if nano, _ := s.billed(""); budget > 0 && nano > nanos(budget) {
		t.Errorf("the server bills %d, the budget was %v USD", nano, budget)
	}
}

func nanos(usd float64) int { return int(usd*1e9 + 0.5) }

// "Budgets that refuse before they are overspent": a budget that ends in the midst of a run leaves agents to their fallback,
// and what the account says is what the server bills.
func TestABudgetThatEndsMidRun(t *testing.T) {
	s := &server{bills: map[string][]llmadapter.Tokens{}}
	r := run(t, buyers(s, llmadapter.Budget{USD: 0.06}, llmadapter.Budget{}), polis.Config{Rounds: 12, Seed: 3})
	a := r.Models["oracle"]
	if a.Requests != 48 || a.Answered < 8 || a.Rejected < 8 || a.Answered+a.Rejected != 48 || r.Marks["fallback"] != a.Rejected || a.PossiblyUSD != 0 {
		t.Errorf("%+v, %v", a, r.Marks)
	}
	if left := 0.06 - a.CostUSD; left < 0 || left > 0.008 { // what is left is not enough for the next
		t.Errorf("%v USD are left", left)
	}
	checkSpending(t, r, s, 0.06)
	if of := r.Spending["oracle"].Models["sim-oracle-1"]; of.Answered != a.Answered || of.CostUSD != a.CostUSD {
		t.Errorf("%+v", of)
	}
}

// An agent's budget is its own.
func TestEachAgentHasABudget(t *testing.T) {
	s := &server{bills: map[string][]llmadapter.Tokens{}}
	r := run(t, buyers(s, llmadapter.Budget{}, llmadapter.Budget{USD: 0.02, Tokens: 8000}), polis.Config{Rounds: 12, Seed: 3})
	checkSpending(t, r, s, 0)
	for who, a := range r.Spending["oracle"].Askers {
		if a.CostUSD > 0.02 || a.InputTokens+a.OutputTokens > 8000 || a.Answered < 2 || a.Rejected < 2 {
			t.Errorf("%s: %+v", who, a)
		}
	}
	if len(r.Spending["oracle"].Askers) != 4 {
		t.Errorf("%+v", r.Spending)
	}
}

// "Never over; after a kill and resume as well": wherever a run is killed, what it and those that go on from it are billed
// stays within the budget, what was out counts as possibly billed, and the accounts of agents, models and all agree.
func TestABudgetOutlivesKills(t *testing.T) {
	const budget = 0.06
	lost := func(question string) error {
		if strings.HasPrefix(question, "cleo") && strings.HasSuffix(question, "3s") {
			return &llmadapter.Error{Kind: llmadapter.Broken, Fate: llmadapter.PossiblyBilled, Text: "lost"}
		}
		return nil
	}
	first := &server{bills: map[string][]llmadapter.Tokens{}, wrong: lost}
	store := journal.NewMemory()
	whole := run(t, buyers(first, llmadapter.Budget{USD: budget}, llmadapter.Budget{Tokens: 16_000}), polis.Config{Rounds: 10, Seed: 3, Journal: store})
	checkSpending(t, whole, first, budget)
	if a := whole.Models["oracle"]; a.Rejected == 0 || a.PossiblyBilled == 0 {
		t.Fatalf("%+v", a)
	}
	all := entriesOf(t, store)
	for k := 1; k < len(all); k += some(len(all), 40) {
		s := &server{bills: map[string][]llmadapter.Tokens{}, wrong: lost}
		cfg := polis.Config{Rounds: 10, Seed: 3, Journal: prefix(t, all, k)}
		taken, unheard := killed(t, first, all[:k], s)
		got := resumed(t, buyers(s, llmadapter.Budget{USD: budget}, llmadapter.Budget{Tokens: 16_000}), cfg)
		checkSpending(t, got, s, budget)
		if a := got.Models["oracle"]; a.PossiblyBilled != a.Failed+unheard {
			t.Errorf("%d requests were out, and the account is %+v", unheard, a)
		}
		if t.Failed() {
			t.Fatalf("after %d of %d turns, with %d calls", k, len(all), taken)
		}
		// And once more: killed when it was taken up and nothing had been heard yet, or a little later.
		second := entriesOf(t, cfg.Journal)
		for _, more := range []int{1, 2, 5, 11} {
			if k+more >= len(second) {
				break
			}
			again := &server{bills: map[string][]llmadapter.Tokens{}, wrong: lost}
			killed(t, s, second[:k+more], again)
			cfg := polis.Config{Rounds: 10, Seed: 3, Journal: prefix(t, second, k+more)}
			checkSpending(t, resumed(t, buyers(again, llmadapter.Budget{USD: budget}, llmadapter.Budget{Tokens: 16_000}), cfg), again, budget)
			if t.Failed() {
				t.Fatalf("after %d of %d turns, and %d more", k, len(all), more)
			}
		}
	}
}

// A run that is interrupted in good order has all that was out in its account already: it counts once.
func TestABudgetOutlivesAnInterrupt(t *testing.T) {
	s := &server{bills: map[string][]llmadapter.Tokens{}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := llmadapter.ModelFunc(func(call context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
		reply, err := s.Complete(call, r)
		if ctx.Err() == nil && strings.HasPrefix(r.Messages[0].Text, "dan 3") { // it is billed, and nobody hears of it
			cancel()
			<-call.Done()
			return llmadapter.Reply{}, call.Err()
		}
		return reply, err
	})
	society := buyers(asked, llmadapter.Budget{USD: 0.06}, llmadapter.Budget{})
	cfg := polis.Config{Rounds: 10, Seed: 3, Journal: journal.NewMemory()}
	if _, err := polis.Run(ctx, society, cfg); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r := resumed(t, society, cfg)
	checkSpending(t, r, s, 0.06)
	if a := r.Models["oracle"]; a.PossiblyBilled < 1 || a.PossiblyBilled > 4 || len(s.bills["dan 3s"]) == 0 || a.Rejected == 0 {
		t.Errorf("%+v, %v", a, s.bills["dan 3s"])
	}
}

// resumed lets a run that was cut off go on to its end.
func resumed(t *testing.T, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	r, err := polis.Resume(within(t), polis.Epoch{Society: s, Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// killed copies the bills that a server has written by the time the turns were kept: those of all that was asked in them, as
// far as it went out at all. It gives their number, and how many requests have no end in these turns.
func killed(t *testing.T, from *server, kept []journal.Entry, to *server) (calls, unheard int) {
	t.Helper()
	asked := map[string]int{}
	for _, e := range kept {
		var effects []struct {
			Ask *struct {
				Request struct {
					Value struct {
						Messages []llmadapter.Message `json:"messages"`
					} `json:"value"`
				} `json:"request"`
			} `json:"ask"`
		}
		if strings.HasPrefix(e.Actor, "agents/") {
			if err := json.Unmarshal(e.Effects, &effects); err != nil {
				t.Fatal(err)
			}
		}
		if e.Kind == "request-ended" {
			unheard--
		}
		for _, f := range effects {
			if f.Ask != nil {
				unheard++
				asked[f.Ask.Request.Value.Messages[0].Text]++
			}
		}
	}
	for question := range asked {
		to.bills[question] = slices.Clone(from.bills[question])
		calls += len(to.bills[question])
	}
	return calls, unheard
}
