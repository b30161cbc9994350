package trust

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var repairs = Subject{"bob", "repairs"}

// "An agent that breaks 30 % of its commitments is estimated within 0.05 after 200 observations." One that breaks 60 of
// 200, in any order, always is. One that breaks each with probability 0.3 has itself broken 25 to 35 % of 200 in only 88 of
// 100 lives (a binomial's standard deviation is 3.2 %), and no estimator can know better than what was seen: then the
// estimate is that share, within 0.003, and it is within 0.05 of 0.7 in 95 of 100 lives from about 325 observations on.
func TestABreakerIsKnownAfter200Observations(t *testing.T) {
	const seeds, n = 1000, 200
	exact, drawn, long, off := 0, 0, 0, 0.0
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 6))
		near := func(l *Ledger) bool { return math.Abs(l.Opinion(0, repairs).Estimate()-0.7) <= 0.05 }
		l := New(Config{})
		for _, i := range r.Perm(n) {
			l.Observe(0, repairs, i >= n*3/10)
		}
		if near(l) {
			exact++
		}
		l = New(Config{})
		kept := 0
		for range n {
			k := r.Float64() >= 0.3
			if k {
				kept++
			}
			l.Observe(0, repairs, k)
		}
		off = max(off, math.Abs(l.Opinion(0, repairs).Estimate()-float64(kept)/n))
		if near(l) {
			drawn++
		}
		for range 350 - n {
			l.Observe(0, repairs, r.Float64() >= 0.3)
		}
		if near(l) {
			long++
		}
	}
	t.Logf("within 0.05 of 0.70: %d of %d that broke 60 of 200; %d that broke each of 200 with probability 0.3, %d of 350; off the share seen by %.4f at most",
		exact, seeds, drawn, long, off)
	if exact != seeds || drawn < 850 || drawn > 910 || long < 950 || off > 0.003 {
		t.Error("that is not what a beta distribution does")
	}
}

func TestDecayForgets(t *testing.T) {
	l := New(Config{HalfLife: time.Hour})
	for range 100 {
		l.Observe(0, repairs, false)
	}
	if e := l.Own(0, repairs).Estimate(); e > 0.01 {
		t.Errorf("after 100 broken: %v", e)
	}
	if o := l.Own(time.Hour, repairs); math.Abs(o.Beta-51) > 1e-9 || o.Alpha != 1 {
		t.Errorf("after a half-life: %+v", o)
	}
	if e := l.Own(50*time.Hour, repairs).Estimate(); math.Abs(e-0.5) > 1e-9 {
		t.Errorf("after 50 half-lives nothing is known, and it says %v", e)
	}
	if o := New(Config{}).Own(time.Hour, repairs); o != (Opinion{1, 1}) {
		t.Errorf("of a stranger: %+v", o)
	}
	for range 20 {
		l.Observe(20*time.Hour, repairs, true)
	}
	if e := l.Own(20*time.Hour, repairs).Estimate(); e < 0.95 {
		t.Errorf("who has bettered himself: %v", e)
	}
	forever := New(Config{})
	forever.Observe(0, repairs, true)
	if o := forever.Own(1000*time.Hour, repairs); o != (Opinion{2, 1}) {
		t.Errorf("without a half-life: %+v", o)
	}
}

// Ten witnesses praise somebody who breaks two of three; one tells what it saw.
func TestLiarsAreDiscounted(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 7))
		l := New(Config{})
		l.Tell(0, Report{"honest", repairs, 33, 67})
		for i := range 10 {
			l.Tell(0, Report{fmt.Sprint("liar-", i), repairs, 1000, 0})
		}
		fooled := l.Opinion(0, repairs).Estimate()
		if fooled < 0.8 {
			t.Fatalf("a stranger should believe ten voices: %v", fooled)
		}
		for range 60 {
			l.Observe(0, repairs, r.Float64() < 1.0/3)
		}
		own, with := l.Own(0, repairs).Estimate(), l.Opinion(0, repairs).Estimate()
		if l.Witness(0, "liar-3").Estimate() > 0.1 || l.Witness(0, "honest").Estimate() < 0.7 {
			t.Fatalf("seed %d: a liar is believed %v, an honest witness %v", seed, l.Witness(0, "liar-3").Estimate(), l.Witness(0, "honest").Estimate())
		}
		if with > own+0.12 {
			t.Fatalf("seed %d: own %v, with the liars %v", seed, own, with)
		}
		other := Subject{"cy", "repairs"} // of whom there is no experience: what was learned of the witnesses counts
		l.Tell(0, Report{"honest", other, 2, 18})
		l.Tell(0, Report{"liar-1", other, 20, 0})
		if e := l.Opinion(0, other).Estimate(); e > 0.3 {
			t.Fatalf("seed %d: of cy %v", seed, e)
		}
	}
}

// A witness is judged from the fifth own observation on, by what was seen by then, and forgotten opinions fade.
func TestWitnessesAreJudged(t *testing.T) {
	l := New(Config{HalfLife: time.Hour})
	if !l.Tell(0, Report{"ann", repairs, 18, 2}) || !l.Tell(0, Report{"zoe", Subject{"eve", "repairs"}, 0, 1}) {
		t.Error("a report is not taken")
	}
	l.Tell(0, Report{"cy", repairs, 2, 18})
	l.Tell(0, Report{"cy", Subject{"dan", "repairs"}, 2, 18})
	for range 4 {
		l.Observe(0, repairs, true)
	}
	if o := l.Witness(0, "ann"); o != (Opinion{1, 1}) {
		t.Errorf("after 4 observations ann is believed %+v", o)
	}
	l.Observe(0, repairs, true)
	if a, c := l.Witness(0, "ann"), l.Witness(0, "cy"); a != (Opinion{2, 1}) || c != (Opinion{1, 2}) {
		t.Errorf("after 5: ann %+v, cy %+v", a, c)
	}
	if o := l.Witness(time.Hour, "ann"); o != (Opinion{1.5, 1}) {
		t.Errorf("an hour later: %+v", o)
	}
	o := l.Opinion(0, repairs) // 5 own, 18 and 2 believed by 2/3, 2 and 18 by 1/3
	if math.Abs(o.Alpha-(1+5+12+2.0/3)) > 1e-9 || math.Abs(o.Beta-(1+4.0/3+6)) > 1e-9 {
		t.Errorf("all together: %+v", o)
	}
	if o := l.Opinion(time.Hour, Subject{"dan", "repairs"}); math.Abs(o.Beta-(1+9/2.5)) > 1e-9 {
		t.Errorf("an hour old report of one who was wrong once: %+v", o)
	}
}

func TestReportsThatSayNothing(t *testing.T) {
	l := New(Config{})
	for _, r := range []Report{
		{"bob", repairs, 5, 0}, // about itself
		{"ann", repairs, 0, 0}, {"ann", repairs, -1, 5}, {"ann", repairs, math.NaN(), 1}, {"ann", repairs, math.Inf(1), 1},
		{"ann", repairs, math.MaxFloat64, math.MaxFloat64},
	} {
		if l.Tell(0, r) {
			t.Errorf("taken: %+v", r)
		}
	}
	for range 50 { // a witness that repeats itself counts once
		l.Tell(0, Report{"ann", repairs, 1e6, 0})
	}
	if o := l.Opinion(0, repairs); o != (Opinion{11, 1}) { // 20 observations, half believed
		t.Errorf("of one report: %+v", o)
	}
}

func TestInterval(t *testing.T) {
	low, high := Opinion{1, 1}.Interval(0.9)
	if math.Abs(low-0.05) > 1e-6 || math.Abs(high-0.95) > 1e-6 { // uniform
		t.Errorf("of nothing: %v..%v", low, high)
	}
	low, high = Opinion{141, 61}.Interval(0.95)
	if math.Abs(low-0.6331) > 0.001 || math.Abs(high-0.7594) > 0.001 || (Opinion{141, 61}).Observations() != 200 { // by numerical integration
		t.Errorf("of 200: %.4f..%.4f", low, high)
	}
}

func TestSnapshot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	l := New(Config{HalfLife: time.Minute, Most: 8})
	step := func(l *Ledger, n int, r *rand.Rand) {
		for i := range n {
			at := time.Duration(i) * time.Second
			s := Subject{fmt.Sprint("a", r.IntN(12)), fmt.Sprint("s", r.IntN(2))}
			l.Observe(at, s, r.IntN(2) == 0)
			l.Tell(at, Report{fmt.Sprint("w", r.IntN(12)), s, float64(r.IntN(5)), float64(r.IntN(5))})
		}
	}
	twins := [2]*Ledger{New(Config{Most: 3}), New(Config{Most: 3})}
	for _, twin := range twins { // the order of maps is another each time
		for i := range 60 {
			twin.Tell(0, Report{fmt.Sprint("w", i%5), repairs, float64(i % 7), 1.0 / 3})
			twin.Observe(0, repairs, i%3 > 0)
		}
	}
	one, _ := twins[0].Snapshot()
	if two, _ := twins[1].Snapshot(); !slices.Equal(one, two) {
		t.Errorf("the same is told, and another thing known:\n%s\n%s", one, two)
	}
	step(l, 200, r)
	state, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	m := New(Config{HalfLife: time.Minute, Most: 8})
	if err := m.Restore(state); err != nil {
		t.Fatal(err)
	}
	if same, _ := m.Snapshot(); !slices.Equal(same, state) || len(m.own) != 8 || len(m.reports) != 8 {
		t.Errorf("restored:\n%s\n%s", state, same)
	}
	step(l, 50, rand.New(rand.NewPCG(2, 2)))
	step(m, 50, rand.New(rand.NewPCG(2, 2)))
	a, _ := l.Snapshot()
	if b, _ := m.Snapshot(); !slices.Equal(a, b) {
		t.Errorf("one that was restored goes on otherwise:\n%s\n%s", a, b)
	}
	if n := len(l.Known()); n > 16 {
		t.Errorf("%d are known; accepted are 8 from own experience and 8 from reports", n)
	}
	for _, bad := range []string{"", "[]", `{"own":[{"kept":-1}]}`, `{"own":[{"kept":1,"touch":5}],"touches":1}`, `{"witnesses":[{"by":"b"},{"by":"a"}]}`,
		`{"own":[{},{}]}`, `{"why":1}`} {
		before, _ := m.Snapshot()
		if err := m.Restore([]byte(bad)); err == nil {
			t.Errorf("restored: %s", bad)
		}
		if after, _ := m.Snapshot(); !slices.Equal(before, after) {
			t.Errorf("what was refused has changed something: %s", bad)
		}
	}
}

func FuzzRestore(f *testing.F) {
	l := New(Config{})
	l.Observe(1, repairs, true)
	l.Tell(2, Report{"ann", repairs, 1, 2})
	state, _ := l.Snapshot()
	f.Add(state)
	f.Add([]byte(`{"own":[{"of":{"agent":"a","service":""},"kept":1e308,"broken":1e308}]}`))
	f.Fuzz(func(t *testing.T, state []byte) {
		l := New(Config{HalfLife: time.Second})
		if l.Restore(state) != nil {
			return
		}
		for _, s := range l.Known() {
			if e := l.Opinion(time.Minute, s).Estimate(); !(e >= 0 && e <= 1) {
				t.Errorf("an estimate of %v", e)
			}
		}
		again, err := l.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if err := New(Config{}).Restore(again); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}
