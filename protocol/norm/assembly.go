package norm

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// Quorum is how many of its members must be for a motion.
type Quorum uint8

// The quorums.
const (
	Majority  Quorum = iota // more than half
	Unanimity               // all
)

// Constitution is how an assembly decides.
type Constitution struct {
	Of        Organisation // what norms may be about: its roles and missions. Its own norms cannot be replaced or repealed
	Quorum    Quorum
	Witnesses int // how many members, the debtor not among them, must have seen a norm broken; 0: 1
}

// How much an Assembly keeps, at most. More motions are ignored; of more names of motions the oldest are forgotten. Of more cases
// the oldest that are not established are, then those that were punished (they are not established again), then the others.
const (
	MaxMotions = 100    // open, of all
	MaxOpen    = 4      // open, of one member
	MaxCases   = 1000   // known
	MaxTold    = 100    // of them not established, that one member is a witness of: its oldest testimony is forgotten
	MaxPast    = 10_000 // of those forgotten that were punished
	MaxAdopted = 100    // norms in force
)

// Assembly is agents that make norms. What it decides follows from the messages of its members, and those alone: whoever hears
// each of them say the same, however it is mixed with what others say (a vote after its motion), and has the same members when a
// vote ends, knows the same norms to be in force. So every agent keeps one for itself, and an observer another.
type Assembly struct {
	of    Constitution
	state assembled
}

// assembled is all of an Assembly that is not its constitution; its JSON form is the snapshot.
type assembled struct {
	Now     time.Duration `json:"now"`
	Members []string      `json:"members"`        // sorted
	Motions []put         `json:"motions"`        // open, by deadline and name
	Names   []string      `json:"names"`          // of the newest motions
	Norms   []Norm        `json:"norms"`          // in force, by name
	Cases   []seen        `json:"cases"`          // oldest first
	Past    []string      `json:"past,omitempty"` // digests of the punished cases that are not among them; oldest first
}

// put is a motion that is open.
type put struct {
	Motion  Motion        `json:"motion"`
	By      string        `json:"by"`
	Until   time.Duration `json:"until"`
	For     []string      `json:"for"` // sorted
	Against []string      `json:"against,omitempty"`
}

// seen is a case.
type seen struct {
	Violation  Violation `json:"violation"` // as the first witness told it
	Witnesses  []string  `json:"witnesses"` // sorted
	Settled    bool      `json:"settled,omitempty"`
	Sanctioned bool      `json:"sanctioned,omitempty"`
}

// DecisionKind is what a Decision says.
type DecisionKind string

// The kinds of decisions.
const (
	Proposed    DecisionKind = "proposed"    // a motion is open
	Adopted     DecisionKind = "adopted"     // enough were for it: its norm is in force, or repealed
	Rejected    DecisionKind = "rejected"    // not enough were
	Established DecisionKind = "established" // enough have seen that a norm was broken
	Punished    DecisionKind = "punished"    // the sanction for it was applied: once
	Unfounded   DecisionKind = "unfounded"   // somebody applied a sanction for what is not established
	Ignored     DecisionKind = "ignored"     // what was said has no effect, see Reason
)

// Decision is something that follows from what members said.
type Decision struct {
	Kind     DecisionKind
	At       time.Duration
	By       string   // who proposed, witnessed, sanctioned, or was ignored
	Motion   Motion   // of Proposed, Adopted, Rejected
	For      int      // of Adopted and Rejected: votes
	Members  int      // likewise: who could vote
	Case     Penalty  // of Established, Punished, Unfounded
	Sanction Sanction // of Established and Punished
	Reason   protocol.Reason
}

// Convene begins an assembly.
func Convene(c Constitution, members ...string) (*Assembly, error) {
	if err := c.Of.Check(); err != nil {
		return nil, err
	}
	if c.Quorum > Unanimity || c.Witnesses < 0 {
		return nil, refuse(Unknown, "quorum %d and %d witnesses; accepted are Majority and Unanimity, and 0 or more", c.Quorum, c.Witnesses)
	}
	c.Witnesses = max(c.Witnesses, 1)
	a := &Assembly{of: c}
	a.Seat(members...)
	return a, nil
}

// Seat says who the members are, from now on. Who was one keeps no vote, and no testimony counts again that was given.
func (a *Assembly) Seat(members ...string) {
	members = slices.Clone(members)
	slices.Sort(members)
	a.state.Members = slices.Compact(members)
}

// Member says whether an agent is one.
func (a *Assembly) Member(agent string) bool { return has(a.state.Members, agent) }

// Norms are those in force, by name.
func (a *Assembly) Norms() []Norm { return slices.Clone(a.state.Norms) }

// Norm is one in force.
func (a *Assembly) Norm(name string) (n Norm, ok bool) {
	if i := slices.IndexFunc(a.state.Norms, func(n Norm) bool { return n.Name == name }); i >= 0 {
		return a.state.Norms[i], true
	}
	return n, false
}

// Open are the motions that can be voted on, in the order in which their votes end.
func (a *Assembly) Open() (all []Motion) {
	for _, p := range a.state.Motions {
		all = append(all, p.Motion)
	}
	return all
}

// Next is when the next vote ends; false: none does by the clock.
func (a *Assembly) Next() (at time.Duration, ok bool) {
	if len(a.state.Motions) == 0 || a.state.Motions[0].Until == session {
		return 0, false
	}
	return a.state.Motions[0].Until, true
}

// Hear is told what somebody said, oneself too; what is not about norms has no effect. Votes that ended before that time are
// counted first; one that ends at exactly that time still counts it.
func (a *Assembly) Hear(at time.Duration, m *protocol.Message) []Decision {
	all := a.close(at - 1)
	a.state.Now = max(a.state.Now, at)
	var d Decision
	switch c := m.Content.(type) {
	case Motion:
		if m.Act != protocol.Propose {
			return all
		}
		d = a.propose(m, c.clone())
	case Vote:
		if m.Act != protocol.AcceptProposal && m.Act != protocol.RejectProposal {
			return all
		}
		d = a.vote(m, c)
	case Violation:
		if m.Act != protocol.Inform {
			return all
		}
		d = a.witness(m.Sender, c)
	case Penalty:
		if m.Act != protocol.Inform {
			return all
		}
		d = a.sanction(m.Sender, c)
	}
	if d.Kind == "" {
		return all
	}
	d.At, d.By = a.state.Now, m.Sender
	return append(all, d)
}

// Advance lets time go on, and counts the votes that end by then.
func (a *Assembly) Advance(now time.Duration) []Decision {
	all := a.close(min(now, session-1))
	a.state.Now = max(a.state.Now, now)
	return all
}

// session is when the vote on a motion without a reply-by ends.
const session = time.Duration(math.MaxInt64)

// Adjourn ends a session: all votes are counted that are open.
func (a *Assembly) Adjourn() []Decision { return a.close(session) }

func ignored(code, format string, args ...any) Decision {
	return Decision{Kind: Ignored, Reason: protocol.Reason{Code: code, Detail: fmt.Sprintf(format, args...)}}
}

func (a *Assembly) propose(m *protocol.Message, motion Motion) Decision {
	s := &a.state
	mine := 0
	for _, p := range s.Motions {
		if p.By == m.Sender {
			mine++
		}
	}
	switch {
	case !a.Member(m.Sender):
		return ignored(Unauthorised, "%s is no member", m.Sender)
	case !named(motion.Name) || !motion.By(m.Sender):
		return ignored(Unknown, "motion %.100q; accepted is a name that begins with %q", motion.Name, m.Sender+"/")
	case slices.Contains(s.Names, motion.Name):
		return ignored(Taken, "motion %q was put before", motion.Name)
	case m.ReplyBy != 0 && m.ReplyBy <= s.Now:
		return ignored(Late, "motion %q is to be voted on until %v, and it is %v", motion.Name, m.ReplyBy, s.Now)
	case mine >= MaxOpen || len(s.Motions) >= MaxMotions:
		return ignored(Full, "%d motions of %s are open, and %d of all", mine, m.Sender, len(s.Motions))
	}
	if err := a.fit(motion); err != nil {
		return ignored(Unknown, "%.400v", err)
	}
	until := m.ReplyBy
	if until == 0 {
		until = session
	}
	s.Motions = append(s.Motions, put{Motion: motion, By: m.Sender, Until: until, For: []string{m.Sender}})
	slices.SortFunc(s.Motions, func(a, b put) int {
		return cmp.Or(cmp.Compare(a.Until, b.Until), strings.Compare(a.Motion.Name, b.Motion.Name))
	})
	if s.Names = append(s.Names, motion.Name); len(s.Names) > MaxCases {
		s.Names = s.Names[len(s.Names)-MaxCases:]
	}
	return Decision{Kind: Proposed, Motion: motion}
}

// fit says what is wrong with a motion.
func (a *Assembly) fit(m Motion) error {
	o := a.of.Of
	fixed := func(name string) bool { return find(o.Norms, func(n *Norm) bool { return n.Name == name }) != nil }
	switch {
	case (m.Norm == nil) == (m.Repeal == ""):
		return refuse(Unknown, "motion %q has a norm and repeals one, or neither; accepted is one of both", m.Name)
	case m.Norm == nil && (!named(m.Repeal) || fixed(m.Repeal)):
		return refuse(Unknown, "norm %.100q cannot be repealed", m.Repeal)
	case m.Norm == nil:
		return nil
	case fixed(m.Norm.Name):
		return refuse(Taken, "norm %.100q is the organisation's own", m.Norm.Name)
	}
	o.Norms = append(slices.Clone(o.Norms), *m.Norm)
	return o.Check()
}

func (a *Assembly) vote(m *protocol.Message, v Vote) Decision {
	p := find(a.state.Motions, func(p *put) bool { return p.Motion.Name == v.Motion })
	switch {
	case !a.Member(m.Sender):
		return ignored(Unauthorised, "%s is no member", m.Sender)
	case p == nil:
		return ignored(Unknown, "no motion %.100q is open", v.Motion)
	case has(p.For, m.Sender) || has(p.Against, m.Sender):
		return ignored(Taken, "%s has voted on motion %q", m.Sender, v.Motion)
	case m.Act == protocol.AcceptProposal:
		p.For = with(p.For, m.Sender)
	default:
		p.Against = with(p.Against, m.Sender)
	}
	return Decision{}
}

// close counts the votes that end by a time, in the order of their ends and of the names of their motions.
func (a *Assembly) close(by time.Duration) (all []Decision) {
	s := &a.state
	for len(s.Motions) > 0 && s.Motions[0].Until <= by {
		p := s.Motions[0]
		s.Motions = slices.Delete(s.Motions, 0, 1)
		if p.Until < session {
			s.Now = max(s.Now, p.Until)
		}
		d := Decision{Kind: Rejected, At: min(p.Until, s.Now), By: p.By, Motion: p.Motion, Members: len(s.Members)}
		for _, name := range p.For {
			if a.Member(name) {
				d.For++
			}
		}
		if enough := d.Members; d.For > 0 && (a.of.Quorum == Majority && 2*d.For > enough || d.For == enough) && a.adopt(p.Motion) {
			d.Kind = Adopted
		}
		all = append(all, d)
	}
	return all
}

// adopt puts a motion's norm in force, or out of it. false: there are too many.
func (a *Assembly) adopt(m Motion) bool {
	s := &a.state
	name := m.Repeal
	if m.Norm != nil {
		name = m.Norm.Name
	}
	_, had := a.Norm(name)
	if m.Norm != nil && !had && len(s.Norms) >= MaxAdopted {
		return false
	}
	s.Norms = slices.DeleteFunc(s.Norms, func(n Norm) bool { return n.Name == name })
	if m.Norm != nil {
		s.Norms = append(s.Norms, m.Norm.clone())
		slices.SortFunc(s.Norms, func(a, b Norm) int { return strings.Compare(a.Name, b.Name) })
	}
	return true
}

func (m Motion) clone() Motion {
	if m.Norm != nil {
		n := m.Norm.clone()
		m.Norm = &n
	}
	return m
}

func has(sorted []string, name string) bool {
	_, ok := slices.BinarySearch(sorted, name)
	return ok
}

func with(sorted []string, name string) []string {
	i, _ := slices.BinarySearch(sorted, name)
	return slices.Insert(sorted, i, name)
}
