package commons

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Phases of a month. Without talk there is only the harvest; with more than two phases of talk those after the reply
// are "discuss-3", "discuss-4", ….
const (
	PhasePropose = "propose" // say what all should stay within
	PhaseReply   = "reply"   // agree or refuse
	PhaseHarvest = "harvest" // ask for fish, all at the same time
	discuss      = "discuss-"
)

// Laws are the parameters of a lake. They are not part of its state.
type Laws struct {
	Months     int   // after which it ends, when it has not collapsed before
	Initial    int   // tons of fish in the first month
	Cap        int   // tons that the lake can hold
	Collapse   int   // fewer tons left after a harvest are the end
	Split      Split // who gets what when more is asked for than is there
	Talk       bool  // people may speak to each other before the harvest
	Utterances int   // phases of talk in a month; 0: 2
	Blind      bool  // what others have caught is not announced: of them one senses the lake alone
}

// Lake is the world: its exported fields are its state.
type Lake struct {
	Played    int      // months that are over
	Stock     int      // tons of fish in the lake now
	Collapsed bool     // the end
	Last      Month    // the newest of the months that are over
	Fishers   []Fisher // everybody who ever fished here, by name
	Caught    int      // tons, by all, in all months
	Harvests  int      // (fisher, month) pairs so far
	Overuses  int      // of which those above the fair share of their month

	laws      Laws
	announced *announced // what everybody is told; nil: to be made from the state
}

// Month is what became of one month.
type Month struct {
	Stock   int // tons before the harvest
	Harvest int // tons caught by all
	Left    int // tons left
}

// Fisher is what the lake knows about one agent.
type Fisher struct {
	Name    string
	Present bool // it has entered and not left
	Demand  int  // tons asked for in the present month: nobody but the lake sees it
	Fished  bool // it was there last month
	Asked   int  // tons it asked for last month
	Catch   int  // tons it got last month
	Total   int  // tons it got in all months
}

// NewLake makes a lake before its first month.
func NewLake(laws Laws) *Lake { return &Lake{Stock: laws.Initial, laws: laws} }

// Phases of a month.
func (l *Lake) Phases() []string {
	if !l.laws.Talk {
		return []string{PhaseHarvest}
	}
	phases := []string{PhasePropose, PhaseReply}
	for i := len(phases) + 1; i <= l.laws.Utterances; i++ {
		phases = append(phases, discuss+strconv.Itoa(i))
	}
	return append(phases, PhaseHarvest)
}

// Enter lets an agent live at the lake.
func (l *Lake) Enter(agent string) {
	i, known := l.find(agent)
	if !known {
		l.Fishers = slices.Insert(l.Fishers, i, Fisher{Name: agent})
	}
	l.Fishers[i].Present = true
	l.announced = nil
}

// Leave notes that an agent is gone. What it has caught still counts.
func (l *Lake) Leave(agent string) {
	if i, known := l.find(agent); known {
		l.Fishers[i].Present, l.Fishers[i].Demand = false, 0
		l.announced = nil
	}
}

// Harvest is the action: tons of fish that an agent asks for. Asking for more than there is, is asking for all.
type Harvest struct {
	Tons int `json:"tons" min:"0" doc:"how many tons of fish to ask for, from 0 to what the lake holds"`
}

// Asked is the outcome of a Harvest: the demand that was noted. What comes of it is announced next month.
type Asked struct {
	Tons int `json:"tons"`
}

// Harvest notes an agent's demand. The fish are shared out when all have asked.
func (l *Lake) Harvest(agent string, h Harvest) (Asked, error) {
	i, known := l.find(agent)
	if !known || !l.Fishers[i].Present {
		return Asked{}, stranger(agent)
	}
	l.Fishers[i].Demand = min(h.Tons, l.Stock)
	return Asked{l.Fishers[i].Demand}, nil
}

// Tick shares out the fish after the harvest. What is left then doubles, unless it is so little that the lake
// collapses.
func (l *Lake) Tick(phase string, r *rand.Rand) {
	if phase != PhaseHarvest {
		return
	}
	demands := make([]int, len(l.Fishers))
	for i := range l.Fishers {
		demands[i] = l.Fishers[i].Demand
	}
	fair := l.share()
	l.Last = Month{Stock: l.Stock}
	for i, catch := range l.laws.Split.share(l.Stock, demands, r) {
		f := &l.Fishers[i]
		f.Fished, f.Asked, f.Catch, f.Demand = f.Present, f.Demand, catch, 0
		f.Total += catch
		l.Last.Harvest += catch
		if f.Present {
			l.Harvests++
			if catch > fair {
				l.Overuses++
			}
		}
	}
	l.Caught += l.Last.Harvest
	l.Last.Left = l.Stock - l.Last.Harvest
	l.Stock = l.Last.Left
	l.Played++
	l.announced = nil
	if l.Collapsed = l.Stock < l.laws.Collapse; !l.Collapsed { // before it doubles
		l.Stock = min(l.laws.Cap, 2*l.Stock)
	}
}

// Done says that the lake has collapsed or the last month is over.
func (l *Lake) Done() bool { return l.Collapsed || l.Played >= l.laws.Months }

// safe is how much all together can take so that the lake is as full again next month.
func (l *Lake) safe() int { return l.Stock / 2 }

// share is what is safe, shared among those present.
func (l *Lake) share() int {
	present := 0
	for i := range l.Fishers {
		if l.Fishers[i].Present {
			present++
		}
	}
	return l.safe() / max(present, 1)
}

// find gives an agent's place among the fishers, or where it would be.
func (l *Lake) find(agent string) (int, bool) {
	return slices.BinarySearchFunc(l.Fishers, agent, func(f Fisher, name string) int { return strings.Compare(f.Name, name) })
}

// stranger is the refusal of an action by somebody who does not live at the lake.
type stranger string

func (s stranger) Error() string { return fmt.Sprintf("%s does not live at the lake", string(s)) }

// Reason is the code of the refusal.
func (stranger) Reason() string { return "stranger" }
