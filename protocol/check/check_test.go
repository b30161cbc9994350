package check_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

var update = flag.Bool("update", false, "write the expected counter-examples again")

// "All shipped protocols pass."
func TestTheProtocolsOfFIPAAreSound(t *testing.T) {
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		r := check.Check(interaction.Expand(p), check.Options{})
		if !r.OK() || !r.Explored() {
			t.Errorf("%s: explored whole %v and %v", name, r.Single.Whole, r.Siblings.Whole)
		}
		for i := range r.Faults {
			t.Errorf("%s: %s", name, r.Faults[i].Story())
		}
	}
}

// "Broken protocols (deadlock, unspecified reception, unbounded queue, a wait without deadline, an end that cannot be
// reached) are each found by check, with a shortest counter-example." The files .want were gone through by hand.
func TestBrokenProtocolsAreFoundWithAShortestCounterExample(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := check.Check(interaction.Expand(read(t, file)), check.Options{})
			var b strings.Builder
			for i := range r.Faults {
				b.WriteString(r.Faults[i].Story())
			}
			want := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(b.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(want)
			if err != nil || string(text) != b.String() {
				t.Errorf("%v; found\n%s", err, b.String())
			}
			if !r.Explored() || r.OK() {
				t.Errorf("explored %v, sound %v", r.Explored(), r.OK())
			}
		})
	}
}

func read(t *testing.T, file string) *interaction.Protocol {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := interaction.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
