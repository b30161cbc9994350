package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// One long run has no interval, and a yardstick of 0 no ratio; what else was promised and not kept is a miss, and said.
func TestFindings(t *testing.T) {
	c := claim{"x", "calls", "<= 2", "nothing"}
	r, err := once(2, 0, "so %d", 1).result(c)
	if err != nil || !r.OK || r.Ratio != 0 || r.RatioCI != [2]float64{} || r.Reps != 1 || r.Note != "so 1" {
		t.Errorf("%+v, %v", r, err)
	}
	f := once(1, 4, "")
	f.must(true, "this")
	f.must(false, "that %d", 7)
	if r, _ := f.result(c); r.OK || r.Ratio != 0.25 || r.Note != "not kept: that 7" {
		t.Errorf("%+v", r)
	}
	several := finding{values: []float64{1, 2, 30}, against: []float64{1, 1, 1}}
	if r, _ := several.result(c); !r.OK || r.Value != 2 || r.Reps != 3 || r.RatioCI != [2]float64{1, 30} {
		t.Errorf("%+v", r)
	}
	if _, err := once(1, 1, "").result(claim{goal: "perhaps"}); err == nil {
		t.Error("that is a goal")
	}
}

// A trial that fails is named, and one that is interrupted has no result.
func TestTrialsThatFail(t *testing.T) {
	broken := errors.New("broken")
	tr := trial{of: []claim{{"x", "calls", "<= 2", ""}}, try: func(context.Context, *setting) ([]finding, error) { return nil, broken }}
	if _, err := tr.run(t.Context(), Options{}.filled(), func(int, int) {}); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "bench: x: ") {
		t.Errorf("%v", err)
	}
	tr.try = func(context.Context, *setting) ([]finding, error) { return nil, nil }
	if _, err := tr.run(t.Context(), Options{}.filled(), func(int, int) {}); err == nil || !strings.Contains(err.Error(), "0 findings for 1 claims") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tr.try = func(ctx context.Context, s *setting) ([]finding, error) {
		cancel()
		return nil, s.pass(ctx, time.Hour)
	}
	if _, err := tr.run(ctx, Options{}.filled(), func(int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Jain's index: 1 when all have the same, 1/n when one has all.
func TestJain(t *testing.T) {
	for want, x := range map[float64][]float64{1: {3, 3, 3}, 0.25: {8, 0, 0, 0}, 0: {0, 0}, 0.9: {1, 2}} {
		if got := jain(x); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v of %v, want %v", got, x, want)
		}
	}
	var of [tenants]int
	for i := range (greedy + tenants - 1) * mates {
		of[tenantOf(i)]++
	}
	if of[0] != greedy*mates || slices.Min(of[1:]) != mates || slices.Max(of[1:]) != mates {
		t.Errorf("callers of tenants: %v", of)
	}
}

func TestPercentile(t *testing.T) {
	var all []time.Duration
	for i := range 200 {
		all = append(all, time.Duration(200-i))
	}
	if a, b, c := percentile(all, 0.5), percentile(all, 0.99), percentile(nil, 0.99); a != 101 || b != 199 || c != 0 {
		t.Errorf("%v %v %v", a, b, c)
	}
}

// What a storm calls lost, and what twice.
func TestVerdictOfAStorm(t *testing.T) {
	for want, q := range map[string]query{
		"1 0 0":  {asked: true, answers: 1, ends: 1},
		"0 0 0":  {},
		"1 1 0":  {asked: true, ends: 1},                  // told to observers only
		"1 1 0.": {asked: true, answers: 1},               // the ledger does not know
		"1 0 0.": {asked: true, withdrawn: true, ends: 1}, // nobody waits
		"1 0 0,": {asked: true, orphaned: true, ends: 1},
		"1 1 0,": {asked: true, orphaned: true},
		"1 0 1":  {asked: true, answers: 2, ends: 1},
		"1 0 1.": {asked: true, answers: 1, ends: 2},
	} {
		s := newStorm(1, 2, 0, "x")
		s.of[1] = &q
		asked, lost, twice, odd := s.verdict()
		if got := fmt.Sprint(asked, " ", lost, " ", twice); got != strings.TrimRight(want, ".,") || (len(odd) > 0) != (lost+twice > 0) {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	s := newStorm(1, 2, 0, "x")
	for _, e := range []llmadapter.Ended{{Asker: "asker-0", Turn: 3}, {Asker: "asker-1", Turn: 1}, {Asker: "ann", Turn: 1}, {Asker: "asker-0", Turn: 0}} {
		s.Observe(e)
	}
	if _, _, twice, _ := s.verdict(); twice != 4 {
		t.Errorf("%d strays", twice)
	}
	s.Observe(llmadapter.Ended{Asker: "asker-0", Turn: 1, Attempts: 2})
	s.Observe(llmadapter.Ended{Asker: "asker-0", Turn: 2, Attempts: 1})
	for id, want := range map[string]bool{"x/asker-0/1": true, "x/asker-0/2": false, "y/asker-0/1": false} {
		if s.marked([]string{id}) != want {
			t.Errorf("%s is marked: %v", id, !want)
		}
	}
}

// What a server says on stderr is read as the binary writes it.
func TestRoll(t *testing.T) {
	var r roll
	for _, line := range []string{
		"22:12:32 DBG came id=x/asker-0/1",
		"22:12:32 DBG came id=",
		"22:12:32 INF request answer=4 fault= form= id=x/asker-0/1 outcome=answered prompt=9 status=200 took=1 wire=openai",
		"22:12:33 INF request answer=4 fault= form= id=x/asker-0/1 outcome=answered prompt=9 status=200 took=1 wire=openai",
		"22:12:33 INF request answer=4 fault= form= id=x/asker-0/2 outcome=answered prompt=9 status=200 took=1 wire=openai",
		"22:12:33 INF request answer=0 fault=500 form= id=x/asker-0/2 outcome=refused prompt=9 status=500 took=1 wire=openai",
		"another word",
	} {
		r.hear(line)
	}
	if came, twice := r.counted(); came != 2 || !slices.Equal(twice, []string{"x/asker-0/1"}) {
		t.Errorf("%d came, twice %v", came, twice)
	}
}

// Every request of a drive has one end; one without is lost, one with two is twice.
func TestTally(t *testing.T) {
	tl := tally{open: map[uint64]bool{}, urgent: map[string]bool{"caller-0": true}}
	for n := range uint64(3) {
		tl.ask(n)
	}
	tl.Observe(llmadapter.Ended{Turn: 0, Asker: "caller-0", Attempts: 1, Wait: time.Second, Outcome: "answered", Took: time.Minute})
	tl.Observe(llmadapter.Ended{Turn: 1, Asker: "caller-1", Outcome: "rejected", Wait: time.Second})
	tl.Observe(llmadapter.Ended{Turn: 1, Asker: "caller-1", Outcome: "rejected"})
	acc := llmadapter.Account{Requests: 3, Answered: 1, Rejected: 2}
	d := Drive{Callers: 4}
	r, err := d.report(&tl, acc, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, x := range r.Results {
		got[x.Name] = x.Value
	}
	if got["p4_lost"] != 1 || got["p4_twice"] != 1 || got["urgent_wait_p99"] != 1 || got["wait_p99"] != 0 || got["latency_p50"] != 60 || got["limit"] != 3 {
		t.Errorf("%v", got)
	}
	if i := slices.IndexFunc(r.Results, func(x Result) bool { return x.Name == "p4_lost" }); r.Results[i].OK {
		t.Error("one is lost, and that is fine")
	}
	tl.asked++
	delete(tl.open, 2)
	r, _ = d.report(&tl, acc, 5, 3)
	if i := slices.IndexFunc(r.Results, func(x Result) bool { return x.Name == "p4_lost" }); r.Results[i].OK {
		t.Error("the account does not have all, and that is fine")
	}
}

// Of trials beside each other only those run that are wanted; the others run while the first waits, and results keep
// their order.
func TestTrialsBesideEachOther(t *testing.T) {
	first := make(chan struct{})
	one := func(name string, d time.Duration, do func(ctx context.Context) error) trial {
		return trial{of: []claim{{name, "x", ">= 0", ""}}, full: d, try: func(ctx context.Context, _ *setting) ([]finding, error) {
			return []finding{once(1, 1, "")}, do(ctx)
		}}
	}
	var order []string
	b := beside{
		one("a", time.Minute, func(ctx context.Context) error { return arrived(ctx, first) }),
		one("b", 5*time.Second, func(context.Context) error { order = append(order, "b"); return nil }),
		one("c", 7*time.Second, func(context.Context) error { order = append(order, "c"); close(first); return nil }),
	}
	o := Options{}.filled()
	results, err := b.run(t.Context(), o, func(int, int) {})
	if err != nil || len(results) != 3 || results[0].Name != "a" || results[2].Name != "c" || !slices.Equal(order, []string{"b", "c"}) || b.lasts(o) != time.Minute {
		t.Errorf("%+v, %v, order %v, lasts %v", results, err, order, b.lasts(o))
	}
	o.Only = []string{"b"}
	if results, err := b.run(t.Context(), o, func(int, int) {}); err != nil || len(results) != 1 || results[0].Name != "b" || b.lasts(o) != 5*time.Second {
		t.Errorf("%+v, %v, lasts %v", results, err, b.lasts(o))
	}
	broken := errors.New("broken")
	b[1] = one("b", 0, func(context.Context) error { return broken })
	if _, err := b.run(t.Context(), o, func(int, int) {}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
