package polis_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// hermit refuses whatever it is asked. What it has in mind is its own.
type hermit struct {
	Mind map[string]int
	seen *hermitage
}

// hermitage is what a test sees of a hermit.
type hermitage struct {
	asked  int
	states map[[32]byte]int // by the hash of its memory after a turn
}

func (h *hermit) Receive(t *actors.Turn, event any) error {
	if m, ok := event.(*protocol.Message); ok {
		h.seen.asked++
		t.Send(protocol.Message{Act: protocol.Refuse, Receivers: []string{m.Sender}, Conversation: m.Conversation, InReplyTo: m.ReplyWith,
			Content: protocol.Reason{Code: "unwilling"}})
	}
	state, err := h.Snapshot()
	h.seen.states[sha256.Sum256(state)]++
	return err
}

func (h *hermit) Snapshot() ([]byte, error)  { return json.Marshal(h.Mind) }
func (h *hermit) Restore(state []byte) error { return json.Unmarshal(state, &h.Mind) }

// "An agent that refuses everything: 1,000 requests, 1,000 refusals, state hash unchanged." Nobody else changes its state or
// makes it act: the world has had no action of it.
func TestAnAgentMayRefuseEverything(t *testing.T) {
	const askers, rounds = 20, 50
	seen := &hermitage{states: map[[32]byte]int{}}
	s := polis.Society{Name: "hermitage", World: wellOf(nil), Agents: []polis.Agent{
		{Name: "hermit", Behavior: func() actors.Behavior { return &hermit{Mind: map[string]int{"peace": 9}, seen: seen} }}}}
	refused, reasons := map[string]int{}, map[string]int{}
	for i := range askers {
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprint("asker", i), Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				if e, ok := event.(actors.Percept); ok && e.Round <= rounds {
					t.Send(protocol.Message{Act: protocol.Request, Receivers: []string{"hermit"}, Content: notice{e.Round},
						Conversation: fmt.Sprintf("%s/%d", t.Self(), e.Round)})
				}
				return nil
			})
		}})
	}
	cfg := polis.Config{Rounds: rounds + 2, Observe: func(e any) {
		if said, ok := e.(actors.Said); ok && said.Message.Sender == "hermit" {
			m := said.Message
			refused[fmt.Sprintf("%s %s", m.Receivers[0], m.Conversation)]++
			reasons[fmt.Sprintf("%s %s", m.Act, m.Content.(protocol.Reason).Code)]++
		}
	}}
	r := run(t, s, cfg)
	if got := reasons["refuse unwilling"]; len(reasons) != 1 || got != seen.asked || got != askers*rounds || len(refused) != got {
		t.Errorf("asked %d times, it said %v in %d conversations", seen.asked, reasons, len(refused))
	}
	if len(seen.states) != 1 {
		t.Errorf("its memory has had %d states", len(seen.states))
	}
	if w := r.World.(*well); w.Drawn["hermit"] != 0 || r.Messages.Refused != 0 {
		t.Errorf("it drew %d, %d messages were refused for it", w.Drawn["hermit"], r.Messages.Refused)
	}
}

// "A role without the right may not speak the act": the organisation decides, and the runtime sees to it.
func TestARoleWithoutTheRightMayNotSpeak(t *testing.T) {
	e, err := norm.Begin(norm.Organisation{Name: "well", Roles: []norm.Role{{Name: "drawer"}, {Name: "warden", Only: []string{"cleo"}}},
		Groups: []norm.Group{{Name: "well", Roles: []norm.Place{{Name: "drawer"}, {Name: "warden", Max: 1}}}},
		Norms: []norm.Norm{
			{Name: "tell", Role: "drawer", Deontic: norm.Permission, Do: &norm.Pattern{Act: protocol.Inform}},
			{Name: "ask", Role: "warden", Deontic: norm.Permission, Do: &norm.Pattern{Act: protocol.Request, To: "drawer"}},
		}, Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	for agent, role := range map[string]string{"ada": "drawer", "ben": "drawer", "cleo": "warden"} {
		if _, err := e.Adopt(agent, role, "well"); err != nil {
			t.Fatal(err)
		}
	}
	rights, err := e.Rights()
	if err != nil {
		t.Fatal(err)
	}
	heard := map[string]int{}
	speak := func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if p, ok := event.(actors.Percept); ok && p.Round == 1 {
				for _, act := range []protocol.Act{protocol.Request, protocol.Inform} {
					t.Send(protocol.Message{Act: act, Sender: "cleo", Receivers: []string{"ada", "ben", "cleo", "dan"}})
				}
			}
			return nil
		})
	}
	s := village()
	s.May = rights.May
	for i := range s.Agents {
		s.Agents[i] = polis.Agent{Name: s.Agents[i].Name, Behavior: speak}
	}
	why := map[string]int{}
	s.Agents[0].Behavior = func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			switch e := event.(type) {
			case *protocol.Message:
				heard[fmt.Sprintf("%s %s", e.Sender, e.Act)]++
			case actors.Undelivered:
				why[e.Why]++
			}
			return speak().Receive(t, event)
		})
	}
	run(t, s, polis.Config{Rounds: 2})
	if got := fmt.Sprint(heard); got != "map[ada inform:1 ben inform:1 cleo request:1]" {
		t.Errorf("ada heard %s", got)
	}
	if got := fmt.Sprint(why); got != "map[norm: unauthorised: no role of ada lets it say request to ada:1 norm: unauthorised: no role of ada lets it say request to ben:1 "+
		"norm: unauthorised: no role of ada lets it say request to cleo:1 norm: unauthorised: no role of ada lets it say request to dan:1]" {
		t.Errorf("ada is told %s", got)
	}
}
