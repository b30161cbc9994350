package telemetry_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/bridge/telemetry"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// Square is a world in which there is nothing to do.
type Square struct{}

// Perceive shows an agent nothing.
func (*Square) Perceive(string) struct{} { return struct{}{} }

// curious asks the model in every round.
func curious(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		t.Ask("model", llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "Who is there?"}}})
	}
	return nil
}

// A society that Prometheus watches. With Export, a collector of OpenTelemetry would, too.
func Example() {
	ctx := context.Background()
	echo := llmadapter.ModelFunc(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
		return llmadapter.Reply{Text: "me, not a model", Finish: llmadapter.FinishStop}, nil
	})
	adapter := llmadapter.Config{Model: echo, Label: "an echo", Name: "echo"}
	society := polis.Society{
		Name:   "square",
		World:  environment.Define(func() *Square { return &Square{} }, (*Square).Perceive),
		Agents: []polis.Agent{{Name: "ann", Model: "model", Behavior: func() actors.Behavior { return actors.BehaviorFunc(curious) }}},
		Models: map[string]llmadapter.Config{"model": adapter},
	}

	shown, err := telemetry.Start(ctx, telemetry.Config{
		Metrics: ":0", // a page on loopback, at a free port
		Models:  map[string]telemetry.Model{"model": telemetry.Endpoint(&adapter, "")},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer shown.Close() // sends what is left
	run := shown.Run(map[string]string{"polis.seed": "1"})
	defer run.End()
	running, err := polis.Start(ctx, society, polis.Config{Seed: 1, Rounds: 2, Observe: run.Observe})
	if err != nil {
		log.Fatal(err)
	}
	run.Watch(running) // for what changes between two events
	if _, err := running.Wait(); err != nil {
		log.Fatal(err)
	}
	show(shown.Address())
	// Output:
	// polis_model_requests_total{polis_model_label="an echo",polis_model_outcome="answered",polis_model_service="model"} 2
	// polis_rounds_total 2
}

// show prints two of the lines that Prometheus would read.
func show(address string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	page, err := client.Get("http://" + address + "/metrics") //nolint:noctx // an example
	if err != nil {
		log.Fatal(err)
	}
	defer page.Body.Close()
	for lines := bufio.NewScanner(page.Body); lines.Scan(); {
		if text := lines.Text(); strings.HasPrefix(text, "polis_rounds_total") || strings.HasPrefix(text, "polis_model_requests_total") {
			fmt.Println(text)
		}
	}
}
