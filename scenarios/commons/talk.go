package commons

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// The ways to speak of those who are asked: the same acts, contents and conversations as those of the covenant, so that
// they can make agreements with each other.
type (
	proposing struct {
		Tons int      `json:"tons" min:"0" doc:"the most tons that each of you asks for this month"`
		To   []string `json:"to,omitempty" maxlen:"64" doc:"names of those you propose it to; left out: everybody"`
	}
	agreeing struct {
		To []string `json:"to" maxlen:"200" doc:"names of those whose proposals you agree to: the newest of each, as it is"`
	}
	refusing struct {
		To     []string `json:"to" maxlen:"200" doc:"names of those whose proposals you refuse"`
		Reason string   `json:"reason" enum:"too-much,too-little,broken-word" doc:"why"`
	}
)

// spoken keeps the ways to speak, by the number of phases: to make them is dear, and crowds want them.
var spoken sync.Map

// utterances are the ways to speak in a month of these phases. What nobody could answer any more is not proposed, and
// there is nothing to agree to before anybody has proposed.
func utterances(phases []string) []prompted.Utterance {
	talk := phases[:len(phases)-1] // the last is the harvest
	if len(talk) == 0 {
		return nil
	}
	if all, known := spoken.Load(len(phases)); known {
		return all.([]prompted.Utterance)
	}
	all := []prompted.Utterance{
		prompted.Speak("propose", "Propose a cap on what each of you asks for this month. You give your word by it.", propose, talk[:len(talk)-1]...),
		prompted.Speak("agree", "Agree to proposals. You give your word by it.", agree, talk[1:]...),
		prompted.Speak("refuse", "Refuse proposals.", refuse, talk[1:]...),
		prompted.SayTo(func(v View) []string { return v.Present }, talk...),
	}
	spoken.Store(len(phases), all)
	return all
}

func propose(v View, o *prompted.Observation, p proposing) ([]protocol.Message, error) {
	to, err := prompted.Among(p.To, others(v))
	if err != nil {
		return nil, err
	}
	return []protocol.Message{{Act: protocol.Propose, Receivers: to, Content: Cap{v.Month, p.Tons}, Conversation: conversation(v)}}, nil
}

func agree(v View, o *prompted.Observation, a agreeing) ([]protocol.Message, error) {
	return reply(v, o, a.To, func(p heardCap) protocol.Message {
		return protocol.Message{Act: protocol.Agree, Content: p.cap}
	})
}

func refuse(v View, o *prompted.Observation, r refusing) ([]protocol.Message, error) {
	return reply(v, o, r.To, func(p heardCap) protocol.Message {
		return protocol.Message{Act: protocol.Refuse, Content: Objection{p.cap, r.Reason}}
	})
}

// reply answers the open proposals of those who are named.
func reply(v View, o *prompted.Observation, to []string, with func(heardCap) protocol.Message) (all []protocol.Message, err error) {
	open := openCaps(o, v.Month)
	var names []string
	for _, p := range open {
		names = append(names, p.from)
	}
	if len(open) == 0 {
		return nil, errors.New("no proposal is open")
	}
	if len(to) == 0 {
		return nil, fmt.Errorf("whose proposals is missing; open are those of %s", strings.Join(names, ", "))
	}
	for i, name := range to {
		at := slices.Index(names, name)
		if at < 0 {
			return nil, fmt.Errorf("no proposal of %q is open; open are those of %s", name, strings.Join(names, ", "))
		}
		if slices.Contains(to[:i], name) {
			continue
		}
		m := with(open[at])
		m.Receivers, m.Conversation = []string{name}, open[at].thread
		all = append(all, m)
	}
	return all, nil
}

// others are those who live at the lake beside oneself.
func others(v View) []string {
	return slices.DeleteFunc(slices.Clone(v.Present), func(name string) bool { return name == v.Name })
}

// conversation is that about somebody's proposals of a month.
func conversation(v View) string { return fmt.Sprintf("cap/%d/%s", v.Month, v.Name) }

// heardCap is a proposal, an agreement or a refusal that somebody remembers.
type heardCap struct {
	act    protocol.Act
	from   string
	to     []string
	thread string
	cap    Cap
	reason string // of a refusal
}

// heardCaps are those about a month, in order.
func heardCaps(o *prompted.Observation, month int) (all []heardCap) {
	for _, r := range slices.Concat(o.Memory, o.Heard) {
		h := heardCap{act: protocol.Act(r.Act), from: r.From, to: r.To, thread: r.Thread}
		var err error
		switch r.Type {
		case capName:
			err = json.Unmarshal(r.Content, &h.cap)
		case objectionName:
			var said Objection
			err = json.Unmarshal(r.Content, &said)
			h.cap, h.reason = said.Cap, said.Reason
		default:
			continue
		}
		if err == nil && h.cap.Month == month {
			all = append(all, h)
		}
	}
	return all
}

// openCaps are the newest proposals of each of the others that have no reply yet, by who made them first.
func openCaps(o *prompted.Observation, month int) (open []heardCap) {
	for _, h := range heardCaps(o, month) {
		mine := h.from == o.Agent
		at := slices.IndexFunc(open, func(p heardCap) bool {
			return p.from == h.from || mine && slices.Contains(h.to, p.from)
		})
		switch {
		case h.act == protocol.Propose && !mine && h.cap.Tons >= 0 && at < 0:
			open = append(open, h)
		case h.act == protocol.Propose && !mine && h.cap.Tons >= 0:
			open[at] = h
		case mine && (h.act == protocol.Agree || h.act == protocol.Refuse) && at >= 0:
			open = slices.Delete(open, at, at+1)
		}
	}
	return open
}
