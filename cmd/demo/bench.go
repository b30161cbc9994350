package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/internal/bench"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// benchCommand measures.
type benchCommand struct {
	Name string `arg:"" optional:"" help:"What to measure (${benches})."`
	Only string `placeholder:"NAME,…" help:"Only these results."`
	For  *span  `placeholder:"D" help:"How long what takes a minute takes, all that is long in proportion; with --endpoint: how long it is asked (default 1m)."`
	JSON bool   `name:"json" help:"Print one JSON document."`

	Endpoint      string `placeholder:"URL" help:"adapter: drive this endpoint of the OpenAI form, such as http://127.0.0.1:11434/v1, in place of all else."`
	Model         string `placeholder:"NAME" help:"Its model (default the first that it lists)."`
	Callers       count  `placeholder:"N" help:"Callers at once, each asking again when it is answered (default 8)."`
	ModelLimit    string `placeholder:"K=V,…" help:"As for run: inflight, rpm, tpm, queue and so on (default adaptive)."`
	PriorityShare string `placeholder:"P%" help:"Share of the callers that ask with a higher priority (default none)."`
}

// mostCallers is how many callers may drive an endpoint: each is a goroutine, and the adapter's queue has 1024 places.
const mostCallers = 100_000

// Run carries out the command.
func (c *benchCommand) Run(ctx context.Context, p *process) error {
	switch names := bench.Names(); {
	case c.Name == "":
		return badUsage("bench needs a NAME; accepted: %s", listed(names))
	case !slices.Contains(names, c.Name):
		return unknown("benchmark", c.Name, names)
	}
	report, err := c.measure(ctx, p)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return err
	case c.JSON:
		return writeJSON(p.stdout, report)
	}
	return report.WriteTable(p.stdout)
}

func (c *benchCommand) measure(ctx context.Context, p *process) (*bench.Report, error) {
	if c.Endpoint != "" {
		return c.drive(ctx, p)
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{{"--model", c.Model != ""}, {"--callers", c.Callers != 0}, {"--model-limit", c.ModelLimit != ""}, {"--priority-share", c.PriorityShare != ""}} {
		if flag.given {
			return nil, badUsage("%s is about an endpoint of your own; it needs --endpoint URL", flag.name)
		}
	}
	o := bench.Options{Progress: p.benchProgress(), Serve: p.serveModel}
	if c.For != nil {
		o.For = time.Duration(*c.For)
	}
	if c.Only != "" {
		all := bench.Results(c.Name)
		for name := range strings.SplitSeq(c.Only, ",") {
			name = strings.TrimSpace(name)
			if !slices.Contains(all, name) {
				return nil, unknown("result", name, all)
			}
			o.Only = append(o.Only, name)
		}
	}
	return p.bench(ctx, c.Name, o)
}

// serveModel makes the command of a stand-in in a process of its own, which is to judge.
func (p *process) serveModel(flags ...string) *exec.Cmd {
	return exec.Command(p.self, append([]string{"model"}, flags...)...)
}

// tellAgain is how often somebody who waits is told that it goes on.
const tellAgain = 10 * time.Second

// benchProgress tells on stderr what is measured, and how long all of it takes.
func (p *process) benchProgress() func(bench.Progress) {
	said, at := "", time.Time{}
	return func(b bench.Progress) {
		now := time.Now()
		if b.Result != nil || b.Name == said && now.Sub(at) < tellAgain {
			return
		}
		said, at = b.Name, now
		left := ""
		if b.Left >= tellAgain {
			left = fmt.Sprintf(", about %d s left", int(b.Left.Seconds()))
		}
		fmt.Fprintf(p.stderr, "%d of %d: %s%s\n", b.Index, b.Count, b.Name, left)
	}
}

// drive asks an endpoint of somebody's own.
func (c *benchCommand) drive(ctx context.Context, p *process) (*bench.Report, error) {
	if c.Name != "adapter" {
		return nil, badUsage("--endpoint is for bench adapter, not for %s", c.Name)
	}
	if c.Only != "" {
		return nil, badUsage("--only and --endpoint: accepted is one of them")
	}
	if c.Callers > mostCallers {
		return nil, badUsage("--callers %d; accepted is a whole number from 1 to %d", c.Callers, mostCallers)
	}
	limits, err := readLimits(c.ModelLimit)
	if err != nil {
		return nil, err
	}
	d := bench.Drive{Callers: int(c.Callers)}
	limits.set(&d.Adapter)
	d.Adapter.Label = llmadapter.AnyModel
	if c.For != nil {
		d.For = time.Duration(*c.For)
	}
	if d.Urgent, err = readShare("--priority-share", c.PriorityShare); err != nil {
		return nil, err
	}
	d.Endpoint = openai.Config{Model: c.Model, BaseURL: c.Endpoint, Key: p.env(keyNames[wireOpenAI]), InFlight: limits.inFlight}
	check := d.Endpoint
	if check.Model == "" {
		check.Model = "any"
	}
	if err := check.Check(); err != nil {
		return nil, badUsage("--endpoint: %s", plainly(err, "openai"))
	}
	e := endpoint{address: c.Endpoint}
	if e.reach(ctx) != nil {
		return nil, badUsage("--endpoint %q: nobody answers there; accepted is the base URL of a server that is running", c.Endpoint)
	}
	var told time.Time
	d.Progress = func(left time.Duration) {
		if now := time.Now(); now.Sub(told) >= tellAgain {
			told = now
			fmt.Fprintf(p.stderr, "%s: %d s left\n", c.Endpoint, int(left.Seconds()))
		}
	}
	report, err := d.Run(ctx)
	if failed, ok := errors.AsType[*llmadapter.Error](err); ok { // it was asked for its models, in vain
		return nil, badUsage("--endpoint %q: %s; accepted is an endpoint that lists its models, or --model NAME", c.Endpoint, plainly(failed, "llmadapter"))
	}
	return report, err
}

// readShare reads P%; "": none.
func readShare(flag, text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	percent, is := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(percent, 64)
	if !is || err != nil || !(share >= 0 && share <= 100) {
		return 0, badUsage("%s %q; accepted is P%% with P from 0 to 100, such as 10%%", flag, text)
	}
	return share / 100, nil
}
