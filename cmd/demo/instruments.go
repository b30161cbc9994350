package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/bridge/telemetry"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// instrumentFlags are those of who watches a run with instruments of their own.
type instrumentFlags struct {
	Metrics     string    `placeholder:"ADDR" help:"Serve metrics for Prometheus at http://ADDR/metrics while it runs: HOST:PORT, or :PORT for loopback alone; port 0 is any free one."`
	OTel        collector `name:"otel" help:"Send spans and metrics over OTLP/HTTP: --otel URL, such as http://127.0.0.1:4318; without a URL to OTEL_EXPORTER_OTLP_ENDPOINT."`
	OTelContent bool      `name:"otel-content" help:"Send what models are asked and answer as well."`
}

// collectorName is the environment variable of the collector.
const collectorName = "OTEL_EXPORTER_OTLP_ENDPOINT"

// otelFlag may be followed by what acceptedCollector says.
const (
	otelFlag          = "--otel"
	acceptedCollector = "a URL of OTLP over HTTP, such as http://127.0.0.1:4318"
)

// collector is a flag that may stand alone.
type collector struct {
	given bool
	url   string // "": that of the environment
}

// IsBool tells the parser that it may.
func (collector) IsBool() bool { return true }

// Decode takes what follows if it is a URL: else it is something else.
func (c *collector) Decode(ctx *kong.DecodeContext) error {
	c.given = true
	next := ctx.Scan.Peek()
	text, _ := next.Value.(string)
	if next.Type == kong.FlagValueToken || strings.Contains(text, "://") {
		c.url = text
		ctx.Scan.Pop()
		if text == "" {
			return errors.New(`""; accepted is ` + acceptedCollector)
		}
	}
	return nil
}

// wanted says whether there are any.
func (f *instrumentFlags) wanted() bool { return f.Metrics != "" || f.OTel.given || f.OTelContent }

// read checks what was typed. Nothing is opened yet.
func (f *instrumentFlags) read(p *process) (c telemetry.Config, err error) {
	if f.OTelContent && !f.OTel.given {
		return c, badUsage("--otel-content without --otel; accepted is both")
	}
	if f.Metrics != "" {
		if c.Metrics, err = telemetry.Address(f.Metrics); err != nil {
			return c, usageError{"--metrics: " + plainly(err, "telemetry")}
		}
	}
	if !f.OTel.given {
		return c, nil
	}
	c.Content = f.OTelContent
	c.Export = f.OTel.url
	if c.Export == "" {
		if c.Export = p.env(collectorName); c.Export == "" {
			return c, badUsage("--otel without a URL, and %s is not set; accepted is either", collectorName)
		}
	}
	if err := telemetry.CheckExport(c.Export); err != nil {
		return c, usageError{"--otel: " + plainly(err, "telemetry")}
	}
	return c, nil
}

// open begins to show what runs, and writes to hello where. closing ends that, and sends what is left.
func (f *instrumentFlags) open(ctx context.Context, p *process, hello io.Writer, pl *plan) (closing func() error, err error) {
	if !f.wanted() {
		return func() error { return nil }, nil
	}
	cfg, err := f.read(p)
	if err != nil {
		return nil, err
	}
	cfg.Run = map[string]string{"polis.scenario": pl.scenario.Name, "polis.decided": decides(&pl.society), "service.version": thisBuild().Version}
	cfg.Models = map[string]telemetry.Model{}
	for name, m := range pl.society.Models {
		at := ""
		if name == modelName {
			at = pl.endpoint.base()
		}
		cfg.Models[name] = telemetry.Endpoint(&m, at)
	}
	stderr := p.stderr
	cfg.Warn = func(err error) { fmt.Fprintf(stderr, "demo: %s; the run goes on\n", plainly(err, "telemetry")) }
	shown, err := telemetry.Start(ctx, cfg)
	if err != nil {
		return nil, badUsage("--metrics: %s; accepted is an address that nobody listens on", plainly(err, "telemetry"))
	}
	if at := shown.Address(); at != "" {
		fmt.Fprintf(hello, "metrics at http://%s/metrics\n", at)
	}
	pl.instruments, pl.content = shown, cfg.Content
	return shown.Close, nil
}

// base is the URL that the endpoint is served at; "": not known before it is open.
func (e *endpoint) base() string {
	if e.tape != "" {
		return "" // nobody is asked
	}
	return cmp.Or(e.at, e.address, map[string]string{wireOpenAI: openai.OpenAI, wireAnthropic: anthropic.Anthropic}[e.wire])
}

// shown lets instruments see what happens in a run, besides whoever else does; the function ends that. What happened before a
// run was taken up again has been shown then.
func (pl *plan) shown(observe func(any)) (both func(any), run *telemetry.Run, end func()) {
	if pl.instruments == nil {
		return observe, nil, func() {}
	}
	run = pl.instruments.Run(map[string]string{"polis.seed": fmt.Sprint(pl.seed)})
	lives := pl.past == nil
	return func(event any) {
		if lives {
			run.Observe(event)
		} else if _, lives = event.(polis.Resumed); lives {
			run.Observe(event)
		}
		if observe != nil {
			observe(event)
		}
	}, run, run.End
}
