package monitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol/interaction"
)

// The recorded form of a Monitor: all it knows, with names for numbers. Times are in nanoseconds.
type (
	keptMonitor struct {
		Conversations []keptConversation  `json:"conversations,omitempty"`
		Named         uint64              `json:"named"`
		Now           time.Duration       `json:"now"`
		Pairs         map[string]keptPair `json:"pairs,omitempty"`
	}
	keptConversation struct {
		ID       string        `json:"id"`
		Rows     []keptRow     `json:"rows,omitempty"`
		Sessions []keptSession `json:"sessions"`
	}
	keptRow struct {
		By       *time.Duration    `json:"by,omitempty"`
		Counts   map[string]uint32 `json:"counts"`
		Protocol string            `json:"protocol"`
		Round    uint32            `json:"round"`
	}
	keptSession struct {
		Answer   string           `json:"answer,omitempty"`
		Cancel   string           `json:"cancel,omitempty"`
		Dues     []*time.Duration `json:"dues,omitempty"`
		Ended    *keptEnd         `json:"ended,omitempty"`
		Made     []uint32         `json:"made,omitempty"`
		Messages uint32           `json:"messages"`
		Names    []keptName       `json:"names,omitempty"`
		Opener   string           `json:"opener,omitempty"`
		Peer     string           `json:"peer"`
		Protocol string           `json:"protocol"`
		Role     string           `json:"role"`
		Round    uint32           `json:"round"`
		State    string           `json:"state"`
		Target   bool             `json:"target,omitempty"`
		Trail    []keptMark       `json:"trail,omitempty"`
	}
	keptEnd struct {
		At      time.Duration `json:"at"`
		Expired bool          `json:"expired,omitempty"`
		Order   int           `json:"order"`
		Settled bool          `json:"settled,omitempty"`
	}
	keptName struct {
		Cancel bool   `json:"cancel,omitempty"`
		Digest uint64 `json:"digest,string"`
		Heard  bool   `json:"heard,omitempty"`
		Round  uint32 `json:"round"`
	}
	keptMark struct {
		Content uint64 `json:"content,string"`
		Label   uint64 `json:"label,string"`
		Run     uint16 `json:"run"`
		Same    uint16 `json:"same"`
	}
	keptPair struct {
		Content uint64 `json:"content,string"`
		Echoes  uint16 `json:"echoes"`
		Heard   bool   `json:"heard"`
		Label   uint64 `json:"label,string"`
	}
)

// Restore takes back what Snapshot gave, into a monitor of the same configuration. What it does not accept changes nothing.
func (m *Monitor) Restore(snapshot []byte) error {
	var k keptMonitor
	d := json.NewDecoder(bytes.NewReader(snapshot))
	d.DisallowUnknownFields()
	if err := d.Decode(&k); err != nil {
		return fmt.Errorf("monitor: a snapshot: %w", err)
	}
	n := New(m.c)
	n.named, n.now = k.Named, k.Now
	ended := map[int]*session{}
	for _, kc := range k.Conversations {
		if n.conversations[kc.ID] != nil || len(kc.Sessions) == 0 {
			return fmt.Errorf("monitor: a snapshot: conversation %.80q; accepted are different ones with a session each", kc.ID)
		}
		c := &conversation{id: kc.ID}
		n.conversations[kc.ID] = c
		for i := range kc.Sessions {
			if err := n.restore(c, &kc.Sessions[i], ended); err != nil {
				return fmt.Errorf("monitor: a snapshot: conversation %.80q, peer %.80q: %w", kc.ID, kc.Sessions[i].Peer, err)
			}
		}
		if err := n.restoreRows(c, kc.Rows); err != nil {
			return fmt.Errorf("monitor: a snapshot: conversation %.80q: %w", kc.ID, err)
		}
	}
	for i := range len(ended) {
		if ended[i] == nil {
			return errors.New("monitor: a snapshot: ended sessions out of order; accepted are orders from 0")
		}
		n.ended = append(n.ended, ended[i])
	}
	for peer, p := range k.Pairs {
		n.note(n.party(peer), pair{p.Label, p.Content, p.Heard, p.Echoes})
	}
	*m = *n
	return nil
}

// machine gives one of the library's.
func (l *Library) machine(token, role string) *machine {
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		if g := l.programs[token]; g != nil && r.String() == role {
			return g.machines[r]
		}
	}
	return nil
}

func (m *Monitor) restore(c *conversation, k *keptSession, ended map[int]*session) error {
	machine := m.c.Library.machine(k.Protocol, k.Role)
	if machine == nil {
		return fmt.Errorf("role %.80q of protocol %.80q is not known", k.Role, k.Protocol)
	}
	state, ok := machine.find(k.State)
	if i := slices.Index([]string{EndUndeliverable, EndCut, EndNotUnderstood}, k.State); !ok && i >= 0 {
		state, ok = []uint16{stateUndeliverable, stateCut, stateNotUnderstood}[i], true
	}
	final := int(state) >= len(machine.states) || machine.states[state].final
	if !ok || state == 0 || final != (k.Ended != nil) || c.session(k.Peer) != nil {
		return fmt.Errorf("state %.80q; accepted is one of the protocol in which a session can be, once for each peer", k.State)
	}
	s := &session{conversation: c, party: m.party(k.Peer), machine: machine, answer: k.Answer, due: never, at: -1, messages: k.Messages, round: k.Round,
		state: state, target: k.Target}
	s.party.sessions++
	c.add(s)
	if k.Ended != nil {
		s.ended, s.endedAt, s.expired, s.settled = true, k.Ended.At, k.Ended.Expired, k.Ended.Settled
		if ended[k.Ended.Order] != nil {
			return fmt.Errorf("the end of order %d; accepted are different ones", k.Ended.Order)
		}
		ended[k.Ended.Order] = s
		return nil
	}
	m.open++
	if err := m.restoreOpen(s, k); err != nil {
		return err
	}
	m.count(s, 1)
	return nil
}

// restoreOpen restores what only an open session has.
func (m *Monitor) restoreOpen(s *session, k *keptSession) error {
	waits := len(s.machine.states[s.state].waits)
	if len(k.Dues) != waits || len(k.Names) > 2*maxNames+2 || len(k.Made) > len(s.machine.data.Bounds) || len(k.Trail) > longestCycle {
		return fmt.Errorf("%d deadlines; accepted is one for each of the %d waits, and no more of the rest than is kept", len(k.Dues), waits)
	}
	if waits > 1 {
		s.dues = make([]time.Duration, waits)
	}
	for i, d := range k.Dues {
		s.set(i, never)
		if d != nil {
			s.set(i, *d)
		}
	}
	m.rest(s)
	for _, n := range k.Names {
		s.names = append(s.names, name{n.Digest, n.Round, n.Heard, n.Cancel})
	}
	if k.Cancel != "" || k.Opener != "" || len(k.Made) > 0 || len(k.Trail) > 0 {
		s.more = &more{cancel: k.Cancel, opener: k.Opener, made: k.Made}
		for i, t := range k.Trail {
			s.more.trail.marks[i], s.more.trail.runs[i], s.more.trail.same[i] = mark{t.Label, t.Content}, t.Run, t.Same
		}
	}
	return nil
}

func (m *Monitor) restoreRows(c *conversation, rows []keptRow) error {
	for _, k := range rows {
		machine := m.c.Library.machine(k.Protocol, interaction.Initiator.String())
		if machine == nil || !machine.many || c.row(machine, k.Round) != nil {
			return fmt.Errorf("counts of protocol %.80q, round %d; accepted are those of a protocol with many participants, once", k.Protocol, k.Round)
		}
		r := row{machine: machine, round: k.Round, counts: make([]uint32, len(machine.states)), by: never, held: make([]bool, len(machine.guarded))}
		if k.By != nil {
			r.by = *k.By
		}
		for state, n := range k.Counts {
			i, ok := machine.find(state)
			if !ok {
				return fmt.Errorf("counts of state %.80q; accepted is one of protocol %q", state, k.Protocol)
			}
			r.counts[i] = n
		}
		c.rows = append(c.rows, r)
	}
	for i := range c.rows {
		r := &c.rows[i]
		for g, w := range r.machine.guarded {
			r.held[g] = r.counts[w.state] > 0 && c.admits(r.machine, w.state, r.round, &r.machine.states[w.state].waits[w.wait])
		}
	}
	var err error
	c.each(func(s *session) {
		if r := c.row(s.machine, s.round); s.machine.many && int(s.state) < len(s.machine.states) && (r == nil || r.counts[s.state] == 0) {
			err = fmt.Errorf("peer %.80q in state %s; accepted is what is counted", s.party.name, s.name(s.state))
		}
	})
	return err
}
