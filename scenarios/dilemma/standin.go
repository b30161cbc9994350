package dilemma

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// StandIn decides in place of a model, by rules and chance, from nothing but what the prompt says. It has tempers: who is
// sunny, proud, sly or tired follows from the name. It is no model, and no evidence about any.
func StandIn(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error) {
	var o prompted.Observation
	if err := json.Unmarshal(observation, &o); err != nil {
		return nil, fmt.Errorf("dilemma: the observation: %w", err)
	}
	can := func(name string) bool {
		return slices.ContainsFunc(tools, func(t llmadapter.Tool) bool { return t.Name == name })
	}
	t := temperOf(o.Agent)
	if can("play") {
		var v TournamentView
		if err := json.Unmarshal(o.Percept, &v); err != nil || v.Turn < 1 {
			return nil, errors.Join(errors.New("dilemma: the percept is none of a tournament"), err)
		}
		return t.play(&v, r), nil
	}
	if !can("contribute") && !can("punish") {
		return call("pass", struct{}{}), nil
	}
	var v GroupView
	if err := json.Unmarshal(o.Percept, &v); err != nil || v.Turn < 1 || v.Endowment < 0 {
		return nil, errors.Join(errors.New("dilemma: the percept is none of a group"), err)
	}
	if can("contribute") {
		return call("contribute", Contribute{t.gives(&v, r)}), nil
	}
	if fines := t.punishes(&v, r); len(fines) > 0 {
		return call("punish", Punish{fines}), nil
	}
	return call("pass", struct{}{}), nil
}

// call calls a tool. Its arguments always have a JSON form.
func call(tool string, arguments any) []llmadapter.Call {
	text, _ := json.Marshal(arguments)
	return []llmadapter.Call{{Name: tool, Arguments: string(text)}}
}

// temper is how somebody is: it follows from the name, so that people stay who they are.
type temper struct {
	name     string
	trust    float64 // how often it cooperates at first, and the share that it gives then
	forgives float64 // how often it lets a defection go
	tempted  float64 // how often it defects against who is good to it, or gives less than it could
	grudge   int     // defections by one after which it never cooperates with them again; 0: it forgets
	strict   float64 // how often it punishes who gave less than the others
}

var tempers = []temper{
	{name: "sunny", trust: 1, forgives: .5, tempted: .01, strict: .1}, // takes everybody for a friend who had a bad day
	{name: "proud", trust: .95, forgives: .1, tempted: .02, grudge: 5, strict: .8},
	{name: "sly", trust: .7, forgives: .25, tempted: .2, strict: .15}, // tries what it can get away with, and makes up
	{name: "tired", trust: .8, forgives: .35, tempted: .08, grudge: 12, strict: .4},
}

func temperOf(name string) temper {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return tempers[h.Sum32()%uint32(len(tempers))]
}

// play moves in every game.
func (t temper) play(v *TournamentView, r *rand.Rand) []llmadapter.Call {
	p := Play{Moves: []Choice{}}
	for i := range v.Games {
		p.Moves = append(p.Moves, Choice{v.Games[i].Against, t.move(&v.Games[i], r)})
	}
	return call("play", p)
}

// move is what it does in one game.
func (t temper) move(m *Match, r *rand.Rand) string {
	chance := r.Float64()
	switch {
	case m.Turns == 0:
		return when(chance < t.trust, Cooperate, Defect)
	case t.grudge > 0 && m.Defected >= t.grudge && 3*m.Defected > m.Turns:
		return Defect
	case last(m.Theirs) == Cooperate:
		return when(chance < t.tempted, Defect, Cooperate)
	case strings.HasSuffix(m.Mine, Cooperate+Defect):
		return Cooperate // they hit back, and it had it coming
	}
	return when(chance < t.forgives, Cooperate, Defect)
}

// gives is what it gives to the pool.
func (t temper) gives(v *GroupView, r *rand.Rand) int {
	if v.Seen == 0 {
		return int(t.trust * float64(v.Endowment) * (.5 + r.Float64()/2))
	}
	possible := func(units int) int { return max(0, min(v.Endowment, units)) } // whatever it was shown
	units := possible(matching(v))
	for _, d := range v.Deeds {
		if d.Name == v.Name && d.Points > 0 {
			units = possible(max(units, possible(d.Gave)) + 1 + r.IntN(2+min(d.Points, MostPoints))) // it got the message
		}
	}
	if r.Float64() < t.tempted {
		units -= r.IntN(1 + units/2)
	}
	return units
}

// punishes are those who gave clearly less than the others did on average, when it minds.
func (t temper) punishes(v *GroupView, r *rand.Rand) []Fine {
	fines := []Fine{}
	fair := 0
	for _, d := range v.Deeds {
		fair += d.Gave
	}
	for _, d := range v.Deeds {
		gap := fair - d.Gave*len(v.Deeds) // n times what it gave less than the average
		if d.Name != v.Name && gap > 2*len(v.Deeds) && r.Float64() < t.strict {
			fines = append(fines, Fine{d.Name, 1 + min(MostPoints-1, r.IntN(1+gap/(step*len(v.Deeds))))})
		}
	}
	return fines
}
