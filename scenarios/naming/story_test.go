package naming

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

var update = flag.Bool("update", false, "rewrite the traces of testdata/*.txtar")

// The stories of testdata: who plays, and what comes of it.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	const society, trace = "-- society --\n", "-- trace --\n"
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			prose, rest, ok := strings.Cut(string(text), society)
			setup, want, okay := strings.Cut(rest, trace)
			if !ok || !okay || prose == "" {
				t.Fatalf("a story is prose, %q and %q", society, trace)
			}
			got := tell(t, setup)
			if *update {
				if err := os.WriteFile(file, []byte(prose+society+setup+trace+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// tell runs a society and writes down what happens.
func tell(t *testing.T, setup string) string {
	var seen recorder
	r := play(t, build(t, setup), polis.Config{Seed: 1, Observe: seen.observe})
	slices.SortFunc(seen.rounds, func(a, b environment.RoundEnded) int { return cmp.Compare(a.Round, b.Round) })
	var b strings.Builder
	for _, e := range seen.rounds {
		fmt.Fprintln(&b, Line(e))
	}
	m := Measure(r)
	for _, name := range sorted(m) {
		fmt.Fprintf(&b, "%s %.4g\n", name, m[name])
	}
	return b.String()
}
