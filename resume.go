package polis

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// Epoch is a stretch of a run under one society and one configuration. A run that was not forked has one.
type Epoch struct {
	From    int // the round it begins with; 0 or 1: the first
	Society Society
	Config  Config
}

// checkEpochs says what of the epochs makes no sense.
func checkEpochs(epochs []Epoch) error {
	if len(epochs) == 0 {
		return errors.New("polis: a run without an epoch; accepted is one, and one more for every fork")
	}
	for i := range epochs {
		e := &epochs[i]
		if i > 0 && e.From <= max(1, epochs[i-1].From) || i == 0 && (e.From < 0 || e.From > 1) {
			return fmt.Errorf("polis: epoch %d begins with round %d; accepted is 1 for the first, and a later round for each that follows", i, e.From)
		}
		if err := errors.Join(e.Society.check(), e.Config.check()); err != nil {
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
	if now.Config.Host != nil {
		return nil, errors.New("polis: Config.Host is set; accepted, to resume a run, is none: not yet in several processes")
	}
	if err := now.Config.Chaos.check(&now.Society, &now.Config); err != nil {
		return nil, err
	}
	now.Config.Chaos = now.Config.Chaos.Mended()
	epochs = append(slices.Clone(epochs[:len(epochs)-1]), now)
	p, err := newPast(epochs, now.Config.Journal)
	if err != nil {
		return nil, err
	}
	if _, state, err := now.Config.Journal.LoadSnapshot(ctx, annalist, 1); err != nil || string(state) == copying {
		return nil, cmp.Or(err, ErrCopying)
	}
	r := newRunning(&now.Society, now.Config)
	p.recall = r.recall
	if err := p.rebuild(ctx); err != nil {
		return nil, err
	}
	return p.goOn(ctx, r, epochs)
}

// goOn lets the society live on where its past ends.
func (p *past) goOn(ctx context.Context, r *Running, epochs []Epoch) (*Running, error) {
	s := *p.society
	s.Agents, s.Settings = slices.Clone(s.Agents), maps.Clone(s.Settings)
	s.Services, s.Models = maps.Clone(s.Services), maps.Clone(s.Models)
	s.Agents = append(s.Agents, p.joined...)
	p.society = &s
	r.society, r.past, r.document = &s, p, configuration(epochs)
	if p.cfg.Pace == environment.Realtime {
		r.began = time.Now().Add(-p.last) // what its clock shows
	}
	r.control.wishes.Quiet = p.quiet
	p.settle()
	return r.begin(ctx)
}

// wake lets those who go on from a past do so, now that everybody has an actor and the world has been told to begin.
func (r *Running) wake() {
	if r.past == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.agents {
		if m := &r.agents[i]; m.ref != nil {
			r.engine.Signal(m.ref, actors.Wake{})
		}
	}
}

// rebuild does all turns of a journal again.
func (p *past) rebuild(ctx context.Context) error {
	_, err := p.read(ctx, 0)
	if err == nil && len(p.ahead) > 0 { // it was killed between two epochs
		err = p.cross(ctx, &p.ahead[0])
		p.ahead = nil
	}
	if err != nil {
		return fmt.Errorf("polis: the run cannot be rebuilt: %w", err)
	}
	return nil
}

// Fork begins a run that shares the past of another up to the end of a round, and lives on from there under the next
// epoch, whose From does not matter: what the journal has of that past is written to the next epoch's own journal, which
// must be empty. The world, and every agent with the same mind, goes on with what it remembers; who has another mind begins
// fresh, and who is not in the next society has left.
func Fork(ctx context.Context, from journal.Store, after int, next Epoch, epochs ...Epoch) (*Running, error) {
	next.From = after + 1
	all := append(slices.Clone(epochs), next)
	all = slices.DeleteFunc(all, func(e Epoch) bool { return e.From > after+1 })
	if after < 1 {
		return nil, fmt.Errorf("polis: fork after round %d; accepted is 1 or more", after)
	}
	if err := checkEpochs(all); err != nil {
		return nil, err
	}
	if err := errors.Join(next.Config.Chaos.check(&next.Society, &next.Config), empty(ctx, next.Config.Journal)); err != nil {
		return nil, err
	}
	p, err := newPast(all, from)
	if err != nil {
		return nil, err
	}
	over, err := p.read(ctx, after)
	switch {
	case err != nil:
		return nil, fmt.Errorf("polis: the run cannot be rebuilt: %w", err)
	case !over:
		return nil, fmt.Errorf("polis: fork after round %d; the journal ends in round %d", after, p.world.Round())
	}
	if err := p.cross(ctx, &p.ahead[0]); err != nil {
		return nil, err
	}
	r := newRunning(&next.Society, next.Config) // nothing is written before all is known to be possible
	p.store, p.ahead, p.forked = next.Config.Journal, nil, after+1
	if err := r.inherit(ctx, from, next.Config.Journal, after); err != nil {
		return nil, err
	}
	if r, err = p.goOn(ctx, r, all); err != nil {
		return nil, err
	}
	return r, next.Config.Journal.SaveSnapshot(ctx, annalist, 1, nil) // whole
}

// copying, as the society's snapshot after its first turn, marks a journal to which the past of a fork is being copied:
// without it, one that was killed meanwhile would be taken for the original.
const copying = "copying"

// ErrCopying says that a journal is that of a fork which was killed before it began.
var ErrCopying = errors.New("polis: the run is a fork that was killed while its past was copied, before it began; fork again")

// inherit copies a past, up to the end of a round, and recalls it.
func (r *Running) inherit(ctx context.Context, from, to journal.Store, after int) error {
	const many = 512
	read := reading(r.society, &r.cfg)
	var turns []journal.Entry
	for e, err := range from.Read(ctx, 0) {
		if err == nil {
			err = read.read(&e)
		}
		if err == nil {
			err = r.recall(&e, read.events)
		}
		if err != nil {
			return fmt.Errorf("polis: the past cannot be copied: %w", err)
		}
		first := len(turns) == 0 && r.annals.n == 1 && e.Actor == annalist
		turns = append(turns, e)
		over := slices.ContainsFunc(read.events, func(event any) bool {
			ended, is := event.(environment.RoundEnded)
			return is && ended.Round >= after
		})
		if !first && !over && len(turns) < many {
			continue
		}
		if err := to.Append(ctx, turns); err != nil {
			return err
		}
		if turns = turns[:0]; first {
			if err := to.SaveSnapshot(ctx, annalist, 1, []byte(copying)); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
	}
	return nil
}

// empty says why a store cannot take a new run.
func empty(ctx context.Context, store journal.Store) error {
	if store == nil {
		return errors.New("polis: Config.Journal is nil; accepted, to fork a run, is a store of its own")
	}
	heads, err := store.Heads(ctx)
	if err == nil && len(heads) > 0 {
		err = fmt.Errorf("polis: the journal of a fork is not empty: there are %d turns of %s", heads[0].Count, heads[0].Actor)
	}
	return err
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
	p, err := newPast(epochs, store)
	if err == nil {
		err = p.rebuild(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &Replayed{Hash: journal.RunHash(configuration(epochs), p.heads()).String(),
		Turns: p.turns, Recomputed: p.turns - p.given, Given: p.given, Rounds: p.world.Round()}, nil
}

// configuration is what of the configuration of a run matters for what happens, in canonical JSON: that of its only
// epoch, else those of its epochs by the rounds they begin with. An epoch that changes nothing that matters is none.
func configuration(epochs []Epoch) []byte {
	type from struct {
		Config json.RawMessage `json:"config"`
		From   int             `json:"from"`
	}
	var all []from
	for i := range epochs {
		doc := epochs[i].Society.configuration(&epochs[i].Config)
		if i == 0 || !bytes.Equal(doc, all[len(all)-1].Config) {
			all = append(all, from{doc, max(1, epochs[i].From)})
		}
	}
	if len(all) == 1 {
		return all[0].Config
	}
	doc, err := journal.Canonical(all)
	if err != nil {
		panic(fmt.Sprintf("polis: the configurations have no canonical form: %v", err)) // they are canonical already
	}
	return doc
}
