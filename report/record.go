package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/polis-agents/polis"
)

// Kept is how many entries a List keeps from its start, and as many from its end.
const Kept = 200

// MaxText is how much is kept of what was said, in bytes.
const MaxText = 2 << 10

// Record is what a manifest keeps of a run beside its numbers: who said and did what, as far as people read it.
type Record struct {
	Deciders      map[string]int      `json:"deciders"` // actions that reached the world in phases with a choice, by who decided
	Marks         map[string]int      `json:"marks,omitempty"`
	Said          List[polis.Saying]  `json:"said"`
	Incidents     List[Incident]      `json:"incidents"`
	Marked        List[Mark]          `json:"marked"`
	Interventions List[Intervention]  `json:"interventions"`
	Models        map[string]Usage    `json:"models,omitempty"`   // by the adapter's name
	Spending      map[string]Spending `json:"spending,omitempty"` // likewise

	Promises *Promises `json:"commitments,omitempty"` // of agents to each other; nil: nobody has promised anything

	Resources map[string]Resource `json:"resources,omitempty"` // likewise: what was rejected, who fell back, how busy it was
}

// Incident is something that went wrong, and what became of it.
type Incident struct {
	Round int    `json:"round"` // in which it was seen; after the last one: when all was over
	Who   string `json:"who"`   // agent, world or service
	What  string `json:"what"`  // failed, missed, forgot, clocked, blocked, abandoned
	At    string `json:"at,omitempty"`
	Then  string `json:"then,omitempty"` // restart, quarantine, stop, escalate
	Why   string `json:"why,omitempty"`
}

// Mark is a decision that was not made as the agent usually makes it.
type Mark struct {
	Round int    `json:"round"`
	Phase string `json:"phase"`
	Who   string `json:"who"`
	Mark  string `json:"mark"` // fallback, unusable, repaired, substitute
	Why   string `json:"why,omitempty"`
}

// Intervention is what somebody did to a society while it ran.
type Intervention struct {
	Round int    `json:"round"`
	What  string `json:"what"`
	Who   string `json:"who,omitempty"` // the agent it was about; "": all
}

// Spending is who has spent what of an adapter's account: those who spent the most.
type Spending struct {
	Askers  map[string]Usage `json:"askers"`             // by the agent's name, at most Kept
	LeftOut int              `json:"left_out,omitempty"` // agents that are not in Askers
	Models  map[string]Usage `json:"models"`             // by the name under which the model answers: its attempts and answers
}

// SpendingOf keeps of what was spent those who spent the most.
func SpendingOf(s polis.Spending) Spending {
	kept := Spending{Askers: make(map[string]Usage, min(len(s.Askers), Kept)), Models: make(map[string]Usage, len(s.Models))}
	names := slices.SortedFunc(maps.Keys(s.Askers), func(a, b string) int {
		x, y := s.Askers[a], s.Askers[b]
		return cmp.Or(cmp.Compare(y.CostUSD, x.CostUSD), cmp.Compare(y.InputTokens+y.OutputTokens, x.InputTokens+x.OutputTokens), strings.Compare(a, b))
	})
	for _, name := range names[:min(len(names), Kept)] {
		kept.Askers[name] = Usage(s.Askers[name])
	}
	kept.LeftOut = len(names) - len(kept.Askers)
	for name, account := range s.Models {
		kept.Models[name] = Usage(account)
	}
	return kept
}

// add puts another together with it.
func (s *Spending) add(o Spending) {
	sums := func(into *map[string]Usage, of map[string]Usage) {
		sum := maps.Clone(*into)
		if sum == nil {
			sum = map[string]Usage{}
		}
		for name, u := range of {
			all := sum[name]
			all.add(u)
			sum[name] = all
		}
		*into = sum
	}
	sums(&s.Askers, o.Askers)
	sums(&s.Models, o.Models)
	s.LeftOut = max(s.LeftOut, o.LeftOut)
}

// Usage is what an adapter was asked and what became of it, as llmadapter.Account counts it.
type Usage struct {
	Requests       int     `json:"requests"`
	Answered       int     `json:"answered"`
	Rejected       int     `json:"rejected"`
	Failed         int     `json:"failed"`
	Cancelled      int     `json:"cancelled"`
	Attempts       int     `json:"attempts"`
	Settled        int     `json:"settled"`
	Unsent         int     `json:"unsent"`
	PossiblyBilled int     `json:"possibly_billed"`
	Server429      int     `json:"server_429"`
	InputTokens    int     `json:"input_tokens"`
	OutputTokens   int     `json:"output_tokens"`
	CostUSD        float64 `json:"cost_usd"`
	PossiblyUSD    float64 `json:"possibly_usd,omitempty"`
	PossiblyTokens int     `json:"possibly_tokens,omitempty"`
	Shared         int     `json:"shared,omitempty"`
}

// List is a list of bounded length: the first and the last of a longer one.
type List[T any] struct {
	Items   []T `json:"items"`
	LeftOut int `json:"left_out,omitempty"` // entries that are not in Items
	GapAt   int `json:"gap_at,omitempty"`   // where in Items they would be
}

// Total is how many entries there were.
func (l *List[T]) Total() int { return len(l.Items) + l.LeftOut }

// Ends gathers entries in any order and keeps the first and the last Kept of them, by Compare. It never holds more than
// a few thousand.
type Ends[T any] struct {
	Compare func(a, b T) int // orders all entries that differ
	items   []T
	leftOut int
}

// Add takes an entry.
func (e *Ends[T]) Add(item T) {
	e.items = append(e.items, item)
	if len(e.items) > 20*Kept {
		e.trim()
	}
}

// trim drops the middle: what is neither among the first nor among the last of some entries is so among all.
func (e *Ends[T]) trim() {
	slices.SortStableFunc(e.items, e.Compare)
	if n := len(e.items) - 2*Kept; n > 0 {
		e.items = slices.Delete(e.items, Kept, Kept+n)
		e.leftOut += n
	}
}

// Sorted gives what is kept, and how many entries are not.
func (e *Ends[T]) Sorted() (items []T, leftOut int) {
	e.trim()
	return e.items, e.leftOut
}

// Listed makes a List of what ends have kept.
func Listed[T, U any](e *Ends[T], as func(T) U) List[U] {
	items, leftOut := e.Sorted()
	l := List[U]{Items: make([]U, len(items)), LeftOut: leftOut}
	if leftOut > 0 {
		l.GapAt = Kept
	}
	for i := range items {
		l.Items[i] = as(items[i])
	}
	return l
}

// Cut keeps the first MaxText bytes of a text, in whole characters, and counts the bytes it leaves out. What is not
// UTF-8 is replaced.
func Cut(text string) (kept string, more int) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= MaxText {
		return text, 0
	}
	n := MaxText
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n], len(text) - n
}

// Sums is a record without its lists: what can be added up over runs.
func (r *Record) Sums() Record {
	sums := Record{Deciders: r.Deciders, Marks: r.Marks, Models: r.Models, Spending: r.Spending, Promises: r.Promises, Resources: make(map[string]Resource, len(r.Resources))}
	for name, of := range r.Resources {
		sums.Resources[name] = of.sums()
	}
	return sums
}

// Add adds the sums of another record. Its own maps must not be nil.
func (r *Record) Add(o Record) {
	for who, n := range o.Deciders {
		r.Deciders[who] += n
	}
	for mark, n := range o.Marks {
		r.Marks[mark] += n
	}
	for name, u := range o.Models {
		sum := r.Models[name]
		sum.add(u)
		r.Models[name] = sum
	}
	r.Promises = r.Promises.and(o.Promises)
	for name, s := range o.Spending {
		sum := r.Spending[name]
		sum.add(s)
		if r.Spending == nil {
			r.Spending = map[string]Spending{}
		}
		r.Spending[name] = sum
	}
	for name, of := range o.Resources {
		if r.Resources == nil {
			r.Resources = map[string]Resource{}
		}
		sum := r.Resources[name]
		sum.merge(&of)
		r.Resources[name] = sum
	}
}

func (u *Usage) add(o Usage) {
	u.Requests += o.Requests
	u.Answered += o.Answered
	u.Rejected += o.Rejected
	u.Failed += o.Failed
	u.Cancelled += o.Cancelled
	u.Attempts += o.Attempts
	u.Settled += o.Settled
	u.Unsent += o.Unsent
	u.PossiblyBilled += o.PossiblyBilled
	u.Server429 += o.Server429
	u.InputTokens += o.InputTokens
	u.OutputTokens += o.OutputTokens
	u.CostUSD += o.CostUSD
	u.PossiblyUSD += o.PossiblyUSD
	u.PossiblyTokens += o.PossiblyTokens
	u.Shared += o.Shared
}
