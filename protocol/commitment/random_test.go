package commitment

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// told is one thing that an observer may be told.
type event struct {
	at    time.Duration
	where string
	m     *protocol.Message // nil: a fact
	f     Fact
}

func (e event) tell(o *Observer) []Change {
	if e.m != nil {
		return o.Hear(e.at, e.where, e.m)
	}
	return o.Fact(e.at, e.f)
}

// dice are where random events come from: a generator, or the bytes of a fuzzer.
type dice func(n int) int

var (
	protocols = []string{"", "fipa-request", "fipa-contract-net", english, dutch, "fipa-subscribe"}
	contents  = []any{nil, protocol.Done{Action: "x"}, protocol.Note{What: "price"}, protocol.Note{What: "end"}, protocol.Reason{Code: "no"}, catchOf(5),
		whenRain{}, until(20 * time.Second), Released{}, Suspended{}, Reactivated{}, Assigned{To: "dan"}, Assigned{Subject{"c1"}, "ann"},
		Delegated{Subject{"c1"}, "ann"}, Delegated{Subject{""}, "bob"}, Released{Subject{"c2"}}, protocol.Text("hello")}
	names = []string{"ann", "bob", "cy", "dan"}
	echos = []string{"", "", "r0", "r1", "r2", "r3"}
	likes = []protocol.Act{protocol.Request, protocol.Request, protocol.Agree, protocol.Agree, protocol.Propose, protocol.Propose, protocol.AcceptProposal, protocol.AcceptProposal,
		protocol.Inform, protocol.Inform, protocol.Subscribe, protocol.RequestWhen, protocol.RequestWhenever, protocol.Failure, protocol.RejectProposal,
		protocol.CFP, protocol.Cancel, protocol.Refuse}
)

// say makes a message of a conversation, sense or nonsense; prefix makes names of another set of agents.
func (d dice) say(conversation, prefix string) *protocol.Message {
	from := d(len(names))
	m := &protocol.Message{Act: likes[d(len(likes))], Sender: prefix + names[from], Conversation: conversation, Protocol: protocols[d(len(protocols))],
		Content: contents[d(len(contents))], ReplyWith: echos[d(len(echos))], InReplyTo: echos[d(len(echos))]}
	if d(20) == 0 {
		m.Act = protocol.Acts[d(len(protocol.Acts))]
	}
	for i := range names {
		if i == from && d(10) > 0 || d(3) == 0 {
			continue
		}
		m.Receivers = append(m.Receivers, prefix+names[i])
	}
	if d(8) == 0 {
		m.ReplyTo = []string{prefix + names[d(len(names))]}
	}
	if d(3) == 0 {
		m.ReplyBy = time.Duration(d(60)) * time.Second
	}
	return m
}

func (d dice) fact() Fact {
	return Fact{Name: []string{"catch", "rain", "size"}[d(3)], Agent: []string{"", "ann", "bob", "cy"}[d(4)], Value: float64(d(8))}
}

func seeded(seed uint64) dice {
	return rand.New(rand.NewPCG(seed, 60)).IntN
}

// watch fails when a change is on no row of the life cycle, or does not go on from where its commitment stood.
type watch struct {
	t      testing.TB
	states map[string]State
	rows   map[Rule]int
}

func newWatch(t testing.TB) *watch {
	return &watch{t: t, states: map[string]State{}, rows: map[Rule]int{}}
}

func (w *watch) see(changes []Change, o *Observer) {
	w.t.Helper()
	for _, c := range changes {
		row := Rule{c.From, c.By, c.To}
		if !slices.Contains(Rules, row) {
			w.t.Fatalf("no row: %+v", c)
		}
		if was := w.states[c.ID]; was != c.From || was.Terminal() {
			w.t.Fatalf("it was %v: %+v", was, c)
		}
		if c.Debtor == c.Creditor || c.Debtor == "" {
			w.t.Fatalf("parties: %+v", c)
		}
		w.states[c.ID] = c.To
		w.rows[row]++
	}
	if o.open != len(o.Open()) {
		w.t.Fatalf("%d are open, %d counted", len(o.Open()), o.open)
	}
}

// check holds the indexes of an observer against what it keeps.
func check(t testing.TB, o *Observer) {
	t.Helper()
	made := map[string]Tally{}
	deadlines := 0
	for id, c := range o.byID {
		if c.State.Terminal() != (c.place < 0 && !slices.ContainsFunc(c.pairs(), func(p pair) bool { return slices.Contains(o.bound[p], c) })) && c.State.Terminal() {
			t.Fatalf("%s has ended and is still looked for", id)
		}
		if !c.State.Terminal() {
			if !slices.Contains(o.bound[c.pairs()[0]], c) {
				t.Fatalf("%s is open and not found", id)
			}
			if _, has := c.deadline(); has != (c.place >= 0) {
				t.Fatalf("%s: deadline %v, in the queue %v", id, has, c.place)
			}
			if c.place >= 0 {
				deadlines++
			}
		}
		if last := c.History[len(c.History)-1]; last.To != c.State {
			t.Fatalf("%s is %v, its history ends with %+v", id, c.State, last)
		}
		if !c.Standing {
			m := made[c.Debtor]
			m.Made++
			if c.Owed {
				m.Owed++
			}
			switch c.State {
			case Satisfied:
				m.Satisfied++
				if c.Owed {
					m.Kept++
				}
			case Violated:
				m.Violated++
			case Expired:
				m.Expired++
			case Terminated:
				m.Terminated++
			}
			made[c.Debtor] = m
		}
	}
	if deadlines != len(o.deadlines) {
		t.Fatalf("%d deadlines, %d in the queue", deadlines, len(o.deadlines))
	}
	for name, got := range o.Tallies() {
		if got != made[name] {
			t.Fatalf("%s: counted %+v, there are %+v", name, got, made[name])
		}
	}
	for p, all := range o.bound {
		for _, c := range all {
			if c.State.Terminal() || !slices.Contains(c.pairs(), p) {
				t.Fatalf("%s is bound in %v", c.ID, p)
			}
		}
	}
	for p := range o.cancels {
		if r := p.reversed(); o.bound[p] == nil && o.bound[r] == nil && o.asks.known[p] == nil && o.asks.known[r] == nil {
			t.Fatalf("a cancel of nothing: %v", p)
		}
	}
	for _, all := range o.bids {
		for _, c := range all {
			if !c.held || c.State.Terminal() {
				t.Fatalf("%s is held", c.ID)
			}
		}
	}
}

// Whatever is said: states only along the table, terminal is terminal, nothing is lost from the books. And every row of the
// table is walked.
func TestRandomSequences(t *testing.T) {
	w := newWatch(t)
	for seed := range uint64(30) {
		w.states = map[string]State{}
		d, o, now := seeded(seed), New(Config{Ended: 1 << 20, Deal: 9 * time.Second, Result: time.Duration(seed%3) * 10 * time.Second}), time.Duration(0)
		for i := range 1500 {
			now += time.Duration(d(3)) * time.Second / 2
			e := event{at: now, where: fmt.Sprint("x/", i), f: d.fact()}
			if d(10) > 0 {
				e.m = d.say([]string{"", "c1", "c2", "c3"}[d(4)], "")
			}
			w.see(e.tell(o), o)
			if i%100 == 0 {
				check(t, o)
			}
		}
		w.see(o.Advance(now+time.Hour), o)
		check(t, o)
	}
	for _, row := range Rules {
		if w.rows[row] == 0 {
			t.Errorf("the row %+v was never walked", row)
		}
	}
}

// The same changes to each commitment, whatever the interleaving of independent conversations.
func TestInterleaving(t *testing.T) {
	for seed := range uint64(40) {
		d := seeded(seed)
		var threads [3][]event // of their own agents: a fact about an agent is told to all
		for k := range threads {
			now := time.Duration(0)
			for i := range 300 {
				now += time.Second
				e := event{at: now, where: fmt.Sprintf("x/%d/%d", k, i), m: d.say(fmt.Sprintf("c%d", k), fmt.Sprint(k))}
				if d(6) == 0 {
					e.m, e.f = nil, d.fact()
					e.f.Agent = fmt.Sprint(k) + "ann"
					if e.f.Name == "rain" {
						e.f.Name = "catch"
					}
				}
				threads[k] = append(threads[k], e)
			}
		}
		play := func(order []int) []Commitment {
			o, next := New(Config{Ended: 1 << 20}), [3]int{}
			for _, k := range order {
				threads[k][next[k]].tell(o)
				next[k]++
			}
			o.Advance(time.Hour)
			return o.All()
		}
		orders := [2][]int{}
		for n := range 300 { // in each second in another order
			for j := range orders {
				three := []int{0, 1, 2}
				for i := range three {
					k := d(i + 1)
					three[i], three[k] = three[k], three[i]
				}
				orders[j] = append(orders[j], three...)
			}
			_ = n
		}
		a, b := play(orders[0]), play(orders[1])
		if len(a) == 0 || !reflect.DeepEqual(histories(a), histories(b)) {
			t.Fatalf("seed %d: %d and %d commitments", seed, len(a), len(b))
		}
	}
}

func histories(all []Commitment) map[string][]Change {
	h := map[string][]Change{}
	for _, c := range all {
		h[c.ID] = c.History
	}
	return h
}

func FuzzObserver(f *testing.F) {
	f.Add([]byte("propose, accept, inform"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 30, 40, 50, 60, 70, 80, 90, 100})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		rest := text
		var d dice = func(n int) int {
			if len(rest) == 0 {
				return 0
			}
			b := rest[0]
			rest = rest[1:]
			return int(b) % n
		}
		w, o, now := newWatch(t), New(Config{Open: 20, Asked: 5, Stated: 3, Ended: 1 << 20, Deal: time.Second}), time.Duration(0)
		for i := 0; len(rest) > 0; i++ {
			now += time.Duration(d(4)) * time.Second
			e := event{at: now, where: fmt.Sprint("x/", i), f: d.fact()}
			if d(8) > 0 {
				e.m = d.say([]string{"", "c1", "c2"}[d(3)], "")
			}
			w.see(e.tell(o), o)
		}
		check(t, o)
		if len(o.asks.known) > 5 || o.open > 20 {
			t.Errorf("%d asked, %d open", len(o.asks.known), o.open)
		}
	})
}
