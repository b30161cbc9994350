package polis_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/commitment"
	"github.com/polis-agents/polis/scenarios/commons"
)

// errand is what is tendered: to be done by a time.
type errand struct {
	Until time.Duration `json:"until"`
}

func (e errand) Due() time.Duration { return e.Until }

func init() { actors.Payload[errand]("errand") }

// tendering calls for proposals every round, awards some, and now and then cancels, requests or understands nothing.
func tendering(t *actors.Turn, event any) error {
	r := t.Rand()
	say := func(m protocol.Message, act protocol.Act, content any, in string) {
		t.Send(protocol.Message{Act: act, Receivers: []string{m.Sender}, Content: content, Protocol: m.Protocol, Conversation: m.Conversation,
			InReplyTo: in, ReplyWith: fmt.Sprintf("%s/%d", t.Self(), t.N())})
	}
	switch e := event.(type) {
	case actors.Percept:
		t.Act(draw{1})
		t.Send(protocol.Message{Act: protocol.CFP, Receivers: []string{"ben", "cleo", "dan"}, Content: errand{t.Now() + 5*time.Second}, Protocol: "fipa-contract-net",
			Conversation: fmt.Sprint("task/", e.Round), ReplyWith: fmt.Sprint("call/", e.Round), ReplyBy: t.Now() + 2*time.Second})
		t.Send(protocol.Message{Act: protocol.Request, Receivers: []string{"ben", "cleo"}, Content: errand{t.Now() + 3*time.Second}, Protocol: "fipa-request",
			Conversation: fmt.Sprint("favour/", e.Round), ReplyWith: fmt.Sprint("ask/", e.Round)})
	case *protocol.Message:
		switch {
		case e.Act == protocol.Propose && r.IntN(10) < 5:
			say(*e, protocol.AcceptProposal, nil, e.ReplyWith)
		case e.Act == protocol.Propose && r.IntN(10) < 6:
			say(*e, protocol.RejectProposal, protocol.Reason{Code: "dear"}, e.ReplyWith)
		case e.Act == protocol.Propose && r.IntN(10) < 4:
			say(*e, protocol.CFP, errand{t.Now() + 4*time.Second}, e.ReplyWith)
		case e.Act == protocol.Agree && r.IntN(10) < 3:
			say(*e, protocol.Cancel, nil, "")
		case e.Act == protocol.Agree && r.IntN(10) < 2:
			say(*e, protocol.NotUnderstood, protocol.Reason{Code: "unexpected-act"}, e.ReplyWith)
		}
	}
	return nil
}

// contracting answers calls and requests, does what it has promised or not, at once or later, and says so or not.
func contracting(t *actors.Turn, event any) error {
	r := t.Rand()
	m, ok := event.(*protocol.Message)
	if !ok {
		if _, ok := event.(actors.Percept); ok {
			t.Act(draw{2})
		}
		return nil
	}
	say := func(act protocol.Act, content any, in string, by time.Duration) {
		t.Send(protocol.Message{Act: act, Receivers: []string{m.Sender}, Content: content, Protocol: m.Protocol, Conversation: m.Conversation,
			InReplyTo: in, ReplyWith: fmt.Sprintf("%s/%d.%d", t.Self(), t.N(), len(in)), ReplyBy: by})
	}
	done := protocol.Done{Action: "errand"}
	switch m.Act {
	case protocol.CFP:
		switch r.IntN(4) {
		case 0:
			say(protocol.Refuse, protocol.Reason{Code: "busy"}, m.ReplyWith, 0)
		case 1, 2:
			say(protocol.Propose, m.Content, m.ReplyWith, t.Now()+time.Duration(1+r.IntN(4))*time.Second)
		}
	case protocol.AcceptProposal:
		switch r.IntN(5) {
		case 0:
			say(protocol.Failure, protocol.Reason{Code: "rain"}, m.ReplyWith, 0)
		case 1, 2:
			say(protocol.Inform, done, m.ReplyWith, 0)
		case 3:
			say(protocol.Inform, done, "something-else", 0)
		}
	case protocol.Request:
		switch r.IntN(5) {
		case 0:
			say(protocol.Refuse, protocol.Reason{Code: "busy"}, m.ReplyWith, 0)
		case 1:
			say(protocol.Inform, done, m.ReplyWith, 0)
		case 2, 3:
			say(protocol.Agree, nil, m.ReplyWith, 0)
			if r.IntN(3) == 0 {
				say(protocol.Inform, notice{7}, m.ReplyWith, 0)
			}
		}
	case protocol.Cancel:
		if r.IntN(2) == 0 {
			say(protocol.Inform, done, m.ReplyWith, 0)
		} else {
			say(protocol.Failure, protocol.Reason{Code: "too-late"}, m.ReplyWith, 0)
		}
	}
	return nil
}

// marketplace is a society in which ada tenders work.
func marketplace() polis.Society {
	s := village()
	contractor := func() actors.Behavior { return actors.BehaviorFunc(contracting) }
	s.Agents = []polis.Agent{{Name: "ada", Behavior: func() actors.Behavior { return actors.BehaviorFunc(tendering) }},
		{Name: "ben", Behavior: contractor}, {Name: "cleo", Behavior: contractor}, {Name: "dan", Behavior: contractor}}
	s.May = func(m *protocol.Message, to string) error { // what is not let through binds nobody
		if m.Act == protocol.CFP && to == "dan" && strings.HasSuffix(m.Conversation, "3") {
			return fmt.Errorf("not today")
		}
		return nil
	}
	return s
}

// fishers are those of the commons who give their word, some of whom take what they like.
func fishers(t *testing.T) polis.Society {
	t.Helper()
	minds, err := polis.ParseMinds([]string{"3*covenant", "1*reciprocal", "random:0-12"}, 5, 5)
	if err != nil {
		t.Fatal(err)
	}
	s, err := commons.Scenario.Build(polis.Order{Agents: 5, Rounds: 12, Minds: minds, Settings: map[string]string{"split": "round-robin"}})
	if err != nil {
		t.Fatal(err)
	}
	s.Agents[2].Behavior = func() actors.Behavior { return &braggart{} }
	return s
}

// braggart proposes too much, agrees to everything and takes 13 tons.
type braggart struct{}

func (*braggart) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case *protocol.Message:
		if e.Act == protocol.Propose {
			t.Send(protocol.Message{Act: protocol.Agree, Receivers: []string{e.Sender}, Content: e.Content, Conversation: e.Conversation})
		}
	case actors.Percept:
		switch v := e.View.(commons.View); e.Phase {
		case commons.PhasePropose:
			t.Send(protocol.Message{Act: protocol.Propose, Receivers: []string{"John", "Kate"}, Content: commons.Cap{Month: v.Month, Tons: 40},
				Conversation: fmt.Sprint("feast/", v.Month)})
		case commons.PhaseHarvest:
			t.Act(commons.Harvest{Tons: 13})
		}
	}
	return nil
}

// "Commitment states recomputed from the journal alone by an independent pass equal the runtime's."
func TestCommitmentsAreThoseOfTheJournal(t *testing.T) {
	for _, c := range []struct {
		name string
		made func(t *testing.T) polis.Society
		cfg  polis.Config
		want []commitment.State // that must be among them
	}{
		{"covenants", fishers, polis.Config{Rounds: 12}, []commitment.State{commitment.Satisfied, commitment.Violated, commitment.Terminated}},
		{"contracts", func(*testing.T) polis.Society { return marketplace() }, polis.Config{Rounds: 60, Seed: 3},
			[]commitment.State{commitment.Satisfied, commitment.Violated, commitment.Terminated, commitment.Expired}},
		{"contracts, one after the other", func(*testing.T) polis.Society { return marketplace() }, polis.Config{Rounds: 40, Pace: environment.Sequential}, nil},
		{"contracts, in virtual time", func(*testing.T) polis.Society { return marketplace() }, polis.Config{Rounds: 40, Pace: environment.Simulated}, nil},
		{"contracts, with panics", func(*testing.T) polis.Society { return marketplace() }, polis.Config{Rounds: 30, Chaos: polis.Chaos{Agents: 0.2}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := c.made(t), journal.NewMemory()
				live := polis.NewPromises(&s, c.cfg.Pace, commitment.Config{Ended: 1 << 16})
				c.cfg.Journal, c.cfg.Observe = store, live.Observe
				run(t, s, c.cfg)
				live.Settle()
				again := polis.NewPromises(&s, c.cfg.Pace, commitment.Config{Ended: 1 << 16})
				for event, err := range polis.ReadRecord(t.Context(), store) {
					if err != nil {
						t.Fatal(err)
					}
					again.Observe(event)
				}
				again.Settle()
				if a, b := live.All(), again.All(); !reflect.DeepEqual(shown(a), shown(b)) {
					t.Errorf("told live, and read again:\n%v\n%v", shown(a), shown(b))
				}
				naive := recount(t, store, &s)
				states := map[commitment.State]int{}
				for _, c := range live.All() {
					states[c.State]++
					last := c.History[len(c.History)-1]
					got := fmt.Sprintf("%s %s→%s %v", c.State, c.Debtor, c.Creditor, last.At)
					if want, ok := naive[c.ID]; got != want || !ok {
						t.Errorf("%s: the runtime says %s, the journal %q; %v", c.ID, got, want, c.History)
					}
					delete(naive, c.ID)
				}
				for _, id := range slices.Sorted(maps.Keys(naive)) {
					t.Errorf("%s: the runtime does not know it, the journal %s", id, naive[id])
				}
				for _, state := range c.want {
					if states[state] == 0 {
						t.Errorf("none is %s: %v", state, states)
					}
				}
				t.Log(states, live.Losses())
			})
		})
	}
}

// shown is what may be compared of commitments.
func shown(all []commitment.Commitment) (lines []string) {
	for _, c := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s>%s %v", c.ID, c.State, c.Debtor, c.Creditor, c.History))
	}
	return lines
}

// happening is a message to one receiver, or a fact, or that so much time has passed, as a journal has it.
type happening struct {
	at                                      time.Duration
	id, from, to, act, kind, conv, in, with string
	by, due                                 time.Duration
	cap                                     *commons.Cap
	tons                                    float64 // fact: asked for
	round                                   int
	protocol                                string
}

// recount is the independent pass: for every message that makes a commitment it looks through all that came after for what
// first decides its fate. It shares no line with package commitment, and knows only the acts that these societies use.
func recount(t *testing.T, store journal.Store, s *polis.Society) map[string]string {
	t.Helper()
	all := happenings(t, store, s)
	fates := map[string]string{}
	for i, h := range all {
		switch h.act {
		case "propose":
			c := fate{h, []string{h.with}, "conditional", h.at, h.cap}
			c.run(all[i+1:])
			fates[h.id] = c.String()
		case "agree", "inform":
			if c, ok := promised(all[:i], h); ok {
				if h.act == "agree" {
					c.run(all[i+1:])
				}
				fates[h.id] = c.String()
			}
		}
	}
	return fates
}

// fate is what becomes of one commitment.
type fate struct {
	happening // that made it
	names     []string
	state     string
	when      time.Duration
	about     *commons.Cap
}

func (c *fate) String() string { return fmt.Sprintf("%s %s→%s %v", c.state, c.from, c.to, c.when) }

func (c *fate) run(later []happening) {
	lapses := c.by
	cancel, cancelled := "", false
	for _, h := range later {
		if c.state == "conditional" && lapses > 0 && h.at > lapses {
			c.state, c.when = "expired", lapses
		}
		if c.state == "detached" && c.due > 0 && h.at > c.due {
			c.state, c.when = "violated", c.due
		}
		if c.state != "conditional" && c.state != "detached" {
			return
		}
		before := c.state
		mine := h.conv == c.conv && h.from == c.from && h.to == c.to
		other := h.conv == c.conv && h.from == c.to && h.to == c.from
		named := h.in == "" || slices.Contains(c.names, h.in)
		answer := mine && cancelled && (h.in == cancel || h.in == "" && (h.act == "failure" || h.kind == "done"))
		switch {
		case h.act == "fact":
			if c.about != nil && h.from == c.from && h.round == c.about.Month {
				c.state = "satisfied"
				if h.tons > float64(c.about.Tons) {
					c.state = map[string]string{"conditional": "expired", "detached": "violated"}[before]
				}
			}
		case answer && (h.act == "inform" || h.act == "failure"):
			cancelled = false
			if h.act == "inform" {
				c.state = "terminated"
			}
		case other && h.act == "cancel":
			cancel, cancelled = h.with, true
		case (mine || other) && h.act == "not-understood":
			c.state = "terminated"
		case mine && h.act == "inform" && c.about == nil && named:
			c.state = "satisfied"
		case mine && (h.act == "failure" || h.act == "refuse" && c.act != "propose") && named:
			c.state = map[string]string{"conditional": "terminated", "detached": "violated"}[before]
		case before == "conditional" && mine && h.act == "propose", before == "conditional" && other && h.act == "cfp",
			before == "conditional" && other && named && (h.act == "reject-proposal" || h.act == "refuse"):
			c.state = "terminated"
		case before == "conditional" && other && named && (h.act == "accept-proposal" || h.act == "agree"):
			c.state = "detached"
			c.names = append(c.names, h.with)
		}
		if c.state != before {
			c.when = h.at
		}
	}
}

// promised looks back for what an agree, or a result, answers.
func promised(before []happening, h happening) (c fate, ok bool) {
	asked := happening{}
	for i, b := range before {
		switch {
		case b.conv != h.conv || b.from != h.to && b.from != h.from || b.to != h.to && b.to != h.from:
		case b.from == h.to && b.act == "request":
			asked = b
		case b.from == h.from && (b.in == "" || b.in == asked.with) && slices.Contains([]string{"agree", "refuse", "failure", "inform"}, b.act), b.act == "not-understood":
			asked = happening{}
		case b.from == h.to && b.act == "propose" && h.act == "agree":
			offer := fate{b, []string{b.with}, "conditional", b.at, b.cap}
			offer.run(append(slices.Clone(before[i+1:]), happening{at: h.at}))
			if offer.state == "conditional" {
				return fate{h, []string{h.with}, "detached", h.at, cmp.Or(h.cap, b.cap)}, true
			}
		}
	}
	if asked.act == "" || h.in != asked.with {
		return c, false
	}
	made := h
	made.due = asked.due
	if h.act == "inform" {
		return fate{made, nil, "satisfied", h.at, nil}, true
	}
	return fate{made, []string{asked.with, h.with}, "detached", h.at, nil}, true
}

// happenings reads a journal as text.
func happenings(t *testing.T, store journal.Store, s *polis.Society) (all []happening) {
	t.Helper()
	type spoken struct {
		step uint64
		n    int
		happening
	}
	var step []spoken
	flush := func() {
		slices.SortStableFunc(step, func(a, b spoken) int {
			return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.at, b.at), strings.Compare(a.from, b.from), cmp.Compare(a.n, b.n))
		})
		for _, s := range step {
			all = append(all, s.happening)
		}
		step = nil
	}
	read := func(text []byte, into any) {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	for e, err := range store.Read(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == "round-ended" {
			flush()
			var r struct {
				Round     int
				Now       time.Duration
				Variables []string
				Agents    []struct {
					Name   string
					Values []float64
				}
			}
			read(e.Payload, &r)
			for _, a := range r.Agents {
				if i := slices.Index(r.Variables, "asked"); i >= 0 {
					all = append(all, happening{at: r.Now, act: "fact", from: a.Name, tons: a.Values[i], round: r.Round})
				}
			}
			all = append(all, happening{at: r.Now})
		}
		name, agent := strings.CutPrefix(e.Actor, "agents/")
		if !agent || e.Kind == "stopping" || len(e.Effects) == 0 {
			continue
		}
		var effects []struct {
			Send *struct {
				Act          string
				Conversation string
				Protocol     string
				Receivers    []string
				InReplyTo    string        `json:"in_reply_to"`
				ReplyWith    string        `json:"reply_with"`
				ReplyBy      time.Duration `json:"reply_by"`
				Content      struct {
					Type  string
					Value json.RawMessage
				}
			}
		}
		read(e.Effects, &effects)
		for i, f := range effects {
			if f.Send == nil {
				continue
			}
			m := f.Send
			h := happening{at: e.Logical, from: name, act: m.Act, conv: m.Conversation, in: m.InReplyTo, with: m.ReplyWith, protocol: m.Protocol}
			if m.Act == "propose" {
				h.by = m.ReplyBy
			}
			switch m.Content.Type {
			case "commons.Cap":
				h.cap = &commons.Cap{}
				read(m.Content.Value, h.cap)
			case "errand":
				var until errand
				read(m.Content.Value, &until)
				h.due = until.Until
			case "done", "protocol.Done":
				h.kind = "done"
			}
			for _, to := range m.Receivers {
				if s.May != nil && s.May(&protocol.Message{Act: protocol.Act(m.Act), Sender: name, Conversation: m.Conversation}, to) != nil {
					continue
				}
				h.to, h.id = to, fmt.Sprintf("%s/%d/%d>%s", name, e.N, i, to)
				step = append(step, spoken{e.Step, len(step), h})
			}
		}
	}
	flush()
	return all
}

// What nobody heard, what was told twice and what the society forbids binds nobody. What is said in one step comes in one
// order, but in realtime, where it comes as it was told.
func TestPromises(t *testing.T) {
	said := func(from, to string, act protocol.Act, step, n uint64) actors.Said {
		return actors.Said{Message: &protocol.Message{Act: act, Sender: from, Receivers: strings.Split(to, ","), Conversation: "c"}, Now: time.Duration(step) * time.Second, Step: step, N: n}
	}
	society := &polis.Society{MaySpeak: func(_, to string) bool { return to != "cleo" }, May: func(m *protocol.Message, to string) error {
		switch {
		case to == "dan":
			panic("no rule for dan")
		case m.Act == protocol.Request:
			return fmt.Errorf("no requests")
		}
		return nil
	}}
	var changes []string
	follow := func(pace environment.Pace) *polis.Promises {
		changes = nil
		p := polis.NewPromises(society, pace, commitment.Config{Result: 10 * time.Second})
		p.Changed = func(all []commitment.Change) {
			for _, c := range all {
				changes = append(changes, fmt.Sprint(c.ID, " ", c.To))
			}
		}
		return p
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(changes, want) {
			t.Errorf("%s: %q, want %q", what, changes, want)
		}
	}
	p := follow(environment.Rounds)
	cut := said("ada", "ben", protocol.Propose, 1, 1)
	cut.Unheard = true
	for _, e := range []any{cut, said("ben", "ada,cleo,dan", protocol.Propose, 1, 2), said("ada", "ben", protocol.Propose, 1, 3), said("ada", "ben", protocol.Request, 1, 4), "another event"} {
		p.Observe(e)
	}
	expect("before the step is over")
	p.Observe(said("ada", "ben", protocol.AcceptProposal, 2, 5))
	expect("of the first step", "ada/3/0>ben conditional", "ben/2/0>ada conditional")
	p.Observe(said("ada", "ben", protocol.AcceptProposal, 2, 5))
	p.Observe(said("ben", "ada", protocol.Agree, 2, 3))
	p.Observe(environment.RoundEnded{Round: 1, Now: 3 * time.Second})
	expect("of the round", "ada/3/0>ben conditional", "ben/2/0>ada conditional", "ben/2/0>ada detached", "ben/3/0>ada detached", "ada/3/0>ben detached")
	changes = nil
	p.Ahead(12 * time.Second)
	expect("at the deadline")
	p.Ahead(13 * time.Second)
	expect("after the deadline", "ada/3/0>ben violated", "ben/2/0>ada violated", "ben/3/0>ada violated")

	p = follow(environment.Realtime)
	p.Observe(said("ben", "ada", protocol.Propose, 1, 1))
	p.Observe(said("ada", "ben", protocol.AcceptProposal, 1, 1))
	expect("in realtime", "ben/1/0>ada conditional", "ben/1/0>ada detached")
	p = follow(environment.Rounds)
	p.Observe(said("ben", "ada", protocol.Propose, 1, 1))
	p.Observe(said("ada", "ben", protocol.AcceptProposal, 1, 1))
	p.Settle()
	expect("in one step", "ben/1/0>ada conditional") // it cannot have heard it
}

// A run that was cut off and taken up again is told to its observer as a whole: it knows every promise, and each once.
func TestPromisesOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := polis.Config{Rounds: 12}
		society := fishers(t)
		whole := polis.NewPromises(&society, "", commitment.Config{})
		cfg.Observe = whole.Observe
		run(t, society, cfg)
		whole.Settle()

		store := journal.NewMemory()
		ctx, cancel := context.WithCancel(t.Context())
		cfg.Journal, cfg.Observe = store, func(event any) {
			if e, ok := event.(actors.Said); ok && e.Round == 7 && e.Phase == commons.PhaseReply {
				cancel()
			}
		}
		if _, err := polis.Run(ctx, fishers(t), cfg); err == nil {
			t.Fatal("it was not cut off")
		}
		again := polis.NewPromises(&society, "", commitment.Config{})
		cfg.Observe = again.Observe
		resumed, err := polis.Resume(t.Context(), polis.Epoch{Society: fishers(t), Config: cfg})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resumed.Wait(); err != nil {
			t.Fatal(err)
		}
		again.Settle()
		if a, b := shown(whole.All()), shown(again.All()); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%d commitments, and after it was taken up again %d\n%v\n%v", len(a), len(b), a, b)
		}
	})
}
