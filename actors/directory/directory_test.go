package directory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
)

type stranger struct{ N int }

func init() { actors.Payload[stranger]("directory_test.stranger") }

// office is a directory without a runtime: it lives a new life for each turn.
type office struct {
	t        *testing.T
	name     string
	born     func() actors.Behavior
	behavior actors.Behavior
	turns    uint64
	old      bool // it lives on
	now      time.Duration
	timer    time.Duration // when it wants to be woken; 0: not
	wake     actors.ID
	judged   []*protocol.Judgement
}

func open(t *testing.T, name string, born func() actors.Behavior) *office {
	return &office{t: t, name: name, born: born, behavior: born()}
}

// state is the memory of its entries.
func (o *office) state() string {
	b, err := o.behavior.(actors.Keeper).Snapshot()
	if err != nil {
		o.t.Fatal(err)
	}
	return string(b)
}

// give gives it an event; what it says comes back.
func (o *office) give(event any) (said []*protocol.Message) {
	o.t.Helper()
	if !o.old {
		state := o.state()
		o.behavior = o.born()
		if err := o.behavior.(actors.Keeper).Restore([]byte(state)); err != nil {
			o.t.Fatal(err)
		}
	}
	o.turns++
	t := actors.NewTurn(actors.TurnConfig{Self: o.name, N: o.turns, Now: o.now, Seed: 1})
	if err := o.behavior.Receive(t, event); err != nil {
		o.t.Fatal(err)
	}
	for _, e := range t.Effects() {
		switch e.Kind {
		case actors.Send:
			said = append(said, e.Value.(*protocol.Message))
		case actors.Judge:
			o.judged = append(o.judged, e.Value.(*protocol.Judgement))
		case actors.After:
			if o.timer == 0 || o.now+e.Delay < o.timer {
				o.timer, o.wake = o.now+e.Delay, e.ID
			}
		}
	}
	return said
}

// ask asks for something; the answer, and what others are told, come back.
func (o *office) ask(from string, act protocol.Act, content any) (said []*protocol.Message) {
	o.t.Helper()
	token := "fipa-request"
	if act == protocol.Subscribe {
		token = "fipa-subscribe"
	}
	id := fmt.Sprintf("%s/%d", from, o.turns)
	return o.give(&protocol.Message{Act: act, Sender: from, Receivers: []string{o.name}, Protocol: token, Conversation: id, ReplyWith: id + "r", Content: content})
}

// answer is what comes of a request in short.
func (o *office) answer(from string, content any) string {
	o.t.Helper()
	for _, m := range o.ask(from, protocol.Request, content) {
		if slices.Contains(m.Receivers, from) && m.Protocol == "fipa-request" {
			return brief(m)
		}
	}
	return "nothing"
}

func brief(m *protocol.Message) string {
	switch c := m.Content.(type) {
	case protocol.Reason:
		return fmt.Sprintf("%s(%s)", m.Act, c.Code)
	case Found[Description]:
		return "found" + listed(c)
	case Found[Agent]:
		return "found" + listed(c)
	case Change[Description]:
		return c.What + " " + c.Entry.Name
	case Granted[Description]:
		return "granted " + c.Entry.Lease.String()
	case Change[Agent]:
		return c.What + " " + c.Entry.Name
	case Granted[Agent]:
		return "granted " + string(c.Entry.State)
	case protocol.Done:
		return "done " + c.Action
	}
	return fmt.Sprint(m.Act, m.Content)
}

// listed are the names of what was found.
func listed[D Entry[D]](f Found[D]) (names string) {
	for _, e := range f.Entries {
		names += " " + e.id()
	}
	return names
}

// closed permits nobody anything.
func closed(string, string, string) error { return errors.New("closed") }

// "| Function | AMS | DF | Specific failure | State after an exception |": each function of each directory, with each exception
// that fits it, in the order of the checks: not-understood, unauthorised, unsupported-function, arguments, failure.
func TestEveryFunctionHasItsExceptionsAndChangesNothing(t *testing.T) {
	exceptions(t, "df", DF, Description{Name: "ann"}, Description{Name: "ben"}, Description{}, []Description{
		{Name: "ann", Lease: -1}, {Name: "ann", Languages: make([]string, MaxItems+1)}, {Name: "ann", Services: make([]Service, MaxItems+1)},
		{Name: "ann", Services: []Service{{Type: strings.Repeat("x", MaxText+1)}}}, {Name: "ann", Ontologies: []string{"\xff"}},
		{Name: "ann", Services: []Service{{Properties: map[string]string{"k": strings.Repeat("x", MaxText+1)}}}}})
	exceptions(t, "ams", AMS, Agent{Name: "ann"}, Agent{Name: "ben"}, Agent{}, []Agent{
		{Name: "ann", Lease: -1}, {Name: "ann", State: "asleep"}, {Name: "ann", Owner: strings.Repeat("x", MaxText+1)}})
	df := open(t, "df", func() actors.Behavior { return DF(Config{}) })
	if got := df.answer("ann", GetDescription{}); got != "refuse(unsupported-function)" {
		t.Errorf("get-description of a DF: %s", got)
	}
	shut := open(t, "df", func() actors.Behavior { return DF(Config{Permit: closed}) })
	if got := shut.answer("ann", GetDescription{}); got != "refuse(unauthorised)" {
		t.Errorf("get-description of a closed DF: %s", got)
	}
	ams := open(t, "ams", func() actors.Behavior { return AMS(Config{}) })
	ams.answer("ann", Register[Agent]{Agent{Name: "ann"}})
	if got := ams.answer("ben", GetDescription{}); got != "inform{ams 1}" {
		t.Errorf("get-description of an AMS: %s", got)
	}
}

func exceptions[D Entry[D]](t *testing.T, name string, of func(Config) actors.Behavior, mine, other, nobody D, bad []D) {
	free := func() *office { return open(t, name, func() actors.Behavior { return of(Config{Entries: 1}) }) }
	shut := func() *office { return open(t, name, func() actors.Behavior { return of(Config{Permit: closed}) }) }
	holds := func() *office {
		o := free()
		o.answer("ann", Register[D]{mine})
		return o
	}
	type row struct {
		at   func() *office
		q    any
		want string
	}
	rows := []row{
		{free, stranger{1}, "not-understood(unsupported-value)"},
		{holds, Register[D]{other}, "refuse(unauthorised)"},
		{holds, Modify[D]{other}, "refuse(unauthorised)"},
		{holds, Deregister[D]{other.id()}, "refuse(unauthorised)"},
		{shut, Register[D]{nobody}, "refuse(unauthorised)"}, // before the parameters
		{shut, Modify[D]{nobody}, "refuse(unauthorised)"},
		{shut, Deregister[D]{}, "refuse(unauthorised)"},
		{shut, Search[D]{}, "refuse(unauthorised)"},
		{shut, GetDescription{}, "refuse(unauthorised)"},
		{free, Register[D]{nobody}, "refuse(missing-parameter)"},
		{free, Modify[D]{nobody}, "refuse(missing-parameter)"},
		{free, Deregister[D]{}, "refuse(missing-parameter)"},
		{free, Search[D]{Constraints: Constraints{MaxResults: -1}}, "refuse(unrecognised-parameter-value)"},
		{free, Search[D]{Constraints: Constraints{MaxDepth: -1}}, "refuse(unrecognised-parameter-value)"},
		{free, Search[D]{Constraints: Constraints{SearchID: strings.Repeat("x", MaxText+1)}}, "refuse(unrecognised-parameter-value)"},
		{holds, Register[D]{mine}, "failure(already-registered)"},
		{free, Modify[D]{mine}, "failure(not-registered)"},
		{free, Deregister[D]{"ann"}, "failure(not-registered)"},
	}
	for _, b := range bad { // before already-registered and not-registered
		rows = append(rows, row{holds, Register[D]{b}, "refuse(unrecognised-parameter-value)"},
			row{free, Modify[D]{b}, "refuse(unrecognised-parameter-value)"}, row{holds, Search[D]{Template: b}, "refuse(unrecognised-parameter-value)"})
	}
	for _, r := range rows {
		o := r.at()
		before := known(o)
		if got := o.answer("ann", r.q); got != r.want {
			t.Errorf("%s: %T: %s, want %s", name, r.q, got, r.want)
		}
		if after := known(o); after != before {
			t.Errorf("%s: %T changed %s to %s", name, r.q, before, after)
		}
	}
	full := holds()
	if got := full.answer("ben", Register[D]{other}); got != "failure(internal-error)" {
		t.Errorf("%s: register with a full one: %s", name, got)
	}
	if got := full.answer("ann", Search[D]{Template: other}); got != "found" {
		t.Errorf("%s: a search for nobody: %s", name, got)
	}
}

// known is whom a directory knows.
func known(o *office) string {
	for _, q := range []any{Search[Description]{}, Search[Agent]{}} {
		if a := o.answer("zoe", q); !strings.HasPrefix(a, "not-understood") && !strings.HasPrefix(a, "refuse") {
			return a
		}
	}
	return "shut"
}

// "expiry at time t removes the entry before any search handled at t"; "a modify may set a new lease"; "the DF answers with the
// lease it granted"; "expiry is reported to subscribers as a removal".
func TestLeasesEndToTheNanosecond(t *testing.T) {
	df := open(t, "df", func() actors.Behavior { return DF(Config{Lease: 20}) })
	at := func(now time.Duration, from string, q any, want string) {
		t.Helper()
		df.now = now
		if got := df.answer(from, q); got != want {
			t.Errorf("%d: %s, want %s", now, got, want)
		}
	}
	at(100, "ann", Register[Description]{Description{Name: "ann", Lease: 10}}, "granted 10ns")
	at(100, "ben", Register[Description]{Description{Name: "ben"}}, "granted 20ns")
	at(109, "zoe", Search[Description]{}, "found ann ben")
	at(109, "ann", Modify[Description]{Description{Name: "ann", Lease: 3}}, "granted 3ns")
	at(111, "zoe", Search[Description]{}, "found ann ben")
	at(112, "zoe", Search[Description]{}, "found ben")
	at(112, "ann", Modify[Description]{Description{Name: "ann"}}, "failure(not-registered)")
	at(119, "zoe", Search[Description]{}, "found ben")
	df.ask("zoe", protocol.Subscribe, Watch[Description]{})
	if df.now = 120; df.timer > 120 {
		t.Fatalf("it wants to be woken at %d", df.timer)
	}
	if said := df.give(actors.Timer{ID: df.wake}); len(said) != 1 || brief(said[0]) != "gone ben" {
		t.Errorf("at 120 it said %v", said)
	}
	at(1<<62, "ann", Register[Description]{Description{Name: "ann", Lease: 1<<63 - 1}}, "granted 20ns")
	ever := open(t, "df", func() actors.Behavior { return DF(Config{}) })
	ever.answer("ann", Register[Description]{Description{Name: "ann"}})
	ever.now = 1 << 61
	if got := ever.answer("zoe", Search[Description]{}); got != "found ann" {
		t.Errorf("without a lease: %s", got)
	}
	if got := ever.answer("ben", Register[Description]{Description{Name: "ben", Lease: 1<<63 - 1}}); got != "granted 2562047h47m16.854775807s" {
		t.Errorf("of a lease for ages: %s", got)
	}
	if got := ever.answer("cy", Register[Description]{Description{Name: "cy", Lease: 1}}); got != "granted 1ns" {
		t.Errorf("of a lease for a moment: %s", got)
	}
	if got := ever.answer("zoe", Search[Description]{}); got != "found ann ben cy" {
		t.Errorf("of a lease for ages and one for a moment: %s", got)
	}
	ever.now++
	if got := ever.answer("zoe", Search[Description]{}); got != "found ann ben" {
		t.Errorf("a moment later: %s", got)
	}
	ever.now = 1 << 62
	if got := ever.answer("zoe", Search[Description]{}); got != "found ann" {
		t.Errorf("after ages: %s", got)
	}
}

func TestWhoWatchesATemplateIsToldWhatShowsThroughIt(t *testing.T) {
	df := open(t, "df", func() actors.Behavior { return DF(Config{}) })
	roofs := Description{Services: []Service{{Type: "roof"}}}
	df.ask("zoe", protocol.Subscribe, Watch[Description]{roofs})
	entry := func(of ...string) Description {
		d := Description{Name: "ann"}
		for _, s := range of {
			d.Services = append(d.Services, Service{Type: s})
		}
		return d
	}
	for _, step := range []struct {
		q    any
		want string
	}{
		{Register[Description]{entry("wall")}, ""},
		{Modify[Description]{entry("roof")}, "appeared ann"},
		{Modify[Description]{entry("roof", "wall")}, "changed ann"},
		{Modify[Description]{entry("wall")}, "gone ann"},
		{Modify[Description]{entry("roof")}, "appeared ann"},
		{Deregister[Description]{"ann"}, "gone ann"},
		{Register[Description]{entry("roof")}, "appeared ann"},
	} {
		told := ""
		for _, m := range df.ask("ann", protocol.Request, step.q) {
			if m.Receivers[0] == "zoe" {
				told += brief(m)
			}
		}
		if told != step.want {
			t.Errorf("%+v: told %q, want %q", step.q, told, step.want)
		}
	}
	said := df.give(actors.Undelivered{Message: &protocol.Message{Act: protocol.Inform, Sender: "df"}, To: "ann", Reason: actors.ReasonBusy})
	if len(said) != 0 {
		t.Errorf("who is busy is gone: %v", said)
	}
	said = df.give(actors.Undelivered{Message: &protocol.Message{Act: protocol.Inform, Sender: "df"}, To: "ann", Reason: actors.ReasonStopped})
	if len(said) != 1 || brief(said[0]) != "gone ann" {
		t.Errorf("of who has stopped it said %v", said)
	}
}

// "the same search arriving again through a loop is answered empty", as far as the directory remembers.
func TestASearchIsBoundedAndKnownAgain(t *testing.T) {
	r := newRegistry[Agent](Config{Searches: 2, Results: 2})
	for _, name := range []string{"c", "a", "b"} {
		if _, _, x := r.put(0, name, "register", Agent{Name: name}); x != nil {
			t.Fatal(x)
		}
	}
	find := func(id string, most int) int {
		found, x := r.search(0, "z", Agent{}, Constraints{SearchID: id, MaxResults: most})
		if x != nil {
			t.Fatal(x)
		}
		return len(found)
	}
	got := []int{find("", 0), find("", 1), find("", 9), find("1", 0), find("1", 0), find("2", 0), find("3", 0), find("1", 0), find("3", 0)}
	if want := []int{2, 1, 2, 2, 0, 2, 2, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	got = nil
	for _, q := range []struct {
		now   time.Duration
		id    string
		depth int
	}{{0, "4", 1}, {0, "4", 0}, {0, "4", 1}, {1, "4", 2}, {1, "4", 2}, {10 * time.Minute, "4", 2}, {10*time.Minute + 1, "4", 2}, {10*time.Minute + 1, "4", 0}} {
		found, x := r.search(q.now, "z", Agent{}, Constraints{SearchID: q.id, MaxDepth: q.depth})
		if x != nil {
			t.Fatal(x)
		}
		got = append(got, len(found))
	}
	if want := []int{2, 0, 0, 2, 0, 0, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("of other depths, and later, found %v, want %v", got, want)
	}
	r = newRegistry[Agent](Config{Known: 1<<63 - 1})
	for now := range time.Duration(3) {
		if r.note(now, "1", 0); len(r.Searches) != 1 || r.Searches[0].Until != 1<<62 {
			t.Errorf("for ever is %v", r.Searches)
		}
	}
}

// The life cycle of 5.3: every pair of states.
func TestTheLifeOfAnAgentFollowsItsCycle(t *testing.T) {
	legal := map[string]bool{"initiated>active": true, "active>waiting": true, "active>suspended": true, "active>transit": true,
		"waiting>active": true, "suspended>active": true, "transit>active": true}
	for from := range follows {
		for to := range follows {
			_, x := Agent{Name: "a", State: to}.entered(&Agent{Name: "a", State: from})
			if want := from == to || legal[string(from)+">"+string(to)]; (x == nil) != want {
				t.Errorf("%s after %s: %v", to, from, x)
			}
		}
		if _, x := (Agent{State: from}).entered(nil); (x == nil) != (from == Initiated || from == Active) {
			t.Errorf("it begins %s: %v", from, x)
		}
	}
	if a, _ := (Agent{}).entered(&Agent{State: Waiting}); a.State != Waiting {
		t.Errorf("a renewal makes it %s", a.State)
	}
}

// facts is a description as a set of facts, its services apart: what a template gives, an entry must have.
func facts(name, kind, owner string, lists ...[]string) map[string]bool {
	all := map[string]bool{}
	for i, v := range append([][]string{{name}, {kind}, {owner}}, lists...) {
		for _, x := range v {
			if x != "" {
				all[fmt.Sprint(i, x)] = true
			}
		}
	}
	return all
}

func contained(a, b map[string]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// "an entry matches when the template is a subset of it", against a naive reading of the sentence.
func TestATemplateMatchesWhatItIsASubsetOf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func() (v []string) {
		for range r.IntN(3) {
			v = append(v, string(rune('a'+r.IntN(3))))
		}
		return v
	}
	one := func() string { return []string{"", "a", "b"}[r.IntN(3)] }
	describe := func() Description {
		d := Description{Name: one(), Protocols: some(), Ontologies: some(), Languages: some()}
		for range r.IntN(3) {
			s := Service{Name: one(), Type: one(), Owner: one(), Protocols: some(), Ontologies: some(), Languages: some()}
			if k := one(); k != "" {
				s.Properties = map[string]string{k: one()}
			}
			d.Services = append(d.Services, s)
		}
		return d
	}
	service := func(s Service) map[string]bool {
		var properties []string
		for k, v := range s.Properties {
			properties = append(properties, k+"="+v)
		}
		return facts(s.Name, s.Type, s.Owner, s.Protocols, s.Ontologies, s.Languages, properties)
	}
	oracle := func(d, e Description) bool {
		ok := contained(facts(d.Name, "", "", d.Protocols, d.Ontologies, d.Languages), facts(e.Name, "", "", e.Protocols, e.Ontologies, e.Languages))
		for _, s := range d.Services {
			some := false
			for _, o := range e.Services {
				some = some || contained(service(s), service(o))
			}
			ok = ok && some
		}
		return ok
	}
	matches := 0
	for range 50_000 {
		d, e := describe(), describe()
		if r.IntN(2) == 0 { // something near it
			e.Protocols, e.Ontologies, e.Languages = append(e.Protocols, d.Protocols...), append(e.Ontologies, d.Ontologies...), append(e.Languages, d.Languages...)
			e.Services, e.Name = append(e.Services, d.Services...), "a"
		}
		want := oracle(d, e)
		if d.covers(e) != want {
			t.Fatalf("%+v covers %+v: %v, want %v", d, e, !want, want)
		}
		if want {
			matches++
		}
	}
	if matches < 1000 {
		t.Errorf("only %d matches", matches)
	}
}

// "the DF also removes the entries of an agent the AMS has deleted": it hears of it by a subscription, from nobody else, and
// listens again when the subscription is over in its time.
func TestADFForgetsWhomTheAMSHasDeleted(t *testing.T) {
	df := open(t, "df", func() actors.Behavior { return DF(Config{AMS: "ams"}) })
	ams := open(t, "ams", func() actors.Behavior { return AMS(Config{}) })
	asked := df.give(actors.Started{})
	if len(asked) != 1 || asked[0].Receivers[0] != "ams" {
		t.Fatalf("it began with %v", asked)
	}
	pass := func(said []*protocol.Message) {
		for _, m := range said {
			if slices.Contains(m.Receivers, "df") {
				df.give(m)
			}
		}
	}
	pass(ams.give(asked[0]))
	for _, name := range []string{"ann", "ben", "cy"} {
		pass(ams.ask(name, protocol.Request, Register[Agent]{Agent{Name: name, Lease: map[string]time.Duration{"cy": 10}[name]}}))
		df.answer(name, Register[Description]{Description{Name: name}})
	}
	finds := func(want string) {
		t.Helper()
		if got := df.answer("zoe", Search[Description]{}); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	finds("found ann ben cy")
	forged := *asked[0]
	forged.Act, forged.Sender, forged.Receivers, forged.InReplyTo = protocol.Inform, "eve", []string{"df"}, forged.ReplyWith
	forged.Content = Change[Agent]{"gone", Agent{Name: "ann"}}
	df.give(&forged)
	finds("found ann ben cy")
	pass(ams.ask("ann", protocol.Request, Deregister[Agent]{"ann"}))
	finds("found ben cy")
	pass(ams.give(actors.Undelivered{Message: &protocol.Message{Act: protocol.Inform}, To: "ben", Reason: actors.ReasonUnknown}))
	finds("found cy")
	ams.now, df.now = 10, 10
	pass(ams.give(actors.Timer{ID: ams.wake}))
	finds("found")
	over := forged
	over.Act, over.Sender, over.Content = protocol.Failure, "ams", protocol.Reason{Code: "too-many-changes"}
	if again := df.give(&over); len(again) != 1 || again[0].Act != protocol.Subscribe {
		t.Fatalf("when it was over it said %v", again)
	} else {
		over.Act, over.Conversation, over.InReplyTo, over.Content = protocol.Refuse, again[0].Conversation, again[0].ReplyWith, protocol.Reason{Code: "unauthorised"}
	}
	if again := df.give(&over); len(again) != 0 {
		t.Errorf("when it was refused it said %v", again)
	}
}

// A subscription tells of so many changes; then it is over, which is said once, and others are served as before. A renewal that
// changes nothing is not told.
func TestAWatchOfTooManyChangesEnds(t *testing.T) {
	d := newDirectory[Description](Config{}, roles.Config{})
	df := open(t, "df", func() actors.Behavior { return d.desk.Beside(d) })
	df.old = true
	df.ask("zoe", protocol.Subscribe, Watch[Description]{})
	told := map[string]int{}
	renew := func(q any, want string) {
		t.Helper()
		for _, m := range df.ask("ann", protocol.Request, q) {
			if m.Receivers[0] == "zoe" {
				told[brief(m)]++
			} else if brief(m) != want {
				t.Fatalf("%+v: %s, want %s", q, brief(m), want)
			}
		}
	}
	renew(Register[Description]{Description{Name: "ann"}}, "granted 0s")
	for range 20 {
		renew(Modify[Description]{Description{Name: "ann"}}, "granted 0s")
	}
	const changes = 10_000 // as many as fipa-subscribe has
	for i := range changes + 100 {
		l := time.Hour + time.Duration(i)
		renew(Modify[Description]{Description{Name: "ann", Lease: l}}, "granted "+l.String())
	}
	if n := told["changed ann"]; told["appeared ann"] != 1 || n < changes-2 || n > changes || told["failure(too-many-changes)"] != 1 || len(told) != 3 {
		t.Errorf("told %v", told)
	}
	if len(df.judged) != 1 || df.judged[0].Verdict != "cut" || df.judged[0].Reason.Code != "too-many-changes" {
		t.Errorf("the record shows %+v", df.judged)
	}
	if left := d.desk.Sessions(); len(left) > 0 {
		t.Errorf("%d conversations are left", len(left))
	}
}

// What is asked comes from others: whatever it is, a directory answers it, lives on, and remembers what it can write.
func FuzzADirectoryAnswersWhateverIsAsked(f *testing.F) {
	f.Add("ann", "roof", int64(0), 3)
	f.Add("", "\xff", int64(-1), -1)
	f.Fuzz(func(t *testing.T, name, text string, lease int64, n int) {
		free := func(string, string, string) error { return nil }
		df := open(t, "df", func() actors.Behavior { return DF(Config{Permit: free}) })
		d := Description{Name: name, Lease: time.Duration(lease), Services: []Service{{Type: text, Properties: map[string]string{text: name}}}}
		for _, q := range []any{Register[Description]{d}, Modify[Description]{d}, Search[Description]{d, Constraints{n, n, text}}, Deregister[Description]{name}} {
			if got := df.answer("ann", q); got == "nothing" {
				t.Errorf("%+v was not answered", q)
			}
		}
	})
}
