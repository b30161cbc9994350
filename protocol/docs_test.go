package protocol_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol"
)

// What docs/messages.md shows is so: every act has a line, and every text form is read.
func TestTheDocumentIsTrue(t *testing.T) {
	text, err := os.ReadFile("../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	var acts []protocol.Act
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| .* \\| .* \\|$").FindAllStringSubmatch(string(text), -1) {
		acts = append(acts, protocol.Act(m[1]))
	}
	if !slices.Equal(acts, protocol.Acts) {
		t.Errorf("its acts are %v", acts)
	}
	forms := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "(") || !strings.HasSuffix(line, ")") {
			continue
		}
		forms++
		m, err := protocol.Parse(line, raw)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if again, err := protocol.Format(m, write); err != nil || again != line {
			t.Errorf("%s\nis written as %s, %v", line, again, err)
		}
		if m.Act.Reasoned() {
			m.Content = protocol.Reason{Code: "overloaded"} // raw JSON has no kind
		}
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if forms != 3 {
		t.Errorf("%d text forms were read", forms)
	}
}
