package interaction_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol/interaction"
)

// readReference gives for each protocol its moves as lines "initiator STATE symbol TO", sorted.
func readReference(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	name := ""
	for line := range strings.Lines(string(text)) {
		side, rest, has := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case side == "#" || side == "":
		case !has:
			name = side
		default:
			states, moves, _ := strings.Cut(rest, " ")
			for _, move := range strings.Split(moves, " | ") {
				seen, to, is := strings.Cut(strings.TrimPrefix(move, "--"), "--> ")
				if !is {
					t.Fatalf("%s: %q", name, move)
				}
				for _, state := range strings.Split(states, "|") {
					all[name] = append(all[name], fmt.Sprintf("%s %s %s %s", map[string]interaction.Role{"I": interaction.Initiator, "P": interaction.Participant}[side],
						state, short.Replace(seen), to))
				}
			}
		}
	}
	return all
}

func TestTheFilesAreWhatTheReferenceSays(t *testing.T) {
	reference := readReference(t)
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			for _, s := range p.Machine(r) {
				for i := range s.Moves {
					got = append(got, fmt.Sprintf("%s %s %s %s", r, s.Name, symbol(&s.Moves[i]), s.Moves[i].To))
					if s.Moves[i].Clause == "" {
						t.Errorf("%s: %s has no clause", name, got[len(got)-1])
					}
				}
			}
		}
		want := reference[name]
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s: %s is not in the reference", name, line)
			}
		}
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s: %s is missing", name, line)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d moves, not %d", name, len(got), len(want))
		}
	}
}

// 4, headings.
func TestTokensAreThoseOfTheReference(t *testing.T) {
	tokens := map[string]string{"english-auction": "fipa-auction-english", "dutch-auction": "fipa-auction-dutch"}
	sources := map[string]string{"request": "SC00026H", "query": "SC00027H", "request-when": "SC00028H", "contract-net": "SC00029H", "iterated-contract-net": "SC00030H",
		"english-auction": "XC00031F", "dutch-auction": "XC00032F", "brokering": "SC00033H", "recruiting": "SC00034H", "subscribe": "SC00035H", "propose": "SC00036H"}
	if n := len(interaction.Names()); n != len(sources) {
		t.Errorf("%d protocols", n)
	}
	for name, source := range sources {
		token := tokens[name]
		if token == "" {
			token = "fipa-" + name
		}
		p, err := interaction.FIPA(token)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := interaction.FIPA(name); err != nil || other != p {
			t.Errorf("%s: %v", name, err)
		}
		if p.Source != source || p.Doc == "" {
			t.Errorf("%s: source %q, doc %q", name, p.Source, p.Doc)
		}
		if many := p.Many; many != slices.Contains([]string{"contract-net", "iterated-contract-net", "english-auction", "dutch-auction"}, name) {
			t.Errorf("%s: many %t", name, many)
		}
	}
	if _, err := interaction.FIPA("fipa-requests"); err == nil || !strings.Contains(err.Error(), "accepted are request, query, ") {
		t.Errorf("an unknown protocol: %v", err)
	}
}

// What one side waits for has to fit what the other side may take: these are choices, and the protocols would not work with any.
func TestWaitsFitEachOther(t *testing.T) {
	wait := func(protocol, name string) time.Duration {
		p, err := interaction.FIPA(protocol)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(interaction.Expand(p).Waits, func(w interaction.Wait) bool { return w.Name == name })
		if i < 0 {
			t.Fatalf("%s: no wait %s", protocol, name)
		}
		return interaction.Expand(p).Waits[i].For
	}
	for _, name := range []string{"request-when", "subscribe"} {
		if wait(name, "term") <= wait(name, "lease") {
			t.Errorf("%s: the participant gives up before the initiator has asked it to", name)
		}
	}
	for _, name := range []string{"english-auction", "dutch-auction"} {
		if wait(name, "auction") <= wait(name, "reply")+wait(name, "decision") {
			t.Errorf("%s: a bidder leaves while a round is on", name)
		}
	}
	if wait("english-auction", "deal") < wait("request", "reply")+wait("request", "result") {
		t.Error("english-auction: the deal is given up before its request has ended")
	}
	for _, name := range interaction.Names() {
		if wait(name, "reply") <= 0 || wait(name, "cancel") <= 0 {
			t.Errorf("%s: it waits for ever", name)
		}
	}
}
