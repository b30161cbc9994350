package elfarol

import (
	"encoding/json"
	"math"
	"math/rand/v2"

	"github.com/polis-agents/polis/environment"
)

// Laws are the parameters of a Town. They are not part of its state.
type Laws struct {
	Minority    bool // the minority game; else the bar
	Shown       int  // newest weeks that everybody sees
	Threshold   int  // bar: with more it is crowded
	MeasureFrom int  // weeks before this one are not measured
}

// Town counts who goes, week by week. In the first round nobody can: it makes up the weeks before the first. Its exported
// fields are its state.
type Town struct {
	Past    []int // newest first: how many went; minority: 1 when those who went were the minority, else 0
	Going   []string
	There   []string // who lives here
	Weeks   int
	Last    int // how many went in the newest week
	Counted int // weeks that are measured
	Sum     int // of attendances in them; minority: of going less staying
	Squares int

	laws Laws
}

// NewTown makes a town before its first week.
func NewTown(laws Laws) *Town { return &Town{laws: laws} }

// Snapshot is the state.
func (t *Town) Snapshot() ([]byte, error) { return json.Marshal(t) }

// Restore takes it back.
func (t *Town) Restore(state []byte) error {
	again := Town{laws: t.laws}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	*t = again
	return nil
}

// Enter lets an agent live here.
func (t *Town) Enter(agent string) { t.There = append(t.There, agent) }

// Leave lets it go.
func (t *Town) Leave(agent string) { t.There = without(t.There, agent) }

func without(all []string, one string) (left []string) {
	for _, name := range all {
		if name != one {
			left = append(left, name)
		}
	}
	return left
}

// View is what everybody senses alike.
type View struct {
	Past []int `json:"past"` // newest first: how many went; in the minority game 1 when going was the smaller side, else 0. Empty: there has been no week
}

// Perceive gives what an agent can sense.
func (t *Town) Perceive(string) View { return View{t.Past} }

// Go is the action: to go this week. Who does not, stays.
type Go struct{}

// Gone is its outcome. Whether it was worth it shows when the week is over.
type Gone struct{}

// refusal is what the town says no to.
type refusal struct{ reason, text string }

func (r refusal) Error() string  { return r.text }
func (r refusal) Reason() string { return r.reason }

// Go counts an agent in.
func (t *Town) Go(agent string, _ Go) (Gone, error) {
	if t.Past == nil {
		return Gone{}, refusal{"closed", "it has not opened yet: wait for the next week"}
	}
	t.Going = append(t.Going, agent)
	return Gone{}, nil
}

// Tick ends a week.
func (t *Town) Tick(_ string, r *rand.Rand) {
	if t.Past == nil {
		for range t.laws.Shown {
			if t.laws.Minority {
				t.Past = append(t.Past, r.IntN(2))
			} else {
				t.Past = append(t.Past, r.IntN(100))
			}
		}
		return
	}
	t.Last = len(t.Going)
	t.Going = t.Going[:0]
	t.Weeks++
	shown, measured := t.Last, t.Last
	if t.laws.Minority {
		measured = 2*t.Last - len(t.There)
		shown = 0
		if measured < 0 {
			shown = 1
		}
	}
	past := make([]int, 0, t.laws.Shown) // a percept keeps what it was given
	t.Past = append(append(past, shown), t.Past[:t.laws.Shown-1]...)
	if t.Weeks > t.laws.MeasureFrom {
		t.Counted++
		t.Sum += measured
		t.Squares += measured * measured
	}
}

// spread is the mean and the variance of what is measured.
func (t *Town) spread() (mean, variance float64) {
	n := float64(max(1, t.Counted))
	mean = float64(t.Sum) / n
	return mean, max(0, float64(t.Squares)/n-mean*mean)
}

// Metrics measures the weeks so far; of no week that counts, nothing.
func (t *Town) Metrics() map[string]float64 {
	if t.Counted == 0 {
		return map[string]float64{}
	}
	mean, variance := t.spread()
	if t.laws.Minority {
		return map[string]float64{Volatility: variance / float64(max(1, len(t.There)))}
	}
	return map[string]float64{Attendance: mean, AttendanceSD: math.Sqrt(variance)}
}

// Variables describe a week.
func (t *Town) Variables() []environment.Variable {
	return []environment.Variable{{Name: varAttendance, Value: float64(t.Last)}}
}

// AgentVariables describe nobody: there are too many weeks for that.
func (t *Town) AgentVariables(string) []environment.Variable { return nil }
