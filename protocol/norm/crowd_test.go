package norm_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// judged is an assembly in which norm cap is in force.
func judged(t *testing.T, witnesses int) *council {
	c := convene(t, norm.Constitution{Of: village, Witnesses: witnesses}, "ann", "bob", "cy", "dan")
	c.note(c.Hear(0, put("ann", "1", capOf(10), second)))
	c.note(c.Hear(0, votes("bob", "ann/1", true)))
	c.note(c.Hear(0, votes("cy", "ann/1", true)))
	c.note(c.Advance(second))
	c.decided = nil
	return c
}

func (c *council) saw(by, name string) []norm.Decision {
	return c.Hear(2*second, say(protocol.Inform, by, norm.Violation{Norm: "cap", Debtor: "dan", Case: name}))
}

func (c *council) punish(by, name string) []norm.Decision {
	return c.Hear(2*second, say(protocol.Inform, by, norm.Penalty{Norm: "cap", Debtor: "dan", Case: name}))
}

// What one member invents makes nobody forget that a case was punished, or what others have seen.
func TestNobodyIsPunishedTwice(t *testing.T) {
	for _, witnesses := range []int{1, 2} {
		c := judged(t, witnesses)
		c.saw("bob", "1")
		c.saw("cy", "1")
		c.note(c.punish("cy", "1"))
		c.expect("2s punished by cy cap dan 1 fine 2")
		c.saw("cy", "seen")
		for i := range 3 * norm.MaxCases {
			c.saw("ann", fmt.Sprint("x", i))
			if i%2 == 0 {
				c.punish("ann", fmt.Sprint("x", i))
			}
		}
		again, err := c.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if c.Assembly, err = norm.Reconvene(norm.Constitution{Of: village, Witnesses: witnesses}, again); err != nil {
			t.Fatal(err)
		}
		for _, by := range []string{"ann", "bob", "cy"} {
			c.note(c.saw(by, "1"))
		}
		c.expect()
		c.note(c.punish("cy", "1"))
		c.expect("2s ignored by cy taken")
		if witnesses == 2 {
			c.note(c.saw("bob", "seen"))
			c.expect("2s established by bob cap dan seen fine 2")
		}
	}
}

// A member is a witness of so many open cases: its oldest testimony goes, that of others stays, and what is established counts
// for nobody.
func TestTestimonyIsBounded(t *testing.T) {
	c := judged(t, 3)
	c.saw("bob", "0")
	for i := range norm.MaxTold {
		c.saw("ann", fmt.Sprint(i))
	}
	told := func(name string) []string { return c.Witnesses(norm.Penalty{Norm: "cap", Debtor: "dan", Case: name}) }
	if got := told("0"); !slices.Equal(got, []string{"ann", "bob"}) {
		t.Errorf("before there were too many: %v", got)
	}
	c.saw("ann", "0")
	c.saw("ann", "more")
	if got := told("0"); !slices.Equal(got, []string{"bob"}) || told("1") == nil {
		t.Errorf("the oldest testimony: %v, and %v", got, told("1"))
	}
	c.saw("bob", "more")
	c.note(c.saw("cy", "more"))
	c.expect("2s established by cy cap dan more fine 2")
	c.saw("ann", "another")
	if told("1") == nil {
		t.Error("an established case counts as open")
	}
	c.saw("ann", "one more")
	if told("1") != nil || told("2") == nil {
		t.Error("a case that nobody has seen is kept, or too many are forgotten")
	}
}

func clerks(t testing.TB, kind string) *norm.Entity {
	e, err := norm.Begin(norm.Organisation{Name: "office", Roles: []norm.Role{{Name: "clerk"}, {Name: "client"}},
		Groups: []norm.Group{{Name: "desk", Roles: []norm.Place{{Name: "clerk", Min: 1}, {Name: "client"}}}},
		Norms: []norm.Norm{
			{Name: "answer", Role: "clerk", When: &norm.Pattern{Act: protocol.Request, To: norm.Self}, Do: &norm.Pattern{Act: protocol.Inform, To: norm.Other},
				Unless: &norm.Pattern{Act: protocol.Cancel, By: norm.Other, To: norm.Self}, Within: time.Hour, Sanction: norm.Sanction{Name: "fine", Amount: 5}},
			{Name: "pay", Role: "client", When: &norm.Pattern{Act: protocol.Agree, By: norm.Self}, Do: &norm.Pattern{Kind: kind, To: norm.Other}, Within: 2 * time.Hour},
		}})
	if err != nil {
		t.Fatal(err)
	}
	for agent, role := range map[string]string{"ann": "clerk", "ben": "clerk", "evil": "client", "bob": "client"} {
		if _, err := e.Adopt(agent, role, "desk"); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// One who asks for a great deal does not keep others from being answered.
func TestOneAgentCannotUseUpTheNorms(t *testing.T) {
	e := clerks(t, "pay")
	tell := func(act protocol.Act, from, to, conversation string) (kinds []norm.SignalKind) {
		m := say(act, from, nil, to)
		m.Conversation = conversation
		for _, s := range e.Observe(norm.Said(e.Now()+1, m)) {
			kinds = append(kinds, s.Kind)
		}
		return kinds
	}
	expect := func(what string, got []norm.SignalKind, want ...norm.SignalKind) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	for i := range norm.MaxInstances + 1 {
		want := norm.Created
		if i >= norm.MaxEach {
			want = norm.Failure
		}
		if got := tell(protocol.Request, "evil", []string{"ann", "ben"}[i%2], fmt.Sprint(i)); len(got) != 1 || got[0] != want {
			t.Fatalf("request %d: %v", i, got)
		}
	}
	expect("another asks", tell(protocol.Request, "bob", "ann", "b"), norm.Created)
	for i := range norm.MaxEach + 1 { // who puts itself under a norm, whomever it speaks to
		tell(protocol.Agree, "evil", fmt.Sprint("x", i), "")
	}
	if got := len(e.Instances()); got != 2*norm.MaxEach+1 {
		t.Errorf("%d are in force", got)
	}
	expect("it is answered", tell(protocol.Inform, "ann", "evil", "0"), norm.Fulfilled)
	expect("it takes one back", tell(protocol.Cancel, "evil", "ben", "1"), slices.Repeat([]norm.SignalKind{norm.Inactive}, norm.MaxEach/2)...)
	snapshot, _ := e.Snapshot()
	again, err := norm.Restore(norm.Organisation{Name: "office", Roles: []norm.Role{{Name: "clerk"}, {Name: "client"}},
		Groups: []norm.Group{{Name: "desk", Roles: []norm.Place{{Name: "clerk", Min: 1}, {Name: "client"}}}}}, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i := range norm.MaxEach/2 + 1 {
			expect("there is room", tell(protocol.Request, "evil", "ben", fmt.Sprint("new", i)), norm.Created)
		}
		expect("there is none", tell(protocol.Request, "evil", "ben", "over"), norm.Failure)
		late := e.Advance(90 * time.Minute)
		if len(late) != 2*(norm.MaxEach+1) || !slices.IsSortedFunc(late, func(a, b norm.Signal) int { return int(a.At - b.At) }) {
			t.Errorf("%d signals of deadlines", len(late))
		}
		if at, ok := e.Next(); !ok || at < 2*time.Hour {
			t.Errorf("next is %v", at)
		}
		if late = e.Advance(3 * time.Hour); len(late) != norm.MaxEach || len(e.Instances()) != 0 {
			t.Errorf("%d signals, and left are %v", len(late), e.Instances())
		}
		e = again
	}
}

// With all the room taken, what is said costs little.
func BenchmarkObserve(b *testing.B) {
	e := clerks(b, "pay")
	for i := range norm.MaxInstances / norm.MaxEach {
		for j := range norm.MaxEach {
			m := say(protocol.Request, fmt.Sprint("c", i), nil, "ann")
			m.Conversation = fmt.Sprint(j)
			e.Observe(norm.Said(second, m))
		}
	}
	if got := len(e.Instances()); got != norm.MaxInstances {
		b.Fatal(got)
	}
	m := say(protocol.Inform, "bob", nil, "ann")
	for b.Loop() {
		e.Observe(norm.Said(2*second, m))
	}
}

// What few have told of goes before what is established, and of that what was punished, which is remembered.
func TestWhichCasesAreForgotten(t *testing.T) {
	members := []string{"ann", "bob", "cy", "dan"}
	for i := range 2 * norm.MaxCases / norm.MaxTold {
		members = append(members, fmt.Sprint("m", i))
	}
	c := judged(t, 2)
	c.saw("bob", "1")
	c.saw("cy", "1")
	c.Seat(members...)
	for _, by := range members[4:] {
		for i := range norm.MaxTold {
			c.saw(by, fmt.Sprint(by, "/", i))
		}
	}
	if got := c.Unpunished(); len(got) != 1 || got[0].Case != "1" {
		t.Errorf("established are %v", got)
	}
	c = judged(t, 1)
	c.saw("bob", "first")
	c.saw("bob", "punished")
	c.punish("cy", "punished")
	for i := range norm.MaxCases - 1 {
		c.saw("bob", fmt.Sprint(i))
	}
	if got := c.Unpunished(); len(got) != norm.MaxCases || got[0].Case != "first" {
		t.Errorf("%d are not punished, the first is %v", len(got), got[:1])
	}
}

// Deadlines pass in their order, in whatever order they were set.
func TestAnEarlierDeadlineSetLater(t *testing.T) {
	e := clerks(t, "pay")
	e.Observe(norm.Said(1, say(protocol.Agree, "bob", nil, "ann")))
	e.Observe(norm.Said(2, say(protocol.Request, "bob", nil, "ann")))
	if got := e.Advance(90 * time.Minute); len(got) != 2 || got[0].Norm != "answer" {
		t.Errorf("after 90 minutes: %v", got)
	}
}

// A snapshot cannot hold more than its owner could.
func TestCrowdedSnapshots(t *testing.T) {
	office := norm.Organisation{Name: "office", Roles: []norm.Role{{Name: "clerk"}, {Name: "client"}}}
	instances := func(n int) []byte {
		text := fmt.Sprintf(`{"serial":%d,"norms":[{"name":"answer","role":"clerk","when":{"act":"request","to":%q},"do":{"act":"inform"},"within":9}],"instances":[`, n, norm.Self)
		for i := range n {
			text += fmt.Sprintf(`{"id":%d,"norm":"answer","debtor":"ann","other":"evil","conversation":"%d"},`, i+1, i)
		}
		return []byte(text[:len(text)-1] + "]}")
	}
	if _, err := norm.Restore(office, instances(norm.MaxEach)); err != nil {
		t.Fatal(err)
	}
	if _, err := norm.Restore(office, instances(norm.MaxEach+1)); err == nil {
		t.Error("one too many in force")
	}
	past := func(n int, digest string) []byte {
		text, _ := json.Marshal(map[string]any{"past": slices.Repeat([]string{digest}, n)})
		return text
	}
	digest := strings.Repeat("0a", 16)
	for _, c := range []struct {
		snapshot []byte
		fits     bool
	}{{past(norm.MaxPast, digest), true}, {past(norm.MaxPast+1, digest), false}, {past(1, digest[2:]), false}, {past(1, "x"+digest[1:]), false}} {
		if _, err := norm.Reconvene(norm.Constitution{Of: village}, c.snapshot); (err == nil) != c.fits {
			t.Errorf("%.80s: %v", c.snapshot, err)
		}
	}
}
