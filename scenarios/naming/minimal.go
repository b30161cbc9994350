package naming

import (
	"encoding/json"
	"slices"

	"github.com/polis-agents/polis/actors"
)

// minimal is the agent of the minimal rule: it knows words, and holds them itself.
type minimal struct {
	words []string
	names []string // the fixed vocabulary; nil: words are invented
}

// Decide says a word, or whether it knew one.
func (m *minimal) Decide(_ *actors.Turn, s actors.Situation[TalkView]) (any, error) {
	v := &s.Percept
	if v.Agreed != "" {
		m.keep(v.Agreed)
	}
	switch {
	case v.Part == Speak:
		return Say{m.say(&s)}, nil
	case v.Part == Hear && v.Heard != "":
		known := slices.Contains(m.words, v.Heard)
		if known {
			m.keep(v.Heard)
		} else {
			m.words = append(m.words, v.Heard)
		}
		return Answer{known}, nil
	}
	return nil, actors.ErrPass
}

// say picks a word. One who knows none invents it, and knows it; or says any of those that there are, and does not.
func (m *minimal) say(s *actors.Situation[TalkView]) string {
	switch {
	case len(m.words) > 0:
		return m.words[s.Rand.IntN(len(m.words))]
	case m.names != nil:
		return m.names[s.Rand.IntN(len(m.names))]
	}
	m.words = append(m.words, coin(s.Rand))
	return m.words[0]
}

// keep forgets all other words.
func (m *minimal) keep(word string) { m.words = append(m.words[:0], word) }

// Snapshot is what it knows.
func (m *minimal) Snapshot() ([]byte, error) { return json.Marshal(m.words) }

// Restore takes it back.
func (m *minimal) Restore(state []byte) error {
	m.words = nil
	return json.Unmarshal(state, &m.words)
}

// committed always says the same, knows nothing else and learns nothing. It has no memory.
type committed struct{ word string }

// Stateless says so.
func (committed) Stateless() {}

// Decide says it.
func (c committed) Decide(_ *actors.Turn, s actors.Situation[TalkView]) (any, error) {
	switch v := &s.Percept; {
	case v.Part == Speak:
		return Say{c.word}, nil
	case v.Part == Hear && v.Heard != "":
		return Answer{v.Heard == c.word}, nil
	}
	return nil, actors.ErrPass
}
