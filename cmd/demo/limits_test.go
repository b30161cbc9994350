package main

import (
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

// Each limit that is typed reaches the adapter under its own name, as do the names by which a model is known.
func TestLimitsReachTheAdapter(t *testing.T) {
	pl := planned(t, "--mind", "model", "--model", "openai:sim-x@http://127.0.0.1:8081/v1",
		"--model-limit", "inflight=1, queue=2,rpm=3,tpm=2000000,itpm=5,otpm=6")
	got := pl.society.Models[modelName]
	want := llmadapter.Config{Label: llmadapter.StandIn, Name: "sim-x", Provider: "simulated", InFlight: 1, Queue: 2, RPM: 3, TPM: 2_000_000, InputTPM: 5, OutputTPM: 6}
	if got.Label != want.Label || got.Name != want.Name || got.Provider != want.Provider || got.InFlight != want.InFlight || got.Queue != want.Queue ||
		got.RPM != want.RPM || got.TPM != want.TPM || got.InputTPM != want.InputTPM || got.OutputTPM != want.OutputTPM {
		t.Errorf("got %+v", got)
	}
	if got := planned(t, "--mind", "model").society.Models[modelName]; got.Name != "sim-commons" || got.Provider != "simulated" {
		t.Errorf("the stand-in inside: %q of %q", got.Name, got.Provider)
	}
	got = planned(t, "--mind", "model", "--model", "openai:gpt-4o").society.Models[modelName]
	if got.Name != "gpt-4o" || got.Provider != "openai" || got.Label != "model gpt-4o" {
		t.Errorf("a model: %q of %q, %q", got.Name, got.Provider, got.Label)
	}
}
