package prompted

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/plain"
	"github.com/polis-agents/polis/llmadapter/structured"
	"github.com/polis-agents/polis/protocol"
)

// answer is what a model wants, checked: it can be done.
type answer struct {
	action any // environment.Pass among them; nil: nothing, in a phase of talk
	said   []protocol.Message
	told   []telling // in conversations that are left to the mind
	begun  int       // of these, so many begin one
	mended string    // how its form had to be mended; "": it was right
}

// read checks an answer. The error is a complaint for the model.
func (m *mind) read(t *actors.Turn, th *thought, o *Observation, r llmadapter.Reply) (answer, error) {
	var a answer
	calls, mended, err := structured.Calls(r)
	if err != nil {
		return a, err
	}
	if mended {
		a.mended = "the JSON of the answer was mended"
	}
	deeds, utterances := 0, 0
	for _, c := range calls {
		offer := m.offered(c.Name, th)
		switch {
		case offer == nil:
			return a, m.noSuch(c.Name, th)
		case offer.utterance != nil:
			if utterances++; utterances > m.cfg.Words {
				return a, fmt.Errorf("you speak more than %d times", m.cfg.Words)
			}
			err = a.speak(offer, th, o, c, r)
		case offer.word != nil:
			err = m.tell(t, &a, th, offer, c, r)
		default:
			if deeds++; deeds > 1 {
				return a, errors.New("only one action is possible in a phase, and to pass is one")
			}
			err = a.act(offer, c, r)
		}
		if err != nil {
			return a, err
		}
	}
	possible, _, _ := m.callable(th)
	if deeds == 0 && len(possible) > 0 {
		return a, fmt.Errorf("nothing is decided: call one of %s, %s too", strings.Join(possible, ", "), passName)
	}
	if len(possible) == 0 {
		a.action = nil // who passes in a phase of talk is silent
	}
	return a, nil
}

// offered finds what a call may be of; nil: there is no such thing, or not now.
func (m *mind) offered(name string, th *thought) *offer {
	for i := range m.offers {
		if o := &m.offers[i]; o.tool.Name == name && o.in(th) {
			return o
		}
	}
	return nil
}

// noSuch says what can be called instead.
func (m *mind) noSuch(name string, th *thought) error {
	deeds, words, talks := m.callable(th)
	now := strings.Join(slices.Concat(deeds, words, talks, []string{passName}), ", ")
	for i := range m.offers {
		if m.offers[i].tool.Name == name {
			return fmt.Errorf("%s is not possible now; possible are %s", name, now)
		}
	}
	return fmt.Errorf("there is no tool %q; possible are %s", plain.Shortened(name, 64), now)
}

// act reads the call of an action.
func (a *answer) act(o *offer, c llmadapter.Call, r llmadapter.Reply) error {
	if o.action == nil { // whatever the arguments of a pass are, it is a pass
		a.action = environment.Pass{}
		return nil
	}
	v, err := a.decode(o, c, r, o.action.Decode)
	a.action = v
	return err
}

// speak reads the call of an utterance.
func (a *answer) speak(by *offer, th *thought, o *Observation, c llmadapter.Call, r llmadapter.Reply) error {
	u := by.utterance
	args, err := a.decode(by, c, r, u.decode)
	if err != nil {
		return err
	}
	said, err := u.say(th.view, o, args)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	for i := range said {
		if err := said[i].Check(); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	a.said = append(a.said, said...)
	return nil
}

// decode reads the arguments of a call.
func (a *answer) decode(o *offer, c llmadapter.Call, r llmadapter.Reply, decode func([]byte) (any, error)) (any, error) {
	v, mended, err := o.shape.Read(c.Arguments, r, decode)
	if mended {
		a.mended = "the JSON of a call was mended"
	}
	return v, err
}
