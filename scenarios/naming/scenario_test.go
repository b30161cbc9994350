package naming

import (
	"strings"
	"testing"

	"github.com/polis-agents/polis"
)

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string][]string{
		"fish=3":                             {`"fish"`, "vocabulary, rule, words, memory, committed, max_rounds"},
		"vocabulary=free":                    {"vocabulary", `"free"`, "open or closed"},
		"rule=majority":                      {"rule", `"majority"`, "minimal or memory"},
		"rule=memory vocabulary=open":        {"vocabulary", "closed with rule=memory"},
		"committed=0.1 vocabulary=open":      {"vocabulary", "closed with rule=memory or a committed minority"},
		"vocabulary=closed words=1":          {"words", `"1"`, "2 to 702"},
		"vocabulary=closed words=703":        {"words", `"703"`},
		"words=5":                            {"words", "10, the default, with vocabulary=open"},
		"memory=4":                           {"memory", "5, the default, with rule=minimal"},
		"rule=memory memory=-1":              {"memory", "0 to 100"},
		"rule=memory memory=101":             {"memory", "0 to 100"},
		"committed=1.1":                      {"committed", "from 0 to 1"},
		"committed=NaN":                      {"committed", "from 0 to 1"},
		"committed=-0.1":                     {"committed", "from 0 to 1"},
		"committed=0.001":                    {"committed", "at least one of 24 agents"},
		"max_rounds=0":                       {"max_rounds", "1 to 1000000"},
		"agents=1":                           {"1 agents", "2 to 100000"},
		"1*minimal":                          {"1 agents", "2 to 100000"},
		"3*minimal agents=4":                 {"3 minds for 4 agents"},
		"4*memory":                           {`"memory"`, "rule=minimal", "minimal, committed, model[:FALLBACK], person"},
		"4*minimal rule=memory":              {`"minimal"`, "rule=memory", "memory, random, committed"},
		"4*minimal:3":                        {`"minimal:3"`, "nothing after the name"},
		"1*committed 3*minimal":              {"1 committed minds of 4", "none, or with committed=0 so many: 0"},
		"1*committed 3*minimal committed=.5": {"1 committed minds of 4", "so many: 2"},
		"4*model:memory":                     {`"memory" is no rule`, "rule=minimal"},
		"4*model:model":                      {`"model" is no rule`, "accepted after model: is minimal"},
		"4*model:committed committed=0.5":    nil,
		"8*model:committed committed=0.5":    {`"committed" is no rule`},
		"4*person:ada":                       {`"person:ada"`, "nothing after the name"},
	} {
		_, err := Build(order(t, text))
		if err == nil {
			if want != nil {
				t.Errorf("%s is accepted", text)
			}
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q does not say %q", text, err, part)
			}
		}
	}
}

// "Committed minority (fraction p always says A)": so many of those ordered, from the first; written out it is the same order.
func TestWhoIsCommitted(t *testing.T) {
	for text, want := range map[string]string{
		"agents=4":                               "minimal minimal minimal minimal",
		"agents=4 committed=0.25":                "committed minimal minimal minimal",
		"agents=4 committed=0.4":                 "committed committed minimal minimal",
		"1*minimal 1*committed committed=0.5":    "minimal committed",
		"4*model committed=0.5":                  "committed committed model model",
		"agents=3 committed=1":                   "committed committed committed",
		"agents=4 rule=memory committed=0.25":    "committed memory memory memory",
		"agents=2 rule=memory words=2":           "memory memory",
		"4*memory:x rule=memory committed=1":     "committed committed committed committed",
		"2*random rule=memory vocabulary=closed": "random random",
	} {
		s := build(t, text)
		var minds []string
		for _, a := range s.Agents {
			minds = append(minds, a.Mind)
		}
		if got := strings.Join(minds, " "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Names are in the order of numbers, whatever there are of them.
func TestNamesOfAgents(t *testing.T) {
	for _, n := range []int{2, 24, 999, 1000, 6400} {
		for i := 1; i < n; i++ {
			if a, b := nameOf(i-1, n), nameOf(i, n); a >= b || len(a) != len(b) {
				t.Fatalf("of %d: %s before %s", n, a, b)
			}
		}
	}
}

// "10: Q M X Y F J P R C D", 26: A to Z.
func TestVocabulary(t *testing.T) {
	if got := strings.Join(vocabulary(10), " "); got != "Q M X Y F J P R C D" {
		t.Error(got)
	}
	seen := map[string]bool{}
	for i, name := range vocabulary(mostWords) {
		if seen[name] || (len(name) == 1) != (i < 26) {
			t.Errorf("%d: %q", i, name)
		}
		seen[name] = true
	}
	words := map[string]bool{}
	for seed := range uint64(100_000) {
		w := coin(chance(seed))
		if words[w] || len(w) != 2*syllables || len(w) > longest {
			t.Fatalf("%q", w)
		}
		words[w] = true
	}
}

// "Claims nothing that is not in the chronicle."
func TestHeadline(t *testing.T) {
	runs := func(all ...map[string]float64) (runs []polis.Past) {
		for i, m := range all {
			runs = append(runs, polis.Past{Seed: uint64(3 + i), Rounds: 12, Metrics: m})
		}
		return runs
	}
	open := map[string]float64{Converged: 300, TimeMost: 88, WordsMost: 60, DistinctMost: 12}
	lost := map[string]float64{TimeMost: 80, WordsMost: 62, DistinctMost: 11}
	closed := map[string]float64{RoundsToConsensus: 12.5, Winner + "Q": 0, Winner + "M": 1}
	flip := map[string]float64{RoundsToConsensus: 10, Winner + "Q": 1, Winner + "M": 0, Flipped: 1}
	stay := map[string]float64{Flipped: 0}
	for name, c := range map[string]struct {
		runs []polis.Past
		want string
	}{
		"none":       {nil, ""},
		"open":       {runs(open), "All 24 agents agreed after 300 games, 25 for each agent; they knew most words, 60 in all, after 88 games, and used up to 12 different ones"},
		"not open":   {runs(lost), "The 24 agents did not come to agree in 12 rounds; they knew most words, 62 in all, after 80 games, and used up to 11 different ones"},
		"both":       {runs(open, lost), "In 1 of 2 runs all 24 agents came to agree, on average after 300 games, 25 for each agent; they knew most words, 61 in all, after 84 games, and used up to 11.5 different ones"},
		"closed":     {runs(closed), "All 24 agents agreed on M after 300 games, 25 for each agent"},
		"flipped":    {runs(flip), "All 24 agents agreed on Q after 240 games, 20 for each agent; that is the name of the committed minority"},
		"stayed":     {runs(stay), "The 24 agents did not come to agree in 12 rounds; the committed minority did not change that"},
		"all stayed": {runs(stay, stay), "In none of 2 runs did the 24 agents come to agree; on the name of the committed minority in 0"},
		"some":       {runs(stay, flip), "In 1 of 2 runs all 24 agents came to agree, on average after 240 games, 20 for each agent; on the name of the committed minority in 1"},
	} {
		if got := Headline(&polis.Chronicle{Agents: 24, Runs: c.runs}); got != c.want {
			t.Errorf("%s: %q\nwant %q", name, got, c.want)
		}
	}
}
