package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/statistics"
	"github.com/polis-agents/polis/experiment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/scenarios/jury"
)

//go:embed jury.yaml
var order []byte

// jurors is how many the society has.
const jurors = 5

// try is what is tried.
type try struct {
	runs, cases int
	asked       *llmadapter.Config // who is asked in place of rules; nil: nobody
}

// run plays both arms and prints what came of them.
func (y *try) run(ctx context.Context, w io.Writer) error {
	file, err := experiment.Read(order)
	if err != nil {
		return err
	}
	file.Seeds.Count, file.Settings["cases"] = y.runs, fmt.Sprint(y.cases)
	s := experiment.Sweep{File: file, Play: experiment.Of(jury.Scenario)}
	if y.asked != nil {
		s.Play = y.play
		if err := y.ask(ctx, file); err != nil {
			return err
		}
	}
	result, err := s.Run(ctx)
	if err != nil {
		return err
	}
	if len(result.Failed) > 0 {
		return fmt.Errorf("jury: %d runs failed, the first: %s", len(result.Failed), result.Failed[0].Error)
	}
	return y.tell(w, result)
}

// tell prints the table.
func (y *try) tell(w io.Writer, result *experiment.Result) error {
	fmt.Fprintln(w, decided(result))
	fmt.Fprintf(w, "%d runs of %d cases in each row; accuracy with Wilson's interval over cases, which are independent for jurors without a past;\n", y.runs, y.cases)
	fmt.Fprintf(w, "differences and p over runs, by permutation of runs between the two arms, corrected by Holm\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\narm\taccuracy\t95 %\tcost\ttokens")
	for _, cell := range result.Cells {
		at := map[string]float64{}
		for _, m := range cell.Metrics {
			at[m.Name] = m.Mean
		}
		n := cell.Runs * y.cases
		i, err := statistics.Wilson(int(at[jury.Accuracy]*float64(n)+.5), n, .95)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%.3f\t%.3f to %.3f\t%.0f\t%.0f\n", result.File.Title(cell.Cell), at[jury.Accuracy], i.Low, i.High, at[jury.Spent], at[jury.Tokens])
	}
	fmt.Fprintln(t, "\nwhat is asked\tdifference\t95 %\tp\tcorrected\tverdict")
	for i := range result.Findings {
		fmt.Fprintln(t, row(&result.Findings[i]))
	}
	return t.Flush()
}

// row is what the runs say about a question: who is right more often, or that nobody is shown to be.
func row(f *experiment.Finding) string {
	e := &f.Estimate
	what := fmt.Sprintf("%s (%s - %s)", f.Hypothesis, f.Cell, f.Against)
	if f.Error != "" || e.P == nil || e.Q == nil {
		return what + "\tnot tested: " + f.Error
	}
	difference, _ := value(e, "difference")
	interval := "none: no run differs from another"
	if low, is := value(e, "difference_low"); is {
		high, _ := value(e, "difference_high")
		interval = fmt.Sprintf("%+.3f to %+.3f", low, high)
	}
	verdict := "no difference shown"
	switch {
	case f.Supported && difference > 0:
		verdict = "better"
	case f.Supported:
		verdict = "worse"
	}
	return fmt.Sprintf("%s\t%+.3f\t%s\t%.2g\t%.2g\t%s", what, difference, interval, *e.P, *e.Q, verdict)
}

func value(e *emergence.Estimate, name string) (float64, bool) {
	for _, v := range e.Values {
		if v.Name == name {
			return v.Value, true
		}
	}
	return 0, false
}

// decided says who decided.
func decided(result *experiment.Result) string {
	by := map[string]int{}
	for _, row := range result.Rows {
		for who, n := range row.Decided {
			by[who] += n
		}
	}
	var parts []string
	model := false
	for _, who := range sorted(by) {
		parts = append(parts, fmt.Sprintf("%s (%d)", who, by[who]))
		model = model || strings.HasPrefix(who, llmadapter.AnyModel)
	}
	text := "decided by " + strings.Join(parts, ", ")
	if !model {
		text = "not run on a language model: " + text
	}
	return text
}

func main() {
	spec := flag.String("model", "", "`NAME@URL` of a model at an endpoint of the OpenAI form; none: rules decide")
	runs, cases := flag.Int("runs", 10, "of each arm, 2 to 1000"), flag.Int("cases", 60, "in a run, 1 to 1000")
	flag.Parse()
	if *runs < 2 || *runs > 1000 || *cases < 1 || *cases > 1000 {
		log.Fatalf("jury: %d runs of %d cases; accepted are 2 to 1000, and 1 to 1000", *runs, *cases)
	}
	y := try{runs: *runs, cases: *cases}
	if *spec != "" {
		name, url, _ := strings.Cut(*spec, "@")
		client, err := openai.New(openai.Config{Model: name, BaseURL: url, Key: os.Getenv("OPENAI_API_KEY")})
		if err != nil {
			log.Fatal(err)
		}
		y.asked = &llmadapter.Config{Model: client, Label: llmadapter.AnyModel + " " + name}
	}
	if err := y.run(context.Background(), os.Stdout); err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}
