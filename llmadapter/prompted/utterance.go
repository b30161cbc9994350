package prompted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter/internal/plain"
	"github.com/polis-agents/polis/protocol"
)

// Utterance is a way to speak: a tool whose call becomes messages. Speak makes one.
type Utterance struct {
	form   *environment.Action
	schema json.RawMessage // as endpoints take it
	say    func(view any, o *Observation, args any) ([]protocol.Message, error)
}

// Speak makes a way to speak of a function: its name as a tool, a sentence about it for the model, and the phases in
// which it is possible (none: all). V is the type of the world's percepts. A is a struct whose fields may carry the tags
// of environment.Action.Check; say gets only arguments within these bounds, with texts in which nothing steers a
// terminal. An error of say is a complaint that the model is told. Senders are stamped. Speak panics on a mistake in the
// declaration.
func Speak[V, A any](name, doc string, say func(view V, o *Observation, args A) ([]protocol.Message, error), phases ...string) Utterance {
	form, err := environment.Describe[A](name, doc, phases...)
	if err != nil {
		panic(fmt.Sprintf("prompted: utterance %q: %v", name, err))
	}
	schema, err := schemaOf(form)
	if err != nil {
		panic(err.Error())
	}
	return Utterance{form, schema, func(view any, o *Observation, args any) ([]protocol.Message, error) {
		v, ok := view.(V)
		if !ok {
			panic(fmt.Sprintf("prompted: utterance %q is made about %T, the percept is %T", name, v, view))
		}
		return say(v, o, args.(A))
	}}
}

// Saying is what SayTo takes.
type Saying struct {
	To   []string `json:"to,omitempty" maxlen:"64" doc:"names of those you speak to; left out: everybody"`
	Text string   `json:"text" maxlen:"600" doc:"what you say, in a sentence or two"`
}

// SayTo is the utterance "say": a text for some, or for everybody. hearers names everybody who can be spoken to; the
// agent itself may be among them.
func SayTo[V any](hearers func(view V) []string, phases ...string) Utterance {
	return Speak("say", "Say something in your own words.", func(v V, o *Observation, s Saying) ([]protocol.Message, error) {
		others := slices.DeleteFunc(slices.Clone(hearers(v)), func(name string) bool { return name == o.Agent })
		to, err := Among(s.To, others)
		if err != nil {
			return nil, err
		}
		if s.Text == "" {
			return nil, errors.New("the text is empty")
		}
		return []protocol.Message{protocol.Say(s.Text, to...)}, nil
	}, phases...)
}

// Among checks names that a model gave against those that are accepted: empty is all of them, a name that comes twice
// counts once. The error says which name is not accepted, and which are.
func Among(names, accepted []string) ([]string, error) {
	if len(accepted) == 0 {
		return nil, errors.New("there is nobody to speak to")
	}
	if len(names) == 0 {
		return accepted, nil
	}
	var to []string
	for _, name := range names {
		if !slices.Contains(accepted, name) {
			return nil, fmt.Errorf("there is no %q to speak to; accepted are %s", name, listed(accepted))
		}
		if !slices.Contains(to, name) {
			to = append(to, name)
		}
	}
	return to, nil
}

// listed names the first of many.
func listed(names []string) string {
	const most = 32
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// decode reads arguments that nobody has checked.
func (u *Utterance) decode(data []byte) (any, error) { return decodeClean(u.form, data) }

// decodeClean reads what nobody has checked, and cleans the texts in it.
func decodeClean(form *environment.Action, data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return form.Decode(data) // which says what is wrong
	}
	text, err := json.Marshal(cleaned(v))
	if err != nil {
		return nil, err
	}
	return form.Decode(text)
}

// cleaned cleans all texts in a JSON value, keys excepted.
func cleaned(v any) any {
	switch v := v.(type) {
	case string:
		return plain.Clean(v)
	case []any:
		for i := range v {
			v[i] = cleaned(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = cleaned(v[key])
		}
	}
	return v
}
