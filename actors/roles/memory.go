package roles

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
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
}

// Snapshot is the desk's memory: its conversations.
func (d *Desk) Snapshot() ([]byte, error) {
	if d.watch == nil {
		return []byte("{}"), nil
	}
	state, err := d.watch.Snapshot()
	if err != nil {
		return nil, err
	}
	w := written{Self: d.self, Monitor: state, Timer: d.timer, Rings: d.rings}
	for _, id := range slices.SortedFunc(maps.Keys(d.talks), At.compare) {
		k := d.talks[id]
		wk := writtenTalk{ID: id, Part: k.part, Decided: k.decided}
		if wk.Call, err = journal.AppendPayload(nil, k.call); err != nil {
			return nil, err
		}
		for _, s := range k.sessions {
			ws := writtenSession{Peer: s.peer}
			if ws.Mine, err = journal.AppendPayload(nil, s.mine); err != nil {
				return nil, err
			}
			if ws.Theirs, err = journal.AppendPayload(nil, s.theirs); err != nil {
				return nil, err
			}
			wk.Sessions = append(wk.Sessions, ws)
		}
		w.Talks = append(w.Talks, wk)
	}
	return json.Marshal(w)
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
	d.talks = make(map[At]*talk, len(w.Talks))
	for _, wk := range w.Talks {
		if wk.Part >= len(d.parts) {
			return fmt.Errorf("roles: restore a desk: conversation %q of part %d; it has %d", wk.ID.Conversation, wk.Part, len(d.parts))
		}
		k := &talk{id: wk.ID, part: wk.Part, decided: wk.Decided}
		var err error
		if k.call, err = journal.ReadPayload(wk.Call); err != nil {
			return err
		}
		for _, ws := range wk.Sessions {
			s := &Session{desk: d, talk: k, peer: ws.Peer}
			if s.mine, err = journal.ReadPayload(ws.Mine); err != nil {
				return err
			}
			if s.theirs, err = journal.ReadPayload(ws.Theirs); err != nil {
				return err
			}
			k.sessions = append(k.sessions, s)
		}
		d.talks[k.id] = k
	}
	return nil
}
