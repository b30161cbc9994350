package commons

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

// Cap is what a proposal is about, and an agreement to it: that the two, each, ask for no more than so many tons.
type Cap struct {
	Month int `json:"month"`
	Tons  int `json:"tons"`
}

// Objection is why a cap is refused.
type Objection struct {
	Cap    Cap    `json:"cap"`
	Reason string `json:"reason"` // TooMuch, TooLittle or BrokenWord
}

// Kind is the reason: a refusal says why in a form for programs.
func (o Objection) Kind() string { return o.Reason }

// String is how people read it.
func (c Cap) String() string { return fmt.Sprintf("cap %d", c.Tons) }

// String is how people read it.
func (o Objection) String() string { return fmt.Sprintf("%v (%s)", o.Cap, o.Reason) }

// Why a cap is refused.
const (
	TooMuch    = "too-much"    // the lake cannot bear that all take so much
	TooLittle  = "too-little"  // the lake could bear more
	BrokenWord = "broken-word" // somebody took more last month than agreed: no promises this month
)

// Names of what is said about caps, as records have them.
const (
	capName       = "commons.Cap"
	objectionName = "commons.Objection"
)

func init() {
	actors.Payload[Cap](capName)
	actors.Payload[Objection](objectionName)
}

// covenant makes promises, keeps them and holds others to theirs.
//
// Every month it proposes to everybody that the two of them stay within the fair share, and agrees to every proposal
// of no more than that. The lowest cap that it agreed to, or got agreed, is its word, and it asks for that; without
// anybody to promise anything to, it asks for its fair share.
//
// Who proposes a cap, or agrees to one, has given its word too. When catches are announced that are above somebody's
// word, the covenant rests for a month: it proposes nothing, refuses everything, says why, and takes as much above its
// fair share as was taken above the word, on average over all the others. As no word is given in that month, none can
// be broken: the month after, all is forgiven.
type covenant struct{ memory covenantMemory }

// covenantMemory is about one month.
type covenantMemory struct {
	Month  int                 `json:"month"`
	Broken int                 `json:"broken"` // tons caught above the word last month: the covenant rests
	Offer  int                 `json:"offer"`  // the cap it proposed; none: it did not
	Word   int                 `json:"word"`   // what it has promised; none: nothing
	Heard  map[string]proposal `json:"heard"`  // by who made them
	Words  map[string]int      `json:"words"`  // what others have promised
}

// proposal is a cap that somebody proposed, and the conversation in which the reply belongs.
type proposal struct {
	Cap          Cap    `json:"cap"`
	Conversation string `json:"conversation"`
}

// none stands for no cap.
const none = -1

func newCovenant() *covenant {
	return &covenant{covenantMemory{Offer: none, Word: none, Heard: map[string]proposal{}, Words: map[string]int{}}}
}

// Receive hears what is said, speaks in the phases of talk, and harvests.
func (c *covenant) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case *protocol.Message:
		c.hear(e)
	case actors.Percept:
		v, ok := e.View.(View)
		if !ok {
			return fmt.Errorf("commons: a covenant cannot be made about %T", e.View)
		}
		c.turnPage(v)
		switch e.Phase {
		case PhasePropose:
			c.propose(t, v)
		case PhaseReply:
			c.reply(t, v)
		case PhaseHarvest:
			t.Act(Harvest{c.tons(v)})
		}
	}
	return nil
}

// hear notes proposals and agreements. Of one who proposes twice the newer proposal counts.
func (c *covenant) hear(m *protocol.Message) {
	said, ok := m.Content.(Cap)
	if !ok {
		return
	}
	switch m.Act {
	case protocol.Propose:
		c.memory.Heard[m.Sender] = proposal{said, m.Conversation}
	case protocol.Agree:
		if c.memory.Offer != none && said == (Cap{c.memory.Month, c.memory.Offer}) {
			c.promise(m.Sender, said.Tons)
		}
	}
}

// promise binds both sides to a cap.
func (c *covenant) promise(other string, tons int) {
	lower := func(word int, given bool) int {
		if given {
			return min(word, tons)
		}
		return tons
	}
	m := &c.memory
	m.Word = lower(m.Word, m.Word != none)
	word, given := m.Words[other]
	m.Words[other] = lower(word, given)
}

// turnPage begins a month: what was caught in the last one is held against what was promised.
func (c *covenant) turnPage(v View) {
	last := c.memory
	if v.Month == last.Month {
		return
	}
	c.memory = newCovenant().memory
	c.memory.Month = v.Month
	for name, p := range last.Heard { // one after the other, some speak before their hearer's month has begun
		if p.Cap.Month == v.Month {
			c.memory.Heard[name] = p
		}
	}
	if last.Month != v.Month-1 {
		return
	}
	for _, caught := range v.Catches {
		if word, given := last.Words[caught.Name]; given {
			c.memory.Broken += max(0, caught.Tons-word)
		}
	}
}

// propose offers the fair share as a cap to everybody.
func (c *covenant) propose(t *actors.Turn, v View) {
	others := others(v)
	if c.memory.Broken > 0 || len(others) == 0 {
		return
	}
	c.memory.Offer = v.Share
	t.Send(protocol.Message{Act: protocol.Propose, Receivers: others, Content: Cap{v.Month, v.Share},
		Conversation: conversation(v)})
}

// reply answers each proposal of this month.
func (c *covenant) reply(t *actors.Turn, v View) {
	for _, name := range slices.Sorted(maps.Keys(c.memory.Heard)) {
		said, conversation := c.memory.Heard[name].Cap, c.memory.Heard[name].Conversation
		m := protocol.Message{Act: protocol.Agree, Receivers: []string{name}, Content: said, Conversation: conversation}
		switch {
		case said.Month != v.Month || said.Tons < 0:
			continue
		case c.memory.Broken > 0:
			m.Act, m.Content = protocol.Refuse, Objection{said, BrokenWord}
		case said.Tons > v.Share:
			m.Act, m.Content = protocol.Refuse, Objection{said, TooMuch}
		default:
			c.promise(name, said.Tons)
		}
		t.Send(m)
	}
}

// tons is what it asks for.
func (c *covenant) tons(v View) int {
	if c.memory.Word != none {
		return c.memory.Word
	}
	return v.Share + answer(c.memory.Broken, len(v.Present)-1)
}

// Snapshot is its memory.
func (c *covenant) Snapshot() ([]byte, error) { return json.Marshal(c.memory) }

// Restore takes it back.
func (c *covenant) Restore(state []byte) error {
	c.memory = newCovenant().memory
	if err := json.Unmarshal(state, &c.memory); err != nil {
		return fmt.Errorf("commons: restore a covenant: %w", err)
	}
	return nil
}
