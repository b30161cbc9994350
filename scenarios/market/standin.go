package market

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// StandIn decides in place of a model, by rules and chance, from nothing but what the prompt says. A contractor bids a little
// more than the work costs it, for as many tasks as it has time for, and does what it was awarded; a buyer takes the cheapest.
// It is no model, and no evidence about any.
func StandIn(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error) {
	s := standIn{r: r, can: map[string]bool{}}
	if err := json.Unmarshal(observation, &s.o); err != nil {
		return nil, fmt.Errorf("market: the observation: %w", err)
	}
	if err := json.Unmarshal(s.o.Percept, &s.v); err != nil {
		return nil, fmt.Errorf("market: the percept: %w", err)
	}
	if s.o.Agent == "" {
		return nil, errors.New("market: the observation is nobody's")
	}
	for _, t := range tools {
		s.can[t.Name] = true
	}
	if s.o.Agent == buyerName {
		s.award()
	} else {
		s.work()
	}
	return s.calls, nil
}

// standIn is one decision.
type standIn struct {
	o     prompted.Observation
	v     View
	r     *rand.Rand
	can   map[string]bool // by name of the tool
	calls []llmadapter.Call
}

// call calls a tool. Its arguments always have a JSON form.
func (s *standIn) call(tool string, arguments any) {
	text, _ := json.Marshal(arguments)
	s.calls = append(s.calls, llmadapter.Call{Name: tool, Arguments: string(text)})
}

// say says something in a conversation.
func (s *standIn) say(tool string, in prompted.Conversation, content any) {
	said := map[string]any{"conversation": in.ID}
	if content != nil {
		said["content"] = content
	}
	s.call(tool, said)
}

// work does what it was awarded, and bids for more with the time that is left.
func (s *standIn) work() {
	left, doing := s.v.Left, false
	for _, c := range s.o.Conversations {
		job, ok := shown[Job](c.About)
		if !ok || c.Heard != string(protocol.AcceptProposal) {
			continue
		}
		switch left--; {
		case left < 0:
			s.say("failure", c, map[string]string{"reason": "I have no time left."})
		case !doing && s.can["perform"]:
			s.call("perform", Perform(job))
			doing = true
		}
	}
	for _, c := range s.o.Conversations {
		job, ok := shown[Job](c.About)
		if !ok || c.Heard != string(protocol.CFP) {
			continue
		}
		if left--; left < 0 || job.Task < 0 || job.Task >= len(s.v.Costs) {
			s.say("refuse", c, map[string]string{"reason": "I have no time for it."})
			continue
		}
		s.say("propose", c, asking{s.v.Costs[job.Task] * (1 + .2*s.r.Float64())})
	}
	if !doing {
		s.call("pass", struct{}{})
	}
}

// award takes the cheapest for each task.
func (s *standIn) award() {
	best := map[string]string{} // the id of the conversation, by thread
	least := map[string]float64{}
	for _, c := range s.o.Conversations {
		if bid, ok := shown[Bid](c.Theirs); ok && (best[c.Thread] == "" || bid.Price < least[c.Thread]) {
			best[c.Thread], least[c.Thread] = c.ID, bid.Price
		}
	}
	for _, c := range s.o.Conversations {
		if best[c.Thread] == c.ID {
			s.say("accept-proposal", c, nil)
		} else {
			s.say("reject-proposal", c, map[string]string{"reason": "Somebody asks for less."})
		}
	}
	s.call("pass", struct{}{})
}

// shown reads content as it is shown.
func shown[T any](content json.RawMessage) (v T, ok bool) {
	return v, len(content) > 0 && json.Unmarshal(content, &v) == nil
}
