package cassette_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/cassette"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// A client is recorded by what it has as its transport, and played to likewise: then nobody else need be there.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "cassette")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tape.jsonl")
	question := llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "Who is there?"}}}

	server, err := builtin.Start(ctx, builtin.Config{Name: "sim-model"})
	if err != nil {
		log.Fatal(err)
	}
	recorder, err := cassette.Record(path, cassette.Recording{
		Info: cassette.Info{Provider: "openai", Model: "sim-model", Root: server.URL(), Label: llmadapter.StandIn},
	})
	if err != nil {
		log.Fatal(err)
	}
	model, err := openai.New(openai.Config{Model: "sim-model", BaseURL: server.URL(), Transport: recorder})
	if err != nil {
		log.Fatal(err)
	}
	was, err := model.Complete(ctx, question)
	fmt.Println("recorded:", err)
	if err := recorder.Close(); err != nil {
		log.Fatal(err) // something is not on the tape
	}
	server.Close()

	tape, err := cassette.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer tape.Close()
	model, err = openai.New(openai.Config{Model: tape.Info.Model, BaseURL: tape.Info.BaseURL(), Transport: cassette.Play(tape)})
	if err != nil {
		log.Fatal(err)
	}
	is, err := model.Complete(ctx, question)
	fmt.Println("played:", is.Text == was.Text, err)
	_, err = model.Complete(ctx, question)
	fmt.Println("again:", err)
	// Output:
	// recorded: <nil>
	// played: true <nil>
	// again: llmadapter: invalid: request 8cdd616c2d60 is not on the tape: it was recorded once, and comes again
}
