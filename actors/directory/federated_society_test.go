package directory_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/directory"
	"github.com/polis-agents/polis/actors/roles"
)

// pages calls itself a directory at df1, and stops in its fourth round, or says nothing ever.
func pages(stops bool) actors.Behavior {
	desk := roles.New(roles.Config{})
	df := directory.AddClient(desk, "df1", directory.Ears[directory.Description]{})
	return actors.Compose(actors.Layers{Deliberation: actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		switch event.(type) {
		case actors.Started:
			return df.Register(t, directory.Description{Name: t.Self(), Services: []directory.Service{{Type: directory.TypeDF}}})
		case actors.Percept:
			t.Pass()
			if stops && t.Now() >= 4*time.Second {
				t.Stop()
			}
		}
		return nil
	}), Norms: []actors.Norm{desk}})
}

// local works, and is in the pages of one directory.
func local(df string) actors.Behavior {
	desk := roles.New(roles.Config{})
	pages := directory.AddClient(desk, df, directory.Ears[directory.Description]{})
	return desk.Beside(actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		switch event.(type) {
		case actors.Started:
			return pages.Register(t, directory.Description{Name: t.Self(), Services: []directory.Service{{Type: "work"}}})
		case actors.Percept:
			t.Pass()
		}
		return nil
	}))
}

// reader searches in all directories, from one, each round.
func reader(df string, seen *ledger) actors.Behavior {
	desk := roles.New(roles.Config{})
	pages := directory.AddClient(desk, df, directory.Ears[directory.Description]{
		Whole: func(t *actors.Turn, _ directory.Description, f directory.Found[directory.Description]) error {
			seen.note(func() {
				line := fmt.Sprint("at ", t.Now(), " from ", df, ":")
				for i, e := range f.Entries {
					line += fmt.Sprint(" ", e.Name, "+", f.Way(i).Hops)
				}
				seen.changes[fmt.Sprint(line, " ", f.Missing)] = true
			})
			return nil
		}})
	return desk.Beside(actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		if _, ok := event.(actors.Percept); !ok {
			return nil
		}
		t.Pass()
		return pages.Search(t, directory.Description{Services: []directory.Service{{Type: "work"}}}, directory.Constraints{MaxDepth: 3})
	}))
}

func ring(t *testing.T, chaos float64) (*polis.Report, *ledger) {
	t.Helper()
	seen := &ledger{changes: map[string]bool{}}
	df := func(with string) func() actors.Behavior {
		return func() actors.Behavior {
			return directory.DF(directory.Config{AMS: "ams", Federation: directory.Federation{With: []string{with}, Lease: 20 * time.Second}})
		}
	}
	s := polis.Society{Name: "ring", World: world, Agents: []polis.Agent{
		{Name: "ams", Behavior: func() actors.Behavior { return directory.AMS(directory.Config{}) }},
		{Name: "df1", Behavior: df("df3")}, {Name: "df2", Behavior: df("df1")}, {Name: "df3", Behavior: df("df2")},
		{Name: "mute", Behavior: func() actors.Behavior { return pages(false) }}, {Name: "mayfly", Behavior: func() actors.Behavior { return pages(true) }}}}
	for i := 1; i <= 3; i++ {
		at := fmt.Sprint("df", i)
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprint("a", i), Behavior: func() actors.Behavior { return local(at) }},
			polis.Agent{Name: fmt.Sprint("z", i), Behavior: func() actors.Behavior { return reader(at, seen) }})
	}
	report, err := polis.Run(context.Background(), s, polis.Config{Seed: 1, Rounds: 30, Chaos: polis.Chaos{Agents: chaos}})
	if err != nil {
		t.Fatal(err)
	}
	return report, seen
}

// A ring of three of which one has a silent member and a dead one, in a society: what is found is the same under chaos and on
// any threads, and so is the run.
func TestAFederationComesToTheSameEndUnderChaosAndOnAnyThreads(t *testing.T) {
	calm, seen := ring(t, 0)
	for _, want := range []string{"at 26s from df1: a1+0 a2+1 a3+2 [mute]", "at 26s from df2: a1+2 a2+0 a3+1 [mute]", "at 26s from df3: a1+1 a2+2 a3+0 [mute]"} {
		if !seen.changes[want] {
			t.Errorf("not found: %s", want)
		}
	}
	if len(calm.Judged) > 0 {
		t.Errorf("judged: %v", calm.Judged)
	}
	if t.Failed() {
		for line := range seen.changes {
			t.Log(line)
		}
	}
	for _, threads := range []int{1, 8} {
		before := runtime.GOMAXPROCS(threads)
		chaos, again := ring(t, 0.2)
		runtime.GOMAXPROCS(before)
		if chaos.Hash != calm.Hash || chaos.Faults.Crashes == 0 {
			t.Errorf("on %d threads with %d crashes the run is %.12s, without %.12s", threads, chaos.Faults.Crashes, chaos.Hash, calm.Hash)
		}
		if len(again.changes) != len(seen.changes) {
			t.Errorf("%d answers, and %d", len(seen.changes), len(again.changes))
		}
		for line := range seen.changes {
			if !again.changes[line] {
				t.Errorf("under chaos not found: %s", line)
			}
		}
	}
}
