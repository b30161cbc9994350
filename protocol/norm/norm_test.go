package norm_test

import (
	"errors"
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
	heard []string
}

func begin(t *testing.T, o norm.Organisation) *script {
	t.Helper()
	e, err := norm.Begin(o)
	if err != nil {
		t.Fatal(err)
	}
	return &script{T: t, Entity: e}
}

// do is told what a method returns, which is no refusal.
func (s *script) do(signals []norm.Signal, err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	s.hear(signals)
}

func (s *script) hear(signals []norm.Signal) {
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
