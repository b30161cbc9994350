package main

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/report"
)

// specForm is the form of spec that this binary writes, and the newest that it reads.
const specForm = 1

// largestSpec is how many bytes a spec may have: the minds of a million agents, one by one.
const largestSpec = 64 << 20

// spec is all that was typed and matters for what one run does, with the defaults that held then: from it the same
// society is built again, on another day or another machine. It stands at the beginning of a journal and in manifest.json.
// It holds no key: those come from the environment of whoever builds it.
type spec struct {
	Form             int               `json:"spec"`
	Polis            build             `json:"polis"` // what has written it
	Scenario         string            `json:"scenario"`
	Minds            []string          `json:"minds"`            // of all agents, in order: "5*fixed:10"
	Rounds           int               `json:"rounds,omitempty"` // 0: until the world is done
	Settings         map[string]string `json:"settings,omitempty"`
	Null             string            `json:"null,omitempty"` // what was taken away; "": nothing
	Seed             uint64            `json:"seed"`
	Run              int               `json:"run"` // among those that were ordered together, from 1: a column of the tables
	Pace             string            `json:"pace"`
	Tick             string            `json:"tick"`
	Deadline         string            `json:"deadline,omitempty"` // "": what the pace has by default
	Chaos            string            `json:"chaos,omitempty"`
	Model            string            `json:"model,omitempty"` // "": no agent asks one
	ModelLimit       string            `json:"model_limit,omitempty"`
	PricesFile       string            `json:"prices_file,omitempty"` // "": there are none
	Prices           llmadapter.Prices `json:"prices,omitempty"`      // as they stood there
	Budget           string            `json:"budget,omitempty"`
	ModelOf          string            `json:"model_of,omitempty"`     // of a cassette: the label of whoever answered when it was recorded
	SecondModel      string            `json:"second_model,omitempty"` // "": nobody is asked when the first could not decide
	SecondModelLimit string            `json:"second_model_limit,omitempty"`
	Record           string            `json:"record,omitempty"` // the cassette that what is asked and answered is recorded on
	Hushed           bool              `json:"hushed,omitempty"` // of a fork: there is time to talk, as before, and nobody may
	Fork             *report.Forked    `json:"fork,omitempty"`   // of a fork: what it shares, and what was changed
}

// spec of a plan of one run.
func (pl *plan) spec() *spec {
	s := &spec{Form: specForm, Polis: thisBuild(), Scenario: pl.scenario.Name, Minds: pl.minds, Rounds: pl.order.Rounds,
		Settings: pl.order.Settings, Null: string(pl.order.Null), Seed: pl.seed, Run: pl.run, Pace: pl.pace(), Tick: pl.config.Tick.String(), Chaos: pl.chaos, Hushed: pl.hushed, Fork: pl.forked}
	if pl.hurried {
		s.Deadline = pl.config.Deadline.String()
	}
	if asks(&pl.society, modelName) {
		s.PricesFile, s.Prices, s.Budget = pl.endpoint.money.file, pl.endpoint.money.prices, pl.endpoint.money.budget
		if pl.second != nil {
			s.SecondModel, s.SecondModelLimit = pl.second.spec, pl.second.limited
		}
		s.Model, s.ModelLimit, s.ModelOf, s.Record = pl.endpoint.spec, pl.endpoint.limited, pl.endpoint.of, pl.endpoint.record
	}
	return s
}

// text is the form in which it is kept.
func (s *spec) text() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a spec has no JSON: %v", err)) // strings and numbers always have
	}
	return text
}

// readSpec reads a spec that comes from a file or from another process. What it says is checked when a plan is made of
// it. The error says what is wrong with it, not where it is from.
func readSpec(text []byte) (*spec, error) {
	if len(text) > largestSpec {
		return nil, fmt.Errorf("its spec has %d bytes; accepted are at most %d", len(text), largestSpec)
	}
	var form struct {
		Form int `json:"spec"`
	}
	if err := json.Unmarshal(text, &form); err != nil {
		return nil, fmt.Errorf("its spec is damaged: %w", err)
	}
	switch {
	case form.Form > specForm:
		return nil, fmt.Errorf("it was made by a newer polis: its spec has form %d; known here are forms up to %d", form.Form, specForm)
	case form.Form < 1:
		return nil, fmt.Errorf("its spec has form %d; accepted is 1 to %d", form.Form, specForm)
	}
	s := &spec{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("its spec is damaged: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("its spec is damaged: something follows it")
	}
	return s, nil
}

// command is the command line that orders what the spec says, so that it is checked as one that was typed.
func (s *spec) command() (c *runCommand, err error) {
	c = &runCommand{Scenario: s.Scenario, Runs: 1, Seed: seed(s.Seed), Null: s.Null, Mind: s.Minds, Model: s.Model, ModelLimit: s.ModelLimit, SecondModel: s.SecondModel, SecondModelLimit: s.SecondModelLimit, Record: s.Record, modelOf: s.ModelOf, Pace: &s.Pace, hushed: s.Hushed}
	if s.Run < 1 {
		return nil, fmt.Errorf("run %d; accepted is a number from 1", s.Run)
	}
	if len(s.Minds) == 0 {
		return nil, errors.New("it names no minds")
	}
	read := func(name, text string, into encoding.TextUnmarshaler) {
		if e := into.UnmarshalText([]byte(text)); e != nil && err == nil {
			err = fmt.Errorf("%s: %w", name, e)
		}
	}
	read("tick", s.Tick, &c.Tick)
	if s.Rounds != 0 {
		read("rounds", strconv.Itoa(s.Rounds), &c.Rounds)
	}
	if s.Deadline != "" {
		c.Deadline = new(span)
		read("deadline", s.Deadline, c.Deadline)
	}
	for _, name := range sortedKeys(s.Settings) {
		c.Set = append(c.Set, name+"="+s.Settings[name])
	}
	if s.Chaos != "" {
		c.Chaos = &s.Chaos
	}
	c.Prices, c.prices, c.Budget = s.PricesFile, s.Prices, s.Budget
	if s.Model == "" {
		c.Model = builtinSpec
	}
	return c, err
}

// plan makes of a spec what is to be run. The error says what of it this binary cannot do.
func (s *spec) plan(p *process) (*plan, error) {
	c, err := s.command()
	if err != nil {
		return nil, err
	}
	delay := pause(0)
	c.Delay = &delay
	pl, err := c.plan(p)
	if err != nil {
		return nil, err
	}
	if pl.run = s.Run; s.Fork != nil {
		pl.forked, pl.repeat = s.Fork, forkAgain(p.program, s.Fork)
	}
	return pl, nil
}
