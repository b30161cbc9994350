package trust

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// Config says how a Ledger judges. The zero value is useful.
type Config struct {
	HalfLife  time.Duration // after which an observation counts half; 0: it counts for ever
	Reported  float64       // observations that the report of one witness counts for, at most; 0: 20. It could tell of millions
	Tolerance float64       // how far a report may be from one's own estimate and still have been right; 0: 0.25
	Enough    float64       // own observations from which on reports are held against them; 0: 5
	Most      int           // opinions kept, and reports; 0: 4096 of each. The least recently touched is forgotten
}

// Subject is somebody in a service: what it is relied on for.
type Subject struct {
	Agent   string `json:"agent"`
	Service string `json:"service"`
}

// Report is what a witness tells: what it has seen itself.
type Report struct {
	Witness string  `json:"witness"`
	About   Subject `json:"about"`
	Kept    float64 `json:"kept"`
	Broken  float64 `json:"broken"`
}

// evidence is a count of successes and failures as it was at a time.
type evidence struct {
	Kept   float64       `json:"kept"`
	Broken float64       `json:"broken"`
	At     time.Duration `json:"at"`
	Touch  uint64        `json:"touch"` // the larger, the later
}

// told names a report: a newer one of the same witness about the same takes its place.
type told struct {
	Witness string  `json:"witness"`
	About   Subject `json:"about"`
}

// Ledger is what one agent thinks of others.
type Ledger struct {
	cfg       Config
	touches   uint64
	own       map[Subject]evidence
	reports   map[told]evidence
	witnesses map[string]evidence // how often what they told was right
}

// New makes a Ledger that knows nobody.
func New(cfg Config) *Ledger {
	cfg.Reported, cfg.Tolerance = cmp.Or(cfg.Reported, 20), cmp.Or(cfg.Tolerance, 0.25)
	cfg.Enough, cfg.Most = cmp.Or(cfg.Enough, 5), cmp.Or(cfg.Most, 4096)
	return &Ledger{cfg: cfg, own: map[Subject]evidence{}, reports: map[told]evidence{}, witnesses: map[string]evidence{}}
}

// Observe takes one's own experience: somebody has kept a commitment, or broken it. Reports about it are held against
// what one has seen by now.
func (l *Ledger) Observe(now time.Duration, about Subject, kept bool) {
	e := l.own[about].faded(now, l.cfg.HalfLife)
	e.count(kept)
	touch(l, l.own, about, e)
	if e.Kept+e.Broken < l.cfg.Enough {
		return
	}
	mine := Opinion{1 + e.Kept, 1 + e.Broken}.Estimate()
	for _, t := range l.about(about) {
		r := l.reports[t]
		w := l.witnesses[t.Witness].faded(now, l.cfg.HalfLife)
		w.count(math.Abs(Opinion{1 + r.Kept, 1 + r.Broken}.Estimate()-mine) <= l.cfg.Tolerance)
		touch(l, l.witnesses, t.Witness, w)
	}
}

// Tell takes the report of a witness. One about itself, and one that counts what cannot be counted, is not taken.
func (l *Ledger) Tell(now time.Duration, r Report) bool {
	n := r.Kept + r.Broken
	if r.Witness == r.About.Agent || !(r.Kept >= 0 && r.Broken >= 0 && n > 0 && n <= math.MaxFloat64) {
		return false
	}
	scale := min(1, l.cfg.Reported/n)
	touch(l, l.reports, told{r.Witness, r.About}, evidence{Kept: r.Kept * scale, Broken: r.Broken * scale, At: now})
	return true
}

// Own is the opinion from one's own experience alone.
func (l *Ledger) Own(now time.Duration, about Subject) Opinion {
	e := l.own[about].faded(now, l.cfg.HalfLife)
	return Opinion{1 + e.Kept, 1 + e.Broken}
}

// Witness is how far somebody is believed who tells of others.
func (l *Ledger) Witness(now time.Duration, name string) Opinion {
	e := l.witnesses[name].faded(now, l.cfg.HalfLife)
	return Opinion{1 + e.Kept, 1 + e.Broken}
}

// Opinion is that from one's own experience, and from what witnesses tell as far as they are believed.
func (l *Ledger) Opinion(now time.Duration, about Subject) Opinion {
	o := l.Own(now, about)
	for _, t := range l.about(about) {
		r := l.reports[t].faded(now, l.cfg.HalfLife)
		believed := l.Witness(now, t.Witness).Estimate()
		o.Alpha += believed * r.Kept
		o.Beta += believed * r.Broken
	}
	return o
}

// Known are those of whom there is experience of one's own, or a report, sorted.
func (l *Ledger) Known() []Subject {
	all := slices.Collect(maps.Keys(l.own))
	for t := range l.reports {
		all = append(all, t.About)
	}
	slices.SortFunc(all, compareSubjects)
	return slices.Compact(all)
}

// about are the reports about somebody, by witness.
func (l *Ledger) about(s Subject) (all []told) {
	for t := range l.reports {
		if t.About == s {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, compareTold)
	return all
}

func compareSubjects(a, b Subject) int {
	return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Service, b.Service))
}

func compareTold(a, b told) int {
	return cmp.Or(cmp.Compare(a.Witness, b.Witness), compareSubjects(a.About, b.About))
}

// count takes one more.
func (e *evidence) count(success bool) {
	if success {
		e.Kept++
	} else {
		e.Broken++
	}
}

// faded is what is left of it.
func (e evidence) faded(now, halfLife time.Duration) evidence {
	if halfLife > 0 && now > e.At {
		left := math.Exp2(-float64(now-e.At) / float64(halfLife))
		e.Kept, e.Broken = e.Kept*left, e.Broken*left
	}
	e.At = max(now, e.At)
	return e
}

// touch puts evidence in its place, and forgets the least recently touched when there is too much.
func touch[K comparable](l *Ledger, of map[K]evidence, key K, e evidence) {
	l.touches++
	e.Touch = l.touches
	of[key] = e
	if len(of) <= l.cfg.Most {
		return
	}
	var oldest K
	first := uint64(math.MaxUint64)
	for k, e := range of {
		if e.Touch < first {
			oldest, first = k, e.Touch
		}
	}
	delete(of, oldest)
}
