package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
)

// modelCommand serves the stand-in alone, or looks at a model.
type modelCommand struct {
	Addr      string  `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Where to listen: an address of this machine's own; port 0 is any free one (default ${default})."`
	Scenario  string  `default:"commons" placeholder:"NAME" help:"Whose rule decides (default ${default}); none: seeded choice among what may be called."`
	Name      string  `placeholder:"sim-NAME" help:"Id of the model it serves (default sim-SCENARIO)."`
	Slots     count   `placeholder:"N" help:"Requests served at once (default 16)."`
	Latency   *pause  `placeholder:"D" help:"Time until the first token; each that follows takes a thirtieth of it (default 3ms)."`
	PerToken  *pause  `placeholder:"D" help:"Time of each token that follows, whatever --latency says."`
	PerPrompt pause   `placeholder:"D" help:"How much later the first token is for each token of the prompt (default 0s)."`
	TokenRate count   `placeholder:"N" help:"Tokens a second that all answers in progress share (default each has its own)."`
	Lengths   string  `placeholder:"MEDIAN[:SIGMA]" help:"Tokens of answers, drawn lognormally, such as 200:0.6 (default as long as what they say)."`
	Service   *span   `placeholder:"D" help:"Time that each answer takes, all of it at the end: SLOTS/D answers a second, exactly."`
	Queue     *places `placeholder:"N" help:"Requests that wait for a slot (default 256); 0: none."`
	Silent    bool    `help:"Let 100000 requests wait for a slot, and say nothing."`
	Busy      count   `placeholder:"STATUS" help:"Status of requests beyond slots and queue: 429, 503 (default) or 529."`
	BusyRetry *pause  `placeholder:"D" help:"Pause that such an answer asks for (default 50ms); 0s: it says nothing."`
	RPM       count   `name:"rpm" placeholder:"N" help:"Requests a minute (default no limit)."`
	TPM       count   `name:"tpm" placeholder:"N" help:"Tokens a minute (default no limit)."`
	InputTPM  count   `name:"input-tpm" placeholder:"N" help:"Tokens of prompts a minute (default no limit)."`
	OutputTPM count   `name:"output-tpm" placeholder:"N" help:"Tokens of answers a minute (default no limit)."`
	Window    string  `placeholder:"bucket|sliding" help:"How a minute is counted: refilled, as providers do (default), or never more in any 60 s."`
	Takes     string  `placeholder:"FORM,…" help:"Forms of asking for calls that it takes: tools, json_schema, text (default all)."`
	Faults    string  `placeholder:"NAME=P%,…" help:"Faults made on purpose, such as 429=30%,cut=5%."`
	Seed      seed    `default:"1" placeholder:"S" help:"Seed of the faults (default ${default})."`
	Control   bool    `help:"POST /control makes an outage: {\"mode\":\"503\",\"for\":\"30s\"}, or 429, 500, 529, hang, down."`
	Log       places  `placeholder:"N" help:"GET /log?after=N tells the last N requests, a JSON line each (default none)."`
	Check     string  `placeholder:"SPEC" help:"Serve nothing, but look at a model, named as for run --model: what does its endpoint keep of what agents need? It costs a dozen short requests."`
	JSON      bool    `name:"json" help:"Print what was counted, or found, as one JSON document at the end, and nothing else there."`
}

// config reads what was typed.
func (c *modelCommand) config(p *process) (builtin.Config, error) {
	cfg := builtin.Config{Addr: c.Addr, Slots: int(c.Slots), RPM: int(c.RPM), TPM: int(c.TPM), Seed: uint64(c.Seed)}
	cfg.Name = c.Name
	if c.Scenario != "none" {
		s, err := p.scenario(c.Scenario)
		if err != nil {
			return cfg, err
		}
		cfg.Policy, cfg.Name = s.StandIn, cmp.Or(c.Name, builtin.NamePrefix+s.Name)
	}
	if err := c.checkPace(); err != nil {
		return cfg, err
	}
	c.pace(&cfg)
	if c.Lengths != "" {
		var err error
		if cfg.Lengths, err = builtin.ParseLengths(c.Lengths); err != nil {
			return cfg, usageError{"--lengths: " + plainly(err, "builtin")}
		}
	}
	if c.Takes != "" {
		for name := range strings.SplitSeq(c.Takes, ",") {
			form, err := llmadapter.ParseForm(strings.TrimSpace(name))
			if err != nil {
				return cfg, usageError{"--takes: " + plainly(err, "llmadapter")}
			}
			cfg.Takes = append(cfg.Takes, form)
		}
	}
	if c.Faults != "" {
		var err error
		if cfg.Faults, err = builtin.ParseFaults(c.Faults); err != nil {
			return cfg, usageError{"--faults: " + plainly(err, "builtin")}
		}
	}
	if err := cfg.Check(); err != nil {
		return cfg, usageError{plainly(err, "builtin")}
	}
	return cfg, nil
}

// checkPace refuses flags of which one would make nothing of the other.
func (c *modelCommand) checkPace() error {
	switch {
	case c.Silent && c.Queue != nil:
		return badUsage("--silent with --queue %d: it lets 100000 wait; accepted is one of them", *c.Queue)
	case c.Service != nil && c.TokenRate != 0:
		return badUsage("--service %v with --token-rate %d: all of an answer's time is the service's; accepted is one of them", time.Duration(*c.Service), c.TokenRate)
	}
	return nil
}

// pace says how long things take, and who waits. What is not given is the stand-in's own; none is negative there.
func (c *modelCommand) pace(cfg *builtin.Config) {
	orNone := func(d *pause) time.Duration { return cmp.Or(time.Duration(*d), -1) }
	if c.Latency != nil {
		cfg.FirstToken, cfg.PerToken = orNone(c.Latency), cmp.Or(time.Duration(*c.Latency)/30, -1)
	}
	if c.PerToken != nil {
		cfg.PerToken = orNone(c.PerToken)
	}
	if c.Service != nil {
		cfg.Service = time.Duration(*c.Service)
	}
	if c.Queue != nil {
		cfg.QueueLimit = cmp.Or(int(*c.Queue), -1)
	}
	if c.BusyRetry != nil {
		cfg.BusyRetry = orNone(c.BusyRetry)
	}
	cfg.InputTPM, cfg.OutputTPM, cfg.Window = int(c.InputTPM), int(c.OutputTPM), builtin.Window(c.Window)
	cfg.PerPrompt, cfg.TokenRate = time.Duration(c.PerPrompt), float64(c.TokenRate)
	cfg.Control, cfg.Log = c.Control, int(c.Log)
	cfg.Silent, cfg.Busy = c.Silent, int(c.Busy)
}

// Run carries out the command: it serves until it is interrupted, which is how it is meant to end.
func (c *modelCommand) Run(ctx context.Context, p *process, level *logLevel) error {
	if c.Check != "" {
		return c.check(ctx, p)
	}
	cfg, err := c.config(p)
	if err != nil {
		return err
	}
	log := p.logger(level.or(false))
	cfg.Came = func(id string) { log.Debug().Str("id", id).Msg("came") } // what it has counted survives a kill in this way
	cfg.Observe = func(v builtin.Served) {
		log.Info().Str("id", v.ID).Str("outcome", v.Outcome).Str("wire", v.Wire).Int("status", v.Status).Str("fault", string(v.Fault)).Str("form", v.Form).
			Int("prompt", v.Prompt).Int("answer", v.Answer).Dur("took", v.Took).Msg("request")
	}
	s, err := builtin.Start(ctx, cfg)
	if err != nil {
		return badUsage("--addr: %s; accepted is an address that nobody listens on, such as 127.0.0.1:0 for any free port", plainly(err, "builtin"))
	}
	hello := p.stdout
	if c.JSON {
		hello = p.stderr
	}
	_, err = fmt.Fprintf(hello, "stand-in, no language model: %s at %s\n", s.Name(), s.URL())
	if err == nil {
		<-ctx.Done()
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, s.Counts())
	}
	_, err = fmt.Fprintf(p.stdout, "stand-in: %s\n", s.Counts())
	return err
}
