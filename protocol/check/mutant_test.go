package check_test

import (
	"os"
	"slices"
	"testing"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

// change makes one thing of a move different; false: there is nothing to change.
type change struct {
	name string
	make func(m interaction.Machine, s, i int) bool
}

var changes = []change{
	{"drop", func(m interaction.Machine, s, i int) bool {
		m[s].Moves = slices.Delete(m[s].Moves, i, i+1)
		return true
	}},
	{"turn", func(m interaction.Machine, s, i int) bool {
		to := m.Index(m[s].Moves[i].To)
		if to < 0 {
			return false
		}
		m[s].Moves[i].To = m[1+to%(len(m)-1)].Name // the state after it, but the first
		return true
	}},
	{"redirect", func(m interaction.Machine, s, i int) bool { // to where the session has ended or not, other than before
		ends := func(st interaction.State) bool { return st.Final }
		if to := m.Index(m[s].Moves[i].To); to < 0 || !m[to].Final {
			m[s].Moves[i].To = m[slices.IndexFunc(m, ends)].Name
		} else {
			m[s].Moves[i].To = m[max(s, 1)].Name
		}
		return true
	}},
	{"rename", func(m interaction.Machine, s, i int) bool {
		of := &m[s].Moves[i].Send
		if of.Act == "" {
			of = &m[s].Moves[i].Receive
		}
		if of.Act == "" || of.Act == interaction.Any {
			return false
		}
		of.Act = protocol.Confirm // which none of them has
		return true
	}},
	{"unguard", func(m interaction.Machine, s, i int) bool {
		g := &m[s].Moves[i].When
		if g.Most == "" && g.Answer == "" && !g.Origin && len(g.None) == 0 {
			return false
		}
		*g = interaction.Guard{}
		return true
	}},
	{"stay", func(m interaction.Machine, s, i int) bool { // in the round
		was := m[s].Moves[i].Round
		m[s].Moves[i].Round = false
		return was
	}},
}

// mutate gives the protocol with a change; nil: there is none, or the data itself is wrong then.
func mutate(p *interaction.Protocol, r interaction.Role, s, i int, c change) *interaction.Protocol {
	n := *p
	m := slices.Clone(p.Machine(r))
	for j := range m {
		m[j].Moves = slices.Clone(m[j].Moves)
	}
	if !c.make(m, s, i) {
		return nil
	}
	if n.Initiator = m; r == interaction.Participant {
		n.Initiator, n.Participant = p.Initiator, m
	}
	if n.Check() != nil {
		return nil
	}
	return interaction.Expand(&n)
}

// Machines in which something is changed: most do not fit each other any more, and the checker alone says so. That a side may
// say less, or ends somewhere else, is no fault that it could see. Where it says nothing, walks find nothing either.
func TestMutantsOfTheProtocolsOfFIPA(t *testing.T) {
	every := 41 // of all changes alike
	if os.Getenv("POLIS_TEST_LONG") != "" {
		every = 1
	}
	n, total, found := 0, map[string]int{}, map[string]int{}
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			for s, st := range p.Machine(r) {
				for i := range st.Moves {
					for _, c := range changes {
						m := mutate(p, r, s, i, c)
						if n++; m == nil || n%every != 0 {
							continue
						}
						total[c.name]++
						got := check.Check(m, check.Options{States: 20_000})
						if !got.Explored() && len(got.Faults) == 0 {
							continue // a round without end
						}
						if len(got.Faults) > 0 {
							found[c.name]++
							continue
						}
						t.Logf("sound: %s, %s in %s: %s", name, c.name, st.Name, st.Moves[i].String())
						for seed := range uint64(30) {
							if wrong, trace := walk(m, seed, seed%2 == 1); wrong != "" {
								t.Errorf("%s, %s in %s: %s: called sound, but %s after %q", name, c.name, st.Name, st.Moves[i].String(), wrong, trace)
								break
							}
						}
					}
				}
			}
		}
	}
	t.Logf("found %v of %v", found, total)
	all, of := 0, 0
	for c := range total {
		all, of = all+found[c], of+total[c]
	}
	if 10*found["rename"] < 8*total["rename"] || 10*all < 4*of || total["rename"] == 0 {
		t.Errorf("found are %v of %v", found, total)
	}
}
