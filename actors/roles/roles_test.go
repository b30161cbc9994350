package roles_test

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
	"github.com/polis-agents/polis/protocol/interaction"
)

type job struct{ N int }
type offer struct{ Price int }
type topic struct{ Name string }
type news struct{ N int }

func init() {
	actors.Payload[job]("roles_test.job")
	actors.Payload[offer]("roles_test.offer")
	actors.Payload[topic]("roles_test.topic")
	actors.Payload[news]("roles_test.news")
}

// town is a society of desks without a runtime: a clock, a queue of letters, a turn at a time.
type town struct {
	t       testing.TB
	now     time.Duration
	agents  map[string]*citizen
	letters []letter
	rand    *rand.Rand // nil: letters arrive in the order in which they were sent
	lost    func(l letter) bool
	said    func(m *protocol.Message) // hears what is said; nil: nobody does
	log     []string
}

type citizen struct {
	behavior actors.Behavior
	make     func() actors.Behavior
	turns    uint64
	gone     bool
	deaf     bool
	lasts    bool // it lives one life
	timers   map[actors.ID]time.Duration
	desk     *roles.Desk
}

type letter struct {
	to      string
	message *protocol.Message
}

func newTown(t testing.TB) *town { return &town{t: t, agents: map[string]*citizen{}} }

// settle lets an agent live.
func (w *town) settle(name string, desk func() (*roles.Desk, actors.Behavior)) *citizen {
	c := &citizen{timers: map[actors.ID]time.Duration{}}
	c.make = func() actors.Behavior {
		d, beside := desk()
		c.desk = d
		if beside == nil {
			beside = idle{}
		}
		return d.Beside(beside)
	}
	c.behavior = c.make()
	w.agents[name] = c
	return c
}

type idle struct{}

func (idle) Receive(*actors.Turn, any) error { return nil }
func (idle) Stateless()                      {}

// does is a deliberation that does one thing when it starts.
type does func(t *actors.Turn) error

func (f does) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Started); ok {
		return f(t)
	}
	return nil
}
func (does) Stateless() {}

// give gives an agent an event. It lives a new life for each turn: what it remembers is what it hands over.
func (w *town) give(name string, event any) {
	w.t.Helper()
	c := w.agents[name]
	c.turns++
	t := actors.NewTurn(actors.TurnConfig{Self: name, N: c.turns, Now: w.now, Seed: 1})
	if !c.lasts {
		state, err := c.behavior.(actors.Keeper).Snapshot()
		if err != nil {
			w.t.Fatal(err)
		}
		c.behavior = c.make()
		if err := c.behavior.(actors.Keeper).Restore(state); err != nil {
			w.t.Fatalf("%s: %v in %s", name, err, state)
		}
	}
	if err := c.behavior.Receive(t, event); err != nil {
		w.t.Fatalf("%v: %s: %v", w.now, name, err)
	}
	if _, _, err := actors.Record(t, event); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	for _, e := range t.Effects() {
		switch e.Kind {
		case actors.Send:
			m := e.Value.(*protocol.Message)
			if w.said != nil {
				w.said(m)
			}
			for _, to := range m.Receivers {
				w.log = append(w.log, fmt.Sprintf("%v %s>%s %s", w.now, name, to, m.Act))
				w.letters = append(w.letters, letter{to, m})
			}
		case actors.After:
			c.timers[e.ID] = w.now + e.Delay
		case actors.Cancel:
			delete(c.timers, e.ID)
		case actors.Judge:
			j := e.Value.(*protocol.Judgement)
			w.log = append(w.log, fmt.Sprintf("%v %s: %s of %s is %s", w.now, name, j.Act, j.From, j.Verdict))
		}
	}
}

// deliver lets all letters arrive, and what comes of them.
func (w *town) deliver() {
	w.t.Helper()
	for len(w.letters) > 0 {
		i := 0
		if w.rand != nil { // in order between each two
			i = w.rand.IntN(len(w.letters))
			l := w.letters[i]
			i = slices.IndexFunc(w.letters, func(o letter) bool { return o.to == l.to && o.message.Sender == l.message.Sender })
		}
		l := w.letters[i]
		w.letters = slices.Delete(w.letters, i, i+1)
		to := w.agents[l.to]
		switch {
		case w.lost != nil && w.lost(l) || to != nil && to.deaf:
		case to == nil || to.gone:
			w.give(l.message.Sender, actors.Undelivered{Message: l.message, To: l.to, Reason: actors.ReasonStopped})
		default:
			w.give(l.to, l.message)
		}
	}
}

// live lets time pass until nothing is to come.
func (w *town) live() {
	w.t.Helper()
	for range 10_000 {
		w.deliver()
		var who string
		var id actors.ID
		next := time.Duration(-1)
		for name, c := range w.agents {
			for i, at := range c.timers {
				if !c.gone && (next < 0 || at < next || at == next && name < who) {
					who, id, next = name, i, at
				}
			}
		}
		if next < 0 {
			return
		}
		w.now = max(w.now, next)
		delete(w.agents[who].timers, id)
		w.give(who, actors.Timer{ID: id})
	}
	w.t.Fatalf("it goes on for ever: %v", w.log[len(w.log)-20:])
}

// over says that no conversation is left.
func (w *town) over() {
	w.t.Helper()
	for name, c := range w.agents {
		if left := c.desk.Sessions(); len(left) > 0 && !c.gone {
			w.t.Errorf("%s still speaks with %s, in state %s; %v", name, left[0].Peer(), left[0].State(), w.log)
		}
	}
}

// server does jobs: it refuses those below 0, fails at 13, takes its time with those above 100.
func server() (*roles.Desk, actors.Behavior) {
	d := roles.New(roles.Config{})
	addServer(d)
	return d, nil
}

func addServer(d *roles.Desk) {
	roles.AddServer(d, roles.Server[job]{
		Agree: func(_ *actors.Turn, _ string, j job) error {
			if j.N < 0 {
				return errors.New("too little")
			}
			return nil
		},
		Perform: func(_ *actors.Turn, task roles.Task[job]) (any, error) {
			switch {
			case task.What.N == 13:
				return nil, errors.New("broken")
			case task.What.N > 100:
				return nil, roles.ErrLater
			}
			return news{task.What.N * 2}, nil
		},
	})
}

// client requests one job and notes how it ended.
func client(n int, to string, ended *[]string) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		c := roles.AddClient(d, func(_ *actors.Turn, e roles.Ended[job]) error {
			*ended = append(*ended, fmt.Sprintf("%s %v %s at %v", e.End, e.Value, e.Reason.Code, e.When))
			return nil
		})
		return d, does(func(t *actors.Turn) error {
			_, err := c.Request(t, job{n}, 5*time.Second, to)
			return err
		})
	}
}

func TestRequestEndsAsThePerformerSays(t *testing.T) {
	for n, want := range map[int]string{4: "DONE {8}  at 0s", -1: "REFUSED <nil> refused at 0s", 13: "FAILED <nil> failed at 0s", 101: "TIMEOUT <nil>  at 1m0s"} {
		var ended []string
		w := newTown(t)
		w.settle("ann", client(n, "bob", &ended))
		w.settle("bob", server)
		w.give("ann", actors.Started{})
		w.live()
		w.over()
		if !slices.Equal(ended, []string{want}) {
			t.Errorf("job %d ended as %q, want %q; %v", n, ended, want, w.log)
		}
	}
}

// A server that is deaf is waited for until right after the deadline, one that is gone is known at once, and one that has no
// part for the content says so.
func TestRequestToWhoDoesNotAnswer(t *testing.T) {
	for how, want := range map[string]string{"deaf": "TIMEOUT <nil>  at 5s", "gone": "UNDELIVERABLE <nil>  at 0s", "other": "NU <nil> unsupported-value at 0s"} {
		var ended []string
		w := newTown(t)
		w.settle("ann", client(1, "bob", &ended))
		bob := w.settle("bob", func() (*roles.Desk, actors.Behavior) { return roles.New(roles.Config{}), nil })
		bob.deaf, bob.gone = how == "deaf", how == "gone"
		w.give("ann", actors.Started{})
		w.live()
		w.over()
		if !slices.Equal(ended, []string{want}) {
			t.Errorf("%s: ended as %q, want %q; %v", how, ended, want, w.log)
		}
	}
}

// buyer calls for bids once.
func buyer(to []string, ended *[]string) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		c := roles.AddTender(d, roles.Tenderer[job, offer]{
			Award: func(_ *actors.Turn, _ job, proposals []roles.Proposal[offer]) (got roles.Decision[job]) {
				*ended = append(*ended, fmt.Sprint("award ", proposals))
				if len(proposals) > 0 {
					got.Accept = []string{slices.MinFunc(proposals, func(a, b roles.Proposal[offer]) int { return a.Offer.Price - b.Offer.Price }).From}
				}
				return got
			},
			Ended: func(_ *actors.Turn, e roles.Ended[job]) error {
				*ended = append(*ended, e.Peer+" "+e.End)
				return nil
			},
		})
		return d, does(func(t *actors.Turn) error {
			_, err := c.Call(t, job{1}, 5*time.Second, to...)
			return err
		})
	}
}

func bidder(price int) func() (*roles.Desk, actors.Behavior) {
	return func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		roles.AddContractor(d, roles.Contractor[job, offer]{
			Bid: func(*actors.Turn, string, job) (offer, error) {
				if price == 0 {
					return offer{}, errors.New("busy")
				}
				return offer{price}, nil
			},
			Perform: func(*actors.Turn, roles.Award[job, offer]) (any, error) { return news{1}, nil },
		})
		return d, nil
	}
}

// "Every in-time proposer receives exactly one of accept and reject", whatever the order in which letters arrive, and whoever is
// deaf or gone; and no conversation is left.
func TestContractNetUnderAllOrders(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		var ended []string
		w := newTown(t)
		w.rand = r
		prices := []int{3, 1, 0, 2}
		var names []string
		for i, p := range prices {
			name := string(rune('a' + i))
			names = append(names, name)
			c := w.settle(name, bidder(p))
			c.deaf, c.gone = r.IntN(5) == 0, r.IntN(8) == 0
		}
		w.settle("z", buyer(names, &ended))
		w.give("z", actors.Started{})
		if r.IntN(3) == 0 { // somebody dies in the middle
			late := names[r.IntN(len(names))]
			w.lost = func(l letter) bool {
				if l.message.Act == protocol.AcceptProposal {
					w.agents[late].gone = true
				}
				return false
			}
		}
		w.live()
		w.over()
		said := strings.Join(w.log, "\n")
		for _, name := range names {
			proposed, answered := strings.Count(said, name+">z propose"), strings.Count(said, "z>"+name+" accept")+strings.Count(said, "z>"+name+" reject")
			if proposed != answered {
				t.Fatalf("seed %d: %s proposed %d times and was answered %d times:\n%s", seed, name, proposed, answered, said)
			}
		}
		if n := strings.Count(said, "accept-proposal"); n > 1 || len(ended) != 1+n || strings.Contains(said, " is ") {
			t.Fatalf("seed %d: %d awards, ended %v\n%s", seed, n, ended, said)
		}
	}
}

// A call may be open for long: who has bid early is still bound, and not given up, when the last has answered or the time is over.
func TestATenderMayTakeLong(t *testing.T) {
	for _, within := range []time.Duration{5 * time.Second, 31 * time.Second, 20 * time.Minute} {
		var ended []string
		w := newTown(t)
		w.settle("b", bidder(3))
		w.settle("c", bidder(1)).deaf = true
		w.settle("z", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			c := roles.AddTender(d, roles.Tenderer[job, offer]{
				Award: func(_ *actors.Turn, _ job, proposals []roles.Proposal[offer]) (got roles.Decision[job]) {
					for _, p := range proposals {
						got.Accept = append(got.Accept, p.From)
					}
					return got
				},
				Ended: func(_ *actors.Turn, e roles.Ended[job]) error {
					ended = append(ended, e.Peer+" "+e.End)
					return nil
				},
			})
			return d, does(func(t *actors.Turn) error {
				_, err := c.Call(t, job{1}, within, "b", "c", "z") // oneself is left out
				return err
			})
		})
		w.give("z", actors.Started{})
		w.live()
		w.over()
		if !slices.Equal(ended, []string{"b DONE"}) {
			t.Errorf("within %v it ended as %v; %v", within, ended, w.log)
		}
	}
}

// An award to somebody who made no proposal is left out, and those who did are answered.
func TestAwardToAStranger(t *testing.T) {
	w := newTown(t)
	w.settle("b", bidder(3))
	w.settle("z", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		c := roles.AddTender(d, roles.Tenderer[job, offer]{Award: func(*actors.Turn, job, []roles.Proposal[offer]) roles.Decision[job] {
			return roles.Decision[job]{Accept: []string{"nobody"}}
		}})
		return d, does(func(t *actors.Turn) error {
			_, err := c.Call(t, job{1}, 0, "b")
			return err
		})
	})
	w.give("z", actors.Started{})
	w.live()
	w.over()
	if said := strings.Join(w.log, "\n"); !strings.Contains(said, "z>b reject-proposal") || !strings.Contains(said, "accept-proposal of z is out-of-sequence") {
		t.Error(said)
	}
}

// What has not begun is cancelled; what has begun is, if the agent can stop it. Cancelling twice is cancelling once, and a tender
// that is cancelled is not awarded.
func TestCancel(t *testing.T) {
	for name, stop := range map[string]func(*actors.Turn, roles.Task[job]) error{
		"CANCELLED":     func(*actors.Turn, roles.Task[job]) error { return nil },
		"CANCEL_FAILED": nil,
	} {
		var ended []string
		w := newTown(t)
		var id string
		w.settle("ann", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			c := roles.AddClient(d, func(_ *actors.Turn, e roles.Ended[job]) error {
				ended = append(ended, e.End)
				return nil
			})
			return d, actors.BehaviorFunc(func(t *actors.Turn, event any) (err error) {
				switch event.(type) {
				case actors.Started:
					id, err = c.Request(t, job{101}, 0, "bob")
				case actors.Percept:
					err = errors.Join(d.Cancel(t, id), d.Cancel(t, id))
				}
				return err
			})
		})
		w.settle("bob", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			roles.AddServer(d, roles.Server[job]{Perform: func(*actors.Turn, roles.Task[job]) (any, error) { return nil, roles.ErrLater }, Stop: stop})
			return d, nil
		})
		w.give("ann", actors.Started{})
		w.deliver()
		w.give("ann", actors.Percept{})
		w.live()
		w.over()
		if !slices.Equal(ended, []string{name}) {
			t.Errorf("it ended as %v, want %s; %v", ended, name, w.log)
		}
	}

	var asked []string
	w := newTown(t)
	w.settle("b", bidder(3)).deaf = true
	var id string
	var d *roles.Desk
	w.settle("z", func() (*roles.Desk, actors.Behavior) {
		desk, call := buyer([]string{"b"}, &asked)()
		d = desk
		return desk, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if _, ok := event.(actors.Percept); ok {
				return d.Cancel(t, id)
			}
			return call.Receive(t, event)
		})
	})
	w.give("z", actors.Started{})
	id = d.Sessions()[0].Conversation()
	w.give("z", actors.Percept{})
	w.live()
	w.over()
	if len(asked) > 0 {
		t.Errorf("a tender that was cancelled was awarded: %v; %v", asked, w.log)
	}
}

// A publisher may tell the same again and again: no turn fails at it, whatever the other side does.
func TestAPublisherTellsForLong(t *testing.T) {
	heard := 0
	w := newTown(t)
	w.settle("ann", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		u := roles.AddSubscriber(d, func(*actors.Turn, string, topic, any) error { heard++; return nil }, nil)
		return d, does(func(t *actors.Turn) error {
			_, err := u.Subscribe(t, topic{"tide"}, 0, "bob")
			return err
		})
	})
	w.settle("bob", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		p := roles.AddPublisher(d, func(*actors.Turn, string, topic) (any, error) { return news{7}, nil })
		return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if _, ok := event.(actors.Percept); ok {
				return p.Changed(t, func(topic) bool { return true })
			}
			return nil
		})
	})
	w.give("ann", actors.Started{})
	w.deliver()
	changes := bound(t, "subscribe", "changes")
	for range changes + 20 {
		w.give("bob", actors.Percept{})
		w.deliver()
		w.log = w.log[max(0, len(w.log)-10):]
	}
	w.over()
	if heard < changes || !strings.Contains(strings.Join(w.log, "\n"), "bob>ann failure") || !strings.Contains(strings.Join(w.log, "\n"), "bob: inform of bob is cut") {
		t.Errorf("heard %d times; %v", heard, w.log)
	}
}

// bound is that of a protocol.
func bound(t *testing.T, protocol, name string) int {
	t.Helper()
	p, err := interaction.FIPA(protocol)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range p.Bounds {
		if b.Name == name {
			return b.Most
		}
	}
	t.Fatalf("%s has no bound %s", protocol, name)
	return 0
}

// What is told after the end of a conversation begins none.
func TestNothingStaysOfWhatHasEnded(t *testing.T) {
	w := newTown(t)
	var p *roles.Proposer[offer]
	w.settle("ann", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		p = roles.AddProposer(d, func(t *actors.Turn, e roles.Ended[offer]) error {
			t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{e.Peer}, Protocol: "fipa-propose", Conversation: e.Conversation, Content: protocol.Done{Action: "it"}})
			return nil
		})
		return d, does(func(t *actors.Turn) error {
			_, err := p.Propose(t, offer{1}, 0, "bob")
			return err
		})
	})
	w.settle("bob", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		roles.AddJudge(d, func(*actors.Turn, string, offer) error { return nil })
		return d, nil
	})
	w.give("ann", actors.Started{})
	w.live()
	w.over()
	if !strings.Contains(strings.Join(w.log, "\n"), "ann>bob inform") {
		t.Error(w.log)
	}
}

// Names that others have taken before it needs them do not keep an agent from opening a conversation, be they guessed or not.
func TestANameThatIsTaken(t *testing.T) {
	w := newTown(t)
	w.settle("ann", func() (*roles.Desk, actors.Behavior) {
		d := roles.New(roles.Config{})
		c := roles.AddClient(d, func(*actors.Turn, roles.Ended[job]) error { return nil })
		return d, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if _, ok := event.(actors.Percept); !ok {
				return nil
			}
			_, err := c.Request(t, job{4}, 0, "eve")
			return err
		})
	})
	w.settle("eve", mute)
	for n := range 40 {
		w.forge(protocol.Message{Act: protocol.Request, Sender: "eve", Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: fmt.Sprintf("ann/%d.0", n+35), ReplyWith: "x", Content: job{n}})
	}
	w.deliver()
	for range 4 {
		w.give("ann", actors.Percept{})
		w.deliver()
	}
	if n := strings.Count(strings.Join(w.log, "\n"), "ann>eve request"); n != 4 {
		t.Errorf("%d requests were sent, want 4\n%s", n, strings.Join(w.log, "\n"))
	}
	taken := protocol.Message{Act: protocol.Request, Sender: "ann", Receivers: []string{"eve"}, Protocol: "fipa-request", Conversation: "ann/1.0", ReplyWith: "x", Content: job{1}}
	d := roles.New(roles.Config{})
	c := roles.AddClient(d, func(*actors.Turn, roles.Ended[job]) error { return nil })
	b := d.Beside(does(func(t *actors.Turn) error {
		t.Send(taken) // a layer that names its conversations itself
		return nil
	}))
	turn := actors.NewTurn(actors.TurnConfig{Self: "ann", N: 1})
	if err := b.Receive(turn, actors.Started{}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Request(turn, job{2}, 0, "eve"); err != nil || got != "ann/1.1" {
		t.Errorf("%q, %v; want the next name", got, err)
	}
}

// Whoever speaks first after a deadline has passed, the agent's parts are told of it: what is skipped or reported too late is nothing,
// and the tender is decided once.
func TestWhatIsReportedAfterADeadline(t *testing.T) {
	for _, skips := range []bool{false, true} {
		asked, conversation := 0, ""
		w := newTown(t)
		w.settle("ann", func() (*roles.Desk, actors.Behavior) {
			d := roles.New(roles.Config{})
			c := roles.AddTender(d, roles.Tenderer[job, offer]{Award: func(*actors.Turn, job, []roles.Proposal[offer]) (none roles.Decision[job]) {
				asked++
				return none
			}})
			// the deliberation speaks before the desk has seen what the turn brings
			return d, actors.BehaviorFunc(func(t *actors.Turn, event any) (err error) {
				switch event.(type) {
				case actors.Started:
					conversation, err = c.Call(t, job{1}, 5*time.Second, "bob", "cy")
				case actors.Percept:
					if skips {
						return c.Skip(t, conversation)
					}
					for _, s := range d.Sessions() {
						err = errors.Join(err, s.Report(t, "skip"))
					}
				}
				return err
			})
		})
		w.settle("bob", mute).deaf = true
		w.settle("cy", mute).deaf = true
		w.give("ann", actors.Started{})
		w.deliver()
		w.now = 6 * time.Second
		w.give("ann", actors.Percept{})
		if left := w.conversations("ann"); asked != 1 || len(left) != 0 {
			t.Errorf("skips %v: decided %d times, %v stay; %v", skips, asked, left, w.log)
		}
	}
}
