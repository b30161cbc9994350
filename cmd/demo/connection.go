package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// connection is what a client of any wire form is told.
type connection struct {
	model     string
	address   string
	key       string
	inFlight  int
	first     time.Duration     // patience for the first piece of an answer
	idle      time.Duration     // and between two
	transport http.RoundTripper // nil: the client's own
}

// client of a model.
type client interface {
	llmadapter.Model
	Close()
}

// client makes one of the endpoint's wire form. Nothing is sent.
func (e *endpoint) client(c connection) (client, error) {
	var made client
	var err error
	switch e.wire {
	case wireAnthropic:
		made, err = anthropic.New(anthropic.Config{Model: c.model, BaseURL: c.address, Key: c.key, InFlight: c.inFlight, FirstToken: c.first,
			Idle: c.idle, Transport: c.transport})
	default:
		made, err = openai.New(openai.Config{Model: c.model, BaseURL: c.address, Key: c.key, InFlight: c.inFlight, FirstToken: c.first,
			Idle: c.idle, Transport: c.transport})
	}
	if err != nil {
		return nil, badUsage("--model %q: %s", e.shown(), plainly(err, wireOpenAI, wireAnthropic))
	}
	return made, nil
}

// open makes the client, and starts what it asks: the stand-in, a tape. An answer may take as long as a phase, but one that
// has begun and then stalls is given up in time to be asked for again. closing ends all of it.
func (e *endpoint) open(ctx context.Context, pl *plan) (closing func() error, err error) {
	var closings []func() error
	end := func() (err error) {
		for i := len(closings) - 1; i >= 0; i-- {
			err = errors.Join(err, closings[i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	phase := pl.config.Deadline
	c := connection{model: e.served(pl.scenario), address: e.address, key: e.key, inFlight: e.limits.inFlight, first: phase, idle: phase / 4}
	switch {
	case e.tape != "":
		tape, err := e.play(&c)
		if err != nil {
			return nil, err
		}
		closings = append(closings, tape.Close)
	case e.wire == "":
		server, err := builtin.Start(ctx, builtin.Config{Policy: pl.scenario.StandIn, Name: c.model, Faults: e.faults})
		if err != nil {
			return nil, fmt.Errorf("the stand-in: %w", err)
		}
		closings = append(closings, server.Close)
		c.address, e.at = server.URL(), server.URL()
	default:
		if _, err := e.client(c); err != nil { // before it is tried whether anybody is there
			return nil, err
		}
		if err := e.reach(ctx); err != nil {
			return nil, err
		}
	}
	if e.record != "" {
		if err := e.startRecording(&c, pl); err != nil {
			return nil, err
		}
		closings = append(closings, e.recorder.Close)
	}
	made, err := e.client(c)
	if err != nil {
		return nil, err
	}
	closings = append(closings, func() error { made.Close(); return nil })
	if e.model = made; e.tape != "" {
		e.model = &played{client: made, endpoint: e, again: map[[32]byte][]heard{}}
	}
	return end, nil
}
