package interaction_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol/interaction"
)

// traces are those of a role that end, by messages and events alone.
func traces(t *testing.T, p *interaction.Protocol, r interaction.Role, k int) (complete []string) {
	t.Helper()
	for trace := range p.Traces(r, k) {
		if !trace.Ended() || slices.ContainsFunc(trace, func(m interaction.Move) bool { return m.After != "" || m.On != "" }) {
			continue
		}
		complete = append(complete, trace.String())
	}
	return complete
}

// The counts and the traces are those of the reference, 4.4, 4.6, 4.7 and 4.14: without cancel, timeouts and the initiator's
// not-understood.
func TestCompleteTraces(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"request", `
!request ?agree ?not-understood [NU]
!request ?agree ?failure [FAILED]
!request ?agree ?inform [DONE]
!request ?refuse [REFUSED]
!request ?not-understood [NU]
!request ?failure [FAILED]
!request ?inform [DONE]`},
		{"request-when", `
!request-when ?agree ?inform [DONE]
!request-when ?agree ?failure [FAILED]
!request-when ?agree ?not-understood [NU]
!request-when ?refuse [REFUSED]
!request-when ?not-understood [NU]`},
		{"contract-net", `
!cfp ?propose !accept-proposal ?inform [DONE]
!cfp ?propose !accept-proposal ?failure [FAILED]
!cfp ?propose !accept-proposal ?not-understood [NU]
!cfp ?propose !reject-proposal [REJECTED]
!cfp ?refuse [REFUSED]
!cfp ?not-understood [NU]
!cfp ?failure [FAILED]`},
		{"propose", `
!propose ?accept-proposal [ACCEPTED]
!propose ?reject-proposal [REJECTED]
!propose ?not-understood [NU]`},
	} {
		p, err := interaction.FIPA(c.name)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSpace(c.want), "\n")
		if got := traces(t, p, interaction.Initiator, 10); !slices.Equal(got, want) {
			t.Errorf("%s, initiator: %d complete traces, not %d:\n%s", c.name, len(got), len(want), strings.Join(got, "\n"))
		}
	}
}

// What one side sees the other sees too, with sending and receiving exchanged: a complete trace of the one is one of the other,
// but for where they say what is laid down on one side only.
func TestBothSidesHaveTheSameCompleteTraces(t *testing.T) {
	for _, name := range []string{"request", "query", "contract-net", "iterated-contract-net", "propose"} {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		mine, theirs := traces(t, p, interaction.Initiator, 6), traces(t, p, interaction.Participant, 6)
		mirror := strings.NewReplacer("!", "?", "?", "!")
		for i := range theirs {
			theirs[i] = mirror.Replace(theirs[i])
		}
		slices.Sort(mine)
		slices.Sort(theirs)
		if !slices.Equal(mine, theirs) {
			t.Errorf("%s:\n%s\nbut\n%s", name, strings.Join(mine, "\n"), strings.Join(theirs, "\n"))
		}
	}
}

func TestTracesCountBoundsAndStopWhenAsked(t *testing.T) {
	p, err := interaction.FIPA("subscribe")
	if err != nil {
		t.Fatal(err)
	}
	var ends []string
	for trace := range p.Traces(interaction.Initiator, 8) {
		if s := trace.String(); strings.HasPrefix(s, "!subscribe ?agree !cancel ?failure/cancel !cancel ?failure/cancel !cancel ?failure/cancel ") {
			ends = append(ends, s[strings.LastIndexByte(s, ' ')+1:])
		}
	}
	if !slices.Equal(ends, []string{"[CANCEL_FAILED]"}) {
		t.Errorf("the third failed cancel leads to %v", ends)
	}
	n := 0
	for range p.Traces(interaction.Initiator, 8) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d traces after it was asked to stop at 3", n)
	}
}

func TestAnEmptyTraceHasNotEnded(t *testing.T) {
	if none := interaction.Trace(nil); none.Ended() || none.String() != "" {
		t.Errorf("%q", none)
	}
}
