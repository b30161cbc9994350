package polis_test

import (
	"context"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/llmadapter"
)

// A society that lives tells how busy its adapters are, and what they were asked; also after its end.
func TestLoadsAndAccounts(t *testing.T) {
	s := village()
	s.Models = map[string]llmadapter.Config{"oracle": {InFlight: 3, Model: llmadapter.ModelFunc(
		func(context.Context, llmadapter.Request) (llmadapter.Reply, error) { return llmadapter.Reply{}, nil })}}
	society, err := polis.Start(within(t), s, polis.Config{Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	report, err := society.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if loads := society.Loads(); len(loads) != 1 || loads["oracle"] != (llmadapter.Load{Limit: 3, Breaker: llmadapter.BreakerClosed, Credits: 1027}) {
		t.Errorf("%+v", loads)
	}
	if accounts := society.Accounts(); len(accounts) != 1 || accounts["oracle"] != report.Models["oracle"] {
		t.Errorf("%+v", accounts)
	}
}
