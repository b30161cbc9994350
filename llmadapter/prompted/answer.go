package prompted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
)

// What is read of an answer, at most.
const (
	maxCalls  = 32
	maxAnswer = 64 << 10 // bytes of its text, or of the arguments of a call
	echoed    = 2000     // characters of a wrong answer that the model gets to see again
)

// answer is what a model wants, checked: it can be done.
type answer struct {
	action any // environment.Pass among them; nil: nothing, in a phase of talk
	said   []protocol.Message
	mended string // how its form had to be mended; "": it was right
}

// read checks an answer. The error is a complaint for the model.
func (m *mind) read(th *thought, o *Observation, r llmadapter.Reply) (answer, error) {
	var a answer
	if r.Finish == llmadapter.FinishLength { // what is missing cannot be known
		return a, errors.New("the answer was cut off at its greatest length: be shorter")
	}
	calls, err := a.calls(r)
	if err != nil {
		return a, err
	}
	if len(calls) > maxCalls {
		return a, fmt.Errorf("the answer makes %d calls, accepted are at most %d", len(calls), maxCalls)
	}
	deeds, utterances := 0, 0
	for _, c := range calls {
		offer := m.offered(c.Name, th.Phase)
		switch {
		case offer == nil:
			return a, m.noSuch(c.Name, th.Phase)
		case len(c.Arguments) > maxAnswer:
			return a, fmt.Errorf("the arguments of %s are %d bytes long, accepted are %d", c.Name, len(c.Arguments), maxAnswer)
		case offer.utterance != nil:
			if utterances++; utterances > m.cfg.Words {
				return a, fmt.Errorf("you speak more than %d times", m.cfg.Words)
			}
			err = a.speak(offer.utterance, th, o, c)
		default:
			if deeds++; deeds > 1 {
				return a, errors.New("only one action is possible in a phase, and to pass is one")
			}
			err = a.act(offer, c)
		}
		if err != nil {
			return a, err
		}
	}
	possible, _ := m.callable(th.Phase)
	if deeds == 0 && len(possible) > 0 {
		return a, fmt.Errorf("nothing is decided: call one of %s, %s too", strings.Join(possible, ", "), passName)
	}
	if len(possible) == 0 {
		a.action = nil // who passes in a phase of talk is silent
	}
	return a, nil
}

// offered finds what a call may be of; nil: there is no such thing, or not now.
func (m *mind) offered(name, phase string) *offer {
	for i := range m.offers {
		if o := &m.offers[i]; o.tool.Name == name && o.in(phase) {
			return o
		}
	}
	return nil
}

// noSuch says what can be called instead.
func (m *mind) noSuch(name, phase string) error {
	deeds, words := m.callable(phase)
	now := strings.Join(append(append(deeds, words...), passName), ", ")
	for i := range m.offers {
		if m.offers[i].tool.Name == name {
			return fmt.Errorf("%s is not possible now; possible are %s", name, now)
		}
	}
	return fmt.Errorf("there is no tool %q; possible are %s", shortened(name, 64), now)
}

// act reads the call of an action.
func (a *answer) act(o *offer, c llmadapter.Call) error {
	if o.action == nil { // whatever the arguments of a pass are, it is a pass
		a.action = environment.Pass{}
		return nil
	}
	v, err := a.decode(c, o.action.Decode)
	a.action = v
	return err
}

// speak reads the call of an utterance.
func (a *answer) speak(u *Utterance, th *thought, o *Observation, c llmadapter.Call) error {
	args, err := a.decode(c, u.decode)
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

// calls reads the calls of an answer, strictly and, if that fails, with its form mended.
func (a *answer) calls(r llmadapter.Reply) ([]llmadapter.Call, error) {
	if len(r.Text) > maxAnswer && len(r.Calls) == 0 {
		return nil, fmt.Errorf("the answer is %d bytes long, accepted are %d", len(r.Text), maxAnswer)
	}
	calls, err := llmadapter.ReadCalls(r)
	if err == nil || errors.Is(err, llmadapter.ErrNoCall) {
		return calls, err
	}
	if text, ok := mended(r.Text); ok {
		if calls, again := llmadapter.ReadCalls(llmadapter.Reply{Text: text}); again == nil {
			a.mended = "the JSON of the answer was mended"
			return calls, nil
		}
	}
	return nil, fmt.Errorf("the answer calls no tool: %w", err)
}

// decode reads the arguments of a call, strictly and, if they are no JSON object, mended.
func (a *answer) decode(c llmadapter.Call, decode func([]byte) (any, error)) (any, error) {
	arguments := c.Arguments
	if strings.TrimSpace(arguments) == "" { // so some endpoints write that there are none
		arguments = "{}"
	}
	v, err := decode([]byte(arguments))
	if err == nil || isObject(arguments) {
		return v, err
	}
	var inner string // an object that was written as a string
	text, ok := arguments, json.Unmarshal([]byte(arguments), &inner) == nil
	if ok {
		text = inner
	}
	if !isObject(text) {
		if text, ok = mended(text); !ok {
			return nil, err
		}
	}
	v, again := decode([]byte(text))
	if again != nil {
		return nil, err
	}
	a.mended = "the JSON of a call was mended"
	return v, nil
}

func isObject(text string) bool {
	return json.Valid([]byte(text)) && bytes.HasPrefix(bytes.TrimSpace([]byte(text)), []byte("{"))
}
