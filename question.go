package polis

// Question is what a scenario asks of every run, named before there is one: a measure of what is shown at the end of each
// round, held against a surrogate null. It does not apply to a run in which nothing that it is about ever changes. Who runs it applies the measure, of the catalogue of package emergence.
type Question struct {
	Name    string            // the question, as people read it
	Measure string            // by its name in the catalogue
	Set     map[string]string // its settings; nil: the defaults
	World   []string          // variables of the world that are its columns
	Agents  string            // variable of the agents, of which each agent is a column; "": none
	From    int               // the first round that it looks at; 0: 1
	Null    string            // the surrogate, one of the measure's nulls
	Beware  string            // what the null does not take away, such as a signal that all see; "": nothing
}
