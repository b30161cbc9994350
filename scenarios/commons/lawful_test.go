package commons

import (
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// "The commons with a covenant: proposal, vote, commitments, witnesses, sanctions": five who make norms live as five that take
// their fair share do, in every pace in which it is known who has heard what.
func TestLawfulKnownResults(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential} {
		for _, mind := range []string{"lawful", "defector:0"} {
			var seen recorder
			r := play(t, build(t, "5*"+mind), polis.Config{Seed: 1, Pace: pace, Observe: seen.observe})
			if got := fmt.Sprint(Measure(r)); got != "map[efficiency:1 equality:1 gain:120 overuse:0 survival_rate:1 survival_time:12]" {
				t.Errorf("%s, %s: %s", mind, pace, got)
			}
			if n := len(seen.said); n != 5 { // one motion, four votes: then it is the norm
				t.Errorf("%s, %s: spoke %d times", mind, pace, n)
			}
		}
	}
}

// Without talk there are no norms, and too few votes make none.
func TestLawfulWithoutAMajority(t *testing.T) {
	for _, order := range []string{"5*lawful talk=false", "1*lawful", "2*lawful 3*sustainable"} {
		var seen recorder
		r := play(t, build(t, order), polis.Config{Seed: 1, Observe: seen.observe})
		if got := fmt.Sprint(Measure(r)); !strings.HasPrefix(got, "map[efficiency:1 equality:1 ") || !strings.HasSuffix(got, " overuse:0 survival_rate:1 survival_time:12]") {
			t.Errorf("%s: %s", order, got)
		}
		for _, s := range seen.said {
			if _, ok := s.Message.Content.(norm.Violation); ok {
				t.Errorf("%s: %v", order, s.Message.Content)
			}
		}
	}
}

// More defection leaves less, and more is fined: the lawful pay what they owe in fish.
func TestDefectorsAreFined(t *testing.T) {
	fines := func(p int) (n int) {
		var seen recorder
		play(t, build(t, fmt.Sprintf("3*lawful 2*defector:%d", p)), polis.Config{Seed: 1, Observe: seen.observe})
		told := map[string]bool{}
		for _, s := range seen.said {
			if c, ok := s.Message.Content.(norm.Penalty); ok {
				if told[c.String()] {
					t.Errorf("%d %%: %s was set twice", p, c)
				}
				told[c.String()] = true
			}
		}
		return len(told)
	}
	if none, some, many := fines(0), fines(30), fines(100); none != 0 || some < 3 || many <= some {
		t.Errorf("fines: %d, %d, %d", none, some, many)
	}
}

// at is a percept of a month.
func at(month int, phase string, catches ...Catch) actors.Percept {
	return actors.Percept{Round: month, Phase: phase, Choice: true,
		View: View{Name: "Kate", Month: month, Stock: 100, Capacity: 100, Share: 25, Present: []string{"Emma", "Kate", "Luke"}, Catches: catches}}
}

// from is what somebody says about norms to all others.
func from(act protocol.Act, who string, month int, content any) *protocol.Message {
	m := &protocol.Message{Act: act, Sender: who, Content: content, Conversation: fmt.Sprint(normsPrefix, month)}
	for _, name := range []string{"Emma", "Kate", "Luke"} {
		if name != who {
			m.Receivers = append(m.Receivers, name)
		}
	}
	return m
}

// Votes are for caps that the lake can bear, and for nothing else; fines are paid when they are due, and not before they are set
// for what two have seen.
func TestLawfulByHand(t *testing.T) {
	p := actorstest.New(t, newLawful(0), actorstest.Config{Self: "Kate", World: Define(Laws{Initial: 100, Cap: 100, Collapse: 5, Months: 9, Talk: true})})
	wants := func(event any, want string) {
		t.Helper()
		var all []string
		for _, e := range p.Give(event) {
			switch v := e.Value.(type) {
			case *protocol.Message:
				all = append(all, fmt.Sprintf("%s %v", v.Act, v.Content))
			default:
				all = append(all, fmt.Sprint(v))
			}
		}
		if got := strings.Join(all, ", "); got != want {
			t.Errorf("%v: it wants %q, want %q", event, got, want)
		}
	}
	free := *lawOf(20)
	free.Sanction.Amount = 0
	wants(at(1, PhasePropose), "")
	wants(from(protocol.Propose, "Emma", 1, norm.Motion{Name: "Emma/1", Norm: lawOf(20)}), "")
	wants(from(protocol.Propose, "Luke", 1, norm.Motion{Name: "Luke/1", Norm: lawOf(26)}), "")
	wants(from(protocol.Propose, "Luke", 1, norm.Motion{Name: "Luke/2", Norm: &free}), "")
	wants(from(protocol.Propose, "Luke", 1, norm.Motion{Name: "Luke/3", Repeal: capNorm}), "")
	wants(at(1, PhaseReply), "accept-proposal vote on motion Emma/1, reject-proposal vote on motion Luke/1, reject-proposal vote on motion Luke/2, "+
		"reject-proposal vote on motion Luke/3")
	wants(at(1, PhaseHarvest), "{20}")
	wants(at(2, PhasePropose, Catch{"Emma", 21}, Catch{"Kate", 30}, Catch{"Luke", 20}),
		"inform Emma broke norm cap in month 1: 21, propose motion Kate/2: norm cap: prohibition for every fisher: catch of 26 or more")
	wants(from(protocol.Inform, "Luke", 2, norm.Penalty{Norm: capNorm, Debtor: "Kate", Case: "month 1"}), "") // nobody has seen it
	wants(from(protocol.Inform, "Luke", 2, norm.Violation{Norm: capNorm, Debtor: "Kate", Case: "month 1", Value: 30}), "")
	wants(from(protocol.Inform, "Luke", 2, norm.Violation{Norm: capNorm, Debtor: "Emma", Case: "month 1", Value: 21}), "")
	wants(at(2, PhaseReply), "inform penalty for Emma, who broke norm cap in month 1") // of the witnesses Kate comes first
	wants(from(protocol.Inform, "Emma", 2, norm.Violation{Norm: capNorm, Debtor: "Kate", Case: "month 1", Value: 30}), "")
	wants(from(protocol.Inform, "Emma", 2, norm.Penalty{Norm: capNorm, Debtor: "Kate", Case: "month 1"}), "")
	wants(from(protocol.Inform, "Luke", 2, norm.Penalty{Norm: capNorm, Debtor: "Kate", Case: "month 1"}), "") // once is enough
	wants(from(protocol.AcceptProposal, "Luke", 2, norm.Vote{Motion: "Kate/2"}), "")
	wants(at(2, PhaseHarvest), "{15}") // 25 by the new norm, 10 by the old fine
	wants(at(3, PhasePropose, Catch{"Emma", 25}, Catch{"Kate", 15}, Catch{"Luke", 25}), "")
	wants(at(3, PhaseHarvest), "{25}")

	actorstest.Check(t, func() actors.Behavior { return newLawful(50) }, at(1, PhasePropose), from(protocol.Propose, "Emma", 1, norm.Motion{Name: "Emma/1", Norm: lawOf(20)}),
		at(1, PhaseReply), at(1, PhaseHarvest), at(2, PhasePropose, Catch{"Emma", 25}, Catch{"Kate", 25}), from(protocol.Inform, "Luke", 3, norm.Violation{}))
}

// What follows defector: is a percentage.
func TestDefectorNeedsAPercentage(t *testing.T) {
	for _, arg := range []string{"", "101", "-1", "x", "5%"} {
		if _, err := makeDefector(arg); err == nil || !strings.Contains(err.Error(), "defector:P with P from 0 to 100") {
			t.Errorf("%q: %v", arg, err)
		}
	}
	if _, err := norm.Convene(village); err != nil {
		t.Error(err)
	}
	for _, mind := range []string{"lawful", "defector:5"} {
		if _, err := Build(order(t, "1*"+mind+" 200*fixed:0")); err == nil || !strings.Contains(err.Error(), "speaks to each") {
			t.Errorf("%s in a crowd: %v", mind, err)
		}
	}
}
