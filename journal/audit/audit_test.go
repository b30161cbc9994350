package audit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/audit"
)

// find is the index of a turn.
func find(t *testing.T, all []journal.Entry, actor string, n uint64) int {
	t.Helper()
	for i, e := range all {
		if e.Actor == actor && e.N == n {
			return i
		}
	}
	t.Fatalf("there is no turn %d of %s", n, actor)
	return 0
}

// sum numbers and chains the turns anew.
func sum(all []journal.Entry) []journal.Entry {
	heads := map[string]journal.Head{}
	for i := range all {
		e := &all[i]
		if e.Effects == nil {
			e.Effects = []byte("[]")
		}
		h := heads[e.Actor]
		e.N = h.Count + 1
		e.Digest = e.Sum(h.Digest)
		heads[e.Actor] = journal.Head{Actor: e.Actor, Digest: e.Digest, Count: e.N}
	}
	return all
}

// with is the play in which kate also wants these effects, and this reaches her afterwards, in the same step.
func with(t *testing.T, effects string, after ...journal.Entry) []journal.Entry {
	t.Helper()
	all := play()
	i := find(t, all, "agents/kate", 2)
	all[i].Effects = fmt.Appendf(nil, "%s,%s]", all[i].Effects[:len(all[i].Effects)-1], effects)
	return sum(append(all[:i+1:i+1], append(after, all[i+1:]...)...))
}

// What each rule is about is found, and nothing else, and named.
func TestFindings(t *testing.T) {
	kate := "agents/kate"
	own := func(kind, payload string, logical time.Duration) journal.Entry {
		return journal.Entry{Actor: kate, Kind: kind, Step: 1, Logical: logical, Cause: journal.Cause{Actor: kate, N: 2, Index: 2}, Payload: []byte(payload)}
	}
	ask, timer := `{"ask":{"id":"2.2","request":null,"service":"oracle"}}`, `{"after":{"delay":5,"id":"2.2"}}`
	answer := own("answer", `{"id":"2.2","service":"oracle","value":null}`, 0)
	perceive := func(all []journal.Entry, rounds int) []journal.Entry { // again, in rounds of which the action is forgotten
		i := find(t, all, "world", 3) // about the action
		all = append(all[:i:i], all[i+1:]...)
		i = find(t, all, "society", 2)
		rest := all[i+1:]
		all = all[:i:i]
		for r := 2; r <= rounds; r++ {
			percept := fmt.Sprintf(`{"choice":true,"phase":"day","round":%d,"view":null}`, r)
			all = append(all, journal.Entry{Actor: "society", Kind: "round-ended", Payload: fmt.Appendf(nil, `{"round":%d}`, r-1)},
				journal.Entry{Actor: "world", Kind: "opened", Step: uint64(r), Cause: journal.Cause{Actor: "world", N: uint64(r)},
					Payload: fmt.Appendf(nil, `{"phase":"day","round":%d}`, r), Effects: []byte(`[{"percept":` + percept + `,"to":"kate"}]`)},
				journal.Entry{Actor: kate, Kind: "percept", Step: uint64(r), Cause: journal.Cause{Actor: "world", N: uint64(r + 1)}, Payload: []byte(percept)})
		}
		all = append(all, journal.Entry{Actor: "society", Kind: "round-ended", Payload: fmt.Appendf(nil, `{"round":%d}`, rounds)})
		for _, e := range rest {
			if e.Actor == kate && e.Kind == "outcome" {
				continue
			}
			e.Step = uint64(rounds + 1)
			all = append(all, e)
		}
		return sum(all)
	}
	change := func(actor string, n uint64, change func(e *journal.Entry)) []journal.Entry {
		all := play()
		change(&all[find(t, all, actor, n)])
		return sum(all)
	}
	for name, c := range map[string]struct {
		entries []journal.Entry
		want    string // "": nothing
	}{
		"as it should be":          {play(), ""},
		"an ask and its answer":    {with(t, ask, answer), ""},
		"another service":          {with(t, ask, own("answer", `{"id":"2.2","service":"model","value":null}`, 0)), `it comes from "model", and "oracle" was asked`},
		"another id":               {with(t, ask, own("answer", `{"id":"2.3","service":"oracle","value":null}`, 0)), "it names 2.3, and its cause is 2.2"},
		"answered twice":           {with(t, ask, answer, answer), "which is no ask for agents/kate that nobody has handled"},
		"an ask under another id":  {with(t, strings.Replace(ask, "2.2", "2.9", 1), answer), `it is named "2.9"; accepted is "2.2"`},
		"an ask without an answer": {with(t, ask), "nothing came of the ask, and its agent went on"},
		"cancelled":                {with(t, ask+`,{"cancel":"2.2"}`), ""},
		"an answer after a cancel": {with(t, ask+`,{"cancel":"2.2"}`, answer), "which is no ask"},
		"a timer":                  {with(t, timer, own("timer", `{"id":"2.2"}`, 5)), ""},
		"a timer too early":        {with(t, timer, own("timer", `{"id":"2.2"}`, 4)), "the timer was set for 5ns, and it is 4ns"},
		"two words for one":        {with(t, `{"send":{"act":"inform","receivers":["ben","ben"]}}`), "it is for ben twice"},
		"words to nobody":          {with(t, `{"send":{"act":"inform","receivers":[]}}`), "a message to nobody"},
		"a round left out":         {change("society", 2, func(e *journal.Entry) { e.Payload = []byte(`{"round":2}`) }), "round 2 ends, and the one before it was 0"},
		"another's action": {change("world", 3, func(e *journal.Entry) {
			e.Payload = []byte(strings.Replace(string(e.Payload), `"agent":"kate"`, `"agent":"ben"`, 1))
		}), `it applies as "ben" what agents/kate has tried`},
		"another action's outcome": {change("world", 3, func(e *journal.Entry) {
			e.Payload = []byte(strings.Replace(string(e.Payload), `"action":"draw"`, `"action":"pour"`, 1))
		}), `the outcome is of "draw", and "pour" was tried`},
		"an effect of another": {change("world", 2, func(e *journal.Entry) {
			e.Effects = []byte(strings.Replace(string(e.Effects), "]", `,{"stop":true}]`, 1))
		}), "the world cannot want that in a turn about opened"},
		"a turn after the end":       {sum(append(play(), journal.Entry{Actor: "society", Kind: "forgot", Payload: []byte(`{"agent":"kate"}`)})), "it comes after the society has ended"},
		"never applied":              {perceive(play(), 1), "the society has ended, and the world has never had a turn about this action"},
		"passed over":                {perceive(play(), 3), "the world has never had a turn about this action, and went on"},
		"a hash that is another":     {change("society", 3, func(e *journal.Entry) { e.Payload = []byte(`{"hash":"00"}`) }), "some of them are missing, or were altered"},
		"something was left behind":  {change("society", 3, func(e *journal.Entry) { e.Payload = []byte(`{"hash":"00","not_stopped":true}`) }), ""},
		"a message nobody has heard": {sum(append(play()[:9:9], play()[10:]...)), "the message never reached ben, and did not come back"},
	} {
		a, err := audit.Read(t.Context(), over(c.entries))
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && !a.Sound() || c.want != "" && (a.Sound() || !strings.Contains(fmt.Sprint(a.Findings), c.want)) {
			t.Errorf("%s: %v, want %q", name, a.Findings, c.want)
		}
	}
}

// However much is wrong, only the first findings are told one by one.
func TestFindingsAreBounded(t *testing.T) {
	var all []journal.Entry
	for range 1000 {
		all = append(all, journal.Entry{Actor: "agents/kate", N: 7, Kind: "percept", Payload: []byte("null"), Effects: []byte("[]")})
	}
	a, err := audit.Read(t.Context(), over(all))
	if err != nil || len(a.Findings) != 100 || a.Found < 1000 {
		t.Errorf("%d of %d, %v", len(a.Findings), a.Found, err)
	}
}
