package monitor

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Snapshot is all that the monitor knows, as JSON that is the same for the same knowledge. The configuration is not part of it.
// It is written by hand, to the letter as encoding/json writes a keptMonitor: agents that speak much hand it over often.
func (m *Monitor) Snapshot() ([]byte, error) { return m.AppendSnapshot(nil), nil }

// AppendSnapshot is Snapshot for who writes it into something else.
func (m *Monitor) AppendSnapshot(b []byte) []byte {
	for i, s := range m.ended[m.forgotten:] {
		s.order = int32(i)
	}
	b = append(slices.Grow(b, 256+160*(m.open+len(m.ended)-m.forgotten)), '{')
	b = appendList(b, `"conversations":[`, slices.Sorted(maps.Keys(m.conversations)), func(b []byte, id string) []byte {
		return m.conversations[id].append(b)
	})
	if len(m.conversations) > 0 {
		b = append(b, ',')
	}
	b = strconv.AppendUint(append(b, `"named":`...), m.named, 10)
	b = strconv.AppendInt(append(b, `,"now":`...), int64(m.now), 10)
	if m.paired > 0 {
		pairs := make(map[string]keptPair, m.paired)
		for peer, p := range m.parties {
			if p := p.pair; p != (pair{}) {
				pairs[peer] = keptPair{p.content, p.echoes, p.heard, p.label}
			}
		}
		b = appendAny(append(b, `,"pairs":`...), pairs)
	}
	return append(b, '}')
}

// append writes a conversation as keptConversation is read.
func (c *conversation) append(b []byte) []byte {
	b = appendText(append(b, `{"id":`...), c.id)
	b = appendList(b, `,"rows":[`, c.rows, func(b []byte, r row) []byte { return appendAny(b, r.keep()) })
	all := make([]*session, 0, 1)
	c.each(func(s *session) { all = append(all, s) })
	slices.SortFunc(all, (*session).compare)
	b = appendList(b, `,"sessions":[`, all, func(b []byte, s *session) []byte { return s.append(b) })
	return append(b, '}')
}

func keepTime(t time.Duration) *time.Duration {
	if t == never {
		return nil
	}
	return &t
}

func (r *row) keep() keptRow {
	k := keptRow{By: keepTime(r.by), Counts: map[string]uint32{}, Protocol: r.machine.data.Name, Round: r.round}
	for i, n := range r.counts {
		if n > 0 {
			k.Counts[r.machine.states[i].name] = n
		}
	}
	return k
}

// none is what most sessions have of more.
var none more

// append writes a session as keptSession is read: each member with a comma before it, the first of which makes way for the brace.
func (s *session) append(b []byte) []byte {
	start, of := len(b), s.more
	if of == nil {
		of = &none
	}
	b = appendGiven(b, `,"answer":`, s.answer)
	b = appendGiven(b, `,"cancel":`, of.cancel)
	if s.ended {
		b = strconv.AppendInt(append(b, `,"ended":{"at":`...), int64(s.endedAt), 10)
		b = appendTrue(b, `,"expired":`, s.expired)
		b = strconv.AppendInt(append(b, `,"order":`...), int64(s.order), 10)
		b = append(appendTrue(b, `,"settled":`, s.settled), '}')
	} else {
		b = s.appendDues(b)
	}
	b = appendList(b, `,"made":[`, of.made, func(b []byte, n uint32) []byte { return strconv.AppendUint(b, uint64(n), 10) })
	b = strconv.AppendUint(append(b, `,"messages":`...), uint64(s.messages), 10)
	b = appendList(b, `,"names":[`, s.names, appendName)
	b = appendGiven(b, `,"opener":`, of.opener)
	b = appendText(append(b, `,"peer":`...), s.party.name)
	b = appendText(append(b, `,"protocol":`...), s.machine.data.Name)
	b = appendText(append(b, `,"role":`...), s.machine.role.String())
	b = strconv.AppendUint(append(b, `,"round":`...), uint64(s.round), 10)
	b = appendText(append(b, `,"state":`...), s.name(s.state))
	b = appendTrue(b, `,"target":`, s.target)
	b = appendList(b, `,"trail":[`, of.trail.keep(), func(b []byte, k keptMark) []byte { return appendAny(b, k) })
	b[start] = '{'
	return append(b, '}')
}

// appendDues writes the deadlines of an open session, one for each wait of its state.
func (s *session) appendDues(b []byte) []byte {
	n := len(s.machine.states[s.state].waits)
	for i := range n {
		if i == 0 {
			b = append(b, `,"dues":[`...)
		}
		if d := s.deadline(i); d == never {
			b = append(b, "null,"...)
		} else {
			b = append(strconv.AppendInt(b, int64(d), 10), ',')
		}
	}
	if n > 0 {
		b[len(b)-1] = ']'
	}
	return b
}

func appendName(b []byte, n name) []byte {
	start := len(b)
	b = appendTrue(b, `,"cancel":`, n.cancel)
	b = strconv.AppendUint(append(b, `,"digest":"`...), n.digest, 10)
	b = appendTrue(append(b, '"'), `,"heard":`, n.heard)
	b = strconv.AppendUint(append(b, `,"round":`...), uint64(n.round), 10)
	b[start] = '{'
	return append(b, '}')
}

func (t *trail) keep() (kept []keptMark) {
	for i, mark := range t.marks {
		if mark.label != 0 {
			kept = append(kept, keptMark{mark.content, mark.label, t.runs[i], t.same[i]})
		}
	}
	return kept
}

// appendList writes a list that is not empty; key ends with its bracket.
func appendList[E any](b []byte, key string, all []E, each func([]byte, E) []byte) []byte {
	for i, e := range all {
		if i == 0 {
			b = append(b, key...)
		} else {
			b = append(b, ',')
		}
		b = each(b, e)
	}
	if len(all) > 0 {
		b = append(b, ']')
	}
	return b
}

func appendTrue(b []byte, key string, is bool) []byte {
	if is {
		b = append(append(b, key...), "true"...)
	}
	return b
}

func appendGiven(b []byte, key, text string) []byte {
	if text == "" {
		return b
	}
	return appendText(append(b, key...), text)
}

// appendText writes a string of JSON. Nearly all stand as they are.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return appendAny(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// appendAny writes what is rare, and always has a form.
func appendAny(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	return append(b, text...)
}
