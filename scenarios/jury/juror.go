package jury

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

// manner is how a juror talks and votes.
type manner struct {
	tells bool // its clues; else its opinion
	heeds bool // what it has heard
}

// juror is an agent that decides by rules. It knows its own clues, and what it was told in the present case.
type juror struct {
	manner
	memory jurorMemory
}

// jurorMemory is about one case.
type jurorMemory struct {
	Case     int               `json:"case"`
	Told     bool              `json:"told"`     // it has told its clues
	Facts    map[int]string    `json:"facts"`    // what others have told it, by number: the side
	Opinions map[string]string `json:"opinions"` // the newest of each of the others
}

// Receive hears what is said, talks when it may, and votes.
func (j *juror) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case *protocol.Message:
		j.hear(e)
	case actors.Percept:
		v, ok := e.View.(View)
		if !ok {
			return fmt.Errorf("jury: a juror cannot be made about %T", e.View)
		}
		j.turnPage(v.Case)
		switch {
		case v.Case == 0 || e.Phase == PhaseDeal:
		case e.Phase == PhaseVote:
			t.Act(Vote{j.verdict(t, v)})
		case strings.HasPrefix(e.Phase, talk) && mayTalk(v, e.Phase) == nil:
			j.talk(t, v)
		}
	}
	return nil
}

// turnPage begins a case. What was said about another is forgotten.
func (j *juror) turnPage(number int) {
	if number != j.memory.Case || j.memory.Facts == nil {
		j.memory = jurorMemory{Case: number, Facts: map[int]string{}, Opinions: map[string]string{}}
	}
}

// hear notes what is said about the present case. Of two who tell the same fact differently the first is believed.
func (j *juror) hear(m *protocol.Message) {
	switch said := m.Content.(type) {
	case Evidence:
		if m.Act != protocol.Inform || said.Case != j.memory.Case || j.memory.Facts == nil {
			return
		}
		for _, c := range said.Clues {
			if _, known := j.memory.Facts[c.Fact]; !known && len(j.memory.Facts) < mostJurors*mostClues {
				j.memory.Facts[c.Fact] = c.For
			}
		}
	case Opinion:
		if m.Act == protocol.Propose && said.Case == j.memory.Case && j.memory.Opinions != nil {
			j.memory.Opinions[m.Sender] = said.For
		}
	}
}

// talk tells its clues, once, or what it thinks.
func (j *juror) talk(t *actors.Turn, v View) {
	switch {
	case !j.tells:
		t.Send(protocol.Message{Act: protocol.Propose, Receivers: v.Others, Content: Opinion{v.Case, j.verdict(t, v)}})
	case !j.memory.Told:
		t.Send(inform(v, v.Clues))
		j.memory.Told = true
	}
}

// verdict is the side it is for: that of most of the clues it knows, each once, since all are equally reliable for what it
// knows; of one that gives opinions that of most of these, its own among them. A tie is broken by its own clues, and by a fair
// coin when they say nothing.
func (j *juror) verdict(t *actors.Turn, v View) string {
	own, all := 0, 0
	mine := make(map[int]bool, len(v.Clues))
	for _, c := range v.Clues {
		own += sign(c.For)
		mine[c.Fact] = true
	}
	switch {
	case !j.heeds:
		all = own
	case j.tells:
		all = own
		for fact, side := range j.memory.Facts { // a sum does not depend on the order
			if !mine[fact] {
				all += sign(side)
			}
		}
	default:
		all = min(max(own, -1), 1)
		for _, side := range j.memory.Opinions {
			all += sign(side)
		}
	}
	switch {
	case all == 0 && own == 0:
		return sides[t.Rand().IntN(2)]
	case all == 0:
		all = own
	}
	if all > 0 {
		return SideA
	}
	return SideB
}

// sign is 1 for A, -1 for B, and 0 for what is no side.
func sign(side string) int {
	switch side {
	case SideA:
		return 1
	case SideB:
		return -1
	}
	return 0
}

// Snapshot is its memory.
func (j *juror) Snapshot() ([]byte, error) { return json.Marshal(j.memory) }

// Restore takes it back.
func (j *juror) Restore(state []byte) error {
	j.memory = jurorMemory{}
	if err := json.Unmarshal(state, &j.memory); err != nil {
		return fmt.Errorf("jury: restore a juror: %w", err)
	}
	return nil
}
