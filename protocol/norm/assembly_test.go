package norm_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// village is where norms are made: everybody in it is a fisher.
var village = norm.Organisation{Name: "village", Roles: []norm.Role{{Name: "fisher"}},
	Groups: []norm.Group{{Name: "village", Roles: []norm.Place{{Name: "fisher"}}}},
	Norms:  []norm.Norm{{Name: "sunday", Role: "fisher", Deontic: norm.Prohibition, Do: &norm.Pattern{Fact: "work"}}}}

// capOf is a norm: nobody catches more.
func capOf(tons int) *norm.Norm {
	return &norm.Norm{Name: "cap", Role: "fisher", Deontic: norm.Prohibition, Do: &norm.Pattern{Fact: "catch", AtLeast: tons + 1}, Sanction: norm.Sanction{Name: "fine", Amount: 2}}
}

// put is a motion of somebody, to be voted on until then.
func put(by, name string, n *norm.Norm, until time.Duration) *protocol.Message {
	m := say(protocol.Propose, by, norm.Motion{Name: by + "/" + name, Norm: n})
	m.ReplyBy = until
	return m
}

func votes(by, motion string, for_ bool) *protocol.Message {
	act := protocol.AcceptProposal
	if !for_ {
		act = protocol.RejectProposal
	}
	return say(act, by, norm.Vote{Motion: motion})
}

// council is an assembly and what it has decided.
type council struct {
	*testing.T
	*norm.Assembly
	of      norm.Constitution
	decided []string
}

func convene(t *testing.T, c norm.Constitution, members ...string) *council {
	t.Helper()
	a, err := norm.Convene(c, members...)
	if err != nil {
		t.Fatal(err)
	}
	return &council{T: t, Assembly: a, of: c}
}

func (c *council) note(all []norm.Decision) {
	c.Helper()
	for _, d := range all {
		text := fmt.Sprintf("%v %s by %s", d.At, d.Kind, d.By)
		switch d.Kind {
		case norm.Adopted, norm.Rejected:
			text += fmt.Sprintf(" %s: %d of %d", d.Motion.Name, d.For, d.Members)
		case norm.Established, norm.Punished, norm.Unfounded:
			text += fmt.Sprintf(" %s %s %s %s %d", d.Case.Norm, d.Case.Debtor, d.Case.Case, d.Sanction.Name, d.Sanction.Amount)
		case norm.Ignored:
			text += " " + d.Reason.Code
		}
		c.decided = append(c.decided, text)
	}
	snapshot, err := c.Snapshot()
	if err != nil {
		c.Fatal(err)
	}
	a, err := norm.Reconvene(c.of, snapshot)
	if err != nil {
		c.Fatal(err)
	}
	if again, _ := a.Snapshot(); string(again) != string(snapshot) {
		c.Errorf("reconvened from\n%s it is\n%s", snapshot, again)
	}
	c.Assembly = a
}

func (c *council) expect(want ...string) {
	c.Helper()
	if !slices.Equal(c.decided, want) {
		c.Errorf("decided\n%s\nwant\n%s", strings.Join(c.decided, "\n"), strings.Join(want, "\n"))
	}
	c.decided = nil
}

func (c *council) cap() int {
	if n, ok := c.Norm("cap"); ok {
		return n.Do.AtLeast - 1
	}
	return -1
}

// Agents propose norms, vote on them, and repeal them.
func TestAnAssemblyMakesNorms(t *testing.T) {
	c := convene(t, norm.Constitution{Of: village}, "ann", "bob", "cy", "dan")
	c.note(c.Hear(second, put("ann", "1", capOf(10), 3*second)))
	c.note(c.Hear(second, put("bob", "1", capOf(12), 3*second)))
	c.expect("1s proposed by ann", "1s proposed by bob")
	c.note(c.Hear(2*second, votes("cy", "ann/1", true)))
	c.note(c.Hear(2*second, votes("cy", "bob/1", false)))
	c.note(c.Hear(2*second, votes("bob", "ann/1", true)))
	c.note(c.Hear(2*second, votes("dan", "bob/1", true))) // two of four are no majority
	if at, ok := c.Next(); !ok || at != 3*second || len(c.Open()) != 2 || c.cap() != -1 {
		t.Errorf("next %v %v, open %v, cap %d", at, ok, c.Open(), c.cap())
	}
	c.note(c.Advance(3*second - 1))
	c.note(c.Hear(3*second, votes("dan", "ann/1", false))) // in time
	c.expect()
	c.note(c.Advance(3 * second))
	c.expect("3s adopted by ann ann/1: 3 of 4", "3s rejected by bob bob/1: 2 of 4")
	if _, ok := c.Next(); ok || c.cap() != 10 || len(c.Norms()) != 1 || !c.Member("dan") || c.Member("eve") {
		t.Errorf("%v: %v", c.Open(), c.Norms())
	}
	c.note(c.Hear(4*second, put("cy", "1", capOf(8), 5*second)))
	c.note(c.Hear(4*second, put("dan", "2", capOf(9), 5*second)))
	for _, by := range []string{"ann", "bob"} {
		c.note(c.Hear(5*second, votes(by, "dan/2", true)))
		c.note(c.Hear(5*second, votes(by, "cy/1", true)))
	}
	c.decided = nil
	c.note(c.Hear(6*second, say(protocol.Inform, "ann", protocol.Text("hello")))) // what is heard later counts the votes first
	c.expect("5s adopted by cy cy/1: 3 of 4", "5s adopted by dan dan/2: 3 of 4")
	if c.cap() != 9 || len(c.Norms()) != 1 {
		t.Errorf("in force are %v", c.Norms())
	}
	m := say(protocol.Propose, "ann", norm.Motion{Name: "ann/repeal", Repeal: "cap"})
	m.ReplyBy = 9 * second
	c.note(c.Hear(6*second, m))
	c.Seat("ann") // the others are gone
	c.note(c.Advance(9 * second))
	c.expect("6s proposed by ann", "9s adopted by ann ann/repeal: 1 of 1")
	if len(c.Norms()) != 0 {
		t.Errorf("in force are %v", c.Norms())
	}
}

// A motion without a reply-by is open until the session ends.
func TestASessionEnds(t *testing.T) {
	c := convene(t, norm.Constitution{Of: village}, "ann", "bob")
	c.note(c.Hear(second, put("ann", "1", capOf(10), 0)))
	if _, ok := c.Next(); ok {
		t.Error("the vote ends by the clock")
	}
	c.note(c.Advance(math.MaxInt64))
	c.note(c.Hear(2*second, votes("bob", "ann/1", true)))
	c.note(c.Hear(3*second, put("bob", "1", capOf(9), 0)))
	c.decided = nil
	c.note(c.Adjourn())
	at := time.Duration(math.MaxInt64).String()
	c.expect(at+" adopted by ann ann/1: 2 of 2", at+" rejected by bob bob/1: 1 of 2")
	c.note(c.Adjourn())
	c.expect()
}

// In unanimity one vote against, or one that is not given, is enough; and who has left has none.
func TestUnanimity(t *testing.T) {
	for _, of := range []struct {
		votes, seated []string
		want          string
	}{
		{[]string{"bob", "cy"}, []string{"ann", "bob", "cy"}, "3s adopted by ann ann/1: 3 of 3"},
		{[]string{"bob"}, []string{"ann", "bob", "cy"}, "3s rejected by ann ann/1: 2 of 3"},
		{[]string{"bob", "cy"}, []string{"ann", "bob", "cy", "dan"}, "3s rejected by ann ann/1: 3 of 4"},
		{[]string{"bob", "cy"}, []string{"bob", "cy"}, "3s adopted by ann ann/1: 2 of 2"},
		{[]string{"bob", "cy"}, nil, "3s rejected by ann ann/1: 0 of 0"},
	} {
		c := convene(t, norm.Constitution{Of: village, Quorum: norm.Unanimity}, "ann", "bob", "cy")
		c.note(c.Hear(second, put("ann", "1", capOf(10), 3*second)))
		for _, by := range of.votes {
			c.note(c.Hear(2*second, votes(by, "ann/1", true)))
		}
		c.Seat(of.seated...)
		c.decided = nil
		c.note(c.Advance(4 * second))
		c.expect(of.want)
	}
}

// What has no effect is ignored, with the reason.
func TestWhatAnAssemblyIgnores(t *testing.T) {
	c := convene(t, norm.Constitution{Of: village}, "ann", "bob", "cy")
	c.note(c.Hear(second, put("ann", "1", capOf(10), 5*second)))
	c.expect("1s proposed by ann")
	sunday := *capOf(1)
	sunday.Name = "sunday"
	pope := *capOf(1)
	pope.Role = "pope"
	for _, x := range []struct {
		m    *protocol.Message
		code string
	}{
		{put("zoe", "1", capOf(1), 5*second), norm.Unauthorised},
		{put("ann", "1", capOf(1), 5*second), norm.Taken},
		{put("bob", "1", capOf(1), second), norm.Late},
		{put("bob", "1", nil, 5*second), norm.Unknown},
		{put("bob", "1", &sunday, 5*second), norm.Unknown},
		{put("bob", "1", &pope, 5*second), norm.Unknown},
		{votes("zoe", "ann/1", true), norm.Unauthorised},
		{votes("bob", "ann/2", true), norm.Unknown},
		{votes("ann", "ann/1", false), norm.Taken},
		{say(protocol.Inform, "bob", norm.Violation{Norm: "cap", Debtor: "cy", Case: "1"}), norm.Unknown},
	} {
		c.note(c.Hear(second, x.m))
		c.expect(fmt.Sprintf("1s ignored by %s %s", x.m.Sender, x.code))
	}
	other := put("bob", "1", capOf(1), 5*second)
	other.Content = norm.Motion{Name: "ann/7", Norm: capOf(1)}
	c.note(c.Hear(second, other))
	both := put("bob", "1", capOf(1), 5*second)
	both.Content = norm.Motion{Name: "bob/7", Norm: capOf(1), Repeal: "cap"}
	c.note(c.Hear(second, both))
	c.expect("1s ignored by bob unknown", "1s ignored by bob unknown")
	for _, m := range []*protocol.Message{ // these are no such acts
		say(protocol.Inform, "bob", norm.Motion{Name: "bob/1", Norm: capOf(1)}), say(protocol.Inform, "bob", norm.Vote{Motion: "ann/1"}),
		say(protocol.Propose, "bob", norm.Violation{}), say(protocol.Propose, "bob", norm.Penalty{}), say(protocol.Agree, "bob", nil),
	} {
		c.note(c.Hear(second, m))
	}
	c.expect()
	for i := range 2 * norm.MaxOpen {
		c.note(c.Hear(second, put("bob", fmt.Sprint(i), capOf(1), 5*second)))
	}
	if n := len(c.Open()); n != 1+norm.MaxOpen {
		t.Errorf("%d motions are open", n)
	}
}

// Who saw a norm broken tells; when enough have, the sanction may be applied, once.
func TestWitnessesAndSanctions(t *testing.T) {
	c := convene(t, norm.Constitution{Of: village, Witnesses: 2}, "ann", "bob", "cy", "dan")
	c.note(c.Hear(0, put("ann", "1", capOf(10), second)))
	c.note(c.Hear(0, votes("bob", "ann/1", true)))
	c.note(c.Hear(0, votes("cy", "ann/1", true)))
	c.note(c.Advance(second))
	c.decided = nil
	saw := func(by, month string) {
		c.note(c.Hear(2*second, say(protocol.Inform, by, norm.Violation{Norm: "cap", Debtor: "dan", Case: month, Value: 15})))
	}
	punish := func(by, month string) {
		c.note(c.Hear(2*second, say(protocol.Inform, by, norm.Penalty{Norm: "cap", Debtor: "dan", Case: month})))
	}
	saw("ann", "1")
	saw("ann", "1")
	saw("dan", "1")
	saw("zoe", "1")
	c.expect("2s ignored by dan unauthorised", "2s ignored by zoe unauthorised")
	punish("ann", "1")
	saw("bob", "2")
	saw("cy", "1")
	saw("bob", "1")
	c.expect("2s unfounded by ann cap dan 1  0", "2s established by cy cap dan 1 fine 2")
	punish("dan", "1")
	punish("zoe", "1")
	punish("bob", "2")
	punish("bob", "1")
	punish("cy", "1")
	c.expect("2s ignored by dan unauthorised", "2s ignored by zoe unauthorised", "2s unfounded by bob cap dan 2  0", "2s punished by bob cap dan 1 fine 2",
		"2s ignored by cy taken")
	if got := c.Witnesses(norm.Penalty{Norm: "cap", Debtor: "dan", Case: "1"}); !slices.Equal(got, []string{"ann", "bob", "cy"}) {
		t.Errorf("witnesses are %v", got)
	}
	for i := range 2 * norm.MaxCases {
		c.Hear(2*second, say(protocol.Inform, "ann", norm.Violation{Norm: "cap", Debtor: "dan", Case: fmt.Sprint("x", i)}))
	}
	if got := c.Witnesses(norm.Penalty{Norm: "cap", Debtor: "dan", Case: "x7"}); got != nil || c.Witnesses(norm.Penalty{Norm: "cap", Debtor: "dan", Case: "x1999"}) == nil {
		t.Errorf("cases are not bounded, or the newest are forgotten: %v", got)
	}
}

// "Whoever hears each of them say the same, however it is mixed with what others say, knows the same norms to be in force."
func TestAssembliesAgree(t *testing.T) {
	members := []string{"ann", "bob", "cy", "dan", "eve"}
	adopted := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		all := make([]*norm.Assembly, 3)
		for i := range all {
			all[i], _ = norm.Convene(norm.Constitution{Of: village, Quorum: norm.Quorum(seed % 2)}, members...)
		}
		var motions []string
		for phase := range 8 {
			at := time.Duration(phase) * second
			said := map[string][]*protocol.Message{}
			for _, by := range members {
				for range r.IntN(3) {
					switch {
					case phase%2 == 0:
						m := put(by, fmt.Sprint(r.IntN(9)), capOf(r.IntN(5)), at+second*time.Duration(1+r.IntN(3)))
						if r.IntN(4) == 0 {
							m.Content = norm.Motion{Name: m.Content.(norm.Motion).Name, Repeal: "cap"}
						}
						motions = append(motions, m.Content.(norm.Motion).Name)
						said[by] = append(said[by], m)
					case len(motions) > 0:
						for range 6 {
							said[by] = append(said[by], votes(by, motions[r.IntN(len(motions))], r.IntN(6) > 0))
						}
					}
				}
			}
			var first string
			for i, a := range all {
				rest := map[string][]*protocol.Message{}
				var who []string
				for _, by := range members {
					if rest[by] = said[by]; len(said[by]) > 0 {
						who = append(who, by)
					}
				}
				for len(who) > 0 { // mixed in a way of its own
					k := r.IntN(len(who))
					by := who[k]
					a.Hear(at, rest[by][0])
					if rest[by] = rest[by][1:]; len(rest[by]) == 0 {
						who = slices.Delete(who, k, k+1)
					}
				}
				for _, d := range a.Advance(at) {
					if d.Kind == norm.Adopted {
						adopted++
					}
				}
				if snapshot, _ := a.Snapshot(); i == 0 {
					first = normsOf(snapshot)
				} else if normsOf(snapshot) != first {
					t.Fatalf("seed %d, phase %d: one knows %s, another %s", seed, phase, first, normsOf(snapshot))
				}
			}
		}
	}
	if adopted < 150 {
		t.Errorf("%d motions were adopted", adopted)
	}
}

// normsOf are the norms in force and the open motions of a snapshot.
func normsOf(snapshot []byte) string {
	var s struct{ Norms, Motions json.RawMessage }
	if err := json.Unmarshal(snapshot, &s); err != nil {
		return err.Error()
	}
	return string(s.Norms) + string(s.Motions)
}

// A snapshot of an assembly may come from anywhere, and so may what it hears.
func FuzzReconvene(f *testing.F) {
	a, _ := norm.Convene(norm.Constitution{Of: village}, "ann", "bob")
	a.Hear(0, put("ann", "1", capOf(10), second))
	a.Hear(0, put("bob", "1", capOf(11), 2*second))
	a.Hear(0, votes("bob", "ann/1", true))
	a.Hear(second+1, say(protocol.Inform, "bob", norm.Violation{Norm: "cap", Debtor: "ann", Case: "1"}))
	snapshot, _ := a.Snapshot()
	f.Add(snapshot)
	f.Add([]byte(`{"motions":[{"motion":{"name":"x"}}]}`))
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		a, err := norm.Reconvene(norm.Constitution{Of: village}, snapshot)
		if err != nil {
			return
		}
		a.Hear(0, put("bob", "2", capOf(11), 2*second))
		a.Hear(0, votes("bob", "ann/1", true))
		a.Hear(0, say(protocol.Inform, "bob", norm.Violation{Norm: "cap", Debtor: "ann", Case: "1"}))
		a.Hear(0, say(protocol.Inform, "bob", norm.Penalty{Norm: "cap", Debtor: "ann", Case: "1"}))
		a.Advance(3 * second)
		again, err := a.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := norm.Reconvene(norm.Constitution{Of: village}, again); err != nil {
			t.Errorf("%v: %s", err, again)
		}
	})
}
