package roles_test

import (
	"encoding/json"
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
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// slow does jobs above 100 when it is given an outcome, and can stop them or not.
func slow(can bool) func() (*roles.Desk, actors.Behavior) {
	var open []roles.At
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{Limits: monitor.Config{Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" }}})
		s := roles.Server[job]{Perform: func(_ *actors.Turn, task roles.Task[job]) (any, error) {
			open = append(open, task.At)
			return nil, roles.ErrLater
		}}
		if can {
			s.Stop = func(*actors.Turn, roles.Task[job]) error { return nil }
		}
		roles.AddServer(d, s)
		return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if _, ok := event.(actors.Outcome); !ok {
				return nil
			}
			var err error
			for _, at := range open {
				err = errors.Join(err, d.Done(t, at, news{1}))
			}
			return err
		})
	}
}

// "MATCH|RUNNING --?cancel: cancel every live sub-protocol; all cancelled !inform-done--> [CANCELLED]; some not: !failure--> as 4.3",
// and the race: "whichever arrives first, the result or the answer to the cancel, counts".
func TestCancelThroughABroker(t *testing.T) {
	for name, c := range map[string]struct {
		broker finding
		can    [2]bool
		then   string
		want   []string
		judged string
		stays  int // targets that go on
	}{
		"all stop":        {finding{}, [2]bool{true, true}, "", []string{"bob agree <nil>", "cy agree <nil>", "CANCELLED {cancel}  at 0s"}, "", 0},
		"one goes on":     {finding{}, [2]bool{true, false}, "", []string{"bob agree <nil>", "cy agree <nil>", "CANCEL_FAILED <nil> cannot-stop at 0s"}, "", 1},
		"none stops":      {finding{}, [2]bool{}, "", []string{"bob agree <nil>", "cy agree <nil>", "CANCEL_FAILED <nil> cannot-stop at 0s"}, "", 2},
		"not found yet":   {finding{later: true}, [2]bool{}, "", []string{"CANCELLED {cancel}  at 0s"}, "", 0},
		"one is deaf":     {finding{}, [2]bool{true, true}, "deaf", []string{"bob agree <nil>", "cy agree <nil>", "CANCEL_FAILED <nil> cannot-stop at 15s"}, "", 1},
		"one has crossed": {finding{}, [2]bool{true, true}, "bob", []string{"bob agree <nil>", "bob inform {1}", "cy agree <nil>", "CANCELLED {cancel}  at 0s"}, "cancel of ken is late", 0},
		"all have":        {finding{}, [2]bool{true, true}, "both", []string{"bob agree <nil>", "bob inform {1}", "cy agree <nil>", "cy inform {1}", "DONE {2 2}  at 0s"}, " is late", 0},
		"one crosses":     {finding{}, [2]bool{true, true}, "bob crosses", []string{"bob agree <nil>", "bob inform {1}", "cy agree <nil>", "CANCELLED {cancel}  at 0s"}, " is late", 0},
		"all cross":       {finding{}, [2]bool{true, true}, "both cross", []string{"bob agree <nil>", "bob inform {1}", "cy agree <nil>", "cy inform {1}", "DONE {2 2}  at 0s"}, " is late", 0},
		"they are gone":   {finding{}, [2]bool{true, true}, "all gone", []string{"bob agree <nil>", "cy agree <nil>", "CANCELLED {cancel}  at 0s"}, " is late", 0},
		"is deaf itself":  {finding{}, [2]bool{true, true}, "ken", []string{"bob agree <nil>", "cy agree <nil>", "CANCEL_TIMEOUT <nil>  at 30s"}, "is late", 0},
		"is gone itself":  {finding{}, [2]bool{true, true}, "gone", []string{"bob agree <nil>", "cy agree <nil>", "UNDELIVERABLE <nil>  at 0s"}, " is late", 0},
		"most":            {finding{}, [2]bool{true, true}, "most", []string{"bob agree <nil>", "CANCELLED {cancel}  at 0s"}, "", 0},
	} {
		a := asking{errand: ask(101, 0), to: "ken"}
		if c.then == "most" {
			a.errand.Most = 1
		}
		c.broker.names = []string{"bob", "cy"}
		w := newTown(t)
		w.settle("ann", a.live)
		ken := w.settle("ken", c.broker.asBroker)
		w.said = func(m *protocol.Message) {
			if r, ok := m.Content.(protocol.Reason); ok && c.stays > 0 && m.Sender == "ken" && strings.Contains(r.Detail, "has done it") {
				t.Errorf("%s: it says %q, and does not know", name, r.Detail)
			}
		}
		bob, cy := w.settle("bob", slow(c.can[0])), w.settle("cy", slow(c.can[1]))
		w.give("ann", actors.Started{})
		w.deliver()
		switch c.then {
		case "deaf":
			bob.deaf = true
		case "bob":
			w.give("bob", actors.Outcome{})
		case "both":
			w.give("bob", actors.Outcome{})
			w.give("cy", actors.Outcome{})
		case "ken":
			ken.deaf = true
		case "gone":
			ken.gone = true
		case "all gone":
			bob.gone, cy.gone = true, true
		}
		w.give("ann", actors.Percept{})
		if strings.Contains(c.then, "cross") {
			w.give("bob", actors.Outcome{})
		}
		if c.then == "both cross" {
			w.give("cy", actors.Outcome{})
		}
		w.deliver()
		if c.broker.later {
			w.give("ken", actors.Percept{}) // it has found them, for nobody
		}
		stays := 0
		for _, target := range []*citizen{bob, cy} {
			if target.desk != nil {
				stays += len(target.desk.Sessions())
			}
		}
		if stays != c.stays && c.then != "ken" && !strings.Contains(c.then, "gone") {
			t.Errorf("%s: %d go on, want %d\n%s", name, stays, c.stays, strings.Join(w.log, "\n"))
		}
		w.live()
		w.over()
		if c.judged == "" && c.stays == 0 {
			w.clear()
		}
		slices.Sort(a.heard[:max(0, len(a.heard)-1)])
		same(t, name, a.heard, c.want, w.log)
	}
}

// A broker that has cancelled what nobody waits for any more does so once, also when it is the client who has gone.
func TestABrokerCancelsWhatNobodyWaitsFor(t *testing.T) {
	waits, err := roles.Library(map[string]time.Duration{"result": 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		library *monitor.Library
		gone    bool
		at      string
	}{
		"time is over":    {nil, false, "30.000000001s"},
		"nobody is there": {waits, true, "0s"},
	} {
		a := asking{errand: ask(101, 0), to: "ken", library: c.library}
		f := finding{names: []string{"bob"}, library: c.library}
		if c.library == nil { // the broker has less time than its targets
			if f.library, err = roles.Library(map[string]time.Duration{"result": 30 * time.Second}); err != nil {
				t.Fatal(err)
			}
			a.errand.Message = protocol.Message{Act: protocol.Subscribe, Content: topic{"tide"}}
		}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ken", f.asBroker)
		w.settle("bob", func() (*roles.Desk, actors.Behavior) {
			d, _ := slow(true)()
			roles.AddPublisher(d, func(*actors.Turn, string, topic) (any, error) { return news{7}, nil })
			return d, nil
		})
		if c.gone {
			w.lost = func(l letter) bool {
				if l.message.Act == protocol.Agree && l.message.Sender == "bob" {
					w.agents["ann"].gone = true
				}
				return false
			}
		}
		w.give("ann", actors.Started{})
		w.live()
		w.over()
		if said := strings.Join(w.log, "\n"); strings.Count(said, c.at+" ken>bob cancel") != 1 || strings.Count(said, "cancel") != 1 {
			t.Errorf("%s:\n%s", name, said)
		}
	}
}

// Brokers that refer to each other come to an end, and say why: a loop is refused, with Via or without it.
func TestBrokersReferToOthers(t *testing.T) {
	for name, c := range map[string]struct {
		refer map[string][]string
		names map[string][]string
		gone  string
		want  []string
		asked int
	}{
		"the second finds":     {map[string][]string{"ken": {"kim"}}, map[string][]string{"kim": {"bob"}}, "", []string{"bob inform {8}", "DONE {1 1}  at 0s"}, 2},
		"the third finds":      {map[string][]string{"ken": {"kim"}, "kim": {"kay"}}, map[string][]string{"kay": {"bob", "cy"}}, "", []string{"bob inform {8}", "cy inform {8}", "DONE {1 1}  at 0s"}, 3},
		"one after the other":  {map[string][]string{"ken": {"kim", "kay", "kit"}}, map[string][]string{"kay": {"bob"}, "kit": {"cy"}}, "", []string{"bob inform {8}", "DONE {2 1}  at 0s"}, 3},
		"the first is gone":    {map[string][]string{"ken": {"kim", "kay"}}, map[string][]string{"kay": {"bob"}}, "kim", []string{"bob inform {8}", "DONE {2 1}  at 0s"}, 2},
		"nobody finds":         {map[string][]string{"ken": {"kim", "kay"}}, nil, "", []string{"NO_MATCH <nil> no-match at 0s"}, 3},
		"to and fro":           {map[string][]string{"ken": {"kim"}, "kim": {"ken"}}, nil, "", []string{"NO_MATCH <nil> no-match at 0s"}, 2},
		"round":                {map[string][]string{"ken": {"kim"}, "kim": {"kay"}, "kay": {"ken", "kim", "kay"}}, nil, "", []string{"NO_MATCH <nil> no-match at 0s"}, 3},
		"only oneself":         {map[string][]string{"ken": {"ken", "ann"}}, nil, "", []string{"NO_MATCH <nil> no-match at 0s"}, 1},
		"all are gone":         {map[string][]string{"ken": {"kim"}}, nil, "kim", []string{"FAILED <nil> brokering at 0s"}, 1},
		"targets that refuse":  {map[string][]string{"ken": {"kim"}}, map[string][]string{"kim": {"dan"}}, "", []string{"dan refuse {refused no}", "FAILED <nil> brokering at 0s"}, 2},
		"who finds needs none": {map[string][]string{"ken": {"kim"}}, map[string][]string{"ken": {"bob"}, "kim": {"cy"}}, "", []string{"bob inform {8}", "DONE {1 1}  at 0s"}, 1},
	} {
		a := asking{errand: ask(4, 0), to: "ken"}
		w := newTown(t)
		w.settle("ann", a.live)
		brokers := map[string]*finding{}
		for _, k := range []string{"ken", "kim", "kay", "kit"} {
			brokers[k] = &finding{names: c.names[k], refer: c.refer[k]}
			w.settle(k, brokers[k].asBroker).gone = k == c.gone
		}
		w.settle("bob", answering)
		w.settle("cy", answering)
		w.settle("dan", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			roles.AddServer(d, roles.Server[job]{Agree: func(*actors.Turn, string, job) error { return errors.New("no") }})
			return d, nil
		})
		w.give("ann", actors.Started{})
		w.live()
		w.clear()
		same(t, name, a.heard, c.want, w.log)
		asked := 0
		for _, k := range brokers {
			asked += k.asked
		}
		if asked != c.asked {
			t.Errorf("%s: %d brokers have looked, want %d\n%s", name, asked, c.asked, strings.Join(w.log, "\n"))
		}
	}
}

// Brokers in a row, who find nobody: eight pass it on, and the ninth does not.
func TestAProxyGoesThroughEightBrokers(t *testing.T) {
	a := asking{errand: ask(4, 0), to: "k0"}
	w := newTown(t)
	w.settle("ann", a.live)
	var all []*finding
	for i := range 12 {
		f := &finding{refer: []string{fmt.Sprintf("k%d", i+1)}}
		all = append(all, f)
		w.settle(fmt.Sprintf("k%d", i), f.asBroker)
	}
	w.give("ann", actors.Started{})
	w.live()
	w.clear()
	same(t, "too far", a.heard, []string{"NO_MATCH <nil> no-match at 0s"}, w.log)
	if all[8].asked != 1 || all[9].asked != 0 {
		t.Errorf("%v", w.log)
	}
}

// A broker that takes out of a proxy who has passed it on is refused by the very one that has referred to it.
func TestABrokerThatHidesWhereItCameFrom(t *testing.T) {
	a := asking{errand: ask(4, 0), to: "ken"}
	f := finding{refer: []string{"eve"}}
	w := newTown(t)
	w.settle("ann", a.live)
	w.settle("ken", f.asBroker)
	var eve *roles.Errands[trade]
	w.settle("eve", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		eve = roles.AddPrincipal(d, roles.Principal[trade]{})
		return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			m, ok := event.(*protocol.Message)
			if !ok || m.Act != protocol.Proxy {
				return nil
			}
			_, err := eve.Broker(t, ask(4, 0), 0, "ken")
			return err
		})
	})
	w.give("ann", actors.Started{})
	w.deliver()
	if f.asked != 1 || !strings.Contains(strings.Join(w.log, "\n"), "ken>eve refuse") {
		t.Errorf("asked %d times: %s", f.asked, strings.Join(w.log, "\n"))
	}
	w.live()
	w.over()
}

// Who asks the same as another, or as it was asked itself, is no loop.
func TestTheSameErrandTwiceIsNoLoop(t *testing.T) {
	a, b := asking{errand: ask(4, 0), to: "ken"}, asking{errand: ask(4, 0), to: "ken"}
	f, g := finding{refer: []string{"kim"}}, finding{names: []string{"cy"}, later: true}
	w := newTown(t)
	w.settle("ann", a.live)
	w.settle("bob", b.live)
	w.settle("ken", f.asBroker)
	w.settle("kim", g.asBroker)
	w.settle("cy", answering)
	w.give("ann", actors.Started{})
	w.deliver()
	w.give("bob", actors.Started{}) // while kim still looks for ann
	w.deliver()
	w.give("kim", actors.Percept{})
	w.live()
	w.clear()
	want := []string{"cy inform {8}", "DONE {1 1}  at 0s"}
	same(t, "ann", a.heard, want, w.log)
	same(t, "bob", b.heard, want, w.log)

	a, f = asking{errand: ask(101, 1), to: "ken"}, finding{names: []string{"bob", "cy"}, refer: []string{"kim"}}
	w = newTown(t)
	w.settle("ann", a.live)
	w.settle("ken", f.asBroker)
	w.settle("cy", answering)
	w.settle("bob", func() (*roles.Desk, actors.Behavior) { // a target that has it done by others
		d, _ := slow(true)()
		p := roles.AddPrincipal(d, roles.Principal[trade]{})
		return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if _, ok := event.(actors.Percept); !ok {
				return nil
			}
			_, err := p.Broker(t, a.errand, 0, "ken")
			return err
		})
	})
	w.give("ann", actors.Started{})
	w.deliver()
	w.give("bob", actors.Percept{})
	w.deliver()
	if said := strings.Join(w.log, "\n"); !strings.Contains(said, "ken>bob agree") || !strings.Contains(said, "ken>cy request") {
		t.Error(said)
	}
	w.live()
	w.over()
}

// One is asked twice, and by many at once: each gets its own answers, in whatever order letters arrive, and whoever is deaf or dies.
func TestManyErrandsUnderAllOrders(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := newTown(t)
		w.rand = r
		names := []string{"bob", "cy", "dan", "flo"}
		for i, name := range names {
			c := w.settle(name, answering)
			if i > 0 {
				c.deaf, c.gone = r.IntN(4) == 0, r.IntN(6) == 0
			}
		}
		b, rec := finding{names: names, later: r.IntN(2) == 0}, finding{names: names, later: r.IntN(2) == 0}
		w.settle("ken", b.asBroker)
		w.settle("ron", rec.asRecruiter)
		var all []*asking
		for i := range 6 {
			a := &asking{errand: ask(1+i, r.IntN(3)), to: "ken"}
			if a.recruit = i%2 == 1; a.recruit {
				a.to = "ron"
			}
			w.settle(fmt.Sprintf("ann%d", i), a.live)
			all = append(all, a)
		}
		for i := range all {
			w.give(fmt.Sprintf("ann%d", i), actors.Started{})
			w.give(fmt.Sprintf("ann%d", i), actors.Started{})
		}
		w.deliver()
		w.give("ken", actors.Percept{})
		w.give("ron", actors.Percept{})
		if r.IntN(2) == 0 {
			w.deliver()
			w.give("ann0", actors.Percept{})
			w.give("ann1", actors.Percept{})
		}
		if r.IntN(3) == 0 {
			w.agents[names[1+r.IntN(3)]].gone = true
		}
		w.live()
		w.over()
		for i, a := range all {
			ends := 0
			for _, line := range a.heard {
				who, what, _ := strings.Cut(line, " ")
				if strings.Contains(line, " at ") {
					ends++
				} else if what != fmt.Sprintf("inform {%d}", 2*(i+1)) || !slices.Contains(names, who) {
					t.Fatalf("seed %d: %d heard %q\n%s", seed, i, line, strings.Join(w.log, "\n"))
				}
			}
			if ends != 2 {
				t.Fatalf("seed %d: %d heard %q\n%s", seed, i, a.heard, strings.Join(w.log, "\n"))
			}
		}
	}
}

// mute is an agent without a part.
func mute() (*roles.Desk, actors.Behavior) { return roles.New(roles.Config{}), nil }

// forge puts a message on its way that no desk would send.
func (w *town) forge(m protocol.Message) {
	for _, to := range m.Receivers {
		w.letters = append(w.letters, letter{to, &m})
	}
}

// conversations are those that an agent has open, with whom.
func (w *town) conversations(name string) (all []roles.At) {
	for _, s := range w.agents[name].desk.Sessions() {
		all = append(all, s.At())
	}
	return all
}

// "A target that replies with another's conversation id": what a broker has with one target is that one's alone, and what a
// recruiter has set going is open to those whom it names.
func TestNobodyAnswersForAnother(t *testing.T) {
	a := asking{errand: ask(101, 0), to: "ken"}
	f := finding{names: []string{"bob", "cy"}}
	w := newTown(t)
	w.settle("ann", a.live)
	w.settle("ken", f.asBroker)
	w.settle("bob", slow(true))
	w.settle("cy", slow(true))
	w.settle("eve", mute)
	w.give("ann", actors.Started{})
	w.deliver()
	for _, at := range w.conversations("ken") {
		for _, who := range []string{"eve", "cy", "bob"} {
			if who != at.Peer {
				w.forge(protocol.Message{Act: protocol.Inform, Sender: who, Receivers: []string{"ken"}, Protocol: "fipa-request", Conversation: at.Conversation, Content: news{666}})
			}
		}
		// nor for a broker, which it does not know
		w.forge(protocol.Message{Act: protocol.Inform, Sender: "eve", Receivers: []string{"ann"}, Protocol: "fipa-brokering", Conversation: at.Conversation,
			Extra: map[string]string{"X-origin": "bob"}, Content: news{666}})
	}
	w.deliver()
	w.give("bob", actors.Outcome{})
	w.give("cy", actors.Outcome{})
	w.live()
	w.over()
	same(t, "a broker", a.heard, []string{"bob agree <nil>", "cy agree <nil>", "bob inform {1}", "cy inform {1}", "DONE {2 2}  at 0s"}, w.log)

	// of a recruiter: before it has named anybody, and after
	for _, late := range []bool{false, true} {
		a := asking{errand: ask(101, 0), to: "ron", recruit: true}
		f := finding{names: []string{"bob"}, later: true}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ron", f.asRecruiter)
		w.settle("bob", slow(true))
		w.settle("eve", mute)
		w.settle("eva", mute)
		w.give("ann", actors.Started{})
		w.deliver()
		at := w.conversations("ann")[0]
		lie := func() {
			w.forge(protocol.Message{Act: protocol.Inform, Sender: "eve", Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: at.Conversation, Content: news{666}})
			w.forge(protocol.Message{Act: protocol.Agree, Sender: "eva", Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: at.Conversation})
			w.deliver()
		}
		if !late {
			lie()
		}
		w.give("ron", actors.Percept{})
		w.deliver()
		w.lives(3 * time.Second)
		if late {
			lie()
		}
		w.give("bob", actors.Outcome{})
		w.live()
		w.over()
		same(t, "a recruiter", a.heard, []string{"bob agree <nil>", "bob inform {1}", "DONE {[bob]}  at 3s"}, w.log)
		said := strings.Join(w.log, "\n")
		if !strings.Contains(said, "ann: inform of eve is out-of-sequence") || !strings.Contains(said, "ann: agree of eva is out-of-sequence") ||
			!strings.Contains(said, "ann>eva not-understood") {
			t.Errorf("late %v: %s", late, said)
		}
	}
}

// lives lets some time pass.
func (w *town) lives(d time.Duration) {
	end := w.now + d
	for w.now < end {
		next, who, id := end, "", actors.ID{}
		for name, c := range w.agents {
			for i, at := range c.timers {
				if !c.gone && at < next {
					next, who, id = at, name, i
				}
			}
		}
		if w.now = max(w.now, next); who == "" {
			return
		}
		delete(w.agents[who].timers, id)
		w.give(who, actors.Timer{ID: id})
		w.deliver()
	}
}

// A broker is told anything: what it cannot read it does not understand, and it goes on.
func TestProxiesThatMeanNothing(t *testing.T) {
	good := proxyOf(t, ask(4, 0))
	with := func(change func(p *roles.Proxy)) roles.Proxy {
		p := good
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		content any
		want    string
	}{
		"another payload":    {job{1}, "not-understood"},
		"nothing":            {nil, "not-understood"},
		"for nobody":         {with(func(p *roles.Proxy) { p.For = nil }), "not-understood"},
		"for null":           {with(func(p *roles.Proxy) { p.For = json.RawMessage("null") }), "not-understood"},
		"for something else": {with(func(p *roles.Proxy) { p.For = json.RawMessage(`{"type":"roles_test.job","value":{"N":1}}`) }), "not-understood"},
		"not canonical":      {with(func(p *roles.Proxy) { p.For = json.RawMessage(`{"type":"roles_test.trade","value":{"Name" :"smith"}}`) }), "not-understood"},
		"unknown payload":    {with(func(p *roles.Proxy) { p.For = json.RawMessage(`{"type":"no.such","value":{}}`) }), "not-understood"},
		"for too much": {with(func(p *roles.Proxy) {
			p.For = json.RawMessage(`{"type":"roles_test.trade","value":{"Name":"` + strings.Repeat("x", 1<<20) + `"}}`)
		}), "not-understood"},
		"less than nobody":     {with(func(p *roles.Proxy) { p.Most = -1 }), "not-understood"},
		"no message":           {with(func(p *roles.Proxy) { p.Message = protocol.Embedded{} }), "not-understood"},
		"no act":               {with(func(p *roles.Proxy) { p.Message = protocol.Embedded{Message: json.RawMessage(`{"act":"juggle"}`)} }), "not-understood"},
		"far too many brokers": {with(func(p *roles.Proxy) { p.Via = slices.Repeat([]string{"k"}, 1000) }), "not-understood"},
		"nobody passed it on":  {with(func(p *roles.Proxy) { p.Via = []string{""} }), "not-understood"},
		"a receiver's name":    {with(func(p *roles.Proxy) { p.Receiver = strings.Repeat("x", 1000) }), "not-understood"},
		"it has been here":     {with(func(p *roles.Proxy) { p.Via = []string{"kim", "ken"} }), "refuse"},
		"within itself":        {proxyOf(t, roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Proxy, Protocol: "fipa-brokering", Content: good}}), "refuse"},
		"one that is good":     {good, "agree"},
	} {
		for _, token := range []string{"fipa-brokering", "fipa-recruiting"} {
			f := finding{}
			w := newTown(t)
			w.settle("eve", mute)
			w.settle("ken", func() (*roles.Desk, actors.Behavior) {
				d, b := f.asBroker()
				roles.AddRecruiter(d, roles.Recruiter[trade]{Find: f.find})
				return d, b
			})
			var said []string
			w.said = func(m *protocol.Message) { said = append(said, string(m.Act)) }
			w.forge(protocol.Message{Act: protocol.Proxy, Sender: "eve", Receivers: []string{"ken"}, Protocol: token, Conversation: "eve/1", ReplyWith: "eve.1", Content: c.content})
			want := c.want
			if name == "it has been here" && token == "fipa-recruiting" {
				want = "agree" // a recruiter refers to nobody
			}
			w.deliver()
			if len(said) == 0 || said[0] != want {
				t.Errorf("%s in %s: it says %q, want %q first", name, token, said, want)
			}
			w.live()
			if len(w.conversations("ken")) > 0 {
				t.Errorf("%s in %s: a conversation is left", name, token)
			}
		}
	}
}

// proxyOf is an errand as a principal sends it.
func proxyOf(t testing.TB, e roles.Errand[trade]) roles.Proxy {
	t.Helper()
	a := asking{errand: e, to: "ken"}
	w := newTown(t)
	w.settle("ann", a.live)
	var p roles.Proxy
	w.said = func(m *protocol.Message) { p, _ = m.Content.(roles.Proxy) }
	w.give("ann", actors.Started{})
	return p
}

// "With a designated receiver I ends at inform-done(proxy); the receiver holds the target sessions."
func TestAnotherGetsTheAnswers(t *testing.T) {
	for name, collect := range map[string]func(m *protocol.Message) bool{
		"expected": func(m *protocol.Message) bool { return strings.HasPrefix(m.Conversation, "ann/") && m.Sender != "cy" },
		"not":      nil,
	} {
		a := asking{errand: ask(4, 0), to: "ron", recruit: true}
		a.errand.Receiver = "zoe"
		f := finding{names: []string{"bob", "cy", "zoe"}, agrees: true}
		var heard []string
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ron", f.asRecruiter)
		w.settle("bob", answering)
		w.settle("cy", answering)
		w.settle("zoe", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{Limits: monitor.Config{Collect: collect}})
			roles.AddReceiver(d, func(_ *actors.Turn, r roles.Reply) error {
				heard = append(heard, fmt.Sprintf("%s %s %v", r.From, r.Act, r.Content))
				return nil
			})
			return d, nil
		})
		w.give("ann", actors.Started{})
		w.live()
		w.over()
		if said := strings.Join(w.log, "\n"); strings.Contains(said, "ron>zoe") {
			t.Errorf("%s: %s", name, said)
		}
		same(t, name, a.heard, []string{"DONE {[bob cy]}  at 2s"}, w.log)
		want := []string{"bob inform {8}"}
		if collect == nil {
			want = nil
		}
		same(t, name+", zoe", heard, want, w.log)
	}
}

// Who trusts a recruiter would do what anybody asks in the name of another: a recruiter that does not say for whom who asks may speak
// has answers go to who asks only.
func TestNobodyIsAskedInTheNameOfAnother(t *testing.T) {
	for name, c := range map[string]struct {
		receiver string
		agrees   bool
		want     []string
		did      []string
	}{
		"of another":      {"boss", false, []string{"REFUSED <nil> unauthorised at 0s"}, nil},
		"if it is agreed": {"boss", true, []string{"DONE {[bob]}  at 2s"}, []string{"boss"}},
		"of oneself":      {"eve", false, []string{"DONE {[bob]}  at 2s"}, []string{"eve"}},
	} {
		a := asking{errand: ask(4, 0), to: "ron", recruit: true}
		a.errand.Receiver = c.receiver
		f := finding{names: []string{"bob"}, agrees: c.agrees}
		var did []string
		w := newTown(t)
		w.settle("eve", a.live)
		w.settle("ron", f.asRecruiter)
		w.settle("boss", mute)
		w.settle("bob", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{Limits: monitor.Config{Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" }}})
			roles.AddServer(d, roles.Server[job]{Perform: func(_ *actors.Turn, task roles.Task[job]) (any, error) {
				did = append(did, task.Peer)
				return nil, nil
			}})
			return d, nil
		})
		w.give("eve", actors.Started{})
		w.live()
		w.over()
		same(t, name, a.heard[max(0, len(a.heard)-1):], c.want, w.log)
		same(t, name+", done for", did, c.did, w.log)
	}
}

// Two who ask a recruiter under the same name of a conversation each get their own: what comes back of the one is none of the other's.
func TestTwoRecruitmentsOfOneName(t *testing.T) {
	f := finding{later: true}
	w := newTown(t)
	w.settle("ann", mute).deaf = true
	w.settle("eve", mute).deaf = true
	w.settle("ron", f.asRecruiter)
	w.settle("bob", answering)
	w.settle("cy", answering)
	proxy := proxyOf(t, ask(4, 0))
	seen := map[string]string{}
	var reached []string
	w.said = func(m *protocol.Message) {
		if r, ok := m.Content.(roles.Recruited); ok {
			reached = append(reached, fmt.Sprint(m.Receivers, r.Targets))
		}
		if m.Sender == "ron" && m.Act == protocol.Request {
			seen[m.ReplyTo[0]+m.Receivers[0]] = m.ReplyWith
		}
	}
	for _, who := range []string{"ann", "eve"} {
		w.forge(protocol.Message{Act: protocol.Proxy, Sender: who, Receivers: []string{"ron"}, Protocol: "fipa-recruiting", Conversation: "c", ReplyWith: who, Content: proxy})
	}
	w.lost = func(l letter) bool { return l.message.Sender == "ron" && l.message.Act == protocol.Request }
	w.deliver()
	f.names = []string{"bob", "cy"}
	w.give("ron", actors.Percept{})
	w.deliver()
	if len(seen) != 4 || seen["annbob"] == seen["evebob"] {
		t.Fatalf("%v, want four messages of different names\n%s", seen, strings.Join(w.log, "\n"))
	}
	for _, name := range []string{seen["evebob"], "", "made up"} {
		w.forge(protocol.Message{Act: protocol.Refuse, Sender: "bob", Receivers: []string{"ron"}, Protocol: "fipa-request", Conversation: "c", InReplyTo: name})
	}
	w.live()
	slices.Sort(reached)
	same(t, "each its own", reached, []string{"[ann] [bob cy]", "[eve] [cy]"}, w.log)
}

// Who does not trust a recruiter is not recruited: it answers the recruiter that it will not, and nobody else hears of it.
func TestAgentsTrustTheirRecruiter(t *testing.T) {
	a := asking{errand: ask(4, 0), to: "ron", recruit: true}
	f := finding{names: []string{"bob"}}
	w := newTown(t)
	w.settle("ann", a.live)
	w.settle("ron", f.asRecruiter)
	w.settle("bob", server)
	w.give("ann", actors.Started{})
	w.live()
	w.over()
	if said := strings.Join(w.log, "\n"); strings.Contains(said, "bob>ann") || !strings.Contains(said, "bob: request of ron is forbidden") {
		t.Error(said)
	}
	same(t, "no trust", a.heard, []string{"FAILED <nil> unreachable at 0s"}, w.log)
}

// "After COLLECT begins, a cancel of I goes to the targets, since R is done"; what they answer to that is no answer to the errand.
func TestCancelOfWhoWasRecruited(t *testing.T) {
	for name, c := range map[string]struct {
		can  bool
		when time.Duration
		want []string
	}{
		"they stop":      {true, 3 * time.Second, []string{"bob agree <nil>", "cy agree <nil>", "DONE {[bob cy]}  at 3s"}},
		"they go on":     {false, 3 * time.Second, []string{"bob agree <nil>", "cy agree <nil>", "DONE {[bob cy]}  at 3s"}},
		"it is too soon": {true, 0, []string{"CANCEL_FAILED <nil> cannot-stop at 0s"}},
	} {
		a := asking{errand: ask(101, 0), to: "ron", recruit: true}
		f := finding{names: []string{"bob", "cy"}}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ron", f.asRecruiter)
		w.settle("bob", slow(c.can))
		w.settle("cy", slow(c.can))
		w.give("ann", actors.Started{})
		w.deliver()
		w.lives(c.when)
		w.give("ann", actors.Percept{})
		w.deliver()
		w.live()
		w.over()
		if said := strings.Join(w.log, "\n"); c.when > 0 && strings.Contains(said, "ann>ron cancel") {
			t.Errorf("%s: %s", name, said)
		}
		same(t, name, a.heard, c.want, w.log)
	}
}

// "So many, or the queue of the initiator has no bound": the broker stops at what its protocol lets through, and says so.
func TestABrokerBringsSoManyAnswers(t *testing.T) {
	p, err := interaction.FIPA("brokering")
	if err != nil {
		t.Fatal(err)
	}
	q := *p
	q.Bounds = []interaction.Bound{{Name: "answers", Most: 3}}
	var all []*interaction.Protocol
	for _, name := range interaction.Names() {
		o, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		if o.Name == q.Name {
			o = &q
		}
		all = append(all, o)
	}
	library, err := monitor.NewLibrary(all...)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		errand roles.Errand[trade]
		want   []string
	}{
		"each": {ask(4, 0), []string{"b0 inform {8}", "b1 inform {8}", "b2 inform {8}", "FAILED <nil> too-many-answers at 0s"}},
		"news": {roles.Errand[trade]{For: trade{"smith"}, Most: 1, Message: protocol.Message{Act: protocol.Subscribe, Content: topic{"tide"}}},
			[]string{"b0 inform {0}", "b0 inform {1}", "b0 inform {2}", "FAILED <nil> too-many-answers at 0s"}},
		"as many as may": {roles.Errand[trade]{For: trade{"smith"}, Most: 3, Message: ask(4, 0).Message}, []string{"b0 inform {8}", "b1 inform {8}", "b2 inform {8}", "DONE {3 3}  at 0s"}},
	} {
		a := asking{errand: c.errand, to: "ken"}
		f := finding{names: []string{"b0", "b1", "b2", "b3", "b4"}, library: library}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ken", f.asBroker)
		for _, name := range f.names {
			n := 0
			w.settle(name, func() (*roles.Desk, actors.Behavior) {
				d, _ := answering()
				p := roles.AddPublisher(d, func(*actors.Turn, string, topic) (any, error) { n++; return news{n - 1}, nil })
				return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
					if _, ok := event.(actors.Percept); ok {
						return p.Changed(t, func(topic) bool { return true })
					}
					return nil
				})
			})
		}
		w.give("ann", actors.Started{})
		w.deliver()
		for range 6 {
			w.give("b0", actors.Percept{})
			w.deliver()
		}
		w.lives(time.Second)
		for _, name := range append(slices.Clone(f.names), "ken", "ann") {
			if left := w.conversations(name); len(left) > 0 {
				t.Errorf("%s: %s has %v left\n%s", name, name, left, strings.Join(w.log, "\n"))
			}
		}
		same(t, name, a.heard, c.want, w.log)
	}
}

// What is asked of a broker may be a request-when; it is cancelled when the broker's own time is over.
func TestABrokerArranges(t *testing.T) {
	for name, c := range map[string]struct {
		rises int
		want  []string
	}{
		"it comes true": {2, []string{"bob agree <nil>", "bob inform {2}", "DONE {1 1}  at 0s"}},
		"it does not":   {1, []string{"bob agree <nil>", "DONE <nil>  at 2m0s"}}, // for the principal an agree is an answer
	} {
		a := asking{errand: roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.RequestWhen, Content: tide{2, 1}}}, to: "ken"}
		f := finding{names: []string{"bob"}}
		y := dyke{}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ken", f.asBroker)
		w.settle("bob", y.live)
		w.give("ann", actors.Started{})
		w.deliver()
		for range c.rises {
			w.give("bob", actors.Percept{})
			w.deliver()
		}
		w.live()
		w.clear("failure of ken is late")
		same(t, name, a.heard, c.want, w.log)
	}
}

// So many answers are kept before the recruiter has named anybody, and no more; an agent that says too much costs itself only.
func TestAnswersThatComeTooSoonAreBounded(t *testing.T) {
	a := asking{errand: ask(101, 0), to: "ron", recruit: true}
	f := finding{names: []string{"bob"}, later: true}
	w := newTown(t)
	w.settle("ann", a.live).lasts = true
	w.settle("ron", f.asRecruiter)
	w.settle("bob", answering)
	w.give("ann", actors.Started{})
	w.deliver()
	at := w.conversations("ann")[0]
	for i := range 1010 {
		w.forge(protocol.Message{Act: protocol.Inform, Sender: fmt.Sprintf("eve%d", i), Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: at.Conversation, Content: news{666}})
	}
	w.deliver()
	if n := strings.Count(strings.Join(w.log, "\n"), "is cut"); n != 10 {
		t.Errorf("%d were not kept, want 10", n)
	}
	w.give("ron", actors.Percept{})
	w.live()
	w.over()
	if n := strings.Count(strings.Join(w.log, "\n"), "is out-of-sequence"); n != 1000 {
		t.Errorf("%d were turned away, want 1000", n)
	}
}

// One that says much before it is named costs itself only: what others have said is kept. What is of another protocol than was asked
// for is no answer.
func TestNobodyPushesOutTheAnswersOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		kept  int
	}{
		"much":    {"fipa-subscribe", 16},
		"foreign": {"fipa-query", 0},
	} {
		a := asking{errand: ask(4, 0), to: "ron", recruit: true}
		a.errand.Message = protocol.Message{Act: protocol.Subscribe, Content: topic{"tide"}}
		f := finding{names: []string{"bob"}, later: true}
		w := newTown(t)
		w.settle("ann", a.live).lasts = true
		w.settle("ron", f.asRecruiter)
		w.settle("eve", mute).deaf = true
		w.settle("bob", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{Limits: monitor.Config{Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" }}})
			roles.AddPublisher(d, func(*actors.Turn, string, topic) (any, error) { return nil, errors.New("shut") })
			return d, nil
		})
		w.give("ann", actors.Started{})
		w.deliver()
		at := w.conversations("ann")[0]
		for i := range 900 {
			act := protocol.Inform
			if i == 0 {
				act = protocol.Agree
			}
			w.forge(protocol.Message{Act: act, Sender: "eve", Receivers: []string{"ann"}, Protocol: c.token, Conversation: at.Conversation, Content: news{i}})
		}
		w.deliver()
		said := strings.Join(w.log, "\n")
		if cut := strings.Count(said, "inform of eve is cut"); c.kept > 0 && cut != 900-c.kept {
			t.Errorf("%s: %d were not kept, want %d", name, cut, 900-c.kept)
		}
		if c.kept == 0 && (!strings.Contains(said, "ann: agree of eve is out-of-sequence") || !strings.Contains(said, "ann>eve not-understood") || strings.Contains(said, "is cut")) {
			t.Errorf("%s: %s", name, said)
		}
		w.give("ron", actors.Percept{})
		w.live()
		w.over()
		same(t, name, a.heard, []string{"bob refuse {refused shut}", "DONE {[bob]}  at 2s"}, nil)
	}
}

// "Silence, cancel and crash at every state of every protocol": whoever falls silent or dies, or whenever the errand is taken back,
// before any letter arrives, it ends once, and no conversation is left.
func TestErrandsEndWhateverHappensWhen(t *testing.T) {
	for _, recruit := range []bool{false, true} {
		for _, who := range []string{"ann", "ken", "bob", "cy", "cancel"} {
			for _, dies := range []bool{false, true} {
				for letters, more := 0, true; more; letters++ {
					a := asking{errand: ask(101, 2), to: "ken", recruit: recruit}
					f := finding{names: []string{"bob", "cy", "dan"}}
					w := newTown(t)
					w.settle("ann", a.live)
					w.settle("ken", func() (*roles.Desk, actors.Behavior) {
						if recruit {
							return f.asRecruiter()
						}
						return f.asBroker()
					})
					for _, name := range f.names {
						w.settle(name, func() (*roles.Desk, actors.Behavior) {
							d := roles.New(roles.Config{Limits: monitor.Config{Redirect: func(*protocol.Message) bool { return true }}})
							roles.AddServer(d, roles.Server[job]{Perform: func(*actors.Turn, roles.Task[job]) (any, error) { return nil, roles.ErrLater },
								Stop: func(*actors.Turn, roles.Task[job]) error { return nil }})
							return d, nil
						})
					}
					seen := 0
					w.lost = func(letter) bool {
						if seen++; seen == letters+1 {
							switch {
							case who == "cancel":
								w.give("ann", actors.Percept{})
							case dies:
								w.agents[who].gone = true
							default:
								w.agents[who].deaf = true
							}
						}
						return false
					}
					w.give("ann", actors.Started{})
					w.live()
					w.over()
					more = seen > letters
					ends := 0
					for _, line := range a.heard {
						if strings.Contains(line, " at ") {
							ends++
						}
					}
					if ends != 1 && (who != "ann" || !dies) {
						t.Fatalf("recruit %v, %s dies %v before letter %d: %q\n%s", recruit, who, dies, letters, a.heard, strings.Join(w.log, "\n"))
					}
				}
			}
		}
	}
}

// A broker passes on what was said as it was, in words too, and what another one has brought only if that says whose it is.
func TestWhatIsPassedOn(t *testing.T) {
	a := asking{errand: ask(101, 0), to: "ken"}
	f := finding{names: []string{"bob"}}
	w := newTown(t)
	w.settle("ann", a.live)
	w.settle("ken", f.asBroker)
	w.settle("bob", mute).deaf = true
	var last *protocol.Message
	w.said = func(m *protocol.Message) {
		if m.Sender == "ken" && m.Receivers[0] == "ann" {
			if _, ok := m.Extra["X-origin"]; ok != (m.Extra["X-origin"] != "") {
				t.Errorf("%+v is of nobody", m)
			}
			if m.Extra != nil {
				last = m
			}
		}
	}
	w.give("ann", actors.Started{})
	w.deliver()
	for _, at := range w.conversations("ken") {
		if at.Peer == "bob" {
			w.forge(protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ken"}, Protocol: "fipa-request", Conversation: at.Conversation,
				Language: protocol.Natural, Ontology: "roofs", Content: protocol.Text("It is done."), Extra: map[string]string{"X-origin": "cy"}})
		}
	}
	w.live()
	w.over()
	same(t, "in words", a.heard, []string{"bob inform It is done.", "DONE {1 1}  at 0s"}, w.log)
	if last == nil || last.Language != protocol.Natural || last.Ontology != "roofs" || last.Extra["X-origin"] != "bob" {
		t.Errorf("passed on is %+v", last)
	}

	for _, from := range []string{"", strings.Repeat("x", 300)} {
		a, f := asking{errand: ask(101, 0), to: "ken"}, finding{refer: []string{"kim"}}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ken", f.asBroker)
		w.settle("kim", mute).deaf = true
		w.give("ann", actors.Started{})
		w.deliver()
		for _, at := range w.conversations("ken") {
			say := func(act protocol.Act, extra map[string]string, content any) {
				w.forge(protocol.Message{Act: act, Sender: "kim", Receivers: []string{"ken"}, Protocol: "fipa-brokering", Conversation: at.Conversation, Extra: extra, Content: content})
			}
			if at.Peer == "kim" {
				say(protocol.Agree, nil, nil)
				if from != "" {
					say(protocol.Inform, map[string]string{"X-origin": from}, news{1})
				}
				say(protocol.Inform, map[string]string{"X-origin": "cy"}, news{2})
				say(protocol.Inform, nil, roles.Brokered{Asked: 1, Done: 1})
			}
		}
		w.live()
		w.over()
		same(t, "of a broker", a.heard, []string{"cy inform {2}", "DONE {1 1}  at 0s"}, w.log)
	}
}

// A recruiter that names itself, who asked, or nobody keeps nobody waiting.
func TestWhoARecruiterMayName(t *testing.T) {
	for name, c := range map[string]struct {
		content any
		want    []string
	}{
		"itself and others": {roles.Recruited{Targets: []string{"ron", "bob", "ann", "bob", ""}}, []string{"bob inform {8}", "DONE {[bob]}  at 0s"}},
		"nobody":            {roles.Recruited{}, []string{"DONE {[]}  at 0s"}},
		"it does not say":   {protocol.Done{Action: "proxy"}, []string{"DONE {[]}  at 0s"}},
	} {
		a := asking{errand: ask(4, 0), to: "ron", recruit: true}
		w := newTown(t)
		w.settle("ann", a.live)
		w.settle("ron", mute).deaf = true
		w.give("ann", actors.Started{})
		w.deliver()
		at := w.conversations("ann")[0]
		w.forge(protocol.Message{Act: protocol.Agree, Sender: "ron", Receivers: []string{"ann"}, Protocol: "fipa-recruiting", Conversation: at.Conversation})
		w.forge(protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: at.Conversation, Content: news{8}})
		w.forge(protocol.Message{Act: protocol.Inform, Sender: "ron", Receivers: []string{"ann"}, Protocol: "fipa-recruiting", Conversation: at.Conversation, Content: c.content})
		w.live()
		w.over()
		same(t, name, a.heard, c.want, w.log)
	}
}

// One errand is told to a thousand agents, and not to more.
func TestAnErrandReachesSoMany(t *testing.T) {
	a := asking{errand: roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Inform, Content: job{1}}}, to: "ken"}
	f := finding{}
	for i := range 1003 {
		f.names = append(f.names, fmt.Sprintf("b%d", i))
	}
	w := newTown(t)
	w.settle("ann", a.live)
	w.settle("ken", f.asBroker)
	w.lost = func(l letter) bool { return l.message.Protocol == "" }
	w.give("ann", actors.Started{})
	w.live()
	w.clear()
	same(t, "so many", a.heard, []string{"DONE {1000 1000}  at 0s"}, w.log)
}
