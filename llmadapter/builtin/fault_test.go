package builtin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis/llmadapter"
)

// always makes one fault.
func always(f Fault) Config {
	cfg := fast()
	cfg.Policy, cfg.Faults = takesHalf, Faults{f: 1}
	return cfg
}

func TestFaultsWithAStatus(t *testing.T) {
	for f, want := range map[Fault]struct {
		status int
		code   string
		retry  string
	}{Fault429: {429, "rate_limit_exceeded", "1"}, Fault500: {500, "server_error", ""}, Fault503: {503, "overloaded", "1"}} {
		s, c := started(t, always(f)), client(t)
		g := post(t, c, s, wired(question(t, 1, 1), s, object{"stream": true}))
		if g.status != want.status || !strings.Contains(g.body, `"code":"`+want.code+`"`) || g.header.Get("Retry-After") != want.retry || !strings.Contains(g.body, "on purpose") {
			t.Errorf("%s: %d %v %s", f, g.status, g.header, g.body)
		}
		if n := s.Counts(); n.Refused != 1 || n.Faults[f] != 1 {
			t.Errorf("%s: %+v", f, n)
		}
	}
}

// Faults in mid-answer: some of it came, the end did not.
func TestFaultsInMidAnswer(t *testing.T) {
	for _, f := range []Fault{FaultError, FaultCut, FaultReset} {
		s, c := started(t, always(f)), client(t)
		g := post(t, c, s, wired(question(t, 60, 1), s, object{"stream": true}))
		if g.status != http.StatusOK || g.finish != "" || g.done {
			t.Errorf("%s: it has come to an end: %+v", f, g)
		}
		if f != FaultReset && (len(g.calls) == 0 || g.calls[0].Function.Name != "harvest") {
			t.Errorf("%s: nothing came: %+v", f, g)
		}
		unbroken := fast()
		unbroken.Policy = takesHalf
		clean := started(t, unbroken)
		if all := post(t, c, clean, wired(question(t, 60, 1), clean, nil)); f != FaultReset && slices.Equal(g.reply().Calls, all.reply().Calls) {
			t.Errorf("%s: all of it came: %+v", f, g)
		}
		if (f == FaultError) != strings.Contains(g.inError, "on purpose") {
			t.Errorf("%s: told %q", f, g.inError)
		}
		if (f == FaultReset) != errors.Is(g.err, syscall.ECONNRESET) {
			t.Errorf("%s: reading ends with %v", f, g.err)
		}
		whole := post(t, c, s, wired(question(t, 60, 1), s, nil))
		switch f {
		case FaultError:
			if whole.status != 500 {
				t.Errorf("not streamed: %+v", whole)
			}
		default:
			if whole.status != http.StatusOK || whole.err == nil || whole.finish != "" || (f == FaultCut) != isSyntax(whole.err) {
				t.Errorf("%s, not streamed: %+v", f, whole)
			}
		}
		n := s.Counts()
		if n.Broken+n.Refused != 2 || n.Faults[f] != 2 || n.Answered != 0 {
			t.Errorf("%s: %+v", f, n)
		}
	}
}

// isSyntax says that an answer was read to its end, and is not one.
func isSyntax(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax)
}

// An answer of one piece breaks off, too.
func TestShortAnswersBreakOff(t *testing.T) {
	s, c := started(t, always(FaultCut)), client(t)
	if g := post(t, c, s, plain(s, object{"stream": true, "max_tokens": 1})); g.finish != "" || g.done || g.text == "" {
		t.Errorf("%+v", g)
	}
}

// "Stall (until the client goes or a bound), stall under keep-alive comments."
func TestStalls(t *testing.T) {
	for _, f := range []Fault{FaultStall, FaultKeepalive} {
		for _, streamed := range []bool{true, false} {
			// Who has time to wait sees it end without an end.
			ended := make(chan Served, 1)
			cfg := always(f)
			cfg.StallLimit = 120 * time.Millisecond
			s, c := started(t, cfg), client(t)
			body, _ := json.Marshal(wired(question(t, 60, 1), s, object{"stream": streamed}))
			g := post(t, c, s, string(body))
			if g.err == nil || g.finish != "" || g.done {
				t.Errorf("%s: %+v", f, g)
			}
			cfg.StallLimit, cfg.Observe = time.Hour, func(v Served) { ended <- v }
			s = started(t, cfg)
			ctx, cancel := context.WithCancel(t.Context())
			r, _ := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(string(body)))
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(resp.Body)
			for range g.chunks { // all that comes
				if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "data: ") {
					t.Fatalf("%q, %v", line, err)
				}
				if _, err := lines.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			comments := 0
			for comments < 3 && streamed && f == FaultKeepalive {
				line, err := lines.ReadString('\n')
				if err != nil || strings.Contains(line, `"finish_reason":"`) {
					t.Fatalf("%q, %v", line, err)
				}
				if line == ": keep-alive\n" {
					comments++
				}
			}
			if !streamed && f == FaultKeepalive {
				if blank, err := lines.Peek(3); err != nil || string(blank) != "\n\n\n" {
					t.Errorf("%q, %v", blank, err)
				}
			}
			if len(ended) > 0 {
				t.Errorf("%s: it has ended", f)
			}
			cancel()
			resp.Body.Close()
			if v := <-ended; v.Outcome != broken || v.Fault != f {
				t.Errorf("%s: %+v", f, v)
			}
		}
	}
}

func TestSlow(t *testing.T) {
	s, c := started(t, always(FaultSlow)), client(t)
	begun := time.Now()
	g := post(t, c, s, wired(question(t, 60, 1), s, object{"stream": true}))
	if took := time.Since(begun); g.finish != "tool_calls" || took < slowStart {
		t.Errorf("%v: %+v", took, g)
	}
	if n := s.Counts(); n.Answered != 1 || n.Faults[FaultSlow] != 1 {
		t.Errorf("%+v", n)
	}
}

func TestHTML(t *testing.T) {
	s, c := started(t, always(FaultHTML)), client(t)
	g := post(t, c, s, wired(question(t, 60, 1), s, object{"stream": true}))
	if g.status != http.StatusOK || !strings.HasPrefix(g.header.Get("Content-Type"), "text/html") || !strings.HasPrefix(g.body, "<!DOCTYPE html>") {
		t.Errorf("%+v", g)
	}
}

// "Malformed JSON answer (of the calls), unknown tool called, arguments out of bounds", in each form, whole otherwise.
func TestFaultsOfTheContent(t *testing.T) {
	for _, f := range []Fault{FaultBadJSON, FaultUnknown, FaultBounds} {
		for _, policy := range []Policy{takesHalf, nil} {
			for _, form := range llmadapter.Forms {
				cfg := always(f)
				cfg.Policy = policy
				s, c := started(t, cfg), client(t)
				for seed := range uint64(40) {
					r := question(t, 60, seed)
					g := post(t, c, s, wired(r.As(form), s, object{"stream": seed%2 == 0}))
					calls, err := llmadapter.ReadCalls(g.reply())
					if g.status != http.StatusOK || g.finish == "" || g.err != nil {
						t.Fatalf("%s as %s: %+v", f, form, g)
					}
					switch {
					case f == FaultBadJSON && form == llmadapter.FormTools:
						if json.Valid([]byte(calls[0].Arguments)) {
							t.Errorf("valid arguments: %s", calls[0].Arguments)
						}
					case f == FaultBadJSON:
						if err == nil || json.Valid([]byte(g.text)) {
							t.Errorf("a valid text: %s", g.text)
						}
					case err != nil:
						t.Errorf("%s as %s: %v", f, form, err)
					case f == FaultUnknown:
						if schemaFor(t, calls[0].Name) != nil {
							t.Errorf("%s is known", calls[0].Name)
						}
					default:
						if err := schemaFor(t, calls[0].Name).Validate(argumentsOf(t, calls[0])); err == nil {
							t.Errorf("within bounds: %+v", calls[0])
						}
					}
				}
				if n := s.Counts(); n.Faults[f] != 40 || n.Answered != 40 {
					t.Errorf("%s as %s: %+v", f, form, n)
				}
			}
		}
	}
}

// Where no calls are answered there are none to spoil, and nothing is counted as a fault.
func TestFaultsOfTheContentNeedCalls(t *testing.T) {
	for _, f := range []Fault{FaultBadJSON, FaultUnknown, FaultBounds} {
		s, c := started(t, always(f)), client(t)
		if g := post(t, c, s, plain(s, nil)); g.status != http.StatusOK || g.text == "" {
			t.Errorf("%s: %+v", f, g)
		}
		if n := s.Counts(); len(n.Faults) > 0 {
			t.Errorf("%s: %+v", f, n)
		}
		if f == FaultUnknown { // which makes a call where there was none
			continue
		}
		cfg := always(f)
		cfg.Policy = func(json.RawMessage, []llmadapter.Tool, *rand.Rand) ([]llmadapter.Call, error) { return nil, nil }
		s = started(t, cfg)
		if g := post(t, c, s, wired(question(t, 1, 1), s, nil)); g.status != http.StatusOK || g.text == "" || len(s.Counts().Faults) > 0 {
			t.Errorf("%s: %+v, %s", f, g, s.Counts())
		}
	}
}

// What a policy keeps is not spoiled, and no name is unknown that a tool has.
func TestFaultsOfTheContentTouchNothingElse(t *testing.T) {
	kept := []llmadapter.Call{{Name: "harvest", Arguments: `{"tons":1}`}}
	for _, f := range []Fault{FaultBadJSON, FaultUnknown, FaultBounds} {
		cfg := always(f)
		cfg.Policy = func(json.RawMessage, []llmadapter.Tool, *rand.Rand) ([]llmadapter.Call, error) { return kept, nil }
		s, c := started(t, cfg), client(t)
		r := question(t, 1, 1)
		r.Tools = append(slices.Clone(lake), llmadapter.Tool{Name: "stand_in_unknown_tool", Schema: lake[2].Schema})
		g := post(t, c, s, wired(r, s, nil))
		if f == FaultUnknown && g.calls[0].Function.Name != "stand_in_unknown_tool_" || g.calls[0].Function == (wireFunction{"harvest", `{"tons":1}`}) {
			t.Errorf("%s: %+v", f, g.calls)
		}
	}
	if kept[0] != (llmadapter.Call{Name: "harvest", Arguments: `{"tons":1}`}) {
		t.Errorf("%+v", kept)
	}
}

func schemaFor(t testing.TB, tool string) *jsonschema.Resolved {
	t.Helper()
	for _, l := range lake {
		if l.Name == tool {
			return resolvedOf(t, string(l.Schema))
		}
	}
	return nil
}

func resolvedOf(t testing.TB, text string) *jsonschema.Resolved {
	t.Helper()
	s := &jsonschema.Schema{}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func argumentsOf(t testing.TB, c llmadapter.Call) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.Arguments), &v); err != nil {
		t.Fatalf("%s: %v", c.Arguments, err)
	}
	return v
}

// "Faults, by rate and seeded: drawn from (Faults seed, request digest, and how many times this very request was seen
// before) so that a retry can succeed."
func TestFaultsAreDrawnByRateFromSeedRequestAndTimesSeen(t *testing.T) {
	f := Faults{Fault429: 0.3, FaultCut: 0.05, FaultHTML: 0.15}
	made := map[Fault]int{}
	const n = 20000
	for i := range n {
		made[f.draw(7, fmt.Sprint(i%5000), i/5000)]++
	}
	for name, share := range map[Fault]float64{Fault429: 0.3, FaultCut: 0.05, FaultHTML: 0.15, "": 0.5} {
		if got := float64(made[name]) / n; math.Abs(got-share) > 0.015 {
			t.Errorf("%q: %.3f of the requests, want %.2f", name, got, share)
		}
	}
	if len(made) != 4 {
		t.Errorf("%v", made)
	}
	differs := func(name string, a, b func(i int) Fault) {
		same := 0
		for i := range 1000 {
			if a(i) == b(i) {
				same++
			}
		}
		if want := 0.5*0.5 + 0.3*0.3 + 0.15*0.15 + 0.05*0.05; math.Abs(float64(same)/1000-want) > 0.06 {
			t.Errorf("%s: %d of 1000 are the same, want about %.2f", name, same, want)
		}
	}
	seed := func(i int) Fault { return f.draw(7, fmt.Sprint(i), 0) }
	differs("another seed", seed, func(i int) Fault { return f.draw(8, fmt.Sprint(i), 0) })
	differs("another time", seed, func(i int) Fault { return f.draw(7, fmt.Sprint(i), 1) })
	differs("another request", seed, func(i int) Fault { return f.draw(7, fmt.Sprint(i+1), 0) })
}

// The same over HTTP: what fails does not depend on the order of others, and trying again ends in the same answer.
func TestTryingAgainHelps(t *testing.T) {
	cfg := fast()
	cfg.Policy, cfg.Faults, cfg.Seed = takesHalf, Faults{Fault503: 0.5}, 3
	history := func(reverse bool, seed uint64) string {
		cfg.Seed = seed
		s, c := started(t, cfg), client(t)
		tries := make([]string, 30)
		for i := range tries {
			if reverse {
				i = len(tries) - 1 - i
			}
			for {
				g := post(t, c, s, wired(question(t, 40, uint64(i)), s, nil))
				tries[i] += fmt.Sprint(g.status, " ")
				if g.status == http.StatusOK {
					tries[i] += callsOf(t, g)
					break
				}
			}
		}
		return strings.Join(tries, "\n")
	}
	a := history(false, 3)
	if b := history(true, 3); a != b {
		t.Errorf("%s\nin another order\n%s", a, b)
	}
	if b := history(false, 4); a == b {
		t.Errorf("another seed, and the same faults")
	}
	if !strings.Contains(a, "503 503 200") || !strings.Contains(a, "\n200 ") {
		t.Errorf("%s", a)
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent(2)
	for _, step := range []struct {
		digest string
		before int
	}{{"a", 0}, {"a", 1}, {"b", 0}, {"c", 0}, {"b", 1}, {"c", 1}, {"a", 0}, {"c", 2}, {"b", 0}} {
		if got := r.again(step.digest); got != step.before {
			t.Errorf("%s was seen %d times, want %d", step.digest, got, step.before)
		}
	}
	if len(r.times) != 2 {
		t.Errorf("it holds %d", len(r.times))
	}
}

func TestParseFaults(t *testing.T) {
	f, err := ParseFaults("429=30%, cut=5%,stall=0.5%,html=0%")
	if err != nil || f[Fault429] != 0.3 || f[FaultCut] != 0.05 || f[FaultStall] != 0.005 || f.String() != "429=30%,cut=5%,stall=0.5%" {
		t.Errorf("%v: %v, %s", err, map[Fault]float64(f), f)
	}
	for _, all := range allFaults {
		if f, err := ParseFaults(string(all) + "=100%"); err != nil || f[all] != 1 || f.draw(1, "x", 0) != all {
			t.Errorf("%s: %v, %v", all, f, err)
		}
	}
	if _, err := ParseFaults("429=33%,500=56%,503=11%"); err != nil {
		t.Error(err)
	}
	for spec, names := range map[string]string{
		"": `fault "": no such fault`, "fire=3%": `fault "fire=3%": no such fault`, "429": "no share", "429=3": "no share", "429=-1%": "no share",
		"429=101%": "no share", "429=NaN%": "no share", "cut=1%,cut=2%": `fault "cut=2%": named twice`, "cut=60%,429=50%": "more than all", "cut=1%,": `fault ""`,
	} {
		f, err := ParseFaults(spec)
		if err == nil || f != nil || !strings.Contains(err.Error(), names) || strings.Contains(err.Error(), "\n") ||
			!strings.Contains(err.Error(), "a NAME of 429, 500, 503, error, cut, reset, stall, keepalive, slow, badjson, unknown, bounds, html") {
			t.Errorf("%q: %v", spec, err)
		}
	}
}
