package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/internal/engine"
)

// Open gives the run its engine.
func (r *run) Open(e *engine.Engine, kept func(context.Context) error, tell func(any)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.engine, r.kept, r.tell = e, kept, tell
}

// Here says whether an actor lives on this node.
func (r *run) Here(actor string) bool { return r.node.place.of(actor) == r.node.cfg.Name }

// Way leads to the node of an actor.
func (r *run) Way(actor string) engine.Away { return way{r, r.node.place.of(actor)} }

// Over tells when the run is to end here.
func (r *run) Over() <-chan error { return r.over }

// way is engine.Away: to the actors of one node.
type way struct {
	run  *run
	peer string
}

// Send puts a message on the link.
func (w way) Send(from, to string, msg any, weight int) error {
	return w.run.send(w.peer, &mail{run: w.run.id, from: from, to: to, weight: weight, msg: msg})
}

// Run lets what is ordered live on all members, and gives what polis.Run gives. It is called on the first. observe sees
// what Config.Observe sees, from all nodes; nil: nobody does.
func (n *Node) Run(ctx context.Context, order []byte, observe func(any)) (*polis.Report, error) {
	if !n.first() {
		return nil, fmt.Errorf("cluster: a run begins on the first member, %q; this is %q", n.place.members[0].Name, n.cfg.Name)
	}
	if err := n.ready(ctx); err != nil {
		return nil, err
	}
	r := n.newRun(rand.Uint64())
	r.show = observe
	if err := n.admit(r); err != nil {
		return nil, err
	}
	defer n.forget(r)
	plan, err := n.cfg.Make(ctx, order, true)
	if err != nil {
		return nil, err
	}
	rep, err := r.lead(ctx, order, plan)
	if plan.Close != nil {
		err = together(err, plan.Close())
	}
	return rep, err
}

// lead lets the others get ready, and then the society live.
func (r *run) lead(ctx context.Context, order []byte, plan *Plan) (*polis.Report, error) {
	for _, m := range r.node.others() {
		if err := r.send(m.Name, &mail{run: r.id, msg: &notice{what: sayPrepare, data: order}}); err != nil {
			return nil, together(err, r.cancel())
		}
	}
	soon, cancel := context.WithTimeout(ctx, r.node.cfg.Ready)
	defer cancel()
	prepared, err := r.hear(soon, sayPrepared)
	for _, m := range r.node.others() {
		var why string
		if text, ok := prepared[m.Name]; ok && json.Unmarshal(text, &why) == nil && why != "" {
			err = together(err, fmt.Errorf("cluster: node %q: %.4000s", m.Name, strings.TrimPrefix(why, "cluster: ")))
		}
	}
	if err == nil {
		var running *polis.Running
		if running, err = r.start(ctx, plan); err == nil {
			return running.Wait()
		}
	}
	return nil, together(err, r.cancel())
}

// start lets the part of the society live that lives here.
func (r *run) start(ctx context.Context, plan *Plan) (*polis.Running, error) {
	cfg := plan.Config
	cfg.Host, cfg.Observe = r, r.show
	return polis.Start(ctx, plan.Society, cfg)
}

// cancel lets the others stop what they have prepared.
func (r *run) cancel() (err error) {
	for _, m := range r.node.others() {
		if r.node.link(m.Name).up() {
			err = together(err, r.say(m.Name, sayStop, nil), r.say(m.Name, saySettle, nil))
		}
	}
	return err
}

// prepare gives a run its place at once, so that it can be stopped, and takes part in it until it is over.
func (n *Node) prepare(id uint64, order []byte) {
	r := n.newRun(id)
	if err := n.admit(r); err != nil {
		r.refuse(err)
		return
	}
	n.tasks.Go(func() {
		defer n.forget(r)
		if err := r.follow(order); err != nil {
			n.cfg.Log.Warn().Err(err).Msg("a run has failed")
		}
	})
}

// refuse says why a run cannot live here.
func (r *run) refuse(err error) {
	if err := r.say(r.node.place.members[0].Name, sayPrepared, err.Error()); err != nil {
		r.node.cfg.Log.Warn().Err(err).Msg("the first node is not answered")
	}
}

// follow builds what the first node was ordered, and lets those live who live here.
func (r *run) follow(order []byte) error {
	n, id := r.node, r.id
	first := n.place.members[0].Name
	r.show = func(event any) {
		data, err := writeEvent(event)
		if data == nil || err != nil {
			return // nothing that anybody is told of
		}
		if err := r.send(first, &mail{run: id, msg: &notice{what: sayEvent, data: data}}); err != nil {
			n.cfg.Log.Warn().Err(err).Msg("an event is not shown")
		}
	}
	plan, err := n.cfg.Make(n.ctx, order, false)
	if err != nil {
		r.refuse(err)
		return err
	}
	running, err := r.start(n.ctx, plan)
	if err != nil {
		r.refuse(err)
	} else {
		if err = r.say(first, sayPrepared, ""); err != nil {
			r.fail(err)
		}
		_, err = running.Wait()
	}
	if plan.Close != nil {
		err = together(err, plan.Close())
	}
	return err
}

// Settle ends the society on all nodes. Nobody's account is read before everybody's messages have arrived.
func (r *run) Settle(failed error, stop func(), own func() polis.Share) ([]polis.Share, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	if r.node.first() {
		return r.settleAll(ctx, failed, stop)
	}
	first := r.node.place.members[0].Name
	if failed != nil {
		_ = r.say(first, sayFailed, failed.Error()) // if it cannot be told, it is lost, and nobody waits
	}
	stop()
	for _, m := range r.node.others() {
		if err := r.node.link(m.Name).drained(ctx); err != nil {
			r.node.cfg.Log.Warn().Err(err).Msg("a run ends without all it has sent")
		}
	}
	if err := r.say(first, sayStopped, nil); err != nil {
		return nil, err
	}
	select {
	case <-r.settled:
	case <-ctx.Done():
		return nil, fmt.Errorf("cluster: node %q has not said how the run has ended", first)
	}
	if err := r.say(first, sayShare, own()); err != nil {
		return nil, err
	}
	return nil, r.node.link(first).drained(ctx)
}

// settleAll lets first the others stop, then the world and all that lives with it, and then hears what the others know.
func (r *run) settleAll(ctx context.Context, failed error, stop func()) ([]polis.Share, error) {
	var errs []error
	tell := func(what string) {
		for _, m := range r.node.others() {
			r.mu.Lock()
			lost := r.missing[m.Name]
			r.mu.Unlock()
			if lost == nil {
				errs = append(errs, r.say(m.Name, what, nil))
			}
		}
	}
	tell(sayStop)
	_, err := r.hear(ctx, sayStopped)
	errs = append(errs, err)
	stop()
	for _, m := range r.node.others() {
		errs = append(errs, r.node.link(m.Name).drained(ctx))
	}
	tell(saySettle)
	said, err := r.hear(ctx, sayShare)
	if together(errs...) == nil {
		errs = append(errs, err) // else it is known by now who is missing
	}
	var shares []polis.Share
	for _, m := range r.node.others() {
		if text, ok := said[m.Name]; ok {
			var s polis.Share
			if err := json.Unmarshal(text, &s); err != nil {
				errs = append(errs, fmt.Errorf("cluster: node %q: what it knows of the run: %w", m.Name, err))
			}
			shares = append(shares, s)
		}
	}
	err = together(errs...)
	if failed != nil && errors.Is(err, ErrLost) {
		err = nil // it is known by now, or follows from what is
	}
	return shares, err
}
