package audit

import (
	"encoding/json"
	"strings"

	"github.com/polis-agents/polis/journal"
)

// said is what the society's own turns say, and the others cannot tell.
type said struct {
	pace       string   // "": not known
	services   []string // that can be asked; nil: not known
	hurried    bool     // the clock or load has cut something short
	hash       string   // of the run; "": it has not ended, or has none
	notStopped bool     // some actor was left behind, with what it may still have written
	configs    []config
}

// config is the configuration from a round on.
type config struct {
	text json.RawMessage
	from int
}

// societyTurn takes in what the society says.
func (b *books) societyTurn(e *journal.Entry) {
	var w struct {
		Config     json.RawMessage
		Services   []string
		Deciders   map[string]string
		From       int
		Round      int
		Actor      string
		Decision   string
		What       string
		Agent      string
		Hash       string
		NotStopped bool `json:"not_stopped"`
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		b.wrong(e, "what the society says: %v", err)
		return
	}
	s := &b.said
	if b.audit.Ended && e.Kind != "forked" {
		b.wrong(e, "it comes after the society has ended")
	}
	switch e.Kind {
	case "begun", "forked":
		b.begun(e, w.Config, max(w.From, 1))
		b.audit.Ended, s.services, s.hash = false, w.Services, ""
		for name := range w.Deciders {
			b.person(agents + name)
		}
	case "round-ended":
		if w.Round != b.audit.Rounds+1 {
			b.wrong(e, "round %d ends, and the one before it was %d", w.Round, b.audit.Rounds)
		}
		b.audit.Rounds = max(b.audit.Rounds, w.Round)
	case "hurried":
		s.hurried = true
	case "intervened":
		if w.What == "join" {
			b.person(agents + w.Agent)
		}
	case "failed":
		if w.Decision == "stop" && strings.HasPrefix(w.Actor, agents) {
			b.person(w.Actor).stopped = true
		}
	case "ended":
		b.audit.Ended, s.hash, s.notStopped = true, w.Hash, w.NotStopped
	}
}

// begun notes a configuration.
func (b *books) begun(e *journal.Entry, text json.RawMessage, from int) {
	var w struct{ Pace string }
	if err := json.Unmarshal(text, &w); err != nil {
		b.wrong(e, "its configuration: %v", err)
		return
	}
	s := &b.said
	if s.pace = w.Pace; len(s.configs) > 0 && string(s.configs[len(s.configs)-1].text) == string(text) {
		return // a fork that changes nothing that matters
	}
	s.configs = append(s.configs, config{text, from})
}

// runHash is the hash of the run as the chains say it.
func (b *books) runHash() string {
	doc := []byte("null")
	switch all := b.said.configs; len(all) {
	case 0:
	case 1:
		doc = all[0].text
	default:
		doc = []byte("[")
		for i, c := range all {
			if i > 0 {
				doc = append(doc, ',')
			}
			doc, _ = journal.AppendCanonical(doc, struct {
				Config json.RawMessage `json:"config"`
				From   int             `json:"from"`
			}{c.text, c.from})
		}
		doc = append(doc, ']')
	}
	var heads []journal.Head
	for name, p := range b.actors {
		if name == world || strings.HasPrefix(name, agents) {
			heads = append(heads, journal.Head{Actor: name, Digest: p.head.Digest, Count: p.head.Count})
		}
	}
	return journal.RunHash(doc, heads).String()
}

// ended says what a society that has come to its own end must have: every agent that lived until then has had its last
// event, and the hash of the run is that of its turns.
func (b *books) ended(names []string) {
	if !b.audit.Ended || b.said.notStopped {
		return
	}
	for _, name := range names {
		if p := b.actors[name]; strings.HasPrefix(name, agents) && p.head.Count > 0 && p.stopping == 0 && !p.stopped && p.left == 0 {
			b.find(name, p.head.Count, -1, "the society has ended, and the agent has had no last event")
		}
	}
	if hash := b.runHash(); b.said.hash != "" && hash != b.said.hash {
		b.find(annalist, b.person(annalist).head.Count, -1, "the run has the hash %s, and its turns have %s: some of them are missing, or were altered", b.said.hash, hash)
	}
}
