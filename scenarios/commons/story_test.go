package commons

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// The stories of testdata: who lives at the lake, and what is then said and done.
func TestStories(t *testing.T) { scenariostest.Stories(t, tell) }

// settled builds the society of a setup. Its first line is an order; after it, "Kate proposes 16, takes 24" makes of Kate
// one who does that every month, and agrees to everything.
func settled(t *testing.T, setup string) polis.Society {
	lines := strings.Split(strings.TrimSpace(setup), "\n")
	s := answered(build(t, lines[0]), standsIn)
	for _, line := range lines[1:] {
		var who string
		var k liar
		if _, err := fmt.Sscanf(line, "%s proposes %d, takes %d", &who, &k.proposes, &k.takes); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		i := slices.IndexFunc(s.Agents, func(a polis.Agent) bool { return a.Name == who })
		s.Agents[i].Behavior = func() actors.Behavior { return k }
	}
	return s
}

// tell runs a society and writes down what happens.
func tell(t *testing.T, setup string) string {
	s := settled(t, setup)
	var seen recorder
	r := play(t, s, polis.Config{Seed: 1, Observe: seen.observe})
	var b bytes.Buffer
	order := s.World.Phases()
	slices.SortStableFunc(seen.said, func(x, y actors.Said) int {
		return cmp.Or(cmp.Compare(x.Round, y.Round), slices.Index(order, x.Phase)-slices.Index(order, y.Phase),
			cmp.Compare(x.Message.Sender, y.Message.Sender))
	})
	for _, e := range seen.rounds {
		var lines []string
		for _, said := range seen.said {
			if said.Round != e.Round {
				continue
			}
			m := said.Message
			to := strings.Join(m.Receivers, ", ")
			line := fmt.Sprintf("          %-8s %s: %s %s -> ", said.Phase, m.Sender, m.Act, content(m))
			if n := len(lines); n > 0 && strings.HasPrefix(lines[n-1], line) { // the same to another
				lines[n-1] += ", " + to
			} else {
				lines = append(lines, line+to)
			}
		}
		fmt.Fprintln(&b, strings.Join(append(lines, Line(e)), "\n"))
	}
	m := Measure(r)
	for _, name := range Scenario.Metrics {
		fmt.Fprintf(&b, "%s %.4g\n", name, m[name])
	}
	return b.String()
}

func content(m *protocol.Message) string {
	switch c := m.Content.(type) {
	case Cap:
		return fmt.Sprint(c.Tons)
	case Objection:
		return fmt.Sprintf("%d, %s", c.Cap.Tons, c.Reason)
	case protocol.Text:
		return fmt.Sprintf("%q", c)
	}
	return fmt.Sprintf("%+v", m.Content)
}

// liar proposes a cap, agrees to whatever is proposed to it, and takes what it likes.
type liar struct{ proposes, takes int }

func (k liar) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case *protocol.Message:
		if e.Act == protocol.Propose {
			t.Send(protocol.Message{Act: protocol.Agree, Receivers: []string{e.Sender}, Content: e.Content, Conversation: e.Conversation})
		}
	case actors.Percept:
		v := e.View.(View)
		switch e.Phase {
		case PhasePropose:
			t.Send(protocol.Message{Act: protocol.Propose, Content: Cap{v.Month, k.proposes},
				Receivers: slices.DeleteFunc(slices.Clone(v.Present), func(name string) bool { return name == v.Name })})
		case PhaseHarvest:
			t.Act(Harvest{k.takes})
		}
	}
	return nil
}

func (liar) Stateless() {}
