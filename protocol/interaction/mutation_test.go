package interaction_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// mutant is a protocol in which one thing of one machine is not what it should be.
type mutant struct {
	what string
	p    *interaction.Protocol
}

// mutants makes all of them: each move dropped, led to each other state, of another act, kind, direction, wait or event, without each
// part of its guard, in or out of a round; each state an end or none.
func mutants(p *interaction.Protocol, r interaction.Role) (all []mutant) {
	m := p.Machine(r)
	change := func(what string, state int, f func(s *interaction.State)) {
		q := *p
		machine := slices.Clone(m)
		machine[state].Moves = slices.Clone(machine[state].Moves)
		f(&machine[state])
		if r == interaction.Initiator {
			q.Initiator = machine
		} else {
			q.Participant = machine
		}
		all = append(all, mutant{fmt.Sprintf("%s, %s: %s", r, m[state].Name, what), &q})
	}
	for i, s := range m {
		change("an end, or none", i, func(s *interaction.State) {
			s.Final = !s.Final
			s.Moves = nil
		})
		for j := range s.Moves {
			what := symbol(&s.Moves[j]) + " to " + s.Moves[j].To
			change(what+" dropped", i, func(s *interaction.State) { s.Moves = slices.Delete(s.Moves, j, j+1) })
			for _, o := range m {
				if o.Name != s.Moves[j].To {
					change(what+" led to "+o.Name, i, func(s *interaction.State) { s.Moves[j].To = o.Name })
				}
			}
			for _, f := range moveMutations(p, &s.Moves[j]) {
				change(what+" "+f.what, i, func(s *interaction.State) { f.do(&s.Moves[j]) })
			}
		}
	}
	return all
}

type moveMutation struct {
	what string
	do   func(m *interaction.Move)
}

// moveMutations are those of one move that make sense for it.
func moveMutations(p *interaction.Protocol, m *interaction.Move) (all []moveMutation) {
	add := func(is bool, what string, do func(m *interaction.Move)) {
		if is {
			all = append(all, moveMutation{what, do})
		}
	}
	other := func(l *interaction.Label) {
		l.Act = protocol.Acts[(slices.Index(protocol.Acts, l.Act)+1)%len(protocol.Acts)]
	}
	kind := func(l *interaction.Label) {
		l.Kind = map[bool]string{true: "done", false: ""}[l.Kind == ""]
	}
	add(m.Receive.Act != "", "of another act", func(m *interaction.Move) { other(&m.Receive) })
	add(m.Receive.Act != "", "of another kind", func(m *interaction.Move) { kind(&m.Receive) })
	add(m.Send.Act != "", "sending another act", func(m *interaction.Move) { other(&m.Send) })
	add(m.Send.Act != "", "sending another kind", func(m *interaction.Move) { kind(&m.Send) })
	add(m.Receive.Act != "" || m.Send.Act != "", "in the other direction", func(m *interaction.Move) { m.Receive, m.Send = m.Send, m.Receive })
	add(m.Send.Act != "" && (m.Receive.Act != "" || m.After != ""), "sending nothing", func(m *interaction.Move) { m.Send = interaction.Label{} })
	for _, w := range p.Waits {
		add(m.After != "" && w.Name != m.After, "after "+w.Name, func(m *interaction.Move) { m.After = w.Name })
	}
	add(m.After != "", "after nothing", func(m *interaction.Move) { m.After = "" })
	add(m.On != "", "on nothing", func(m *interaction.Move) { m.On = "" })
	add(true, "in or out of a round", func(m *interaction.Move) { m.Round = !m.Round })
	for i, s := range m.When.None {
		add(true, "though one is "+s, func(m *interaction.Move) { m.When.None = slices.Delete(slices.Clone(m.When.None), i, i+1) })
	}
	add(m.When.Fewer != nil, "without fewer", func(m *interaction.Move) { m.When.Fewer = nil })
	add(m.When.Level, "without level", func(m *interaction.Move) { m.When.Level = false })
	add(m.When.Most != "", "without most", func(m *interaction.Move) { m.When.Most = "" })
	add(m.When.Answer != "", "whatever it answers", func(m *interaction.Move) { m.When.Answer = "" })
	add(m.When.Origin, "without origin", func(m *interaction.Move) { m.When.Origin = false })
	return all
}

// TestMutation shows that what testdata/behaviour says of the machines leaves nothing in them unsaid: of the machines with one thing
// wrong at least 95 % show it in what may be seen of them. Check, which needs no such word, is counted apart.
func TestMutation(t *testing.T) {
	every := 20
	if os.Getenv("POLIS_TEST_LONG") != "" {
		every = 1
	}
	var tried, seen, checked, either, n int
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		b := readBehaviours(t, name)
		e := interaction.Expand(p)
		of, alive := 0, 0
		for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			for _, m := range mutants(e, r) {
				if n++; n%every != 0 {
					continue
				}
				killed, wrong := b.faults(m.p, true) != nil, m.p.Check() != nil
				of++
				switch {
				case killed:
					seen++
				case wrong:
				default:
					alive++
					t.Logf("%s, %s: not seen", name, m.what)
				}
				if wrong {
					checked++
				}
				if killed || wrong {
					either++
				}
			}
		}
		tried += of
		t.Logf("%s: %d mutants, %d not seen", name, of, alive)
	}
	t.Logf("%d mutants: %d (%.1f %%) seen by behaviour, %d by Check, %d (%.1f %%) by either", tried, seen, 100*float64(seen)/float64(tried), checked, either, 100*float64(either)/float64(tried))
	if seen*100 < 95*tried {
		t.Errorf("behaviour shows %d of %d mutants; wanted are 95 %%", seen, tried)
	}
}
