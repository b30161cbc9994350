package polis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/polis-agents/polis/journal"
)

// Epoch is a stretch of a run under one society and one configuration. A run that was not forked has one.
type Epoch struct {
	From    int // the round it begins with; 0 or 1: the first
	Society Society
	Config  Config
}

// check says what of the epochs makes no sense.
func checkEpochs(epochs []Epoch) error {
	if len(epochs) == 0 {
		return errors.New("polis: a run without an epoch; accepted is one, and one more for every fork")
	}
	for i := range epochs {
		e := &epochs[i]
		if i > 0 && e.From <= max(1, epochs[i-1].From) || i == 0 && (e.From < 0 || e.From > 1) {
			return fmt.Errorf("polis: epoch %d begins with round %d; accepted is 1 for the first, and a later round for each that follows", i, e.From)
		}
		if err := errors.Join(e.Society.check(), e.Config.check(), e.Config.Chaos.check(&e.Society, &e.Config)); err != nil {
			return err
		}
	}
	return nil
}

// Resume goes on with a run that was interrupted or killed: with the society and configuration it had, from the journal
// of the last epoch's Config. All that was committed is done again without its effects, which must be those recorded; then
// the society lives on as if nothing had happened. Nothing that was answered is asked again.
func Resume(ctx context.Context, epochs ...Epoch) (*Running, error) {
	if err := checkEpochs(epochs); err != nil {
		return nil, err
	}
	now := epochs[len(epochs)-1]
	if now.Config.Journal == nil {
		return nil, errors.New("polis: Config.Journal is nil; accepted, to resume a run, is the store that has its turns")
	}
	p, err := rebuild(ctx, epochs, now.Config.Journal)
	if err != nil {
		return nil, err
	}
	s := now.Society
	s.Agents, s.Settings = slices.Clone(s.Agents), maps.Clone(s.Settings)
	p.settle()
	return begin(ctx, &s, now.Config, p)
}

// rebuild reads a whole journal.
func rebuild(ctx context.Context, epochs []Epoch, store journal.Store) (*past, error) {
	p, err := newPast(&epochs[0].Society, &epochs[0].Config)
	if err == nil {
		err = p.read(ctx, store)
	}
	if err != nil {
		return nil, fmt.Errorf("polis: the run cannot be rebuilt: %w", err)
	}
	return p, nil
}

// Replayed is what a replay found.
type Replayed struct {
	Hash       string // of the run, as it was recorded
	Turns      int    // of the world and of the agents
	Recomputed int    // turns that follow from others: their events and their effects were computed again
	Given      int    // turns whose events were taken as recorded: answers, results, what was set aside. Their effects were computed again
	Rounds     int    // that the journal has turns of
}

// Replay does all turns of a journal again, without asking a model or anybody else. The error is a *journal.Differs or
// *journal.Broken for the first turn that is not the one recorded.
func Replay(ctx context.Context, store journal.Store, epochs ...Epoch) (*Replayed, error) {
	if err := checkEpochs(epochs); err != nil {
		return nil, err
	}
	p, err := rebuild(ctx, epochs, store)
	if err != nil {
		return nil, err
	}
	return &Replayed{Hash: journal.RunHash(configuration(epochs), p.heads()).String(),
		Turns: p.turns, Recomputed: p.turns - p.given, Given: p.given, Rounds: p.world.Round()}, nil
}

// configuration is what of the configuration of a run matters for what happens, in canonical JSON.
func configuration(epochs []Epoch) []byte {
	return epochs[0].Society.configuration(&epochs[0].Config)
}
