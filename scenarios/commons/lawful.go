package commons

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// The norm that people at the lake can make for themselves.
const (
	capNorm    = "cap"    // nobody catches more than so many tons a month
	fisherRole = "fisher" // of everybody at the lake
	catchFact  = "catch"  // what a fisher caught in a month, in tons
	fineName   = "fine"   // so many tons fewer are asked for

	normsPrefix = "norms/" // before the month, in the name of a conversation
	witnesses   = 2        // who must have seen a catch above the cap, besides who made it
)

// village is what norms at the lake can be about.
var village = norm.Constitution{Witnesses: witnesses, Of: norm.Organisation{Name: name, Roles: []norm.Role{{Name: fisherRole}},
	Groups: []norm.Group{{Name: "lake", Roles: []norm.Place{{Name: fisherRole}}}}}}

// lawOf is the norm of a cap. Who breaks it gives back half a cap, rounded up.
func lawOf(tons int) *norm.Norm {
	return &norm.Norm{Name: capNorm, Role: fisherRole, Deontic: norm.Prohibition, Do: &norm.Pattern{Fact: catchFact, AtLeast: tons + 1},
		Sanction: norm.Sanction{Name: fineName, Amount: (tons + 1) / 2}}
}

// capIn is the cap of a norm; false: it is none.
func capIn(n norm.Norm) (tons int, ok bool) {
	if n.Do == nil || n.Do.AtLeast == 0 {
		return 0, false
	}
	of := lawOf(n.Do.AtLeast - 1)
	return n.Do.AtLeast - 1, n.Name == of.Name && n.Role == of.Role && n.Deontic == of.Deontic && *n.Do == *of.Do && n.Sanction == of.Sanction
}

// lawful makes norms with the others, keeps them, and holds everybody to them.
//
// The chair goes round by name, month by month. Who has it moves that the fair share be the cap for all, when another is in
// force, or none, or when there are others at the lake than when it was made. Everybody lawful votes for a cap of no more than
// the fair share, and against any other; more than half of all who are at the lake make it the norm. When catches are
// announced, who sees one above the cap says so. When two have seen it, the first of them by name sets the fine, and a lawful
// one that is fined asks for so much less, at once. It asks for its fair share where there is no cap below that.
//
// A defector does the same, except that in some months it asks for half as much again, and pays no fine then.
type lawful struct {
	defects int // percent of the months
	memory  lawfulMemory
	seated  *norm.Assembly
}

// lawfulMemory is what it knows besides what was decided.
type lawfulMemory struct {
	Month    int             `json:"month"`
	Cap      int             `json:"cap"`   // in force in the harvest of Month; none: none was
	Seats    int             `json:"seats"` // who were at the lake when it was made
	Owes     int             `json:"owes"`  // tons
	Assembly json.RawMessage `json:"assembly,omitempty"`
}

func newLawful(defects int) *lawful {
	l := &lawful{defects: defects, memory: lawfulMemory{Cap: none}}
	l.seated, _ = norm.Convene(village) // it is well declared: see the tests
	return l
}

// makeDefector reads P of defector:P.
func makeDefector(arg string) (func() actors.Behavior, error) {
	p, ok := tons(arg)
	if !ok || p > 100 {
		return nil, fmt.Errorf("accepted is defector:P with P from 0 to 100")
	}
	return func() actors.Behavior { return newLawful(p) }, nil
}

// Receive hears what is said, speaks in the phases of talk, and harvests.
func (l *lawful) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case *protocol.Message:
		l.hear(t, e)
	case actors.Percept:
		v, ok := e.View.(View)
		if !ok {
			return fmt.Errorf("commons: a lawful one cannot live by %T", e.View)
		}
		if v.Month != l.memory.Month {
			l.turnPage(t, v)
		}
		switch e.Phase {
		case PhasePropose:
			l.move(t, v)
		case PhaseReply:
			l.vote(t, v)
			l.punish(t, v)
		case PhaseHarvest:
			l.harvest(t, v)
		}
	}
	return nil
}

// hear lets the assembly hear what was said, and notes a fine. Where one speaks after the other, some do so in a month that
// has not begun for their hearer: whom they speak to is who is there then.
func (l *lawful) hear(t *actors.Turn, m *protocol.Message) {
	month, ok := strings.CutPrefix(m.Conversation, normsPrefix)
	if n, err := strconv.Atoi(month); ok && err == nil && n > l.memory.Month {
		l.seated.Seat(append([]string{m.Sender}, m.Receivers...)...)
	}
	for _, d := range l.seated.Hear(t.Now(), m) {
		if d.Kind == norm.Punished && d.Case.Debtor == t.Self() {
			l.memory.Owes += d.Sanction.Amount
		}
	}
}

// say speaks to everybody else, and hears itself.
func (l *lawful) say(t *actors.Turn, v View, act protocol.Act, content any) {
	others := others(v)
	if len(others) == 0 {
		return
	}
	m := protocol.Message{Act: act, Sender: t.Self(), Receivers: others, Content: content, Conversation: normsPrefix + strconv.Itoa(v.Month)}
	t.Send(m)
	l.hear(t, &m)
}

// turnPage begins a month: who is there is seated, and who caught more than the cap is told of.
func (l *lawful) turnPage(t *actors.Turn, v View) {
	l.seated.Seat(v.Present...)
	most, last := l.memory.Cap, l.memory.Month
	l.memory.Month, l.memory.Cap = v.Month, none
	if most == none || last != v.Month-1 || len(v.Present) < 2 {
		return
	}
	for _, c := range v.Catches {
		if c.Tons > most && c.Name != v.Name {
			l.say(t, v, protocol.Inform, norm.Violation{Norm: capNorm, Debtor: c.Name, Case: "month " + strconv.Itoa(last), Value: c.Tons})
		}
	}
}

// law is the cap in force; none: none is.
func (l *lawful) law() int {
	if n, ok := l.seated.Norm(capNorm); ok {
		if tons, ok := capIn(n); ok {
			return tons
		}
	}
	return none
}

// move moves that the fair share be the cap, when it is its turn.
func (l *lawful) move(t *actors.Turn, v View) {
	chair := v.Present[(v.Month-1)%len(v.Present)]
	if chair == t.Self() && (l.law() != v.Share || l.memory.Seats != len(v.Present)) {
		l.say(t, v, protocol.Propose, norm.Motion{Name: fmt.Sprintf("%s/%d", t.Self(), v.Month), Norm: lawOf(v.Share)})
	}
}

// vote votes on the motions of others.
func (l *lawful) vote(t *actors.Turn, v View) {
	for _, m := range l.seated.Open() {
		if m.By(t.Self()) {
			continue
		}
		act := protocol.RejectProposal
		if m.Norm != nil {
			if tons, ok := capIn(*m.Norm); ok && tons <= v.Share {
				act = protocol.AcceptProposal
			}
		}
		l.say(t, v, act, norm.Vote{Motion: m.Name})
	}
}

// punish sets the fine for what enough have seen, where it is the first of the witnesses by name.
func (l *lawful) punish(t *actors.Turn, v View) {
	for _, p := range l.seated.Unpunished() {
		if l.seated.Witnesses(p)[0] == t.Self() && slices.Contains(v.Present, p.Debtor) {
			l.say(t, v, protocol.Inform, p)
		}
	}
}

// harvest ends the talk of the month, and asks for what the law leaves.
func (l *lawful) harvest(t *actors.Turn, v View) {
	for _, d := range l.seated.Adjourn() {
		if d.Kind == norm.Adopted {
			l.memory.Seats = d.Members
		}
	}
	l.memory.Cap = l.law()
	tons := v.Share
	if l.memory.Cap != none {
		tons = min(tons, l.memory.Cap)
	}
	if l.defects > 0 && t.Rand().IntN(100) < l.defects {
		t.Act(Harvest{tons + (tons+1)/2})
		return
	}
	paid := min(tons, l.memory.Owes)
	l.memory.Owes -= paid
	t.Act(Harvest{tons - paid})
}

// Snapshot is its memory.
func (l *lawful) Snapshot() ([]byte, error) {
	var err error
	if l.memory.Assembly, err = l.seated.Snapshot(); err != nil {
		return nil, err
	}
	return json.Marshal(l.memory)
}

// Restore takes it back.
func (l *lawful) Restore(state []byte) error {
	l.memory = lawfulMemory{}
	err := json.Unmarshal(state, &l.memory)
	if err == nil {
		l.seated, err = norm.Reconvene(village, l.memory.Assembly)
	}
	if err != nil {
		return fmt.Errorf("commons: restore a lawful one: %w", err)
	}
	l.memory.Assembly = nil
	return nil
}
