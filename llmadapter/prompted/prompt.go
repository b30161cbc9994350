package prompted

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// request is what the model is asked: who it is, what it observes, what it can call, and what was wrong with the
// answers it has given so far.
func (m *mind) request(self string, th *thought) (llmadapter.Request, error) {
	block, err := llmadapter.Block(m.observation(self, th))
	if err != nil {
		return llmadapter.Request{}, err
	}
	role := "You are " + self + ", one of several agents in a society. Decide for yourself."
	if m.cfg.Role != nil {
		role = m.cfg.Role(self)
	}
	r := llmadapter.Request{
		Messages: []llmadapter.Message{
			{Role: llmadapter.System, Text: role},
			{Role: llmadapter.User, Text: fmt.Sprintf("Round %d, phase %s. What you observe: what the world lets you sense (percept), what was said "+
				"to you (heard) and what came of what you did (outcomes) since your last decision, and what you remember of the time "+
				"before (memory).%s\n%s\n%s", th.Round, th.Phase, m.explained(th), block, m.wanted(th))},
		},
		MaxTokens: m.cfg.MaxTokens, Priority: m.cfg.Priority, Repeatable: m.cfg.Repeatable,
	}
	r.Messages = append(r.Messages, th.Exchange...)
	for i := range m.offers {
		if o := &m.offers[i]; o.in(th) {
			r.Tools = append(r.Tools, o.tool)
		}
	}
	return r, nil
}

// wanted says what an answer consists of.
func (m *mind) wanted(th *thought) string {
	deeds, words, talks := m.callable(th)
	text := "Call " + strings.Join(slices.Concat(words, talks), ", ") + " to speak, or pass to say nothing."
	if len(deeds) > 0 {
		text = "Call exactly one of " + strings.Join(deeds, ", ") + ", " + passName + "."
		if len(words) > 0 {
			text += " Beside it you may call " + strings.Join(words, ", ") + "."
		}
		if len(talks) > 0 {
			text += " Beside it, to take part in conversations, you may call " + strings.Join(talks, ", ") + "."
		}
	}
	if len(th.Open) > 0 {
		text += " In each open conversation you may say one thing now: name it by its id."
	}
	if len(words) > 0 {
		text += fmt.Sprintf(" You may speak %d times.", m.cfg.Words)
	}
	return text
}

// explained says what conversations are, if any are shown.
func (m *mind) explained(th *thought) string {
	if len(th.Open) == 0 {
		return ""
	}
	return " In the conversations that are open you may say now what each lists (say), as long as it lasts (within)."
}

// callable names the actions, the utterances, and the words in conversations that are possible now.
func (m *mind) callable(th *thought) (deeds, words, talks []string) {
	for i := range m.offers {
		switch o := &m.offers[i]; {
		case !o.in(th):
		case o.action != nil:
			deeds = append(deeds, o.tool.Name)
		case o.utterance != nil:
			words = append(words, o.tool.Name)
		case o.word != nil:
			talks = append(talks, o.tool.Name)
		}
	}
	return deeds, words, talks
}

// observation is what the model is told.
func (m *mind) observation(self string, th *thought) *Observation {
	o := &Observation{Agent: self, Round: th.Round, Phase: th.Phase, Percept: th.Percept,
		Heard: make([]Remark, len(th.Heard)), Outcomes: make([]Outcome, len(th.Outcomes)), Memory: make([]Remark, len(m.memory.Past))}
	for i, r := range th.Heard {
		o.Heard[i] = r.shown(heardText)
	}
	for i, out := range th.Outcomes {
		o.Outcomes[i] = out.shown()
	}
	copy(o.Memory, m.memory.Past)
	o.Conversations = th.Open
	return o
}
