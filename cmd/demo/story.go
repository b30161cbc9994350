package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// story tells people what happens in a run, line by line: a line per round and below it what was notable. What
// happened within a round is sorted, for agents run side by side, and told when the round is over; what holds it up
// is told at once.
type story struct {
	line    func(environment.RoundEnded) string
	agents  int             // from the start
	known   map[string]bool // who was there in the last round; nil: it is the first
	phases  []string        // of a round
	notable []note          // since the last round
}

// note is something notable. Equal ones of several agents are told in one line.
type note struct {
	phase int    // where in the round it belongs
	who   string // whom it is about
	what  string // what follows the name
}

// notableLines is how many lines a round may have below its own.
const notableLines = 16

func newStory(pl *plan) *story {
	s := &story{line: pl.scenario.Line, agents: pl.agents}
	if s.line == nil {
		s.line = variablesLine
	}
	s.phases = pl.phases()
	return s
}

// see gives the lines to print now.
func (s *story) see(event any) []string {
	switch e := event.(type) {
	case environment.RoundEnded:
		s.arrivals(e.Agents)
		return append([]string{s.line(e)}, s.rest()...)
	case actors.Said:
		s.note(s.phase(e.Phase), e.Message.Sender, s.said(e))
	case environment.Missed:
		why := "its percept was set aside"
		if e.Late {
			why = "it was too late"
		}
		s.note(s.phase(e.Phase), e.Agent, fmt.Sprintf("missed phase %s: %s", e.Phase, why))
	case polis.Failed:
		f := e.Decision.Cause()
		s.note(len(s.phases), person(f.Actor), failedText(f, e.Decision))
	case actors.Marked:
		s.note(s.phase(e.Phase), e.Agent, markedText(e))
	case actors.Forgot:
		s.note(len(s.phases), e.Agent, "restarted without its memory")
	case environment.Restored:
		s.note(len(s.phases), environment.Name, "stands again, and the society goes on")
	case polis.Blocked:
		text := fmt.Sprintf("%s has held its turn for %.1f s:", person(e.Actor), e.Held.Seconds())
		return append([]string{indented(text)}, stackLines(e.Stack)...)
	case polis.Abandoned:
		return []string{indented(fmt.Sprintf("%s: its %s ignores the end of its context and is left behind", person(e.Actor), e.Job))}
	}
	return nil
}

// markedText says how a decision was made that was not made as usual.
func markedText(e actors.Marked) string {
	why := shortened(cleaned(e.Why), 96)
	switch e.Mark {
	case actors.Fallback:
		return "fell back to its rule: " + why
	case actors.Unusable:
		return "passed, for it had no usable answer: " + why
	}
	return "had to mend its answer: " + why
}

// failedText says at what an actor failed and what became of it; why, when it was not simply tried again.
func failedText(f *supervision.Failure, d supervision.Decision) string {
	at := f.Event
	if at == "started" {
		at = "start"
	}
	switch d.(type) {
	case supervision.Restart:
		return fmt.Sprintf("crashed on its %s and was restarted", at)
	case supervision.Quarantine:
		return fmt.Sprintf("quarantined its %s, which failed %d times: %s", at, f.Attempt, shortened(fmt.Sprint(f.Err), 72))
	case supervision.Stop:
		return fmt.Sprintf("crashed on its %s and was stopped: %s", at, shortened(fmt.Sprint(f.Err), 72))
	}
	return fmt.Sprintf("crashed on its %s, for its parent to decide: %s", at, shortened(fmt.Sprint(f.Err), 72))
}

func (s *story) note(phase int, who, what string) {
	s.notable = append(s.notable, note{phase, who, what})
}

// phase is where a phase stands in its round.
func (s *story) phase(name string) int { return max(slices.Index(s.phases, name), 0) }

// said is a message in short: to whom, the act, and what it is about.
func (s *story) said(e actors.Said) string {
	m := e.Message
	to := strings.Join(m.Receivers, ", ")
	if n := len(m.Receivers); n > 2 && n >= max(len(s.known), s.agents)-1 {
		to = "all"
	}
	if words, ok := m.Content.(protocol.Text); ok {
		return fmt.Sprintf("→ %s: “%s”", to, shortened(cleaned(string(words)), 140))
	}
	text := fmt.Sprintf("→ %s: %s", to, m.Act)
	if m.Content != nil {
		text += " " + shortened(cleaned(fmt.Sprintf("%+v", m.Content)), 72)
	}
	return text
}

// person is an agent's name as others know it; the world and services are actors by their own names.
func person(actor string) string { return strings.TrimPrefix(actor, "agents/") }

// stackLines is the top of a stack; events.jsonl has all of it.
func stackLines(stack string) (lines []string) {
	const most = 12
	for line := range strings.Lines(stack) {
		if len(lines) == most {
			break
		}
		lines = append(lines, indented(indented(strings.TrimRight(line, "\n"))))
	}
	return lines
}

// arrivals notes who was not there in the round before.
func (s *story) arrivals(agents []environment.AgentRow) {
	first := s.known == nil
	if first {
		s.known = make(map[string]bool, len(agents))
	}
	for _, a := range agents {
		if !first && !s.known[a.Name] {
			s.note(-1, a.Name, "joined")
		}
		s.known[a.Name] = true
	}
}

// rest gives the lines of what was notable since the last round.
func (s *story) rest() []string {
	notes := s.notable
	s.notable = s.notable[:0]
	slices.SortFunc(notes, func(a, b note) int {
		return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.what, b.what), cmp.Compare(a.who, b.who))
	})
	var lines []string
	for len(notes) > 0 {
		n := 1
		for n < len(notes) && notes[n].phase == notes[0].phase && notes[n].what == notes[0].what {
			n++
		}
		if len(lines) == notableLines {
			return append(lines, indented(fmt.Sprintf("and %d more", len(notes))))
		}
		lines = append(lines, indented(names(notes[:n])+" "+notes[0].what))
		notes = notes[n:]
	}
	return lines
}

// names lists whom notes are about, and how often: "Jack ×2, Kate".
func names(notes []note) string {
	var all []string
	for len(notes) > 0 {
		n := 1
		for n < len(notes) && notes[n].who == notes[0].who {
			n++
		}
		name := notes[0].who
		if n > 1 {
			name = fmt.Sprintf("%s ×%d", name, n)
		}
		all = append(all, name)
		notes = notes[n:]
	}
	return listed(all)
}

func indented(text string) string { return "    " + text }

// shortened cuts a text that is too long to be read in passing, and takes it on one line.
func shortened(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}

// variablesLine tells of a round what the world shows, for scenarios that have no words of their own.
func variablesLine(r environment.RoundEnded) string {
	text := fmt.Sprintf("round %d", r.Round)
	for _, v := range r.World {
		text += fmt.Sprintf("  %s %s", v.Name, short(v.Value))
	}
	return text
}
