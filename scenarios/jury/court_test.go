package jury

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
)

// seated is a court with these jurors, whose first case is dealt.
func seated(t *testing.T, laws Laws, names ...string) (*Court, *rand.Rand) {
	t.Helper()
	c, r := NewCourt(laws), rand.New(rand.NewPCG(1, 2))
	for _, name := range names {
		c.Enter(name)
	}
	c.Tick(PhaseDeal, r)
	return c, r
}

func votes(t *testing.T, c *Court, of map[string]string) {
	t.Helper()
	for name, side := range of {
		if _, err := c.Vote(name, Vote{side}); err != nil {
			t.Fatal(err)
		}
	}
}

// A vote is of one case: who does not vote in the next is not counted there, and who has left still counts where it voted.
func TestVotesAreOfOneCase(t *testing.T) {
	c, r := seated(t, Laws{Cases: 3, Own: 1, Reliability: 1}, "ada", "ben", "cleo")
	votes(t, c, map[string]string{"ada": SideA, "ben": SideA, "cleo": SideB})
	votes(t, c, map[string]string{"ben": SideB}) // it has changed its mind
	c.Leave("cleo")
	c.Tick(PhaseVote, r)
	if c.Last.A != 1 || c.Last.B != 2 || c.Votes != 3 || c.Decided != 1 || c.Done() {
		t.Errorf("%+v", c)
	}
	c.Tick(PhaseDeal, r)
	votes(t, c, map[string]string{"ada": SideB})
	c.Tick(PhaseVote, r)
	if c.Last.A != 0 || c.Last.B != 1 || c.Votes != 4 || c.Shown != 5 {
		t.Errorf("%+v", c)
	}
	c.Tick(PhaseVote, r)
	if !c.Done() {
		t.Error("it goes on")
	}
}

// A tie, and a case in which nobody votes, is decided by a fair coin; and so is the vote of one whose clues say nothing.
func TestTiesAreFair(t *testing.T) {
	c, r := seated(t, Laws{Cases: 4000, Own: 2, Reliability: .5}, "ada", "ben")
	for range 2000 {
		c.Tick(PhaseDeal, r)
		votes(t, c, map[string]string{"ada": SideA, "ben": SideB})
		c.Tick(PhaseVote, r)
		if c.Last.A != 1 || c.Last.B != 1 {
			t.Fatalf("%+v", c.Last)
		}
	}
	if c.Right < 900 || c.Right > 1100 {
		t.Errorf("%d of 2000 ties were decided for the right side", c.Right)
	}
	first, truth := 0, 0
	for range 1000 {
		c.Tick(PhaseDeal, r)
		truth += c.Truth
		before := c.Right
		c.Tick(PhaseVote, r)
		if c.Right > before == (c.Truth == 0) {
			first++ // A has won
		}
	}
	if first < 400 || first > 600 || truth < 400 || truth > 600 {
		t.Errorf("of 1000 without a vote A won %d; B was right in %d", first, truth)
	}
	a := 0
	Define(Laws{}) // which registers what jurors do
	for n := range uint64(400) {
		turn := actors.NewTurn(actors.TurnConfig{Self: "ada", N: n + 1, Seed: 5})
		j := &juror{manner: manner{tells: true, heeds: true}}
		if err := j.Receive(turn, actors.Percept{Phase: PhaseVote, View: View{Case: 1, Clues: []Clue{{1, SideA}, {2, SideB}}}}); err != nil {
			t.Fatal(err)
		}
		if turn.Effects()[0].Value.(Vote).For == SideA {
			a++
		}
	}
	if a < 140 || a > 260 {
		t.Errorf("of 400 undecided %d voted for A", a)
	}
}

// Voters of an ensemble do not know of each other; nobody senses what another holds, or which side is right.
func TestWhatIsPerceived(t *testing.T) {
	laws := Laws{Cases: 2, Shared: 2, Own: 1, Reliability: 1}
	c, _ := seated(t, laws, "ada", "ben")
	if v := c.Perceive("ada"); v.Others != nil || len(v.Clues) != 3 || v.Case != 1 || v.Floor != "" {
		t.Errorf("%+v", v)
	}
	wrong, right := sides[1-c.Truth], sides[c.Truth]
	if a, b := c.Perceive("ada").Clues, c.Perceive("ben").Clues; a[0] != b[0] || a[1] != b[1] || a[0].For != wrong || a[2].For != right || a[2].Fact == b[2].Fact {
		t.Errorf("%v, %v", a, b)
	}
	laws.Phases, laws.InTurn = 3, true
	c, _ = seated(t, laws, "ada", "ben", "cleo")
	c.Leave("ben")
	if v := c.Perceive("cleo"); strings.Join(v.Others, " ") != "ada" || v.Floor != "talk-3" {
		t.Errorf("%+v", v)
	}
	if got := strings.Join(c.Phases(), " "); got != "deal talk-1 talk-2 talk-3 vote" {
		t.Error(got)
	}
	c.Enter("dan")
	for name, want := range map[string]string{"eve": "does not sit here", "ben": "does not sit here", "dan": "came after"} {
		if _, err := c.Vote(name, Vote{SideA}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		if v := c.Perceive(name); name != "ben" && v.Case != 0 {
			t.Errorf("%s sees %+v", name, v)
		}
	}
	if _, err := c.Vote("ada", Vote{"C"}); err == nil || !strings.Contains(err.Error(), "accepted are A and B") {
		t.Error(err)
	}
}
