package rumour

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

// The minds.
const (
	teller = "teller"
	silent = "silent"
)

var mindKinds = []polis.MindKind{
	{Name: teller, Doc: "tells it as the model says: gossip: to anybody, always; maki-thompson: until somebody knew it; sir: until it recovers"},
	{Name: silent, Doc: "hears it, and tells it to nobody"},
}

// News is what is told.
type News struct{}

func init() { actors.Payload[News]("rumour.News") }

// Which model.
const (
	gossip       = "gossip"
	makiThompson = "maki-thompson"
	sir          = "sir"
)

// hearing is the memory of an agent: whether it has heard it, and whether it still tells it.
type hearing struct {
	book []string // who lives here: read-only, and the same for all
	me   int      // its own place there
	mind string
	set  *settings

	memory
}

type memory struct {
	Knows bool `json:"knows"`
	Done  bool `json:"done"`
}

// Snapshot is what it knows.
func (h *hearing) Snapshot() ([]byte, error) { return json.Marshal(h.memory) }

// Restore takes it back.
func (h *hearing) Restore(state []byte) error {
	h.memory = memory{}
	return json.Unmarshal(state, &h.memory)
}

// Decide tells it to somebody, or to nobody any more.
func (h *hearing) Decide(t *actors.Turn, s actors.Situation[View]) (any, error) {
	h.learn(&s)
	switch {
	case !h.Knows || h.Done:
		return nil, actors.ErrPass
	case h.mind == silent || h.bored(&s) || h.recovers(s.Rand):
		h.Done = true
		return Stop{}, nil
	}
	to := h.contact(s.Rand)
	if to == h.me {
		return nil, actors.ErrPass
	}
	t.Send(protocol.Message{Act: protocol.Inform, Receivers: h.book[to : to+1], Content: News{}})
	return Tell{h.book[to]}, nil
}

// learn hears it, from whomever.
func (h *hearing) learn(s *actors.Situation[View]) {
	h.Knows = h.Knows || s.Percept.Source
	for _, m := range s.Messages {
		if _, is := m.Content.(News); is && m.Act == protocol.Inform {
			h.Knows = true
		}
	}
}

// bored says that it was told to somebody who knew it, and that this matters.
func (h *hearing) bored(s *actors.Situation[View]) bool {
	if h.set.model != makiThompson {
		return false
	}
	for _, o := range s.Outcomes {
		if a, is := o.Value.(Answer); is && a.Knew {
			return true
		}
	}
	return false
}

// recovers draws whether the next that happens to an infected agent is its recovery, which has rate 1, or a contact, which
// has rate R0.
func (h *hearing) recovers(r *rand.Rand) bool {
	return h.set.model == sir && r.Float64()*(1+h.set.r0) >= h.set.r0
}

// contact draws whom to tell: any other; in SIR anybody, and who meets itself meets nobody.
func (h *hearing) contact(r *rand.Rand) int {
	if h.set.model == sir {
		return r.IntN(len(h.book))
	}
	to := r.IntN(len(h.book) - 1)
	if to >= h.me {
		to++
	}
	return to
}

// decider makes the mind that is ordered, for the agent at that place of the book.
func decider(m polis.Mind, set *settings, book []string, me int) (func() actors.Behavior, error) {
	if m.Arg != "" || m.Name != teller && m.Name != silent {
		return nil, fmt.Errorf("rumour: mind %q; accepted are %s and %s", m, teller, silent)
	}
	return func() actors.Behavior {
		return actors.FromRule[View, any](&hearing{book: book, me: me, mind: m.Name, set: set})
	}, nil
}
