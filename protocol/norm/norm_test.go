package norm_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

const second = time.Second

// club is an organisation with everything in it.
func club() norm.Organisation {
	return norm.Organisation{
		Name: "club",
		Roles: []norm.Role{
			{Name: "member", Abstract: true}, {Name: "player", Extends: []string{"member"}}, {Name: "coach", Extends: []string{"member"}},
			{Name: "keeper", Extends: []string{"player"}}, {Name: "chair", Extends: []string{"member"}, Only: []string{"ada", "ben"}},
			{Name: "treasurer", Extends: []string{"member"}, Appointed: true},
		},
		Compatible: []norm.Compatibility{{A: "coach", B: "player", Scope: norm.Across}, {A: "chair", B: "member"}},
		Links: []norm.Link{
			{Relation: norm.Authority, From: "chair", To: "member"}, {Relation: norm.Communication, From: "player", To: "coach", Both: true, Scope: norm.Within},
			{From: "player", To: "player"},
		},
		Groups: []norm.Group{
			{Name: "club", Roles: []norm.Place{{"chair", 1, 1}, {"treasurer", 0, 1}}, Subgroups: []norm.Place{{"team", 1, 2}}},
			{Name: "team", Roles: []norm.Place{{"player", 1, 3}, {"keeper", 0, 1}, {"coach", 1, 1}}},
		},
		Schemes: []norm.Scheme{{Name: "match", Goal: norm.Goal{Name: "played", Goals: []norm.Goal{
			{Name: "ready", Plan: norm.Parallel, Goals: []norm.Goal{{Name: "trained", Within: 10 * second}, {Name: "travelled", Within: 20 * second}}},
			{Name: "tactics", Plan: norm.Choice, Goals: []norm.Goal{{Name: "attack"}, {Name: "defend"}}},
			{Name: "scored", Need: 1},
		}}, Missions: []norm.Mission{{"play", []string{"trained", "travelled", "scored"}, 2, 3}, {"plan", []string{"attack", "defend"}, 1, 1}}}},
		Norms: []norm.Norm{
			{Name: "plays", Role: "player", Mission: "play", Within: 5 * second, Sanction: norm.Sanction{Name: "bench", Amount: 1}},
			{Name: "plans", Role: "coach", Deontic: norm.Permission, Mission: "plan"},
			{Name: "no coach on the field", Role: "coach", Deontic: norm.Prohibition, Regimented: true, Mission: "play"},
			{Name: "answers", Role: "player", When: &norm.Pattern{Act: protocol.QueryIf, To: norm.Self, By: "coach"},
				Do: &norm.Pattern{Act: protocol.Inform, To: norm.Other}, Unless: &norm.Pattern{Act: protocol.Cancel, By: norm.Other, To: norm.Self},
				Within: 3 * second, Sanction: norm.Sanction{Name: "fine", Amount: 5}},
			{Name: "polite", Role: "member", Deontic: norm.Prohibition, Do: &norm.Pattern{Kind: "insult"}, Sanction: norm.Sanction{Name: "fine", Amount: 9}},
			{Name: "no deals", Role: "player", Deontic: norm.Prohibition, Regimented: true, Do: &norm.Pattern{Act: protocol.Propose, To: "player"}},
		},
	}
}

// script is an Entity and a record of its signals.
type script struct {
	*testing.T
	*norm.Entity
	of    norm.Organisation
	heard []string
}

func begin(t *testing.T, o norm.Organisation) *script {
	t.Helper()
	e, err := norm.Begin(o)
	if err != nil {
		t.Fatal(err)
	}
	return &script{T: t, Entity: e, of: o}
}

// do is told what a method returns, which is no refusal.
func (s *script) do(signals []norm.Signal, err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	s.hear(signals)
}

// hear notes signals. The story goes on with what a snapshot holds: it makes no difference.
func (s *script) hear(signals []norm.Signal) {
	s.Helper()
	snapshot, err := s.Snapshot()
	if err != nil {
		s.Fatal(err)
	}
	e, err := norm.Restore(s.of, snapshot)
	if err != nil {
		s.Fatal(err)
	}
	if again, _ := e.Snapshot(); string(again) != string(snapshot) {
		s.Errorf("restored from\n%s it is\n%s", snapshot, again)
	}
	s.Entity = e
	for _, x := range signals {
		s.heard = append(s.heard, x.String())
	}
}

// refused is told what a method refuses, which says nothing and changes nothing.
func (s *script) refused(code string) func([]norm.Signal, error) {
	s.Helper()
	return func(signals []norm.Signal, err error) {
		s.Helper()
		var r *norm.Refusal
		if !errors.As(err, &r) || r.Why.Code != code || r.Reason() != code || len(signals) > 0 {
			s.Errorf("%v with %v; want a refusal of code %s", err, signals, code)
		}
	}
}

// expect says what has been heard since it was last asked.
func (s *script) expect(want ...string) {
	s.Helper()
	if !slices.Equal(s.heard, want) {
		s.Errorf("heard\n%s\nwant\n%s", strings.Join(s.heard, "\n"), strings.Join(want, "\n"))
	}
	s.heard = nil
}

// say is a message.
func say(act protocol.Act, from string, content any, to ...string) *protocol.Message {
	return &protocol.Message{Act: act, Sender: from, Receivers: to, Content: content, Conversation: "talk"}
}

// team is a club with a team of ann and bob, whom cy coaches.
func team(t *testing.T) *script {
	s := begin(t, club())
	s.do(s.Adopt("ada", "chair", "club"))
	s.do(nil, s.Found("reds", "team", "club"))
	s.do(s.Adopt("ann", "player", "reds"))
	s.do(s.Adopt("bob", "player", "reds"))
	s.do(s.Adopt("cy", "coach", "reds"))
	s.heard = nil
	return s
}

// "Adopting a role beyond its maximum is refused", and so is one that does not go with another, that others may not have, and
// that one gets from others only.
func TestRolesAreRefused(t *testing.T) {
	s := team(t)
	for _, c := range []struct{ by, agent, role, group, code string }{
		{"", "ben", "chair", "club", norm.Full},
		{"", "eve", "chair", "club", norm.Unauthorised},
		{"", "eve", "coach", "reds", norm.Full},
		{"", "ann", "player", "reds", norm.Taken},
		{"", "ann", "keeper", "reds", norm.Incompatible},
		{"", "cy", "player", "reds", norm.Incompatible}, // only in another group
		{"", "eve", "treasurer", "club", norm.Unauthorised},
		{"ann", "eve", "treasurer", "club", norm.Unauthorised},
		{"cy", "eve", "player", "reds", norm.Unauthorised},
		{"", "eve", "member", "club", norm.Unknown},
		{"", "eve", "player", "club", norm.Unknown},
		{"", "eve", "player", "blues", norm.Unknown},
		{"", "eve", "pope", "club", norm.Unknown},
		{"", "", "player", "reds", norm.Unknown},
	} {
		by := c.by
		if by == "" {
			by = c.agent
		}
		before, _ := s.Snapshot()
		s.refused(c.code)(s.Appoint(by, c.agent, c.role, c.group))
		if after, _ := s.Snapshot(); string(after) != string(before) {
			t.Errorf("%v changed\n%s to\n%s", c, before, after)
		}
	}
	s.do(s.Appoint("ada", "eve", "treasurer", "club"))
	s.do(s.Adopt("dan", "player", "reds"))
	s.refused(norm.Full)(s.Adopt("fay", "player", "reds"))
	s.do(s.Leave("dan", "player", "reds"))
	s.do(s.Adopt("fay", "player", "reds"))
	s.refused(norm.Full)(s.Adopt("gus", "player", "reds"))
	s.do(nil, s.Found("blues", "team", "club"))
	s.do(s.Adopt("cy", "player", "blues")) // a coach may play elsewhere
	s.refused(norm.Incompatible)(s.Adopt("cy", "keeper", "blues"))
	s.heard = nil
	s.do(s.Leave("cy", "player", "blues")) // a coach is a member still, and has to be polite
	if len(s.heard) != 1 || !strings.HasSuffix(s.heard[0], " cy") || !strings.Contains(s.heard[0], "inactive no deals#") {
		t.Errorf("heard %q", s.heard)
	}
}

// "Unmet obligation unfulfilled at its deadline, sanction applied once."
func TestAnUnmetObligationIsSanctionedOnce(t *testing.T) {
	s := team(t)
	s.hear(s.Observe(norm.Said(1*second, say(protocol.QueryIf, "cy", nil, "ann", "bob"))))
	s.expect("1s created answers#7 ann", "1s created answers#8 bob")
	if at, ok := s.Next(); !ok || at != 4*second {
		t.Errorf("the next deadline is %v, %v", at, ok)
	}
	s.hear(s.Observe(norm.Said(4*second, say(protocol.Inform, "ann", nil, "cy")))) // at the deadline is in time
	s.expect("4s fulfilled answers#7 ann")
	s.hear(s.Advance(4*second - 1))
	s.expect()
	s.hear(s.Advance(4 * second))
	s.expect("4s unfulfilled answers#8 bob (late)", "4s sanctioned answers#8 bob (late): fine 5")
	for at := range 10 {
		s.hear(s.Advance(time.Duration(4+at) * second))
		s.hear(s.Observe(norm.Said(time.Duration(4+at)*second, say(protocol.Inform, "bob", nil, "cy"))))
	}
	s.expect()
}

// "Signals: created, then one of fulfilled, unfulfilled, inactive."
func TestTheLifeOfAnObligation(t *testing.T) {
	ask := say(protocol.QueryIf, "cy", nil, "ann")
	for _, c := range []struct {
		name string
		then func(*script)
		want []string
	}{
		{"met in another conversation", func(s *script) {
			m := say(protocol.Inform, "ann", nil, "cy")
			m.Conversation = "other"
			s.hear(s.Observe(norm.Said(2*second, m)))
		}, nil},
		{"met to somebody else", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.Inform, "ann", nil, "bob")))) }, nil},
		{"met by somebody else", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.Inform, "bob", nil, "cy")))) }, nil},
		{"met by another act", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.Refuse, "ann", nil, "cy")))) }, nil},
		{"asked again", func(s *script) { s.hear(s.Observe(norm.Said(2*second, ask))) }, nil},
		{"asked by a player", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.QueryIf, "bob", nil, "ann")))) }, nil},
		{"met among others", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.Inform, "ann", nil, "bob", "cy")))) },
			[]string{"2s fulfilled answers#7 ann"}},
		{"cancelled", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.Cancel, "cy", nil, "ann")))) },
			[]string{"2s inactive answers#7 ann"}},
		{"cancelled by another", func(s *script) { s.hear(s.Observe(norm.Said(2*second, say(protocol.Cancel, "bob", nil, "ann")))) }, nil},
		{"left", func(s *script) { s.do(s.Leave("ann", "player", "reds")) },
			[]string{"1s inactive polite#2 ann", "1s inactive no deals#3 ann", "1s inactive answers#7 ann"}},
		{"departed", func(s *script) { s.hear(s.Depart("ann")) },
			[]string{"1s inactive polite#2 ann", "1s inactive no deals#3 ann", "1s inactive answers#7 ann"}},
		{"repealed", func(s *script) { s.do(s.Repeal("answers")) }, []string{"1s inactive answers#7 ann"}},
		{"told late", func(s *script) { s.hear(s.Observe(norm.Said(5*second, say(protocol.Inform, "ann", nil, "cy")))) },
			[]string{"4s unfulfilled answers#7 ann (late)", "4s sanctioned answers#7 ann (late): fine 5"}},
		{"told of the past", func(s *script) { s.hear(s.Observe(norm.Said(0, say(protocol.Inform, "ann", nil, "cy")))) },
			[]string{"1s fulfilled answers#7 ann"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := team(t)
			s.hear(s.Observe(norm.Said(1*second, ask)))
			s.expect("1s created answers#7 ann")
			c.then(s)
			s.expect(c.want...)
		})
	}
}

// A prohibition is broken as often as it is broken, and each time there is one sanction. One that is regimented cannot be.
func TestProhibitions(t *testing.T) {
	s := team(t)
	insult := say(protocol.Inform, "cy", protocol.Note{What: "insult"}, "ann", "bob")
	s.hear(s.Observe(norm.Said(second, insult)))
	s.expect("1s unfulfilled polite#6 cy (broken)", "1s sanctioned polite#6 cy (broken): fine 9", "1s created polite#7 cy")
	s.hear(s.Observe(norm.Said(2*second, insult)))
	s.expect("2s unfulfilled polite#7 cy (broken)", "2s sanctioned polite#7 cy (broken): fine 9", "2s created polite#8 cy")
	s.hear(s.Observe(norm.Said(3*second, say(protocol.Inform, "cy", protocol.Note{What: "praise"}, "ann"))))
	s.hear(s.Observe(norm.Fact(3*second, "insult", "cy", 1)))
	s.hear(s.Observe(norm.Said(3*second, say(protocol.Propose, "cy", nil, "ann"))))
	s.hear(s.Observe(norm.Said(3*second, say(protocol.Propose, "ann", nil, "cy"))))
	s.expect()
	s.hear(s.Observe(norm.Said(4*second, say(protocol.Propose, "ann", protocol.Note{What: "insult"}, "cy", "bob"))))
	s.expect("4s failure no deals#3 ann (broken)") // and the insult is as if it had not been said
}

// A prohibition with an activation and an end is fulfilled when it was kept until then.
func TestAProhibitionForAWhile(t *testing.T) {
	o := club()
	o.Norms = []norm.Norm{{Name: "quiet", Role: "player", Deontic: norm.Prohibition, When: &norm.Pattern{Fact: "dusk", AtLeast: 20}, Do: &norm.Pattern{},
		Within: 8 * second, Sanction: norm.Sanction{Name: "bed", Amount: 1}}}
	s := team2(t, o)
	s.hear(s.Observe(norm.Fact(second, "dusk", "", 19)))
	s.expect()
	s.hear(s.Observe(norm.Fact(second, "dusk", "", 20)))
	s.expect("1s created quiet#1 ann", "1s created quiet#2 bob")
	s.hear(s.Observe(norm.Said(2*second, say(protocol.Inform, "bob", nil, "ann"))))
	s.expect("2s unfulfilled quiet#2 bob (broken)", "2s sanctioned quiet#2 bob (broken): bed 1", "2s created quiet#3 bob")
	s.hear(s.Observe(norm.Said(10*second, say(protocol.Inform, "bob", nil, "ann"))))
	s.expect("9s fulfilled quiet#1 ann", "9s fulfilled quiet#3 bob")
	s.hear(s.Advance(math.MaxInt64)) // time can end
	s.hear(s.Observe(norm.Fact(0, "dusk", "", 20)))
	if in := s.Instances(); len(in) != 2 || in[0].Deadline != math.MaxInt64 {
		t.Errorf("in force are %+v", in)
	}
}

// team2 is the team of another club.
func team2(t *testing.T, o norm.Organisation) *script {
	s := begin(t, o)
	s.do(nil, s.Found("reds", "team", "club"))
	s.do(s.Adopt("bob", "player", "reds"))
	s.do(s.Adopt("ann", "player", "reds"))
	s.do(s.Adopt("cy", "coach", "reds"))
	s.heard = nil
	return s
}

// Norms that are enacted bind at once who plays the role.
func TestNormsAreEnacted(t *testing.T) {
	s := team(t)
	early := norm.Norm{Name: "early", Role: "player", Do: &norm.Pattern{Fact: "up"}, Within: second}
	s.do(s.Enact(early))
	s.expect("0s created early#7 ann", "0s created early#8 bob")
	s.refused(norm.Taken)(s.Enact(early))
	s.do(s.Adopt("dan", "keeper", "reds"))
	s.expect("0s created polite#9 dan", "0s created no deals#10 dan", "0s created early#11 dan")
	s.hear(s.Observe(norm.Fact(second, "up", "bob", 0)))
	s.expect("1s fulfilled early#8 bob")
	s.do(s.Repeal("early"))
	s.expect("1s inactive early#7 ann", "1s inactive early#11 dan")
	s.refused(norm.Unknown)(s.Repeal("early"))
	if _, err := s.Enact(norm.Norm{Name: "bad", Role: "pope", Do: &norm.Pattern{}, Within: second}); err == nil {
		t.Error("a norm for a role that is not declared is enacted")
	}
	early.Do.Fact = "down" // what was enacted shares nothing with what it was made from
	s.do(s.Enact(early))
	early.Do.Fact = "up"
	s.heard = nil
	s.hear(s.Observe(norm.Fact(second, "down", "ann", 0)))
	s.expect("1s fulfilled early#12 ann")
}

// "A scheme is a goal tree with operators sequence, choice and parallel; a mission is a set of goals with a cardinality."
func TestAScheme(t *testing.T) {
	s := team(t)
	goals := func(want string) {
		t.Helper()
		var all []string
		for _, g := range []string{"played", "ready", "trained", "travelled", "tactics", "attack", "defend", "scored"} {
			is, err := s.Goal(g, "cup")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(is[0]))
		}
		if got := strings.Join(all, ""); got != want {
			t.Errorf("played, ready (trained, travelled), tactics (attack, defend), scored are %s, want %s", got, want)
		}
	}
	s.do(s.Start("cup", "match", "reds"))
	s.expect("0s created plays#7 ann cup/play", "0s created plays#8 bob cup/play")
	goals("wwwwwwww")
	s.refused(norm.Prohibited)(s.Commit("cy", "play", "cup"))
	s.refused(norm.Unauthorised)(s.Commit("ann", "plan", "cup"))
	s.refused(norm.Unauthorised)(s.Commit("ada", "plan", "cup"))
	s.refused(norm.Unknown)(s.Commit("ann", "win", "cup"))
	s.refused(norm.Unknown)(s.Commit("ann", "play", "league"))
	s.hear(s.Advance(2 * second))
	s.do(s.Commit("ann", "play", "cup"))
	s.expect("2s fulfilled plays#7 ann cup/play")
	s.refused(norm.Taken)(s.Commit("ann", "play", "cup"))
	s.refused(norm.Committed)(s.Leave("ann", "player", "reds"))
	s.refused(norm.NotEnabled)(s.Achieve("ann", "trained", "cup"))
	s.hear(s.Advance(6 * second))
	s.expect("5s unfulfilled plays#8 bob cup/play (late)", "5s sanctioned plays#8 bob cup/play (late): bench 1")
	s.do(s.Commit("bob", "play", "cup"))
	goals("wwwwwwww") // nobody plans
	s.do(s.Commit("cy", "plan", "cup"))
	goals("eeeewwww")
	s.expect("6s created plays#9 ann cup/trained", "6s created plays#10 bob cup/trained", "6s created plays#11 ann cup/travelled", "6s created plays#12 bob cup/travelled")
	s.refused(norm.Committed)(s.Abandon("ann", "play", "cup"))
	s.refused(norm.Unknown)(s.Abandon("ann", "play", "league"))
	s.refused(norm.Unknown)(s.Abandon("ann", "plan", "cup"))
	s.refused(norm.NotEnabled)(s.Achieve("ann", "scored", "cup"))
	s.refused(norm.Unauthorised)(s.Achieve("cy", "trained", "cup"))
	s.refused(norm.Unknown)(s.Achieve("ann", "ready", "cup"))
	s.do(s.Achieve("ann", "trained", "cup"))
	s.refused(norm.Taken)(s.Achieve("ann", "trained", "cup"))
	s.expect("6s fulfilled plays#9 ann cup/trained")
	goals("eeeewwww") // all who are committed must
	s.do(s.Achieve("bob", "trained", "cup"))
	goals("eesewwww")
	s.do(s.Achieve("ann", "travelled", "cup"))
	s.hear(s.Advance(26 * second))
	s.heard = nil
	s.do(s.Achieve("bob", "travelled", "cup")) // late, and sanctioned once, but done
	s.expect("26s created plans#13 cy cup/attack", "26s created plans#14 cy cup/defend")
	goals("essseeew")
	s.do(s.Fail("cy", "attack", "cup"))
	s.expect("26s inactive plans#13 cy cup/attack")
	goals("essseiew")
	s.do(s.Achieve("cy", "defend", "cup"))
	goals("essssise")
	s.heard = nil
	s.do(s.Achieve("bob", "scored", "cup"))
	s.expect("26s fulfilled plays#16 bob cup/scored", "26s inactive plays#15 ann cup/scored")
	goals("sssssiss")
	s.refused(norm.Committed)(s.Leave("cy", "coach", "reds"))
	s.do(s.Abandon("cy", "plan", "cup"))
	s.do(s.Leave("cy", "coach", "reds"))
	s.do(s.Finish("cup"))
	s.refused(norm.Unknown)(s.Finish("cup"))
}

// Missions have room for so many, and bind nobody when enough have taken them on, or when all is over.
func TestMissionsHaveRoom(t *testing.T) {
	s := team(t)
	s.do(s.Adopt("dan", "player", "reds"))
	s.do(s.Adopt("eve", "keeper", "reds"))
	s.do(s.Start("cup", "match", "reds"))
	s.heard = nil
	s.do(s.Commit("ann", "play", "cup"))
	s.do(s.Commit("eve", "play", "cup")) // a keeper is a player
	s.expect("0s fulfilled plays#11 ann cup/play", "0s fulfilled plays#14 eve cup/play", "0s inactive plays#12 bob cup/play", "0s inactive plays#13 dan cup/play")
	s.do(s.Commit("dan", "play", "cup"))
	s.refused(norm.Full)(s.Commit("bob", "play", "cup"))
	s.do(s.Abandon("dan", "play", "cup"))
	s.hear(s.Depart("eve"))
	s.heard = nil
	s.do(s.Adopt("eve", "keeper", "reds"))
	if got := s.Committed("cup"); !slices.Equal(got, []norm.Commitment{{Agent: "ann", Mission: "play"}}) {
		t.Errorf("committed are %v", got)
	}
	s.expect("0s created polite#17 eve", "0s created no deals#18 eve", "0s created plays#19 eve cup/play")
	s.do(s.Start("league", "match", "reds"))
	s.do(s.Start("friendly", "match", "club"))
	s.heard = nil
	s.do(s.Finish("friendly"))
	s.expect("0s inactive plays#24 ann friendly/play", "0s inactive plays#25 bob friendly/play", "0s inactive plays#26 dan friendly/play",
		"0s inactive plays#27 eve friendly/play") // the teams are in the club
	s.refused(norm.Taken)(s.Start("league", "match", "reds"))
	s.refused(norm.Unknown)(s.Start("third", "chess", "reds"))
	s.refused(norm.Unknown)(s.Start("third", "match", "blues"))
}

// A mission that an enforced norm prohibits can be taken on: that breaks the norm.
func TestAProhibitedMissionIsBroken(t *testing.T) {
	o := club()
	for i := range o.Norms {
		if o.Norms[i].Name == "no coach on the field" {
			o.Norms[i].Regimented, o.Norms[i].Sanction = false, norm.Sanction{Name: "whistle", Amount: 2}
		}
	}
	o.Norms = append(o.Norms, norm.Norm{Name: "in need", Role: "member", Deontic: norm.Permission, Mission: "play"})
	s := team2(t, o)
	s.do(s.Start("cup", "match", "reds"))
	s.heard = nil
	s.do(s.Commit("cy", "play", "cup"))
	s.expect("0s created no coach on the field#8 cy cup/play", "0s unfulfilled no coach on the field#8 cy cup/play (broken)",
		"0s sanctioned no coach on the field#8 cy cup/play (broken): whistle 2")
}

// "A role without the right may not speak the act."
func TestMay(t *testing.T) {
	s := team(t)
	s.do(s.Adopt("dan", "player", "reds"))
	s.do(nil, s.Found("blues", "team", "club"))
	s.do(s.Adopt("eve", "player", "blues"))
	check := func(e interface {
		May(*protocol.Message, string) error
	}, from string, act protocol.Act, to, want string) {
		t.Helper()
		err := e.May(say(act, from, nil, "dan", to), to) // whom else it is for does not matter
		var r *norm.Refusal
		if got := ""; errors.As(err, &r) && r.Why.Code != want || err == nil && want != got {
			t.Errorf("%s says %s to %s: %v, want %q", from, act, to, err, want)
		}
	}
	rights, err := s.Rights()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to string
		act      protocol.Act
		want     string
	}{
		{"ann", "bob", protocol.Propose, norm.Prohibited},
		{"ann", "cy", protocol.Propose, ""},
		{"ann", "eve", protocol.Inform, norm.Unlinked}, // they only know of each other
		{"cy", "ann", protocol.QueryIf, ""},
		{"cy", "eve", protocol.QueryIf, norm.Unlinked}, // not in one group
		{"ada", "eve", protocol.Request, ""},
		{"eve", "ada", protocol.Agree, norm.Unlinked},
		{"zoe", "ada", protocol.Inform, norm.Unlinked},
	} {
		check(s, c.from, c.act, c.to, c.want)
		check(rights, c.from, c.act, c.to, c.want)
	}
	s.do(s.Leave("ann", "player", "reds"))
	s.do(s.Adopt("ann", "player", "blues"))
	check(rights, "cy", protocol.QueryIf, "ann", "") // as they were
	check(s, "cy", protocol.QueryIf, "ann", norm.Unlinked)
	for _, c := range []struct {
		relation norm.Relation
		from, to string
		want     bool
	}{{norm.Acquaintance, "ann", "eve", true}, {norm.Acquaintance, "ada", "eve", true}, {norm.Acquaintance, "eve", "ada", false},
		{norm.Communication, "ada", "eve", true}, {norm.Authority, "ada", "eve", true}, {norm.Authority, "cy", "bob", false},
		{norm.Communication, "bob", "cy", true}, {norm.Communication, "ann", "eve", false}} {
		if got := s.Linked(c.relation, c.from, c.to); got != c.want {
			t.Errorf("linked %d from %s to %s: %v", c.relation, c.from, c.to, got)
		}
	}
}

// In a closed organisation only what is permitted, or obliged, may be said. Norms that hold for a while are the entity's to
// judge; rights do not know what was said.
func TestMayInAClosedOrganisation(t *testing.T) {
	o := norm.Organisation{Name: "desk", Roles: []norm.Role{{Name: "clerk"}, {Name: "client"}}, Closed: true,
		Groups: []norm.Group{{Name: "desk", Roles: []norm.Place{{"clerk", 0, 0}, {"client", 0, 0}}}},
		Norms: []norm.Norm{
			{Name: "ask", Role: "client", Deontic: norm.Permission, Do: &norm.Pattern{Act: protocol.Request, Protocol: "fipa-request", To: "clerk"}},
			{Name: "reply", Role: "clerk", When: &norm.Pattern{Act: protocol.Request, To: norm.Self}, Do: &norm.Pattern{Act: protocol.Inform, To: norm.Other}, Within: second},
			{Name: "closed", Role: "client", Deontic: norm.Prohibition, Regimented: true, When: &norm.Pattern{Fact: "noon"}, Unless: &norm.Pattern{Fact: "one"},
				Do: &norm.Pattern{Act: protocol.Request, To: "clerk"}},
		}}
	s := begin(t, o)
	s.do(s.Adopt("kim", "clerk", "desk"))
	s.do(s.Adopt("lee", "client", "desk"))
	may := func(act protocol.Act, protocolName, from, to string) string {
		m := say(act, from, nil, "kim", to)
		m.Protocol = protocolName
		if r, ok := errors.AsType[*norm.Refusal](s.May(m, to)); ok {
			return r.Why.Code
		}
		return ""
	}
	expect := func(want ...string) {
		t.Helper()
		got := []string{may(protocol.Request, "fipa-request", "lee", "kim"), may(protocol.Request, "", "lee", "kim"), may(protocol.Request, "fipa-request", "lee", "lee"),
			may(protocol.Inform, "", "kim", "lee"), may(protocol.Inform, "", "lee", "kim"), may(protocol.Request, "fipa-request", "mia", "kim")}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	expect("", norm.Unauthorised, norm.Unauthorised, "", norm.Unauthorised, norm.Unauthorised)
	s.hear(s.Observe(norm.Fact(second, "noon", "", 0)))
	expect(norm.Prohibited, norm.Prohibited, norm.Unauthorised, "", norm.Unauthorised, norm.Unauthorised)
	if _, err := s.Rights(); err == nil {
		t.Error("rights know what was said")
	}
	s.hear(s.Observe(norm.Fact(2*second, "one", "", 0)))
	expect("", norm.Unauthorised, norm.Unauthorised, "", norm.Unauthorised, norm.Unauthorised)
}

// Who was late for a goal is not obliged to it again, unless it has been out of reach meanwhile. Who has it by two missions is
// one who works at it.
func TestWhoWasLateIsNotObligedAgain(t *testing.T) {
	o := norm.Organisation{Name: "barn", Roles: []norm.Role{{Name: "hand"}}, Groups: []norm.Group{{Name: "barn", Roles: []norm.Place{{Name: "hand"}}}},
		Schemes: []norm.Scheme{{Name: "raise", Goal: norm.Goal{Name: "raised", Within: second},
			Missions: []norm.Mission{{"lift", []string{"raised"}, 2, 0}, {"hold", []string{"raised"}, 0, 0}}}},
		Norms: []norm.Norm{{Name: "lifts", Role: "hand", Deontic: norm.Permission, Mission: "lift", Sanction: norm.Sanction{Name: "soup", Amount: 1}},
			{Name: "holds", Role: "hand", Deontic: norm.Permission, Mission: "hold"}}}
	s := begin(t, o)
	for _, agent := range []string{"ann", "bob", "cy"} {
		s.do(s.Adopt(agent, "hand", "barn"))
	}
	s.do(s.Start("one", "raise", "barn"))
	s.do(s.Commit("ann", "lift", "one"))
	s.do(s.Commit("bob", "lift", "one"))
	s.do(s.Commit("ann", "hold", "one"))
	s.hear(s.Advance(second))
	s.expect("0s created lifts#1 ann one/raised", "0s created lifts#2 bob one/raised", "0s created holds#3 ann one/raised",
		"1s unfulfilled lifts#1 ann one/raised (late)", "1s sanctioned lifts#1 ann one/raised (late): soup 1",
		"1s unfulfilled lifts#2 bob one/raised (late)", "1s sanctioned lifts#2 bob one/raised (late): soup 1",
		"1s unfulfilled holds#3 ann one/raised (late)")
	s.do(s.Adopt("dan", "hand", "barn"))
	s.do(s.Achieve("ann", "raised", "one"))
	s.expect()
	s.hear(s.Depart("bob")) // one is too few
	s.do(s.Commit("cy", "lift", "one"))
	if is, _ := s.Goal("raised", "one"); is != norm.Satisfied { // all who were left had achieved it by then
		t.Errorf("it is %s", is)
	}
	s.do(s.Start("two", "raise", "barn"))
	for _, agent := range []string{"ann", "cy", "dan"} {
		s.do(s.Commit(agent, "lift", "two"))
	}
	s.do(s.Commit("ann", "hold", "two"))
	s.do(s.Achieve("cy", "raised", "two"))
	s.do(s.Achieve("ann", "raised", "two"))
	if is, _ := s.Goal("raised", "two"); is != norm.Enabled {
		t.Errorf("it is %s before all have achieved it", is)
	}
	s.do(s.Achieve("dan", "raised", "two"))
	if is, _ := s.Goal("raised", "two"); is != norm.Satisfied {
		t.Errorf("it is %s when all have achieved it", is)
	}
	s.do(s.Start("three", "raise", "barn"))
	s.do(s.Commit("ann", "lift", "three"))
	s.do(s.Commit("cy", "lift", "three"))
	s.hear(s.Advance(9 * second))
	s.hear(s.Depart("cy"))
	s.heard = nil
	s.do(s.Commit("dan", "lift", "three"))
	s.expect("9s created lifts#10 ann three/raised", "9s created lifts#11 dan three/raised")
}

// What somebody does can bind itself: to who it was said to, or to nobody in particular.
func TestNormsOfOnesOwnDoing(t *testing.T) {
	s := team(t)
	s.do(s.Enact(norm.Norm{Name: "word", Role: "player", When: &norm.Pattern{Act: protocol.Agree, By: norm.Self},
		Do: &norm.Pattern{Act: protocol.Inform, To: norm.Other}, Within: second}))
	s.do(s.Enact(norm.Norm{Name: "debt", Role: "player", When: &norm.Pattern{Fact: "fined", By: norm.Self}, Do: &norm.Pattern{Fact: "paid"}, Within: second}))
	s.hear(s.Observe(norm.Said(second, say(protocol.Agree, "ann", nil, "cy", "bob"))))
	s.hear(s.Observe(norm.Said(second, say(protocol.Agree, "cy", nil, "ann"))))
	s.expect("1s created word#7 ann", "1s created word#8 ann")
	s.hear(s.Observe(norm.Said(second, say(protocol.Inform, "ann", nil, "bob"))))
	s.expect("1s fulfilled word#8 ann")
	s.hear(s.Observe(norm.Fact(2*second, "fined", "bob", 3)))
	s.hear(s.Observe(norm.Fact(2*second, "paid", "ann", 3)))
	s.expect("2s created debt#9 bob")
	s.hear(s.Advance(3 * second))
	s.expect("2s unfulfilled word#7 ann (late)", "3s unfulfilled debt#9 bob (late)")
}
