package prompted

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Conversation is one that is left to the mind, and in which it may say something now.
type Conversation struct {
	ID       string          `json:"id"` // short, the same as long as the conversation is open
	With     string          `json:"with"`
	Protocol string          `json:"protocol"`
	Thread   string          `json:"thread"`           // as in the remarks that belong to it
	About    json.RawMessage `json:"about,omitempty"`  // the content with which it began
	Heard    string          `json:"heard,omitempty"`  // the act that was heard last
	Theirs   json.RawMessage `json:"theirs,omitempty"` // the content that the other side said last
	Mine     json.RawMessage `json:"mine,omitempty"`   // the content that the agent said last
	Say      []string        `json:"say"`              // what may be said now, by the names of the tools
	Within   string          `json:"within,omitempty"` // how much time there is to say it, such as "3s"; left out: no end is set
}

// at is where it is.
func (c *Conversation) at() roles.At { return roles.At{Conversation: c.Thread, Peer: c.With} }

// named is a conversation that has been shown.
type named struct {
	ID int      `json:"id"`
	At roles.At `json:"at"`
}

func (n named) String() string { return fmt.Sprintf("c%d", n.ID) }

// maxOpen is how many conversations are shown at once: those that end first.
const maxOpen = 32

// look notes which conversations the mind may take part in now, and which of those that it has been shown have ended.
func (m *mind) look(t *actors.Turn, th *thought) error {
	th.Open = nil
	if m.cfg.Desk == nil {
		return nil
	}
	left, err := m.cfg.Desk.Left(t)
	if err != nil {
		return err
	}
	m.memory.Talks = slices.DeleteFunc(m.memory.Talks, func(n named) bool {
		if m.cfg.Desk.Session(n.At) != nil {
			return false
		}
		end := Outcome{Action: "conversation " + n.String(), Detail: "with " + n.At.Peer + ": it has ended"}
		if state := strings.Trim(m.cfg.Desk.Stands(n.At), "[]"); state != "" {
			end.Detail += " as " + state
		}
		th.Outcomes = newest(append(th.Outcomes, end), maxOutcomes)
		return true
	})
	slices.SortStableFunc(left, func(a, b roles.Left) int { return cmp.Compare(a.Deadline(), b.Deadline()) })
	for _, l := range left[:min(len(left), maxOpen)] {
		c, err := m.shown(t, l)
		if err != nil {
			return err
		}
		th.Open = append(th.Open, c)
	}
	return nil
}

// shown is a session as the mind sees it.
func (m *mind) shown(t *actors.Turn, l roles.Left) (Conversation, error) {
	c := Conversation{With: l.Peer(), Protocol: l.Protocol(), Thread: l.Conversation(), Heard: string(l.Heard())}
	i := slices.IndexFunc(m.memory.Talks, func(n named) bool { return n.At == l.At() })
	if i < 0 {
		i = len(m.memory.Talks)
		m.memory.Named++
		m.memory.Talks = append(m.memory.Talks, named{m.memory.Named, l.At()})
	}
	c.ID = m.memory.Talks[i].String()
	for _, w := range l.Words {
		c.Say = append(c.Say, w.Form.Name)
	}
	if end := l.Deadline(); end != interaction.Never {
		c.Within = max(end-t.Now(), 0).Round(time.Millisecond).String()
	}
	for _, of := range []struct {
		to      *json.RawMessage
		content any
	}{{&c.About, l.Call()}, {&c.Theirs, l.Theirs()}, {&c.Mine, l.Mine()}} {
		_, text, err := written(of.content)
		if err != nil {
			return c, err
		}
		if len(text) > shownBytes {
			text = json.RawMessage(`"too long to be shown"`)
		}
		*of.to = text
	}
	return c, nil
}

// conversations is whether there is a conversation to take part in, or to begin.
func (m *mind) conversations(t *actors.Turn) (bool, error) {
	if m.cfg.Desk == nil {
		return false, nil
	}
	for i := range m.offers {
		if w := m.offers[i].word; w != nil && w.Begins() {
			return true, nil
		}
	}
	left, err := m.cfg.Desk.Left(t)
	return len(left) > 0, err
}

// telling is something that is said in a conversation, or that begins one.
type telling struct {
	word    *roles.Word
	in      Conversation // empty: it begins one
	content any
	opening roles.Opening
}

// tell reads the call of a word.
func (m *mind) tell(t *actors.Turn, a *answer, th *thought, by *offer, c llmadapter.Call, r llmadapter.Reply) error {
	v, err := a.decode(by, c, r, func(data []byte) (any, error) { return decodeClean(by.word.Form, data) })
	if err != nil {
		return err
	}
	id, args := by.word.Read(v)
	if by.word.Begins() {
		o, err := by.word.Opening(args)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if a.begun++; a.begun > m.cfg.Words {
			return fmt.Errorf("you begin more than %d conversations", m.cfg.Words)
		}
		a.told = append(a.told, telling{word: by.word, opening: o})
		return nil
	}
	i := slices.IndexFunc(th.Open, func(o Conversation) bool { return o.ID == id })
	if i < 0 {
		return fmt.Errorf("%s: there is no conversation %q; accepted are %s", c.Name, id, th.canSay(c.Name))
	}
	in := th.Open[i]
	if !slices.Contains(in.Say, c.Name) {
		return fmt.Errorf("%s is not possible in %s; possible there are %s", c.Name, id, strings.Join(in.Say, ", "))
	}
	if slices.ContainsFunc(a.told, func(o telling) bool { return o.in.ID == id }) {
		return fmt.Errorf("you speak twice in %s; accepted is one call for each conversation", id)
	}
	s := m.cfg.Desk.Session(in.at())
	if s == nil || !s.May(t, by.word) { // since it was asked: that is not the model's fault
		a.told = append(a.told, telling{word: by.word, in: in})
		return nil
	}
	content, err := by.word.Content(s, args)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", c.Name, id, err)
	}
	a.told = append(a.told, telling{word: by.word, in: in, content: content})
	return nil
}

// canSay names the conversations in which a word may be said.
func (th *thought) canSay(word string) string {
	var ids []string
	for i := range th.Open {
		if slices.Contains(th.Open[i].Say, word) {
			ids = append(ids, th.Open[i].ID)
		}
	}
	return strings.Join(ids, ", ")
}

// take takes part in the conversations as was decided. What is no longer legal is not said, and the mind is told.
func (m *mind) take(t *actors.Turn, told []telling) {
	for _, say := range told {
		out := Outcome{Action: say.word.Form.Name, Reason: "not-possible"}
		if say.word.Begins() {
			if _, err := m.cfg.Desk.Begin(t, say.word, say.opening); err != nil {
				out.Detail = err.Error()
				m.memory.outcomes(out)
			}
			continue
		}
		out.Action += " in " + say.in.ID
		s := m.cfg.Desk.Session(say.in.at())
		if s == nil || !s.May(t, say.word) {
			out.Reason, out.Detail = "too-late", "the conversation with "+say.in.With+" has ended or gone on meanwhile; nothing was said"
			m.memory.outcomes(out)
		} else if err := s.Say(t, say.word.Act, say.content); err != nil {
			out.Detail = err.Error()
			m.memory.outcomes(out)
		}
	}
}

// standIn lets the parts answer what the model was asked about. It says whether they have said anything.
func (m *mind) standIn(t *actors.Turn, th *thought) (bool, error) {
	first := len(t.Effects())
	for i := range th.Open {
		if err := m.cfg.Desk.StandIn(t, th.Open[i].at()); err != nil {
			return false, err
		}
	}
	return slices.ContainsFunc(t.Effects()[first:], func(e actors.Effect) bool { return e.Kind == actors.Send }), nil
}

// seen is the last percept, for thoughts that a message begins.
type seen struct {
	Round   int             `json:"round"`
	Phase   string          `json:"phase"`
	Type    string          `json:"type"`
	Percept json.RawMessage `json:"percept"`
}

// moved notes that a conversation may have something for the mind.
func (m *mind) moved(said *protocol.Message) {
	if m.cfg.Wakes && said.Protocol != "" {
		m.memory.Moved = true
	}
}

// Conclude begins a thought when a conversation waits for the mind, if it is one that wakes: the desk has judged by now.
func (m *mind) Conclude(t *actors.Turn) error {
	last := m.memory.Seen
	if !m.memory.Moved || m.memory.Thought != nil || last == nil {
		return nil
	}
	m.memory.Moved = false
	if left, err := m.cfg.Desk.Left(t); err != nil || len(left) == 0 {
		return err
	}
	th := &thought{Round: last.Round, Phase: last.Phase, Type: last.Type, Percept: last.Percept, Talk: true}
	var err error
	if th.view, err = readBack(th.Type, th.Percept); err != nil {
		return err
	}
	return m.begin(t, th)
}
