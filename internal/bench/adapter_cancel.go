package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// cancelTrial is P9: how long a call goes on that nobody waits for any more. The agents are a society's own.
func cancelTrial() trial {
	return trial{full: 14 * time.Second, try: tryCancel, of: []claim{
		{"p9_cancel", "s", "<= 0.05", "the 20 s that such a call would take"},
	}}
}

// endless is a server that takes 20 s for each answer.
var endless = serving{slots: 64, service: 20 * time.Second}

// leaver is an agent that asks and stops before it is answered.
type leaver struct {
	name  string
	stays time.Duration
}

// yard is a world in which there is nothing to do.
type yard struct{}

// Perceive shows nothing.
func (*yard) Perceive(string) struct{} { return struct{}{} }

// Receive asks at once, and tells the server when it will stop: it sees how much later the socket closes.
func (l *leaver) Receive(t *actors.Turn, event any) error {
	switch event.(type) {
	case actors.Started:
		r := prompt("leaves-" + l.name)
		r.Messages[0].Text += "\ndeadline: " + time.Now().Add(l.stays).Format(time.RFC3339Nano)
		t.Ask("model", r)
		t.After(l.stays)
	case actors.Timer:
		t.Stop()
	}
	return nil
}

func tryCancel(ctx context.Context, s *setting) (_ []finding, err error) {
	j, err := s.judge(ctx, endless)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.stop()) }()
	agents := 0
	for range s.times(4, 1) {
		n, err := leaveAll(ctx, j)
		if err != nil {
			return nil, err
		}
		agents += n
	}
	c, err := j.quiet(ctx)
	if err != nil {
		return nil, err
	}
	permits, err := s.permits(ctx, j)
	if err != nil {
		return nil, err
	}
	back, gone := percentile(permits, 0.99), c.Deadlines.GoneBy.P99/1000
	found := once(max(gone, back.Seconds()), endless.service.Seconds(),
		"p99 of %d agents that stop: the server sees the socket close %.1f ms after the moment the agent had set itself; of %d cancelled calls: the next one in the queue begins %.1f ms after the cancel; the value is the larger",
		c.Deadlines.GoneBy.N, 1000*gone, len(permits), 1000*back.Seconds())
	found.must(c.Gone == agents && c.Deadlines.GoneBy.N == agents, "every socket of %d closed, not %d", agents, c.Gone)
	return []finding{found}, nil
}

// leaveAll lets a society of agents ask, and each stop at a moment of its own. It gives how many they were.
func leaveAll(ctx context.Context, j *judge) (agents int, err error) {
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: j.url})
	if err != nil {
		return 0, err
	}
	defer client.Close()
	agents = endless.slots - 4
	society := polis.Society{Name: "yard", World: environment.Define(func() *yard { return &yard{} }, (*yard).Perceive),
		Models: map[string]llmadapter.Config{"model": {Model: client, InFlight: endless.slots}}}
	for i := range agents {
		l := leaver{fmt.Sprint("agent-", i), 200*time.Millisecond + time.Duration(i)*15*time.Millisecond}
		society.Agents = append(society.Agents, polis.Agent{Name: l.name, Model: "model", Behavior: func() actors.Behavior { return &l }})
	}
	r, err := polis.Run(ctx, society, polis.Config{Pace: environment.Realtime, Tick: 100 * time.Millisecond, Rounds: 14, Undigested: true})
	if err != nil {
		return 0, err
	}
	if acc := r.Models["model"]; acc.Cancelled != agents || !acc.Balanced() {
		return 0, fmt.Errorf("of %d agents that stopped, %d have their request cancelled: %+v", agents, acc.Cancelled, acc)
	}
	return agents, nil
}

// permits measures how long it takes from a cancel until the call that waits for the permit begins.
func (s *setting) permits(ctx context.Context, j *judge) (all []time.Duration, err error) {
	begins := make(chan time.Time, 1)
	f, err := j.office(llmadapter.Config{InFlight: 1}, func(m llmadapter.Model) llmadapter.Model {
		return llmadapter.ModelFunc(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			begins <- time.Now()
			return m.Complete(ctx, r)
		})
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	ask := func(n uint64) error {
		return f.engine.Tell(f.ref, &wire.Ask{Asker: "ann", N: n, Seed: n << 11, Limit: endless.service, Request: prompt(fmt.Sprint("cancel-", n))}, 1)
	}
	if err := ask(1); err != nil {
		return nil, err
	}
	var cancelled time.Time
	for n := uint64(1); len(all) < s.times(100, 3); n++ {
		select {
		case begun := <-begins:
			if !cancelled.IsZero() {
				all = append(all, begun.Sub(cancelled))
			}
		case <-time.After(patience):
			return nil, fmt.Errorf("call %d does not begin", n)
		}
		if err := errors.Join(s.pass(ctx, 8*time.Millisecond), ask(n+1)); err != nil { // it has come to the server, and the next one waits
			return nil, err
		}
		if err := s.pass(ctx, 2*time.Millisecond); err != nil {
			return nil, err
		}
		cancelled = time.Now()
		if err := f.engine.Tell(f.ref, &wire.CancelAsk{Asker: "ann", N: n}, 0); err != nil {
			return nil, err
		}
	}
	return all, nil
}
