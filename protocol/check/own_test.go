package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

// The protocols that the auction has of its own, written as users write theirs.
func TestTheAuctionsOwnProtocolsAreSound(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/auction/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := interaction.Read(text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		r := check.Check(interaction.Expand(p), check.Options{})
		if !r.OK() || !r.Explored() || len(r.Warnings) > 0 {
			t.Errorf("%s: %v, warnings %v", file, r.Faults, r.Warnings)
		}
	}
}
