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

// How much there is to go through is known. Where these numbers change the protocols have, or what can happen to them: losses,
// bounds, kinds that a sender leaves open, late answers, guards.
func TestExtentsOfWhatIsGoneThrough(t *testing.T) {
	for _, c := range []struct {
		name             string
		states, siblings int
	}{{"propose", 72, 0}, {"request", 231, 0}, {"recruiting", 240, 0}, {"request-when", 259, 0}, {"contract-net", 231, 64}, {"iterated-contract-net", 591, 561},
		{"brokering", 2039, 0}} {
		p, err := interaction.FIPA(c.name)
		if err != nil {
			t.Fatal(err)
		}
		r := check.Check(interaction.Expand(p), check.Options{})
		if r.Single.States != c.states || r.Siblings.States != c.siblings {
			t.Errorf("%s: %d and %d, not %d and %d", c.name, r.Single.States, r.Siblings.States, c.states, c.siblings)
		}
	}
}

// "If the bound is hit the result says not explored wholly, never ok."
func TestLimitsAreNeverSoundness(t *testing.T) {
	p, err := interaction.FIPA("request")
	if err != nil {
		t.Fatal(err)
	}
	p = interaction.Expand(p)
	for states := 1; states < 200; states += 20 {
		r := check.Check(p, check.Options{States: states})
		if r.OK() || r.Explored() || len(r.Faults) > 0 || r.Single.States > states+64 {
			t.Errorf("%d: %+v", states, r)
		}
	}
	if r := check.Check(p, check.Options{Queue: 2}); r.OK() || len(r.Faults) != 1 || r.Faults[0].Kind != check.Unbounded || r.Faults[0].Cycle != 0 || r.Single.Queue != 2 {
		t.Errorf("%+v", r)
	}
	if r := check.Check(p, check.Options{Queue: 3}); !r.OK() || r.Single.Queue != 3 {
		t.Errorf("%+v", r)
	}
}

func TestGuardsAreExploredAsFarAsBoundsSay(t *testing.T) {
	p, err := interaction.FIPA("iterated-contract-net")
	if err != nil {
		t.Fatal(err)
	}
	p = interaction.Expand(p)
	last := 0
	for most := 1; most <= 4; most++ {
		r := check.Check(p, check.Options{Most: most})
		if !r.OK() || r.Single.States <= last || len(r.Warnings) != 1 {
			t.Errorf("%d: %d situations after %d, warnings %q", most, r.Single.States, last, r.Warnings)
		}
		last = r.Single.States
	}
}

// A protocol whose data is wrong is said to be one, on one line.
func TestWhatIsNoProtocolIsSaidToBeNone(t *testing.T) {
	for _, p := range []*interaction.Protocol{{}, {Name: "empty"}} {
		if r := check.Check(p, check.Options{}); r.OK() || len(r.Faults) != 1 || r.Faults[0].Kind != check.Data || strings.Contains(r.Faults[0].Story()[:len(r.Faults[0].Story())-1], "\n") {
			t.Errorf("%+v", r)
		}
	}
}

// A participant has one session in a conversation, so what it says about others always holds: this one may always propose.
func TestWhatAParticipantSaysOfOtherSessionsHolds(t *testing.T) {
	text, err := os.ReadFile("testdata/turned-away.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sound := strings.NewReplacer("receive: propose, when: {none: [PROPOSED]}", "receive: propose",
		"{send: propose, ", "{send: propose, when: {none: [DECIDE, WAIT_DECISION]}, ").Replace(string(text))
	p, err := interaction.Read([]byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	if r := check.Check(interaction.Expand(p), check.Options{}); !r.OK() || r.Siblings.States > 0 {
		t.Errorf("%+v", r)
	}
}
