package llmadapter

import (
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// gate stands before the adapter's mailbox: a request enters with a credit, which comes back with its answer. So there
// are never more requests, in the mailbox, in the queue and out, than there are credits, and who has none is told so
// without a message.
type gate Adapter

// Enter lets a request in if there is a credit.
func (g *gate) Enter(msg any) error {
	ask, ok := msg.(*wire.Ask)
	if !ok {
		return nil
	}
	most := g.cfg.credits()
	for {
		n := g.credits.Load()
		if n >= most {
			return &engine.Refusal{Value: (*Adapter)(g).turnAway(ask, NoCredit)}
		}
		if g.credits.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

// Drop counts a request that was let in and that the actor never saw, and takes its credit back.
func (g *gate) Drop(msg any) {
	if ask, ok := msg.(*wire.Ask); ok && ask != g.done.Load() {
		g.credits.Add(-1)
		_ = (*Adapter)(g).turnAway(ask, Stopping) // the mailbox tells who asked
	}
}

// turnAway counts a request that does not come in.
func (a *Adapter) turnAway(ask *wire.Ask, why Reason) Rejected {
	e := &entry{key: askID{ask.Asker, ask.N, ask.Index}}
	a.tell(e, a.countAway(e, why))
	return e.value.(Rejected)
}

// countAway has the core count it, and says when that was.
func (a *Adapter) countAway(e *entry, why Reason) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.core.turnedAway(now, e, why)
	a.core.ended = a.core.ended[:len(a.core.ended)-1] // it is answered by whom it was refused by
	return now
}
