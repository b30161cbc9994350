package bench

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// protocolSuite is what it costs that communication has a meaning.
func protocolSuite() []part {
	agents := func(o Options) int { return o.Agents }
	return []part{
		contest{name: "monitored", metric: rate, goal: ">= 0.5×", value: openTalk(true),
			yardstick: "the same messages in the same society, of no protocol", against: openTalk(false)},
		contest{name: "conversations", metric: rate, goal: ">= 0×", value: openConversations,
			yardstick: "the same turns of a behavior that looks at nothing but the act", against: openExchanges},
		contest{name: "conversation_bytes", metric: held, goal: "<= 1000", value: openOpen,
			yardstick: "a map of states by conversation and peer", against: openMap, ops: agents},
		trial{of: []claim{{"open_100k", "1", ">= 100000", "agents"}}, full: 20 * time.Second, try: tryOpen},
	}
}

// errand is what is requested, news what comes of it.
type errand struct{ N int }
type news struct{ N int }

func init() {
	actors.Payload[errand]("bench.errand")
	actors.Payload[news]("bench.news")
}

const (
	talkers   = 64 // agents that request, and as many that do
	talkative = 32 // requests of each in a round
)

// openTalk is a society of pairs: in every round the one requests so many things of the other, who does them all. With
// desks each exchange is a conversation of fipa-request; without them the same two messages go to and fro.
func openTalk(monitored bool) opener {
	return func(Options) (rig, error) {
		return rig{run: func(ops int) (sample, error) {
			rounds := max(2, ops/(2*talkers*talkative))
			s := talkSociety(monitored)
			var rep *polis.Report
			out, err := measure(2*talkers*talkative*rounds, func() (err error) {
				rep, err = polis.Run(context.Background(), s, polis.Config{Seed: 1, Rounds: rounds, Mailbox: 4096})
				return err
			})
			if err == nil && (rep.Said["inform"] != talkers*talkative*rounds || len(rep.Judged) > 0) {
				err = fmt.Errorf("%d rounds: said %v, judged %v", rounds, rep.Said, rep.Judged)
			}
			return out, err
		}}, nil
	}
}

// plaza is a world in which one only talks.
type plaza struct{}

// Perceive shows nothing.
func (*plaza) Perceive(string) int { return 0 }

func talkSociety(monitored bool) polis.Society {
	s := polis.Society{Name: "talk", World: environment.Define(func() *plaza { return &plaza{} }, (*plaza).Perceive)}
	for i := range talkers {
		requester, doer := "a"+strconv.Itoa(i), "b"+strconv.Itoa(i)
		make1, make2 := func() actors.Behavior { return &plainRequester{to: []string{doer}} }, func() actors.Behavior { return plainDoer{} }
		if monitored {
			make1, make2 = func() actors.Behavior { return newRequester(doer, talkative) }, newDoer
		}
		s.Agents = append(s.Agents, polis.Agent{Name: requester, Behavior: make1}, polis.Agent{Name: doer, Behavior: make2})
	}
	return s
}

// plainRequester requests without a protocol.
type plainRequester struct {
	to []string
	n  int
}

func (a *plainRequester) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		for range talkative {
			a.n++
			id := t.Self() + "/" + strconv.Itoa(a.n)
			t.Send(protocol.Message{Act: protocol.Request, Receivers: a.to, Content: errand{a.n}, Conversation: id, ReplyWith: id})
		}
	}
	return nil
}

func (a *plainRequester) Snapshot() ([]byte, error) {
	return strconv.AppendInt(nil, int64(a.n), 10), nil
}
func (a *plainRequester) Restore(state []byte) error {
	n, err := strconv.Atoi(string(state))
	a.n = n
	return err
}

// plainDoer does what is requested.
type plainDoer struct{}

func (plainDoer) Receive(t *actors.Turn, event any) error {
	if m, ok := event.(*protocol.Message); ok && m.Act == protocol.Request {
		t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{m.Sender}, Content: news{m.Content.(errand).N},
			Conversation: m.Conversation, InReplyTo: m.ReplyWith})
	}
	return nil
}

func (plainDoer) Stateless() {}

// requester requests so many things in every round.
type requester struct {
	client *roles.Client[errand]
	to     string
	each   int
}

func newRequester(to string, each int) actors.Behavior {
	desk := deskOf()
	return desk.Beside(&requester{roles.AddClient[errand](desk, nil), to, each})
}

func (a *requester) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		for i := range a.each {
			if _, err := a.client.Request(t, errand{i}, 0, a.to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (*requester) Stateless() {}

func newDoer() actors.Behavior {
	desk := deskOf()
	roles.AddServer(desk, roles.Server[errand]{Perform: func(_ *actors.Turn, task roles.Task[errand]) (any, error) {
		return news{task.What.N}, nil
	}})
	return desk
}

// deskOf is a desk without bounds that a benchmark would meet.
func deskOf() *roles.Desk {
	return roles.New(roles.Config{Limits: monitor.Config{Open: 1 << 20, OpenEach: 1 << 20, Kept: 2 * time.Second}})
}

// openConversations is whole conversations of fipa-request between two desks, a turn for each message, without a society.
func openConversations(Options) (rig, error) {
	asks := deskOf()
	client := roles.AddClient[errand](asks, nil)
	does := newDoer()
	return exchanges(func(t *actors.Turn, n int) error {
		_, err := client.Request(t, errand{n}, 0, "b")
		return err
	}, asks, does), nil
}

// openExchanges is the same between two behaviors that look at nothing but the act.
func openExchanges(Options) (rig, error) {
	return exchanges(func(t *actors.Turn, n int) error {
		id := "a/" + strconv.Itoa(n)
		t.Send(protocol.Message{Act: protocol.Request, Receivers: []string{"b"}, Content: errand{n}, Conversation: id, ReplyWith: id})
		return nil
	}, actors.BehaviorFunc(func(*actors.Turn, any) error { return nil }), plainDoer{}), nil
}

// exchanges lets a request something of b, and hear what came of it, over and over. Time passes, so that what has ended is forgotten.
func exchanges(request func(*actors.Turn, int) error, a, b actors.Behavior) rig {
	turn, now := uint64(0), time.Duration(0)
	next := func(self string) *actors.Turn {
		turn++
		now += time.Millisecond
		return actors.NewTurn(actors.TurnConfig{Self: self, N: turn, Now: now})
	}
	said := func(t *actors.Turn) (*protocol.Message, error) {
		for _, e := range t.Effects() {
			if e.Kind == actors.Send {
				return e.Value.(*protocol.Message), nil
			}
		}
		return nil, fmt.Errorf("turn %d of %s said nothing", turn, t.Self())
	}
	return rig{run: func(ops int) (sample, error) {
		return measure(ops, func() error {
			for n := range ops {
				t := next("a")
				if err := request(t, n); err != nil {
					return err
				}
				asked, err := said(t)
				if err != nil {
					return err
				}
				t = next("b")
				if err := b.Receive(t, asked); err != nil {
					return err
				}
				told, err := said(t)
				if err != nil {
					return err
				}
				if err := a.Receive(next("a"), told); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

// openOpen is what a conversation holds that an agent has agreed to and not ended: all of it, with what was requested.
func openOpen(Options) (rig, error) {
	return rig{run: func(ops int) (sample, error) {
		before := heapInUse()
		desk := deskOf()
		roles.AddServer(desk, roles.Server[errand]{Perform: func(*actors.Turn, roles.Task[errand]) (any, error) { return nil, roles.ErrLater }})
		s, err := measure(ops, func() error {
			for n := range ops {
				id := "a" + strconv.Itoa(n/100) + "/" + strconv.Itoa(n)
				m := &protocol.Message{Act: protocol.Request, Sender: "a" + strconv.Itoa(n/100), Receivers: []string{"b"}, Content: errand{n},
					Protocol: "fipa-request", Conversation: id, ReplyWith: id}
				if err := desk.Receive(actors.NewTurn(actors.TurnConfig{Self: "b", N: uint64(n) + 1}), m); err != nil {
					return err
				}
			}
			return nil
		})
		s.held = heapInUse() - before
		if open := len(desk.Sessions()); err == nil && open != ops {
			err = fmt.Errorf("%d of %d are open", open, ops)
		}
		runtime.KeepAlive(desk)
		return s, err
	}}, nil
}

// openMap is the least that remembers where conversations stand.
func openMap(Options) (rig, error) {
	type key struct{ conversation, peer string }
	return rig{run: func(ops int) (sample, error) {
		before := heapInUse()
		states := map[key]int{}
		s, err := measure(ops, func() error {
			for n := range ops {
				states[key{"a" + strconv.Itoa(n/100) + "/" + strconv.Itoa(n), "a" + strconv.Itoa(n/100)}] = n
			}
			return nil
		})
		s.held = heapInUse() - before
		runtime.KeepAlive(states)
		return s, err
	}}, nil
}

const (
	openers = 100 // agents that request; as many do
	openly  = 50  // requests of each in a round
)

// tryOpen opens 100,000 conversations in one society, lets them all be open at once, and ends them all.
func tryOpen(ctx context.Context, s *setting) ([]finding, error) {
	const want = 100_000
	rounds := s.times(want/(openers*openly), 1)
	most, open, done := 0, 0, 0
	society := openSociety(rounds)
	began := time.Now()
	rep, err := polis.Run(ctx, society, polis.Config{Seed: 1, Rounds: rounds + 6, Undigested: true, Mailbox: 1 << 15, Observe: func(event any) {
		if said, ok := event.(actors.Said); ok {
			switch said.Message.Act {
			case protocol.Agree:
				open++
				most = max(most, open)
			case protocol.Inform:
				open--
				done++
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	f := once(float64(most), 2*openers, "opened by %d agents and ended again in %.1f s", openers, time.Since(began).Seconds())
	f.must(open == 0 && done == most, "%d of %d ended", done, most)
	f.must(len(rep.Judged) == 0, "judged %v", rep.Judged)
	return []finding{f}, nil
}

// openSociety is agents that request in the first rounds, and others that do all of it when those are over.
func openSociety(rounds int) polis.Society {
	s := polis.Society{Name: "open", World: environment.Define(func() *plaza { return &plaza{} }, (*plaza).Perceive)}
	library, err := roles.Library(map[string]time.Duration{"result": time.Hour})
	if err != nil {
		panic(err)
	}
	for i := range openers {
		to := "b" + strconv.Itoa(i)
		s.Agents = append(s.Agents, polis.Agent{Name: "a" + strconv.Itoa(i), Behavior: func() actors.Behavior {
			desk := roles.New(roles.Config{Library: library})
			return desk.Beside(&patient{requester: requester{roles.AddClient[errand](desk, nil), to, openly}, rounds: rounds})
		}}, polis.Agent{Name: to, Behavior: func() actors.Behavior {
			desk := roles.New(roles.Config{Library: library})
			d := &dawdler{desk: desk, rounds: rounds}
			roles.AddServer(desk, roles.Server[errand]{Perform: func(_ *actors.Turn, task roles.Task[errand]) (any, error) {
				d.jobs = append(d.jobs, task.At)
				return nil, roles.ErrLater
			}})
			return desk.Beside(d)
		}})
	}
	return s
}

// patient requests in the first rounds only.
type patient struct {
	requester
	rounds int
}

func (p *patient) Receive(t *actors.Turn, event any) error {
	if e, ok := event.(actors.Percept); ok && e.Round <= p.rounds {
		return p.requester.Receive(t, event)
	}
	return nil
}

// dawdler does all at once when nothing more comes.
type dawdler struct {
	desk   *roles.Desk
	rounds int
	jobs   []roles.At
}

func (d *dawdler) Receive(t *actors.Turn, event any) error {
	if e, ok := event.(actors.Percept); ok && e.Round == d.rounds+3 {
		for _, at := range d.jobs {
			if err := d.desk.Done(t, at, news{1}); err != nil {
				return err
			}
		}
		d.jobs = nil
	}
	return nil
}
