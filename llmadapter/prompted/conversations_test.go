package prompted_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// trader is a mind that bids, calls and awards; ended is told how its awards ended, decided counts what its rule was asked.
func trader(ended *[]string, decided *int) actors.Behavior {
	c := config()
	c.Desk = roles.New(roles.Config{})
	roles.AddTender(c.Desk, roles.Tenderer[offer, price]{
		Award: func(*actors.Turn, offer, []roles.Proposal[price]) (d roles.Decision[offer]) {
			*decided++
			return d
		},
		Ended: func(_ *actors.Turn, e roles.Ended[offer]) error {
			*ended = append(*ended, e.Peer+" "+e.End)
			return nil
		},
	})
	c.Desk.Leave(roles.Terms{Protocol: net, Role: interaction.Initiator, About: "prompted_test.offer"}, accepting, rejecting, calling)
	c.Desk.Leave(roles.Terms{Protocol: net, Role: interaction.Participant}, bidding, declining)
	return c.Desk.Beside(prompted.New(c))
}

// called lets a mind call for bids, and gives the call.
func (k *thinker) called() *protocol.Message {
	k.Helper()
	k.sees("draw", 50)
	for _, e := range k.answers(calls("pass", "", "cfp", `{"litres":3}`)) {
		if e.Kind == actors.Send {
			return e.Value.(*protocol.Message)
		}
	}
	k.Fatal("it has not called")
	return nil
}

// A word that is legal in one conversation is not in another.
func TestAWordOfAnotherConversation(t *testing.T) {
	k := probe(t, trader(new([]string), new(int)))
	call := k.called()
	k.give(reply("ben", call, protocol.Propose, price{8}))
	k.give(reply("cleo", call, protocol.Refuse, protocol.Reason{Code: "busy"}))
	k.give(cfp("dan", 1, 3, time.Second))
	k.sees("draw", 50)
	k.says(calls("pass", "", "accept-proposal", `{"conversation":"c1"}`), "")
	if got := k.complaint(); !strings.Contains(got, "accept-proposal is not possible in c1; possible there are propose, refuse") {
		t.Errorf("it is told %q", got)
	}
	k.answers(calls("pass", ""))
	k.sees("draw", 50)
	k.says(calls("pass", "", "cfp", `{"litres":1}`, "cfp", `{"litres":1}`, "cfp", `{"litres":1}`), "")
	if got := k.complaint(); !strings.Contains(got, "you begin more than 2 conversations") {
		t.Errorf("it is told %q", got)
	}
}

// What is left to the mind its rule does not decide, also when the last to answer refuses; but it is told of every end.
func TestTheRuleDoesNotDecideForTheMind(t *testing.T) {
	var ended []string
	decided := 0
	k := probe(t, trader(&ended, &decided))
	call := k.called()
	k.give(reply("ben", call, protocol.Propose, price{8}))
	k.give(reply("cleo", call, protocol.Refuse, protocol.Reason{Code: "busy"}))
	k.sees("draw", 50)
	if o := k.observed().Conversations; decided != 0 || len(o) != 1 {
		t.Fatalf("the rule has decided %d times; it sees %s", decided, o)
	}
	k.answers(calls("pass", ""))
	call = k.called()
	k.give(reply("ben", call, protocol.Propose, price{8}))
	k.give(reply("cleo", call, protocol.Propose, price{9}))
	k.sees("draw", 50)
	var first string
	for _, c := range k.observed().Conversations {
		if c.Thread == call.Conversation && c.With == "ben" {
			first = c.ID
		}
	}
	k.says(calls("pass", "", "accept-proposal", `{"conversation":"`+first+`"}`), call.Conversation+" accept-proposal to ben")
	k.give(from("ben", protocol.Message{Act: protocol.Inform, Protocol: net, Conversation: call.Conversation, Content: offer{3}})) // while cleo waits
	if len(ended) != 1 || ended[0] != "ben DONE" || decided != 0 {
		t.Errorf("it is told of %q, and has decided %d times", ended, decided)
	}
}

// Bounded: the most urgent of many are shown, and what is too long is not.
func TestWhatIsShownOfConversationsIsBounded(t *testing.T) {
	k := probe(t, trader(new([]string), new(int)))
	for i := range 40 {
		k.give(cfp(fmt.Sprintf("agent%02d", i), 1, 3, time.Duration(60-i)*time.Second))
	}
	k.sees("draw", 50)
	if o := k.observed().Conversations; len(o) != 32 || o[0].With != "agent39" || o[0].ID != "c1" || o[31].With != "agent08" {
		t.Errorf("it sees %d, the first with %s, the last with %s", len(o), o[0].With, o[len(o)-1].With)
	}
	k = probe(t, trader(new([]string), new(int)))
	long := cfp("ben", 1, 3, 9*time.Second)
	long.Content = letter{strings.Repeat("x", 5000)}
	k.give(long)
	k.sees("draw", 50)
	if o := k.observed().Conversations; len(o) != 1 || string(o[0].About) != `"too long to be shown"` {
		t.Errorf("it sees %.300s", o)
	}
}

// A thought that a percept has begun is about all that is open then; and what a woken mind was told when its model failed, the
// fallback is told when it is asked what to do.
func TestWakingAsksOnceAndForgetsNothing(t *testing.T) {
	var saw []string
	k := probe(t, carrier(func(c *prompted.Config) { c.Wakes, c.Fallback = true, ruleOf(&saw) }, false)())
	k.sees("draw", 50)
	k.answers(calls("pass", ""))
	k.give(cfp("ben", 1, 3, 5*time.Second))
	woken := k.id
	k.give(cfp("dan", 1, 3, 5*time.Second)) // while it thinks
	k.sees("draw", 40)                      // ends that thought
	if k.id == woken {
		t.Fatal("the percept began no thought")
	}
	if effects := k.answers(calls("pass", "")); strings.Contains(wants(effects), "ask") {
		t.Errorf("it has been shown the conversation and is silent, and wants %s", wants(effects))
	}
	k.give(actors.Outcome{Action: "draw", Value: 2})
	k.give(cfp("cleo", 1, 3, 5*time.Second))
	k.give(actors.Answer{ID: k.id, Error: "gone"})
	k.sees("draw", 30)
	k.give(actors.Answer{ID: k.id, Error: "gone"})
	if len(saw) != 1 || !strings.Contains(saw[0], "cfp of cleo") || !strings.Contains(saw[0], "draw 2") {
		t.Errorf("the rule saw %q", saw)
	}
}
