package scenariostest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the traces of testdata/*.txtar")

// Stories runs the stories of testdata: prose that says which claim it guards, the society, and the trace that tell must give
// of it. With -update it writes what tell gives.
func Stories(t *testing.T, tell func(t *testing.T, society string) string) {
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
