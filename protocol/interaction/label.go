package interaction

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/polis-agents/polis/protocol"
)

var kindName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// ReadLabel reads a label as files write it: "inform", "inform:done"; "" is none.
func ReadLabel(text string) (Label, error) {
	act, kind, has := strings.Cut(text, ":")
	l := Label{protocol.Act(act), kind}
	if text != "" && l.Act != Any && !slices.Contains(protocol.Acts, l.Act) || has && !kindName.MatchString(kind) {
		return Label{}, fmt.Errorf("label %.80q; accepted is an act of FIPA SC00037J or %q, and perhaps a kind of letters, digits, '-', '_' and '.': inform:done", text, Any)
	}
	return l, nil
}

// String gives the form that ReadLabel reads.
func (l Label) String() string {
	if l.Kind == "" {
		return string(l.Act)
	}
	return string(l.Act) + ":" + l.Kind
}

// LabelOf is the label that names a message most closely.
func LabelOf(m *protocol.Message) Label { return Label{m.Act, protocol.KindOf(m.Content)} }

// Covers says whether a message with the label other is one of those that l stands for.
func (l Label) Covers(other Label) bool {
	return (l.Act == other.Act || l.Act == Any) && (l.Kind == "" || l.Kind == other.Kind)
}

// Narrower says whether l names messages more closely than other does: an act is closer than any, a kind than none.
func (l Label) Narrower(other Label) bool {
	return l.Act != Any && other.Act == Any || l.Act == other.Act && l.Kind != "" && other.Kind == ""
}
