package polis

// Chronicle is what is known of one or several runs of a scenario when they are over: what its Headline is made from.
// It can be made from what is kept in a directory, long after the run.
type Chronicle struct {
	Agents   int               // from the start
	Rounds   int               // ordered; 0: until the world was done
	Settings map[string]string // parameters of the world, those left out with their defaults
	Decided  map[string]int    // actions by who decided, of all runs together
	Runs     []Past            // those that came to their own end, in order of seeds
	Said     []Saying          // in the first of them, in order; some in the middle are left out when they are very many
	LeftOut  int               // so many
	Rows     []Row             // of the first of them; nil: there are too many to look at one by one
}

// Means are the metrics of the runs, each the mean over those that have it.
func (c *Chronicle) Means() map[string]float64 {
	means, n := map[string]float64{}, map[string]float64{}
	for _, run := range c.Runs {
		for name := range run.Metrics {
			n[name]++
		}
	}
	for _, run := range c.Runs {
		for name, x := range run.Metrics {
			means[name] += x / n[name]
		}
	}
	return means
}

// Past is a run that came to its own end.
type Past struct {
	Seed    uint64
	Rounds  int // played
	Metrics map[string]float64
}

// Saying is one communicative act, as people read it.
type Saying struct {
	Round     int      `json:"round"`
	Phase     string   `json:"phase,omitempty"`
	Sender    string   `json:"from"`
	Receivers []string `json:"to"`
	Act       string   `json:"act"`
	Language  string   `json:"language,omitempty"` // of the content, as in protocol.Message: a natural language means nothing to a program
	Text      string   `json:"text,omitempty"`     // the content; "": the act says it all
	More      int      `json:"more,omitempty"`     // bytes of the content that are not in Text
	Unheard   bool     `json:"unheard,omitempty"`  // talk was cut: it has reached nobody
}

// Row is what a round looked like when it ended.
type Row struct {
	Round  int
	World  map[string]float64
	Agents map[string]map[string]float64 // by name
}

// Reference is a known result that stands beside ours in a report.
type Reference struct {
	Name    string             // such as "GPT-4o", "fixed:10"
	Source  string             // where it is from
	Kind    string             // "scripted", "random" or "model": a model's stands only beside a run that a model decided
	Metrics map[string]float64 // by the scenario's names, in its units; those not known are left out
	Known   *Known             // how ours comes about, to be held against it; nil: it cannot be run here, as a language model's
}

// Known says what to run so that ours can stand beside a reference, and how much both vary by chance.
type Known struct {
	Agents   int                // as in Order, and so are those that follow
	Rounds   int                //
	Minds    []string           // as on the command line: "5*fixed:10"; nil: by default
	Settings map[string]string  //
	N        int                // runs that the reference is the mean of; 0: it is exact
	SD       map[string]float64 // deviation of single runs, by metric; of those left out it is taken from ours
	Rounded  map[string]float64 // half the last digit of a number that is published rounded, where no run differs from another
	Quick    int                // runs of ours that take some seconds in all; 1: chance takes no part; 0: they would take longer
	Long     int                // runs of ours when time does not matter; 0: Quick
}

// Plot says what a report draws of every run.
type Plot struct {
	Title     string
	Of        string   // "world": a line for each variable; "agents": a small plot of the first variable for each agent
	Variables []string // as in RoundEnded
	Unit      string   // of the variables; "": none
	Limits    []string // parameters whose values are drawn as level lines
}
