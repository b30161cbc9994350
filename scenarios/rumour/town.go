package rumour

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/polis-agents/polis/environment"
)

// Laws are the parameters of a Town. They are not part of its state.
type Laws struct {
	Seeds     int  // agents that know it from the beginning: the first that enter
	UntilAll  bool // it ends when all have heard; else when nobody tells it any more
	MaxRounds int  // after which it ends
	Deaf      bool // a null: nothing that is told arrives
}

// Town is where everybody can meet everybody. In a round each of those who knew it when the round began can tell it once, to
// one agent; who hears it for the first time tells it from the next round on. What is told is told one after the other.
// Its exported fields are its state.
type Town struct {
	Agents  []string // everybody who ever lived here, in the order in which they came
	Absent  []bool   // who has left, likewise
	Heard   []bool   // who knows it, likewise
	Tells   []bool   // who tells it in this round, likewise
	Fresh   []int    // who heard it in this round for the first time
	Known   int      // how many have heard it, of all who ever lived here
	Telling int      // how many tell it in this round
	Told    int      // how often it was told
	Rounds  int      // that are over
	Most    int      // the most who told it in one round

	laws  Laws
	place map[string]int
}

// NewTown makes a town in which nobody lives yet.
func NewTown(laws Laws) *Town { return &Town{laws: laws, place: map[string]int{}} }

// Snapshot is the state. JSON in the order of the fields will do, and costs less than the canonical one.
func (w *Town) Snapshot() ([]byte, error) { return json.Marshal(w) }

// Restore takes it back.
func (w *Town) Restore(state []byte) error {
	again := Town{laws: w.laws, place: map[string]int{}}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	for i, name := range again.Agents {
		again.place[name] = i
	}
	*w = again
	return nil
}

// Enter lets an agent in. The first know the rumour.
func (w *Town) Enter(agent string) {
	if i, known := w.place[agent]; known {
		w.Absent[i] = false
		return
	}
	i := len(w.Agents)
	w.place[agent] = i
	w.Agents, w.Absent = append(w.Agents, agent), append(w.Absent, false)
	w.Heard, w.Tells = append(w.Heard, false), append(w.Tells, false)
	if i < w.laws.Seeds {
		w.Heard[i] = true
		w.Known++
		w.tells(i, true)
	}
}

// Leave lets an agent go: it tells nothing any more.
func (w *Town) Leave(agent string) {
	if i, known := w.place[agent]; known {
		w.Absent[i] = true
		w.tells(i, false)
	}
}

func (w *Town) tells(i int, does bool) {
	if w.Tells[i] == does {
		return
	}
	if w.Tells[i] = does; does {
		w.Telling++
	} else {
		w.Telling--
	}
}

// Next are those who tell it, in an order drawn anew. Nobody else has anything to do.
func (w *Town) Next(r *rand.Rand) (names []string) {
	for i, does := range w.Tells {
		if does {
			names = append(names, w.Agents[i])
		}
	}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// View is what an agent can sense: what it has heard it knows itself.
type View struct {
	Source bool `json:"source"` // it knows the rumour from the beginning
}

// Perceive gives what one agent can sense.
func (w *Town) Perceive(agent string) View {
	i, known := w.place[agent]
	return View{Source: known && i < w.laws.Seeds}
}

// Tell is the action of who has told it to somebody.
type Tell struct {
	To string `json:"to" maxlen:"64" doc:"the name of whom you tell it"`
}

// Answer is its outcome.
type Answer struct {
	Knew bool `json:"knew"` // the other had heard it before
}

// Tell notes that an agent tells it to another.
func (w *Town) Tell(agent string, t Tell) (Answer, error) {
	i, known := w.place[agent]
	j, other := w.place[t.To]
	switch {
	case !known || !w.Tells[i]:
		return Answer{}, environment.Refuse("nothing-to-tell", "%s has nothing to tell", agent)
	case !other || w.Absent[j] || i == j:
		return Answer{}, environment.Refuse("nobody", "there is nobody %q to tell it to", t.To)
	}
	w.Told++
	if w.laws.Deaf || w.Heard[j] {
		return Answer{Knew: w.Heard[j]}, nil
	}
	w.Heard[j] = true
	w.Known++
	w.Fresh = append(w.Fresh, j)
	return Answer{}, nil
}

// Stop is the action of who will not tell it any more.
type Stop struct{}

// Stopped is its outcome.
type Stopped struct{}

// Stop notes that an agent tells it no more.
func (w *Town) Stop(agent string, _ Stop) (Stopped, error) {
	i, known := w.place[agent]
	if !known || !w.Tells[i] {
		return Stopped{}, environment.Refuse("nothing-to-tell", "%s has nothing to tell", agent)
	}
	w.tells(i, false)
	return Stopped{}, nil
}

// Tick ends a round: who has heard it tells it from now on.
func (w *Town) Tick(string, *rand.Rand) {
	w.Rounds++
	w.Most = max(w.Most, w.Telling)
	for _, i := range w.Fresh {
		w.tells(i, !w.Absent[i])
	}
	w.Fresh = w.Fresh[:0]
}

// Done says that nobody tells it, or that there is nobody left to tell it to, or no more time.
func (w *Town) Done() bool {
	return w.Telling == 0 || w.laws.UntilAll && w.Known == len(w.Agents) || w.Rounds >= w.laws.MaxRounds
}

// Define makes the town an environment.
func Define(laws Laws) *environment.Definition {
	d := environment.Define(func() *Town { return NewTown(laws) }, (*Town).Perceive)
	environment.AddAction(d, "tell", "Tell the rumour to somebody.", (*Town).Tell)
	environment.AddAction(d, "stop", "Tell it no more.", (*Town).Stop)
	d.Properties = properties
	return d
}
