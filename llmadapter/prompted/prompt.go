package prompted

import (
	"fmt"
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
				"before (memory).\n%s\n%s", th.Round, th.Phase, block, m.wanted(th.Phase))},
		},
		MaxTokens: m.cfg.MaxTokens, Priority: m.cfg.Priority, Repeatable: m.cfg.Repeatable,
	}
	r.Messages = append(r.Messages, th.Exchange...)
	for i := range m.offers {
		if o := &m.offers[i]; o.in(th.Phase) {
			r.Tools = append(r.Tools, o.tool)
		}
	}
	return r, nil
}

// wanted says what an answer consists of.
func (m *mind) wanted(phase string) string {
	deeds, words := m.callable(phase)
	text := "Call " + strings.Join(words, ", ") + " to speak, or pass to say nothing."
	if len(deeds) > 0 {
		text = "Call exactly one of " + strings.Join(deeds, ", ") + ", " + passName + "."
		if len(words) > 0 {
			text += " Beside it you may call " + strings.Join(words, ", ") + "."
		}
	}
	if len(words) > 0 {
		text += fmt.Sprintf(" You may speak %d times.", m.cfg.Words)
	}
	return text
}

// callable names the actions and the utterances that are possible in a phase.
func (m *mind) callable(phase string) (deeds, words []string) {
	for i := range m.offers {
		switch o := &m.offers[i]; {
		case !o.in(phase):
		case o.action != nil:
			deeds = append(deeds, o.tool.Name)
		case o.utterance != nil:
			words = append(words, o.tool.Name)
		}
	}
	return deeds, words
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
	return o
}
