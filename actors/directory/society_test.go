package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/directory"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
)

type square struct{ N int }
type look struct{}

func (*square) Perceive(string) int                 { return 0 }
func (*square) Look(_ string, l look) (look, error) { return l, nil }

var world = environment.Define(func() *square { return &square{} }, (*square).Perceive)

func init() { environment.AddAction(world, "look", "Look.", (*square).Look) }

const (
	lease = 3 * time.Second
	age   = 10 // rounds that a citizen lives
)

// citizen registers, renews each round while it is young, and stops without a word. It is in the white pages for ever.
type citizen struct {
	df   *directory.Client[directory.Description]
	ams  *directory.Client[directory.Agent]
	seen *ledger
	Age  int
}

func newCitizen(seen *ledger) actors.Behavior {
	desk := roles.New(roles.Config{})
	c := &citizen{seen: seen}
	c.df = directory.AddClient(desk, "df", directory.Ears[directory.Description]{})
	c.ams = directory.AddClient(desk, "ams", directory.Ears[directory.Agent]{})
	return desk.Beside(c)
}

func (c *citizen) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); !ok {
		return nil
	}
	t.Pass()
	c.Age++
	me := directory.Description{Name: t.Self(), Lease: lease, Services: []directory.Service{{Type: "work"}}}
	switch {
	case c.Age == 1:
		if err := c.ams.Register(t, directory.Agent{Name: t.Self()}); err != nil {
			return err
		}
		return c.df.Register(t, me)
	case c.Age == age:
		c.seen.note(func() { c.seen.stopped[t.Self()] = t.Now() })
		t.Stop()
	case c.Age < age-2:
		return c.df.Renew(t, me)
	}
	return nil
}

func (c *citizen) Snapshot() ([]byte, error)  { return json.Marshal(c.Age) }
func (c *citizen) Restore(state []byte) error { return json.Unmarshal(state, &c.Age) }

// ledger is what a test sees; what is written twice is the same.
type ledger struct {
	sync.Mutex
	stopped map[string]time.Duration
	found   map[time.Duration][]string // by when the answer came
	changes map[string]bool
}

func (l *ledger) note(what func()) {
	l.Lock()
	defer l.Unlock()
	what()
}

// looker looks for work every round, and watches.
type looker struct {
	df *directory.Client[directory.Description]
}

func newLooker(seen *ledger) actors.Behavior {
	desk := roles.New(roles.Config{})
	l := &looker{}
	l.df = directory.AddClient(desk, "df", directory.Ears[directory.Description]{
		Found: func(t *actors.Turn, _ directory.Description, entries []directory.Description) error {
			var names []string
			for _, e := range entries {
				names = append(names, e.Name)
			}
			seen.note(func() { seen.found[t.Now()] = names })
			return nil
		},
		Changed: func(t *actors.Turn, _ directory.Description, c directory.Change[directory.Description]) error {
			seen.note(func() { seen.changes[c.What+" "+c.Entry.Name] = true })
			return nil
		}})
	return desk.Beside(l)
}

func (l *looker) Receive(t *actors.Turn, event any) error {
	work := directory.Description{Services: []directory.Service{{Type: "work"}}}
	switch event.(type) {
	case actors.Started:
		_, err := l.df.Subscribe(t, work, 0)
		return err
	case actors.Percept:
		t.Pass()
		return l.df.Search(t, work, directory.Constraints{})
	}
	return nil
}
func (*looker) Stateless() {}

func churn(t *testing.T, rounds int, chaos float64) (*polis.Report, *ledger) {
	t.Helper()
	seen := &ledger{stopped: map[string]time.Duration{}, found: map[time.Duration][]string{}, changes: map[string]bool{}}
	s := polis.Society{Name: "churn", World: world, Agents: []polis.Agent{
		{Name: "ams", Behavior: func() actors.Behavior { return directory.AMS(directory.Config{}) }},
		{Name: "df", Behavior: func() actors.Behavior { return directory.DF(directory.Config{AMS: "ams"}) }},
		{Name: "looker", Behavior: func() actors.Behavior { return newLooker(seen) }}}}
	for from := 1; from <= rounds; from++ { // of 20 who live two come and two go
		for _, who := range []string{"a", "b"} {
			s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprintf("%s%02d", who, from), From: from, Behavior: func() actors.Behavior { return newCitizen(seen) }})
		}
	}
	report, err := polis.Run(context.Background(), s, polis.Config{Seed: 1, Rounds: rounds, Chaos: polis.Chaos{Agents: chaos}})
	if err != nil {
		t.Fatal(err)
	}
	return report, seen
}

// "churn 10 % …: lookups never return agents gone longer than their lease". An answer comes a phase, a second, after it was given.
func TestAnOpenSocietyFindsNobodyGoneLongerThanItsLease(t *testing.T) {
	const rounds = 60
	report, seen := churn(t, rounds, 0)
	most, stale := 0, 0
	for at, names := range seen.found {
		most = max(most, len(names))
		for _, name := range names {
			stopped, gone := seen.stopped[name]
			if gone && at-time.Second >= stopped {
				stale++
				if at-time.Second-stopped >= lease {
					t.Errorf("at %v %s is found, which stopped at %v", at, name, stopped)
				}
			}
		}
	}
	if len(seen.found) < rounds-3 || most < 14 || stale == 0 || len(seen.stopped) < 90 {
		t.Errorf("%d lookups found at most %d, %d of them gone; %d stopped", len(seen.found), most, stale, len(seen.stopped))
	}
	for name, at := range seen.stopped { // the first two were there when the watch began
		if last := at+lease+2*time.Second < rounds*time.Second; last && (at > age*time.Second && !seen.changes["appeared "+name] || !seen.changes["gone "+name]) {
			t.Errorf("who watches did not hear of %s, which stopped at %v", name, at)
		}
	}
	if len(report.Judged) > 0 {
		t.Errorf("judged: %v", report.Judged)
	}
}

func TestADirectoryComesToTheSameEndUnderChaosAndOnAnyThreads(t *testing.T) {
	calm, seen := churn(t, 20, 0)
	for _, threads := range []int{1, 8} {
		before := runtime.GOMAXPROCS(threads)
		chaos, again := churn(t, 20, 0.2)
		runtime.GOMAXPROCS(before)
		if chaos.Hash != calm.Hash || chaos.Faults.Crashes == 0 {
			t.Errorf("on %d threads with %d crashes the run is %.12s, without %.12s", threads, chaos.Faults.Crashes, chaos.Hash, calm.Hash)
		}
		for at, names := range seen.found {
			if !slices.Equal(again.found[at], names) {
				t.Errorf("at %v it found %v, and %v", at, again.found[at], names)
			}
		}
	}
}
