package environment

import "fmt"

// Properties declare what kind of environment a world is, in the terms of Russell and Norvig (Artificial Intelligence,
// 4th ed., section 2.3.2). The zero value is the general case: partially observable, stochastic, sequential, dynamic,
// continuous, multi-agent and open. Package environmenttest checks what can be checked of them.
type Properties struct {
	FullyObservable bool // a percept shows the whole state
	Deterministic   bool // the next state follows from state and actions: no chance is drawn
	Episodic        bool // what is done now does not bear on later rounds
	Static          bool // nothing changes unless an agent acts
	Discrete        bool // countably many states, percepts and actions
	SingleAgent     bool
	Closed          bool // nobody joins or leaves
}

// String lists the properties in the order of the book.
func (p Properties) String() string {
	word := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	return fmt.Sprintf("%s, %s, %s, %s, %s, %s, %s",
		word(p.FullyObservable, "fully observable", "partially observable"),
		word(p.Deterministic, "deterministic", "stochastic"),
		word(p.Episodic, "episodic", "sequential"),
		word(p.Static, "static", "dynamic"),
		word(p.Discrete, "discrete", "continuous"),
		word(p.SingleAgent, "single-agent", "multi-agent"),
		word(p.Closed, "closed", "open"))
}
