package polis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/actors"
)

// Null names a run of the same society with one thing taken away: what a measure is without it. Its results are those of a
// simulation null; a surrogate null, by contrast, is made of the record of one run. "": nothing is taken away.
type Null string

// The simulation nulls.
const (
	Isolated         Null = "isolated"           // agents see nothing of each other, and nothing they say arrives
	ChannelCut       Null = "channel-cut"        // nothing that agents say arrives; what they do is seen as before
	MemoryOff        Null = "memory-off"         // an agent begins anew after each decision
	PartnersShuffled Null = "partners-shuffled"  // whom an agent meets is drawn anew each time; how many it meets stays
	PublicSignalOnly Null = "public-signal-only" // agents sense what is the same for all, and of each other nothing
)

// nulls say in a sentence what each takes away.
var nulls = []struct {
	name Null
	doc  string
}{
	{Isolated, "agents see nothing of each other, and nothing they say arrives"},
	{ChannelCut, "nothing that agents say arrives; what they do is seen as before"},
	{MemoryOff, "an agent begins anew after each decision, and is told no past"},
	{PartnersShuffled, "whom an agent meets is drawn anew each time; how many it meets stays"},
	{PublicSignalOnly, "agents sense what is the same for all, and of each other nothing"},
}

// Nulls are all simulation nulls. A scenario offers some of them.
func Nulls() (all []Null) {
	for _, n := range nulls {
		all = append(all, n.name)
	}
	return all
}

// Doc says in a sentence what a null takes away; "": it is unknown.
func (n Null) Doc() string {
	for _, one := range nulls {
		if one.name == n {
			return one.doc
		}
	}
	return ""
}

// offers says whether a scenario can be run with a null. "" it always can.
func (s *Scenario) offers(n Null) error {
	if n == "" || slices.Contains(s.Nulls, n) {
		return nil
	}
	if len(s.Nulls) == 0 {
		return fmt.Errorf("polis: null %q; %s offers none", n, s.Name)
	}
	var names []string
	for _, offered := range s.Nulls {
		names = append(names, string(offered))
	}
	return fmt.Errorf("polis: null %q; %s offers %s", n, s.Name, strings.Join(names, ", "))
}

// Make makes the society that is ordered, with what the order's null takes away. What the null changes in the world is for
// Build, which finds it in the order; what it changes in talk and memory is done here. The error names what is wrong with
// the order, and what is accepted.
func (s *Scenario) Make(o Order) (Society, error) {
	if err := s.offers(o.Null); err != nil {
		return Society{}, err
	}
	made, err := s.Build(o)
	if err != nil {
		return Society{}, err
	}
	made.Null = o.Null
	if o.Null.silent() {
		made.MaySpeak = func(string, string) bool { return false }
	}
	for i := range made.Agents {
		o.Null.change(&made.Agents[i])
	}
	return made, nil
}

// Join makes one more agent for a society of that order, as Newcomer does, and takes away from it what the order's null
// takes away.
func (s *Scenario) Join(o Order, mind Mind, n int) (Agent, error) {
	if s.Newcomer == nil {
		return Agent{}, fmt.Errorf("polis: nobody can join %s", s.Name)
	}
	a, err := s.Newcomer(o, mind, n)
	if err == nil {
		o.Null.change(&a)
	}
	return a, err
}

// silent says whether nothing that is said arrives.
func (n Null) silent() bool { return n == Isolated || n == ChannelCut || n == PublicSignalOnly }

// change takes away from an agent what the null takes from agents.
func (n Null) change(a *Agent) {
	if n == MemoryOff {
		a.Behavior = actors.Forgetful(a.Behavior)
	}
}
