package monitor

// party is a peer, as far as there is something to know of it: the sessions with it, those that it has opened, and the pair that
// the agent makes with it.
type party struct {
	name     string
	sessions int // with it that are remembered
	opened   int // that are open, and that it has opened
	pair     pair
}

// maxPairs is with how many peers the openings are followed; when there are more, all counts begin again.
const maxPairs = 256

// party gives a peer, which is known from now on.
func (m *Monitor) party(name string) *party {
	p := m.parties[name]
	if p == nil {
		p = &party{name: name}
		m.parties[name] = p
	}
	return p
}

// part forgets a peer of which there is nothing to know any more.
func (m *Monitor) part(p *party) {
	if p.sessions == 0 && p.opened == 0 && p.pair == (pair{}) {
		delete(m.parties, p.name)
	}
}

// count adds n to the open sessions of the peer that has opened one.
func (m *Monitor) count(s *session, n int) {
	switch by := s.by(); by {
	case "":
	case s.party.name:
		s.party.opened += n
	default:
		p := m.party(by)
		p.opened += n
		m.part(p)
	}
}

// note keeps the last opening with a peer.
func (m *Monitor) note(p *party, next pair) {
	if m.paired >= maxPairs {
		for _, o := range m.parties {
			if m.unpair(o); o != p {
				m.part(o)
			}
		}
	}
	if m.unpair(p); next != (pair{}) {
		m.paired++
	}
	p.pair = next
}

// unpair forgets the openings with a peer.
func (m *Monitor) unpair(p *party) {
	if p.pair != (pair{}) {
		p.pair = pair{}
		m.paired--
	}
}
