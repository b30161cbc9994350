package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Whatever can be read can be checked: without a panic, within the bounds, and what it calls sound no walk finds at fault.
func FuzzCheck(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "../interaction/fipa/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := interaction.Read(text)
		if err != nil {
			return
		}
		const most = 2000
		p = interaction.Expand(p)
		r := check.Check(p, check.Options{States: most})
		for i := range r.Faults {
			if f := &r.Faults[i]; f.Story() == "" || f.Kind == check.Unspecified && len(f.Trace) == 0 || f.Cycle > len(f.Trace) {
				t.Errorf("a fault that tells nothing: %+v", f)
			}
		}
		if r.Single.States > most+most/2 {
			t.Errorf("%d situations", r.Single.States)
		}
		if !r.OK() {
			return
		}
		for seed := range uint64(50) {
			if wrong, trace := walk(p, seed, seed%2 == 1); wrong != "" {
				t.Fatalf("sound, but %s after %q", wrong, trace)
			}
		}
	})
}
