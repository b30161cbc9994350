package directory

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What is found does not depend on who answers first.
func TestWhatIsMergedDoesNotDependOnTheOrderOfAnswers(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 11))
		most, depth := 1+r.IntN(6), r.IntN(4)
		here := func(name string) bool { return name == "a" || name == "b" }
		own := []Description{worker("a")}
		answers := make([]Found[Description], 3)
		for i := range answers {
			for k := range 10 {
				if r.IntN(2) == 0 {
					d := worker(string(rune('a' + k)))
					d.Languages = []string{fmt.Sprint(i)}
					answers[i].Entries = append(answers[i].Entries, d)
					answers[i].Ways = append(answers[i].Ways, Way{Hops: r.IntN(depth + 1)})
				}
			}
		}
		var want *Found[Description]
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
			q := inquiry{Of: work, Most: most, Depth: depth}
			for _, i := range order {
				q.hear(fmt.Sprint("df", i), answers[i], here)
			}
			got := q.result(own, here)
			if want == nil {
				want = &got
			}
			if !reflect.DeepEqual(got, *want) || len(got.Entries) > most || got.Entries[0].Name != "a" {
				t.Fatalf("%d: in the order %v %+v, else %+v", seed, order, got, *want)
			}
		}
	}
}

// At the same distance the directories take turns.
func TestOfTheSameDistanceTheDirectoriesTakeTurns(t *testing.T) {
	q := inquiry{Of: work, Most: 5}
	answer := func(from string, names ...string) {
		var f Found[Description]
		for _, n := range names {
			f.Entries = append(f.Entries, worker(n))
		}
		q.hear(from, f, func(string) bool { return false })
	}
	answer("df1", "a1", "a2", "a3", "a4", "a5", "a6")
	answer("df2", "b1", "b2")
	answer("df3", "c1", "a1") // of a name that two give, the first in turn counts
	if got := strings.TrimSpace(listed(q.result(nil, func(string) bool { return false }))); got != "a1 a2 b1 b2 c1" {
		t.Errorf("found %s", got)
	}
}

// What it keeps is bounded while it waits, and what has come to be held here meanwhile goes before what was heard.
func TestAnInquiryKeepsNoMoreThanItCanTell(t *testing.T) {
	q := inquiry{Of: work, Most: 2}
	nobody := func(string) bool { return false }
	for i, from := range []string{"df1", "df2"} {
		var f Found[Description]
		for k := range 200 {
			f.Entries = append(f.Entries, worker(fmt.Sprint("w", k)))
			f.Missing = append(f.Missing, fmt.Sprintf("m%d%03d", 9-i, 999-k))
		}
		q.hear(from, f, nobody)
		if len(q.Best) != 2 || len(q.Missing) != maxMissing || q.Missing[0] != fmt.Sprintf("m%d900", 9-i) {
			t.Errorf("it keeps %d entries, and %d names from %s", len(q.Best), len(q.Missing), q.Missing[0])
		}
	}
	if got := listed(q.result(nil, func(name string) bool { return name == "w0" })); got != " w1" {
		t.Errorf("when w0 is here it found%s", got)
	}
}

// Whatever a directory answers, the answer made of it is within its bounds, sorted, and each name is there once.
func FuzzAnInquiryIsBoundedWhateverItHears(f *testing.F) {
	f.Add("a,b,c", "df9", 3, 1, 2)
	f.Add("a,,\xff,a", "", -1, 0, 1)
	f.Fuzz(func(t *testing.T, names, missing string, hops, depth, most int) {
		q := inquiry{Of: work, Most: 1 + abs(most)%20, Depth: abs(depth) % 6}
		var found Found[Description]
		for i, name := range strings.Split(names, ",") {
			found.Entries = append(found.Entries, worker(name))
			found.Ways = append(found.Ways, Way{Hops: hops * i})
			found.Missing = append(found.Missing, missing+name)
		}
		here := func(name string) bool { return name == "a" }
		q.hear("df2", found, here)
		found.Ways = found.Ways[1:]
		q.hear("df1", found, here)
		got := q.result([]Description{worker("a")}, here)
		all := make([]string, 0, len(got.Entries))
		for i, e := range got.Entries {
			way := got.Way(i)
			if e.bad() != nil || e.Name == "" || (e.Name == "a") != (way.Hops == 0) || way.Hops < 0 || way.Hops > q.Depth+1 {
				t.Errorf("%q by %v", e.Name, way)
			}
			all = append(all, e.Name)
		}
		if len(all) > q.Most || len(got.Missing) > maxMissing || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) || badText(0, got.Missing[:min(len(got.Missing), MaxItems)]) != nil {
			t.Errorf("found %q missing %q", all, got.Missing)
		}
	})
}

func abs(n int) int { return max(n, -n, 0) }
