package interaction_test

import (
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol/interaction"
)

func TestTheDrawingHasEveryMoveAndNoWordOfMermaidAsAName(t *testing.T) {
	p, err := interaction.Read([]byte(`protocol: odd
waits: {reply: 1s}
bounds: {twice: 2}
initiator:
  START:
    - {send: "inform:start", to: NOTE}
  NOTE:
    - {receive: "failure:no-match", when: {answer: cancel}, to: "A/NOTE"}
    - {after: reply, send: cancel, when: {most: twice}, to: NOTE}
  A/NOTE:
    - {on: skip, to: "[END]"}
participant:
  START:
    - {receive: "inform:start", to: "[END]"}
`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `stateDiagram-v2
    state "NOTE" as state_NOTE
    state "A/NOTE" as A_of_NOTE
    state "[END]" as end_END
    [*] --> START
    START --> state_NOTE : !inform(start)
    state_NOTE --> A_of_NOTE : ?failure(no-match)/cancel
    state_NOTE --> state_NOTE : @reply !cancel [at most twice]
    A_of_NOTE --> end_END : (skip)
    end_END --> [*]
`
	if got := interaction.Draw(p, interaction.Initiator); got != want {
		t.Errorf("drawn:\n%s\nwanted:\n%s", got, want)
	}
	const lines = `START
  !inform:start                      NOTE
NOTE
  ?failure:no-match/cancel           A/NOTE
  @reply !cancel                     NOTE, when at most twice
A/NOTE
  (skip)                             [END]
`
	if got := interaction.Text(p, interaction.Initiator); got != lines {
		t.Errorf("written:\n%s\nwanted:\n%s", got, lines)
	}
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			moves := 0
			for _, s := range p.Machine(r) {
				moves += len(s.Moves)
			}
			drawn := interaction.Draw(p, r)
			if got := strings.Count(drawn, " : "); got != moves {
				t.Errorf("%s, %s: %d arrows for %d moves:\n%s", name, r, got, moves, drawn)
			}
			for line := range strings.Lines(drawn) {
				if _, text, _ := strings.Cut(line, " : "); strings.ContainsAny(text, ":;") {
					t.Errorf("%s, %s: Mermaid cannot read the arrow %q", name, r, line)
				}
			}
		}
	}
}
