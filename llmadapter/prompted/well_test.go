package prompted_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// well is the world of these tests: a day has a phase to talk in, one to draw water in, and a night.
type well struct {
	Litres int
	Drawn  map[string]int
}

type (
	draw struct {
		Litres int `json:"litres" min:"0" max:"9" doc:"how much to draw"`
	}
	shout struct {
		Word string `json:"word" maxlen:"8"`
	}
	request struct{} // the same word as an act of speech
	level   struct{ Litres int }
	offer   struct{ Litres int }
	letter  struct{ Text string }
	offers  struct {
		Litres int      `json:"litres" min:"1" max:"9"`
		To     []string `json:"to"`
	}
)

func init() {
	actors.Payload[offer]("prompted_test.offer")
	actors.Payload[letter]("prompted_test.letter")
}

func (w *well) Phases() []string      { return []string{"talk", "draw", "night"} }
func (w *well) Perceive(string) level { return level{w.Litres} }

func (w *well) Draw(agent string, d draw) (int, error) {
	if d.Litres > w.Litres {
		return 0, environment.Refuse("dry", "%d litres are left", w.Litres)
	}
	w.Litres -= d.Litres
	w.Drawn[agent] += d.Litres
	return d.Litres, nil
}

func (w *well) Shout(string, shout) (int, error) { return 0, nil }

func (w *well) Request(string, request) (int, error) { return 0, nil }

func wellOf(litres int) *environment.Definition {
	def := environment.Define(func() *well { return &well{Litres: litres, Drawn: map[string]int{}} }, (*well).Perceive)
	environment.AddAction(def, "draw", "Draw water.", (*well).Draw, "draw")
	environment.AddAction(def, "shout", "Shout into the well.", (*well).Shout, "draw")
	return def
}

var people = []string{"ann", "ben", "cleo"}

// all are who can be spoken to.
func all(level) []string { return people }

var offering = prompted.Speak("offer", "Offer water.", func(v level, o *prompted.Observation, a offers) ([]protocol.Message, error) {
	if a.Litres > v.Litres {
		return nil, fmt.Errorf("there are only %d litres", v.Litres)
	}
	to, err := prompted.Among(a.To, []string{"ben", "cleo"})
	return []protocol.Message{{Act: protocol.Propose, Receivers: to, Content: offer{a.Litres}, Conversation: fmt.Sprint("offer/", o.Round)}}, err
}, "talk")

// muttering is an utterance that nobody can hear; miming one whose act has the name of an action.
var (
	muttering = prompted.Speak("mutter", "Speak to nobody.", func(level, *prompted.Observation, struct{}) ([]protocol.Message, error) {
		return []protocol.Message{{Act: protocol.Inform}}, nil
	}, "draw")
	miming = prompted.Speak("mime", "Ask for rain.", func(level, *prompted.Observation, struct{}) ([]protocol.Message, error) {
		return []protocol.Message{{Act: protocol.Request, Receivers: []string{"ben"}}}, nil
	}, "draw")
)

// config is that of a mind at the well.
func config() prompted.Config {
	return prompted.Config{Definition: wellOf(50), Acts: []prompted.Utterance{offering, prompted.SayTo(all, "talk", "draw")}, Words: 2}
}

// thinker probes a mind.
type thinker struct {
	*actorstest.Probe
	testing.TB
	asked llmadapter.Request // last
	id    actors.ID          // of that ask
	round int
}

func think(t testing.TB, c prompted.Config) *thinker {
	return &thinker{Probe: actorstest.New(t, prompted.New(c), actorstest.Config{Self: "ann", World: c.Definition}), TB: t}
}

// give gives an event, and notes what is asked.
func (k *thinker) give(event any) []actors.Effect {
	k.Helper()
	effects := k.Give(event)
	for _, e := range effects {
		if e.Kind == actors.Ask {
			k.asked, k.id = e.Value.(llmadapter.Request), e.ID
		}
	}
	return effects
}

// sees opens a phase; a new talk is a new round.
func (k *thinker) sees(phase string, litres int) []actors.Effect {
	k.Helper()
	if phase == "talk" {
		k.round++
	}
	return k.give(actors.Percept{View: level{litres}, Phase: phase, Round: k.round, Choice: phase == "draw"})
}

// answers gives the answer to what was asked last.
func (k *thinker) answers(r llmadapter.Reply) []actors.Effect {
	k.Helper()
	return k.give(actors.Answer{ID: k.id, Service: "model", Value: r})
}

// observed is the observation of what was asked last.
func (k *thinker) observed() (o prompted.Observation) {
	k.Helper()
	if err := json.Unmarshal(llmadapter.FindBlock(k.asked.Messages), &o); err != nil {
		k.Fatalf("the observation in %+v: %v", k.asked.Messages, err)
	}
	return o
}

// calls is an answer that calls tools: call("draw", `{"litres":3}`, "say", …).
func calls(pairs ...string) llmadapter.Reply {
	r := llmadapter.Reply{Finish: llmadapter.FinishCalls}
	for i := 0; i < len(pairs); i += 2 {
		r.Calls = append(r.Calls, llmadapter.Call{Name: pairs[i], Arguments: pairs[i+1]})
	}
	return r
}

// text is an answer in text.
func text(s string) llmadapter.Reply { return llmadapter.Reply{Text: s, Finish: llmadapter.FinishStop} }

// wants writes down what a turn wants: "propose 3 to ben; act draw {3}; repaired: …".
func wants(effects []actors.Effect) string {
	var all []string
	for _, e := range effects {
		line := e.Kind.String()
		switch e.Kind {
		case actors.Send:
			m := e.Value.(*protocol.Message)
			line = fmt.Sprintf("%s %v to %s", m.Act, m.Content, strings.Join(m.Receivers, ", "))
		case actors.Act:
			line = fmt.Sprintf("act %T%v", e.Value, e.Value)
			if e.Mark != 0 {
				line += fmt.Sprintf(" %s: %s", e.Mark, e.Name)
			}
		}
		all = append(all, strings.NewReplacer("prompted_test.", "", "environment.", "").Replace(line))
	}
	return strings.Join(all, "; ")
}

func (k *thinker) expect(effects []actors.Effect, want string) {
	k.Helper()
	if got := wants(effects); got != want {
		k.Errorf("it wants\n%q\nnot\n%q", got, want)
	}
}
