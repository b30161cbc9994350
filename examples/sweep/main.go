// A sweep from a file, held against its hypotheses: go run ./examples/sweep
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/polis-agents/polis/experiment"
	"github.com/polis-agents/polis/scenarios/dilemma"
)

//go:embed sweep.yaml
var order []byte

func main() {
	if err := sweep(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// sweep carries the file out and tells what the runs say about each hypothesis.
func sweep(ctx context.Context, w io.Writer) error {
	file, err := experiment.Read(order)
	if err != nil {
		return err
	}
	s := experiment.Sweep{File: file, Play: experiment.Of(dilemma.Scenario)}
	result, err := s.Run(ctx)
	if err != nil {
		return err
	}
	for _, f := range result.Findings {
		e := f.Estimate
		fmt.Fprintf(w, "%s: %v\n  %s\n", f.Hypothesis, f.Supported, f.Test)
		fmt.Fprintf(w, "  %s %.3g %s in %d runs; %s null %s: %.3g; p %.2g, corrected %.2g\n",
			e.Measure, e.Value, e.Unit, e.Runs, e.Null.Kind, e.Null.Name, e.Null.Mean, *e.P, *e.Q)
	}
	return nil
}
