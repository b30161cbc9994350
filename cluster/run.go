package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// What the nodes of a run tell one another. On the first it begins, and there it ends.
const (
	sayPrepare  = "prepare"  // first to others: build what is ordered, and spawn who lives with you
	sayPrepared = "prepared" // back: done, or why not
	sayEvent    = "event"    // others to first: what an observer sees
	sayFailed   = "failed"   // others to first: it cannot go on here
	sayStop     = "stop"     // first to others: stop your actors
	sayStopped  = "stopped"  // back: they have, and all that they sent has arrived
	saySettle   = "settle"   // first to others: nobody lives any more, and nothing is on its way
	sayShare    = "share"    // back: what is known of the run here
)

// run is one society as it lives on one node. It is the polis.Host of that.
type run struct {
	node *Node
	id   uint64
	over chan error    // one slot
	done chan struct{} // closed when it has ended here
	show func(event any)

	mu      sync.Mutex
	engine  *engine.Engine
	kept    func(context.Context) error
	tell    func(event any)
	said    map[string]map[string][]byte // what the others have said, by node
	missing map[string]error             // nodes that are lost
	changed chan struct{}                // closed, and made anew, when either changes
	stop    chan struct{}                // closed when the first says so, or is lost
	settled chan struct{}                // likewise
}

func (n *Node) newRun(id uint64) *run {
	return &run{node: n, id: id, over: make(chan error, 1), done: make(chan struct{}), said: map[string]map[string][]byte{},
		missing: map[string]error{}, changed: make(chan struct{}), stop: make(chan struct{}), settled: make(chan struct{})}
}

// admit gives a run its place on the node.
func (n *Node) admit(r *run) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed:
		return fmt.Errorf("cluster: node %q is closed", n.cfg.Name)
	case len(n.runs) >= maxRuns:
		return fmt.Errorf("cluster: node %q has %d runs; accepted are no more", n.cfg.Name, maxRuns)
	case n.runs[r.id] != nil:
		return fmt.Errorf("cluster: node %q has a run %d", n.cfg.Name, r.id)
	}
	n.runs[r.id] = r
	return nil
}

// forget takes an ended run off the node.
func (n *Node) forget(r *run) {
	n.mu.Lock()
	delete(n.runs, r.id)
	n.mu.Unlock()
	close(r.done)
}

func (n *Node) run(id uint64) *run {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.runs[id]
}

// arrived takes what a link brings. An error is the peer's: it talks nonsense.
func (n *Node) arrived(peer string, data []byte) error {
	m, err := readMail(data)
	if err != nil {
		return err
	}
	r := n.run(m.run)
	if say, ok := m.msg.(*notice); ok {
		return n.noticed(peer, m.run, r, say)
	}
	if n.place.of(m.from) != peer || n.place.of(m.to) != n.cfg.Name {
		return fmt.Errorf("%.200q to %.200q: %w: they do not live there", m.from, m.to, errForged)
	}
	if r != nil { // else it is over
		r.arrived(peer, m)
	}
	return nil
}

// arrived gives a message to its receiver. Who sent it hears when that does not take it.
func (r *run) arrived(peer string, m *mail) {
	r.mu.Lock()
	e := r.engine
	r.mu.Unlock()
	if e == nil {
		return
	}
	if back, ok := m.msg.(*wire.Returned); ok {
		e.Return(m.to, back)
		return
	}
	err := e.Arrive(m.from, m.to, m.msg, m.weight)
	if err == nil || errors.Is(err, engine.ErrNoName) { // nobody of that name has sent it
		return
	}
	back := &wire.Returned{From: m.to, Of: m.msg, Reason: wire.Busy, Error: err.Error()}
	if errors.Is(err, engine.ErrStopped) {
		back.Reason = wire.Stopped
	}
	switch of := m.msg.(type) {
	case *wire.Delivery, *wire.Report:
	case *wire.Letter:
		if back.Reason == wire.Busy { // it was announced to its receiver
			e.Return(m.to, &wire.Unheard{Step: of.Step, Sender: of.Sender, N: of.N, Index: of.Index})
		}
	case *wire.Ask:
		if no, ok := errors.AsType[*engine.Refusal](err); ok { // the service itself has answered, at its gate
			back.Error = no.Error()
			if _, known := journal.NameOf(no.Value); known {
				back.Value = no.Value
			}
		}
	default: // who answers does not care
		return
	}
	if err := r.send(peer, &mail{run: r.id, from: m.to, to: m.from, msg: back}); err != nil {
		r.node.cfg.Log.Warn().Str("node", peer).Err(err).Msg("it is not told that a message was not taken")
	}
}

// send puts mail on the link to a node.
func (r *run) send(peer string, m *mail) error {
	data, err := m.append(nil)
	if err != nil {
		return fmt.Errorf("cluster: node %q: %w", peer, err)
	}
	r.mu.Lock()
	lost := r.missing[peer]
	r.mu.Unlock()
	if lost != nil { // a link to what has started again knows nothing of this run
		return lost
	}
	return r.node.link(peer).put(data, r.id, m.weight)
}

// say tells a node something about the run.
func (r *run) say(peer, what string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("cluster: %s: %w", what, err)
	}
	return r.send(peer, &mail{run: r.id, msg: &notice{what: what, data: text}})
}

// noticed takes what another node says about a run; r is nil when there is none of that id.
func (n *Node) noticed(peer string, id uint64, r *run, say *notice) error {
	fromFirst := peer == n.place.members[0].Name
	switch say.what {
	case sayPrepare, sayStop, saySettle:
		if !fromFirst {
			return fmt.Errorf("%q is said by the first node only: %w", say.what, errForged)
		}
	case sayPrepared, sayEvent, sayFailed, sayStopped, sayShare:
		if !n.first() {
			return fmt.Errorf("%q is said to the first node only: %w", say.what, errForged)
		}
	default:
		return fmt.Errorf("it says %.100q about a run, which is not known here", say.what)
	}
	if say.what == sayPrepare {
		n.prepare(id, say.data)
		return nil
	}
	if r == nil {
		return nil
	}
	switch say.what {
	case sayEvent:
		event, err := readEvent(say.data)
		if err == nil && event != nil {
			r.retell(event)
		}
		return err
	case sayFailed:
		var why string
		if err := json.Unmarshal(say.data, &why); err != nil {
			return err
		}
		r.fail(fmt.Errorf("cluster: node %q: %.4000s", peer, strings.TrimPrefix(why, "cluster: ")))
	case sayStop:
		r.fail(nil)
		once(r, r.stop)
	case saySettle:
		once(r, r.settled)
	default:
		r.mu.Lock()
		if r.said[peer] == nil {
			r.said[peer] = map[string][]byte{}
		}
		r.said[peer][say.what] = say.data
		r.mu.Unlock()
		r.announce()
	}
	return nil
}

// once closes a channel of a run, if that was not done.
func once(r *run, c chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-c:
	default:
		close(c)
	}
}

func (r *run) announce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// retell tells the society, where the world lives, what its observers see elsewhere.
func (r *run) retell(event any) {
	r.mu.Lock()
	tell := r.tell
	r.mu.Unlock()
	if tell != nil {
		tell(event)
	}
}

// fail ends the society here; nil: it has come to its end.
func (r *run) fail(why error) {
	select {
	case r.over <- why:
	default: // it ends already
	}
}

// without goes on without a node: that is, it ends. weight is what was sent there and never acknowledged.
func (r *run) without(peer string, why error, weight int) {
	r.mu.Lock()
	e := r.engine
	r.missing[peer] = why
	r.mu.Unlock()
	if e != nil {
		e.Lost(weight)
	}
	r.fail(why)
	if peer == r.node.place.members[0].Name {
		once(r, r.stop)
		once(r, r.settled)
	}
	r.announce()
}

// committed waits until all that was committed here is kept.
func (r *run) committed(ctx context.Context) error {
	r.mu.Lock()
	kept := r.kept
	r.mu.Unlock()
	if kept == nil {
		return nil
	}
	return kept(ctx)
}

// hear waits until each of the other nodes has said something, and gives what. Of a node that is lost there is nothing,
// nor of one that has not said it by the end of ctx: the error names them.
func (r *run) hear(ctx context.Context, what string) (map[string][]byte, error) {
	heard := map[string][]byte{}
	for {
		var errs []error
		waits := false
		r.mu.Lock()
		for _, m := range r.node.others() {
			data, said := r.said[m.Name][what]
			switch lost := r.missing[m.Name]; {
			case said:
				heard[m.Name] = data
			case lost != nil:
				errs = append(errs, lost)
			default:
				waits = true
				errs = append(errs, fmt.Errorf("cluster: node %q has not said %q in time", m.Name, what))
			}
		}
		changed := r.changed
		r.mu.Unlock()
		if !waits || ctx.Err() != nil {
			return heard, together(errs...)
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// others are the members without this one.
func (n *Node) others() []Member {
	return slices.DeleteFunc(slices.Clone(n.place.members), func(m Member) bool { return m.Name == n.cfg.Name })
}

// patience with other nodes: they may take as long as their actors need to stop, and be lost meanwhile.
func (r *run) patience() time.Duration { return 15*time.Second + 2*r.node.cfg.Limits.Lost }
