package roles

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// written is the memory of a desk.
type written struct {
	Self    string          `json:"self,omitempty"`
	Monitor json.RawMessage `json:"monitor,omitempty"`
	Timer   actors.ID       `json:"timer"`
	Rings   time.Duration   `json:"rings,omitempty"`
	Talks   []writtenTalk   `json:"talks,omitempty"`
}

type writtenTalk struct {
	ID       At               `json:"id"`
	Part     int              `json:"part"`
	Call     json.RawMessage  `json:"call"`
	Decided  bool             `json:"decided,omitempty"`
	Sessions []writtenSession `json:"sessions"`
}

type writtenSession struct {
	Peer   string          `json:"peer"`
	Mine   json.RawMessage `json:"mine"`
	Theirs json.RawMessage `json:"theirs"`
	Heard  protocol.Act    `json:"heard,omitempty"`
}

// Snapshot is the desk's memory: its conversations. It is written by hand: agents that speak much hand it over often.
func (d *Desk) Snapshot() ([]byte, error) {
	if d.watch == nil {
		return []byte("{}"), nil
	}
	b := d.watch.AppendSnapshot([]byte(`{"monitor":`))
	b = slices.Grow(b, 256+256*len(d.talks))
	b = appendText(append(b, `,"self":`...), d.self)
	b = fmt.Appendf(b, `,"timer":{"Turn":%d,"Index":%d},"rings":%d,"talks":[`, d.timer.Turn, d.timer.Index, d.rings)
	for i, k := range d.sorted() {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = k.append(b); err != nil {
			return nil, err
		}
	}
	return append(b, `]}`...), nil
}

// append writes a conversation as writtenTalk is read.
func (k *talk) append(b []byte) ([]byte, error) {
	b = appendText(append(b, `{"id":{"Conversation":`...), k.id.Conversation)
	b = appendText(append(b, `,"Peer":`...), k.id.Peer)
	b = strconv.AppendInt(append(b, `},"part":`...), int64(k.part), 10)
	b = strconv.AppendBool(append(b, `,"decided":`...), k.decided)
	b, err := journal.AppendPayload(append(b, `,"call":`...), k.call)
	if err != nil {
		return nil, err
	}
	b = append(b, `,"sessions":[`...)
	for i, s := range k.sessions {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"peer":`...), s.peer)
		if b, err = journal.AppendPayload(append(b, `,"mine":`...), s.mine); err != nil {
			return nil, err
		}
		if b, err = journal.AppendPayload(append(b, `,"theirs":`...), s.theirs); err != nil {
			return nil, err
		}
		if s.heard != "" {
			b = appendText(append(b, `,"heard":`...), string(s.heard))
		}
		b = append(b, '}')
	}
	return append(b, `]}`...), nil
}

// appendText appends a JSON string. Names of conversations come from others; what is not UTF-8 was not accepted.
func appendText(b []byte, text string) []byte {
	if b, err := journal.AppendCanonical(b, text); err == nil {
		return b
	}
	return append(b, `""`...)
}

// Restore gives a desk its memory back. It has the parts that it was made with.
func (d *Desk) Restore(state []byte) error {
	var w written
	if err := json.Unmarshal(state, &w); err != nil {
		return fmt.Errorf("roles: restore a desk: %w", err)
	}
	if w.Self == "" {
		return nil
	}
	if err := d.monitor(w.Self).Restore(w.Monitor); err != nil {
		return fmt.Errorf("roles: restore a desk: %w", err)
	}
	d.timer, d.rings = w.Timer, w.Rings
	d.talks = nil
	for _, wk := range w.Talks {
		if wk.Part >= len(d.parts) {
			return fmt.Errorf("roles: restore a desk: conversation %q of part %d; it has %d", wk.ID.Conversation, wk.Part, len(d.parts))
		}
		call, err := journal.ReadPayload(wk.Call)
		if err != nil {
			return err
		}
		var k *talk
		for _, ws := range wk.Sessions {
			var s *Session
			if k == nil {
				s = d.note(talk{id: wk.ID, part: wk.Part, decided: wk.Decided, call: call}, ws.Peer)
				k = s.talk
			} else {
				s = k.add(d, ws.Peer)
			}
			s.heard = ws.Heard
			if s.mine, err = journal.ReadPayload(ws.Mine); err != nil {
				return err
			}
			if s.theirs, err = journal.ReadPayload(ws.Theirs); err != nil {
				return err
			}
			if d.watch.Attach(wk.ID.Conversation, ws.Peer, s); d.Session(s.At()) != s {
				return fmt.Errorf("roles: restore a desk: conversation %.80q with %.80q; accepted are those of its monitor", wk.ID.Conversation, ws.Peer)
			}
		}
		if r, ok := call.(recruitment); ok && r.Settle > 0 {
			d.settling[wk.ID] = r.Settle
		}
	}
	return nil
}
