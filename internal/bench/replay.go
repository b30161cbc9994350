package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/scenarios/commons"
)

// How fast the stand-in answers in this suite: as a small model does on a machine of its own. It is simulated.
const (
	firstToken = 150 * time.Millisecond
	perToken   = 5 * time.Millisecond
)

// askedRun is a run in which a model took part, over the wire.
type askedRun struct {
	server *builtin.Server
	client *openai.Client
	kept   journal.Store // the newest run
	turns  int           // of it
	users  int
}

// epoch is that run under a store: five who ask, for as many months as Options want at least.
func (a *askedRun) epoch(o Options, store journal.Store) (polis.Epoch, error) {
	months := 1 + int(o.Least/(50*time.Millisecond))
	minds, err := polis.ParseMinds([]string{"model"}, 5, 5)
	if err != nil {
		return polis.Epoch{}, err
	}
	s, err := commons.Build(polis.Order{Agents: 5, Minds: minds, Rounds: months, Settings: map[string]string{"talk": "false"}})
	s.Models = map[string]llmadapter.Config{"model": {Model: a.client, Label: llmadapter.StandIn}}
	return polis.Epoch{Society: s, Config: polis.Config{Seed: 1, Rounds: months, Journal: store}}, err
}

// run lets it live.
func (a *askedRun) run(o Options) error {
	store := journal.NewMemory()
	e, err := a.epoch(o, store)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := polis.Run(ctx, e.Society, e.Config)
	if err == nil && r.DecidedBy[llmadapter.StandIn] == 0 {
		err = fmt.Errorf("nobody asked: decided by %v", r.DecidedBy)
	}
	if err != nil {
		return err
	}
	a.kept = store
	return nil
}

// open starts the stand-in for whoever comes first, and has one run made.
func (a *askedRun) open(o Options) (err error) {
	if a.users++; a.users > 1 {
		return nil
	}
	const name = builtin.NamePrefix + "commons"
	if a.server, err = builtin.Start(context.Background(), builtin.Config{Policy: commons.Scenario.StandIn, Name: name,
		FirstToken: firstToken, PerToken: perToken}); err != nil {
		return err
	}
	if a.client, err = openai.New(openai.Config{Model: name, BaseURL: a.server.URL()}); err == nil {
		err = a.run(o)
	}
	if err != nil {
		return errors.Join(err, a.end())
	}
	for _, err := range a.kept.Read(context.Background(), 0) {
		if err != nil {
			return errors.Join(err, a.end())
		}
		a.turns++
	}
	return nil
}

// end stops the stand-in after its last user.
func (a *askedRun) end() error {
	if a.users--; a.users > 0 {
		return nil
	}
	if a.client != nil {
		a.client.Close()
	}
	return a.server.Close()
}

// openReplay does all turns of the newest run again, and asks nobody.
func (a *askedRun) openReplay(o Options) (rig, error) {
	if err := a.open(o); err != nil {
		return rig{}, err
	}
	return rig{close: a.end, run: func(int) (sample, error) {
		e, err := a.epoch(o, a.kept)
		if err != nil {
			return sample{}, err
		}
		return measure(a.turns, func() error {
			r, err := polis.Replay(context.Background(), a.kept, e)
			if err == nil && r.Given == 0 {
				err = errors.New("nothing was answered in the run that is replayed")
			}
			return err
		})
	}}, nil
}

// openAsked is the run itself.
func (a *askedRun) openAsked(o Options) (rig, error) {
	if err := a.open(o); err != nil {
		return rig{}, err
	}
	return rig{close: a.end, run: func(int) (sample, error) {
		return measure(a.turns, func() error { return a.run(o) })
	}}, nil
}
