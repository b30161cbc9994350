package prompted_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

const net = "fipa-contract-net"

type price struct {
	Coins int `json:"coins" min:"1" max:"99"`
}

func init() { actors.Payload[price]("prompted_test.price") }

var (
	bidding   = roles.Answer[price]("propose", protocol.Propose, "Offer to carry the water.", affordable)
	declining = roles.Because("refuse", protocol.Refuse, "Do not carry it.", "refused")
	accepting = roles.Plain("accept-proposal", protocol.AcceptProposal, "Let this one carry it.")
	rejecting = roles.Because("reject-proposal", protocol.RejectProposal, "Do not let this one.", "not-chosen")
	calling   = roles.Begin("cfp", protocol.CFP, "Call for bids to carry water.", func(c carry) (roles.Opening, error) {
		if c.Litres > 5 {
			return roles.Opening{}, errors.New("nobody carries more than 5 litres")
		}
		return roles.Opening{To: []string{"ben", "cleo"}, Content: offer(c), Within: 4 * time.Second}, nil
	})
)

type carry struct {
	Litres int `json:"litres" min:"1" max:"9"`
}

// affordable is what a bid must be: it is held against what was called for.
func affordable(s *roles.Session, p price) (any, error) {
	if l := s.Call().(offer).Litres; p.Coins > 10*l {
		return nil, fmt.Errorf("%d coins is too much for %d litres", p.Coins, l)
	}
	return p, nil
}

// carrier is a mind that bids for carrying water; what it is awarded, it carries at once.
func carrier(change func(*prompted.Config), rule bool) func() actors.Behavior {
	return func() actors.Behavior {
		c := config()
		c.Desk = roles.New(roles.Config{})
		if rule {
			roles.AddContractor(c.Desk, roles.Contractor[offer, price]{
				Bid:     func(_ *actors.Turn, _ string, o offer) (price, error) { return price{o.Litres}, nil },
				Perform: func(*actors.Turn, roles.Award[offer, price]) (any, error) { return offer{1}, nil },
			})
		}
		c.Desk.Leave(roles.Terms{Protocol: net, Role: interaction.Participant, About: "prompted_test.offer"}, bidding, declining)
		if change != nil {
			change(&c)
		}
		return c.Desk.Beside(prompted.New(c))
	}
}

// customer is a mind that has water carried.
func customer() actors.Behavior {
	c := config()
	c.Desk = roles.New(roles.Config{})
	c.Desk.Leave(roles.Terms{Protocol: net, Role: interaction.Initiator, About: "prompted_test.offer"}, accepting, rejecting, calling)
	return c.Desk.Beside(prompted.New(c))
}

func probe(t testing.TB, b actors.Behavior) *thinker {
	return &thinker{Probe: actorstest.New(t, b, actorstest.Config{Self: "ann", World: wellOf(50)}), TB: t}
}

// cfp is a call for bids to ann, to be answered by some time.
func cfp(who string, n, litres int, by time.Duration) *protocol.Message {
	return from(who, protocol.Message{Act: protocol.CFP, Protocol: net, Conversation: fmt.Sprintf("%s/%d.0", who, n), ReplyWith: fmt.Sprintf("%s-%d", who, n),
		ReplyBy: by, Content: offer{litres}})
}

// reply is what somebody says in reply to a message of ann's.
func reply(who string, to *protocol.Message, act protocol.Act, content any) *protocol.Message {
	return from(who, protocol.Message{Act: act, Protocol: net, Conversation: to.Conversation, InReplyTo: to.ReplyWith, Content: content})
}

// saidIn is what a turn says, in a line.
func saidIn(effects []actors.Effect) string {
	var all []string
	for _, e := range effects {
		if e.Kind != actors.Send {
			continue
		}
		m := e.Value.(*protocol.Message)
		line := fmt.Sprintf("%s %s to %s", m.Conversation, m.Act, strings.Join(m.Receivers, ","))
		if m.Content != nil {
			line += fmt.Sprintf(" %v", m.Content)
		}
		all = append(all, line)
	}
	return strings.Join(all, "; ")
}

func (k *thinker) says(r llmadapter.Reply, want string) {
	k.Helper()
	if got := saidIn(k.answers(r)); got != want {
		k.Errorf("it says %q, want %q", got, want)
	}
}

// tools names what can be called.
func (k *thinker) tools() string {
	var names []string
	for _, t := range k.asked.Tools {
		names = append(names, t.Name)
	}
	return strings.Join(names, " ")
}

// complaint is what the model was told of its last answer.
func (k *thinker) complaint() string { return k.asked.Messages[len(k.asked.Messages)-1].Text }

// "A model agent sees its open conversations and may only choose acts that are legal now", "several conversations at once".
func TestAMindAnswersInSeveralConversations(t *testing.T) {
	k := probe(t, carrier(nil, true)())
	k.sees("draw", 50)
	if names := k.tools(); names != "draw shout say pass" {
		t.Errorf("without a conversation it can call %s", names)
	}
	k.answers(calls("pass", ""))
	k.Now = time.Second
	k.give(cfp("ben", 1, 3, 5*time.Second))
	k.give(cfp("cleo", 7, 5, 4*time.Second))
	k.sees("draw", 50)
	o := k.observed().Conversations
	want := []prompted.Conversation{
		{ID: "c1", With: "cleo", Protocol: net, Thread: "cleo/7.0", About: json.RawMessage(`{"Litres":5}`), Heard: "cfp", Theirs: json.RawMessage(`{"Litres":5}`),
			Say: []string{"propose", "refuse"}, Within: "3s"},
		{ID: "c2", With: "ben", Protocol: net, Thread: "ben/1.0", About: json.RawMessage(`{"Litres":3}`), Heard: "cfp", Theirs: json.RawMessage(`{"Litres":3}`),
			Say: []string{"propose", "refuse"}, Within: "4s"},
	}
	if !reflect.DeepEqual(o, want) {
		t.Fatalf("it sees\n%s\nwant\n%s", o, want)
	}
	if names := k.tools(); names != "draw shout say propose refuse pass" {
		t.Errorf("it can call %s", names)
	}
	k.says(calls("pass", "", "propose", `{"conversation":"c2","content":{"coins":9}}`,
		"refuse", `{"conversation":"c1","content":{"reason":"Too\u0007 far."}}`),
		"ben/1.0 propose to ben {9}; cleo/7.0 refuse to cleo {refused Too far.}")
	k.sees("draw", 50)
	if o := k.observed(); len(o.Conversations) != 0 || k.tools() != "draw shout say pass" {
		t.Errorf("when it has answered, it sees %s and can call %s", o.Conversations, k.tools())
	}
	k.answers(calls("pass", ""))
	// What is awarded the part does: nothing of it is left to the mind.
	if got := saidIn(k.give(from("ben", protocol.Message{Act: protocol.AcceptProposal, Protocol: net, Conversation: "ben/1.0"}))); got != "ben/1.0 inform to ben {1}" {
		t.Errorf("awarded, it says %q", got)
	}
}

// "What the model says is checked: conversation exists, act legal now, content within bounds; a wrong one is a complaint that
// it is told, nothing is sent."
func TestAWrongWordIsToldAndNotSent(t *testing.T) {
	for answer, complaint := range map[string]string{
		`propose {"conversation":"c9","content":{"coins":3}}`:                                 `propose: there is no conversation "c9"; accepted are c1`,
		`propose {"conversation":"ben/1.0","content":{"coins":3}}`:                            `propose: there is no conversation "ben/1.0"; accepted are c1`,
		`propose {"conversation":"c1","content":{"coins":0}}`:                                 `coins`,
		`propose {"conversation":"c1","content":{"coins":31}}`:                                `propose in c1: 31 coins is too much for 3 litres`,
		`propose {"conversation":"c1"}`:                                                       `content`,
		`propose {"conversation":"c1","content":{"coins":3,"x":1}}`:                           `x`,
		`accept-proposal {"conversation":"c1"}`:                                               `there is no tool "accept-proposal"; possible are draw, shout, say, propose, refuse, pass`,
		`inform {"conversation":"c1","content":{"litres":3}}`:                                 `there is no tool "inform"`,
		`refuse {"conversation":"` + strings.Repeat("x", 99) + `","content":{"reason":"no"}}`: `conversation`,
	} {
		k := probe(t, carrier(nil, true)())
		k.give(cfp("ben", 1, 3, 5*time.Second))
		k.sees("draw", 50)
		name, args, _ := strings.Cut(answer, " ")
		k.says(calls("pass", "", name, args), "")
		if got := k.complaint(); !strings.Contains(got, complaint) {
			t.Errorf("%s: it is told %q, want %q", answer, got, complaint)
		}
		k.says(calls("pass", "", "propose", `{"conversation":"c1","content":{"coins":3}}`), "ben/1.0 propose to ben {3}")
	}
	k := probe(t, carrier(nil, true)())
	k.give(cfp("ben", 1, 3, 5*time.Second))
	k.sees("draw", 50)
	bid := `{"conversation":"c1","content":{"coins":3}}`
	k.says(calls("pass", "", "propose", bid, "propose", bid), "")
	if got := k.complaint(); !strings.Contains(got, "you speak twice in c1") {
		t.Errorf("it is told %q", got)
	}
}

// "Answer that comes after the deadline (the session has expired meanwhile): nothing breaks, it is told."
func TestAWordThatComesTooLateIsNotSent(t *testing.T) {
	k := probe(t, carrier(nil, true)())
	k.give(cfp("ben", 1, 3, 2*time.Second))
	k.give(cfp("cleo", 1, 3, 9*time.Second))
	k.sees("draw", 50)
	k.Now = 3 * time.Second
	bid := `{"conversation":"%s","content":{"coins":3}}`
	k.says(calls("draw", `{"litres":1}`, "propose", fmt.Sprintf(bid, "c1"), "propose", fmt.Sprintf(bid, "c2")), "cleo/1.0 propose to cleo {3}")
	k.sees("draw", 50)
	var told []string
	for _, o := range k.observed().Outcomes {
		told = append(told, o.Action+" "+o.Reason+": "+o.Detail)
	}
	want := []string{"propose in c1 too-late: the conversation with ben has ended or gone on meanwhile; nothing was said",
		"conversation c1 : with ben: it has ended as EXPIRED"}
	if !slices.Equal(told, want) {
		t.Errorf("it is told %q", told)
	}
}

// "Fallback rule takes part when the model fails."
func TestThePartStandsInWhenTheModelFails(t *testing.T) {
	fallback := func(c *prompted.Config) { c.Fallback = func() actors.Behavior { return speaker{} } }
	for name, change := range map[string]func(*prompted.Config){"no fallback": nil, "a fallback": fallback} {
		k := probe(t, carrier(change, true)())
		k.give(cfp("ben", 1, 3, 5*time.Second))
		k.sees("draw", 50)
		effects := k.give(actors.Answer{ID: k.id, Error: "gone"})
		got := saidIn(effects)
		if !strings.HasSuffix(got, "ben/1.0 propose to ben {3}") || !strings.Contains(wants(effects), "fallback: gone") {
			t.Errorf("%s: it says %q and wants %s", name, got, wants(effects))
		}
	}
	k := probe(t, carrier(nil, false)()) // nobody stands in
	k.give(cfp("ben", 1, 3, 5*time.Second))
	k.sees("draw", 50)
	if effects := k.give(actors.Answer{ID: k.id, Error: "gone"}); saidIn(effects) != "" || !strings.Contains(wants(effects), "unusable: gone") {
		t.Errorf("without a part it wants %s", wants(effects))
	}
}

// The initiator's side: it calls, sees proposals when all have answered, and awards.
func TestAMindCallsAndAwards(t *testing.T) {
	k := probe(t, customer())
	k.sees("draw", 50)
	k.says(calls("pass", "", "cfp", `{"litres":9}`), "")
	if got := k.complaint(); !strings.Contains(got, "nobody carries more than 5 litres") {
		t.Errorf("it is told %q", got)
	}
	effects := k.answers(calls("pass", "", "cfp", `{"litres":3}`))
	if got := saidIn(effects); got != "ann/3.0 cfp to ben,cleo {3}" {
		t.Fatalf("it says %q", got)
	}
	i := slices.IndexFunc(effects, func(e actors.Effect) bool { return e.Kind == actors.Send })
	call := effects[i].Value.(*protocol.Message)
	k.Now = time.Second
	k.give(reply("ben", call, protocol.Propose, price{8}))
	k.sees("draw", 50)
	if o := k.observed(); len(o.Conversations) != 0 { // cleo has not answered
		t.Errorf("before all have answered it sees %s", o.Conversations)
	}
	k.answers(calls("pass", ""))
	k.give(reply("cleo", call, protocol.Propose, price{5}))
	k.sees("draw", 50)
	o := k.observed().Conversations
	if len(o) != 2 || o[0].With != "ben" || string(o[0].Theirs) != `{"coins":8}` || string(o[0].Mine) != `{"Litres":3}` || o[0].Heard != "propose" ||
		!slices.Equal(o[1].Say, []string{"accept-proposal", "reject-proposal"}) {
		t.Fatalf("it sees %s", o)
	}
	k.says(calls("pass", "", "accept-proposal", `{"conversation":"c2"}`, "reject-proposal", `{"conversation":"c1","content":{"reason":"dearer"}}`),
		"ann/3.0 accept-proposal to cleo; ann/3.0 reject-proposal to ben {not-chosen dearer}")
}

// In paces in which percepts do not follow messages, a call begins a thought, in which nothing can be done.
func TestACallWakesAMind(t *testing.T) {
	k := probe(t, carrier(func(c *prompted.Config) { c.Wakes = true }, true)())
	k.expect(k.give(cfp("ben", 0, 3, 5*time.Second))[:0], "") // it has perceived nothing yet
	k.sees("draw", 50)
	k.answers(calls("pass", "", "refuse", `{"conversation":"c1","content":{"reason":"no"}}`))
	effects := k.give(cfp("ben", 1, 3, 5*time.Second))
	if !slices.ContainsFunc(effects, func(e actors.Effect) bool { return e.Kind == actors.Ask }) {
		t.Fatalf("it wants %s", wants(effects))
	}
	if names := k.tools(); names != "say propose refuse pass" {
		t.Errorf("it can call %s", names)
	}
	first := k.id
	k.give(cfp("cleo", 1, 3, 5*time.Second)) // while it thinks
	if k.id != first {
		t.Error("a second thought began")
	}
	bid := `{"conversation":"%s","content":{"coins":3}}`
	k.says(calls("propose", fmt.Sprintf(bid, "c2")), "ben/1.0 propose to ben {3}")
	if o := k.observed().Conversations; k.id == first || len(o) != 1 || o[0].With != "cleo" {
		t.Errorf("then it thinks about %s", o)
	}
	if got := saidIn(k.give(actors.Answer{ID: k.id, Error: "gone"})); got != "cleo/1.0 propose to cleo {3}" {
		t.Errorf("when the model fails, it says %q", got)
	}
	if effects := k.give(from("ben", protocol.Say("Hm."))); wants(effects) != "" { // of no conversation
		t.Errorf("it wants %s", wants(effects))
	}
}

// "A crash between question and answer loses nothing": a new life after any turn goes on as the first.
func TestConversationsSurviveACrash(t *testing.T) {
	bid := calls("pass", "", "propose", `{"conversation":"c1","content":{"coins":3}}`)
	ask := func(turn uint64, index int) actors.ID { return actors.ID{Turn: turn, Index: index} }
	for _, wakes := range []bool{false, true} {
		actorstest.Config{Self: "ann", World: wellOf(50)}.Check(t, carrier(func(c *prompted.Config) { c.Wakes = wakes }, true),
			cfp("ben", 1, 3, 20*time.Second),
			actors.Percept{View: level{50}, Phase: "draw", Round: 1, Choice: true},
			cfp("cleo", 1, 3, 20*time.Second),
			actors.Answer{ID: ask(2, 0), Service: "model", Value: calls("fly", "")},
			actors.Answer{ID: ask(4, 0), Service: "model", Value: bid},
			actors.Percept{View: level{50}, Phase: "draw", Round: 2, Choice: true},
			from("ben", protocol.Message{Act: protocol.AcceptProposal, Protocol: net, Conversation: "ben/1.0"}),
			actors.Answer{ID: ask(6, 0), Error: "gone"},
		)
	}
}

// A desk is of one life, and what cannot wake says so.
func TestADeskIsOfOneLife(t *testing.T) {
	c := config()
	c.Wakes = true
	if _, err := prompted.Prepare(c); err == nil || !strings.Contains(err.Error(), "without a Desk") {
		t.Errorf("it says %v", err)
	}
	c.Desk = roles.New(roles.Config{})
	again, err := prompted.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	again()
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "a second life at the same desk") {
			t.Errorf("it says %s", said)
		}
	}()
	again()
}

// What is said by two words of one name could not be told apart.
func TestWordsHaveDifferentNames(t *testing.T) {
	c := config()
	c.Desk = roles.New(roles.Config{})
	environment.AddAction(c.Definition, "refuse", "Refuse to drink.", (*well).Request)
	c.Desk.Leave(roles.Terms{Protocol: net, Role: interaction.Participant}, bidding, declining)
	if _, err := prompted.Prepare(c); err == nil || !strings.Contains(err.Error(), `"refuse" is the name of two things`) {
		t.Errorf("it says %v", err)
	}
}
