package monitor

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Config is what a Monitor is made from. Its zero value is useful but for Self.
type Config struct {
	Self     string                          // the name of the agent
	Library  *Library                        // the protocols it knows; nil: those of FIPA
	Permit   func(m *protocol.Message) error // whether the sender may say that: roles, organisation; nil: everybody may say everything
	Redirect func(m *protocol.Message) bool  // whether the sender may have what it opens answered to another (its reply-to), as a recruiter does; nil: nobody may
	Collect  func(m *protocol.Message) bool  // whether the sender answers what somebody has had a recruiter ask of it, to be answered to this agent; nil: nobody does
	Open     int                             // sessions open at once, at most; 0: 100,000. What would open another is answered with the reason "overloaded"
	OpenEach int                             // of these, sessions that one peer has opened; 0: 1000. Beyond it, too, the reason is "overloaded"
	Messages int                             // of one session, at most; 0: 1000. What exceeds it is cut with the reason "budget". Moves with a bound of their own are not counted, nor three more with each
	Repeats  int                             // so often the same exchange without progress is a livelock; 0: 8
	Kept     time.Duration                   // how long an ended session is remembered, so that late messages are known as such; 0: 10 min. At most 10,000 are
}

// maxEnded is how many ended sessions are remembered.
const maxEnded = 10_000

// Verdict is what the monitor says of a message.
type Verdict uint8

// The verdicts. Only what is Accepted has an effect, and only what is Accepted may be sent.
const (
	Accepted      Verdict = iota // legal in the present state, or not part of a protocol
	OutOfSequence                // of a session that is open, and not legal now
	Late                         // of a session that has ended
	Unknown                      // of no session that is known, and not an opening act
	NotUnderstood                // malformed, or of a protocol that is not known; the session it belongs to ends as [NU]
	Forbidden                    // the sender may not say that, or may not have it answered to another
	Cut                          // it would exceed a bound: reason "overloaded", "budget" or "livelock"; of the last two the session ends as [CUT]
)

// String gives the word of the documents.
func (v Verdict) String() string {
	return [...]string{"accepted", "out-of-sequence", "late", "unknown", "not-understood", "forbidden", "cut"}[v]
}

// The ends that no protocol names.
const (
	EndUndeliverable = "[UNDELIVERABLE]" // a message could not be delivered
	EndCut           = "[CUT]"           // a bound of Config was reached
	EndNotUnderstood = "[NU]"            // something malformed was received
)

// The codes of reasons that the monitor gives.
const (
	CodeLate         = "late"
	CodeEnded        = "already-ended"
	CodeExpired      = "expired"
	CodeUnknown      = "unknown-conversation"
	CodeSequence     = "out-of-sequence"
	CodeUnauthorised = "unauthorised"
	CodeOverloaded   = "overloaded"
	CodeBudget       = "budget"
	CodeLivelock     = "livelock"
	CodeUnsupported  = "unsupported-value"
	CodeMissing      = "missing-parameter"
	CodeUnrecognised = "unrecognised-value"
)

// Step is what a call has led to.
type Step struct {
	Verdict Verdict
	Reason  protocol.Reason    // why, when the verdict is not Accepted
	Changes []Change           // in the order in which they happened; deadlines that had passed come first
	Say     []protocol.Message // what the runtime answers by itself: it is to be sent as it is, and has been accounted for
}

// Change is a session that has gone from one state to another (or back to the same by a message).
type Change struct {
	Conversation, Peer, Protocol string
	Role                         interaction.Role
	From, To                     string
	Final                        bool          // the session has ended
	By                           string        // a label such as "inform:done"; "after reply"; "on skip"; "undelivered", "not-understood", "livelock", "budget"
	At                           time.Duration // a deadline is passed at the deadline, whenever that is noticed
	Attached                     any           // see Monitor.Attach
}

// Session is what is known of a session.
type Session struct {
	Conversation, Peer, Protocol string
	Role                         interaction.Role
	State                        string
	Final                        bool          // it has ended, and is remembered
	Round                        int           // from 0
	Messages                     int           // so far, both ways
	Deadline                     time.Duration // the state ends then; interaction.Never: it has no deadline
	Answer                       string        // the reply-with of what the peer said last, which a reply echoes
}

// Monitor keeps the conversations of one agent.
type Monitor struct {
	c             Config
	now           time.Duration // never goes back
	conversations map[string]*conversation
	due           queue
	open          int // sessions
	parties       map[string]*party
	paired        int             // those of them that have a pair
	ended         []*session      // in the order in which they ended
	forgotten     int             // how many of them, from the first, are not remembered any more
	named         uint64          // names given so far, of conversations and replies
	recent        *session        // the one that was looked for last
	steps         []Step          // room for the next ones
	free          []*conversation // likewise
}

// New makes a Monitor.
func New(c Config) *Monitor {
	if c.Library == nil {
		c.Library = FIPA()
	}
	if c.Open == 0 {
		c.Open = 100_000
	}
	if c.OpenEach == 0 {
		c.OpenEach = 1000
	}
	if c.Messages == 0 {
		c.Messages = 1000
	}
	if c.Repeats == 0 {
		c.Repeats = 8
	}
	if c.Kept == 0 {
		c.Kept = 10 * time.Minute
	}
	return &Monitor{c: c, conversations: map[string]*conversation{}, parties: map[string]*party{}}
}

// Session gives the session with a peer, also one that has ended and is remembered.
func (m *Monitor) Session(conversation, peer string) (Session, bool) {
	if s := m.session(conversation, peer); s != nil {
		return s.show(), true
	}
	return Session{}, false
}

// Known says whether there is a session of a conversation, also one that has ended and is remembered. Nothing new can be opened
// with its peer under that name.
func (m *Monitor) Known(conversation string) bool { return m.conversation(conversation) != nil }

// Sessions are the open ones, sorted by conversation and peer.
func (m *Monitor) Sessions() iter.Seq[Session] {
	return func(yield func(Session) bool) {
		var open []Session // all are looked at before one is given: meanwhile they may be forgotten
		for _, s := range m.sorted() {
			if !s.ended {
				open = append(open, s.show())
			}
		}
		for _, s := range open {
			if !yield(s) {
				return
			}
		}
	}
}

// sorted are all sessions that are remembered.
func (m *Monitor) sorted() []*session {
	var all []*session
	for _, c := range m.conversations {
		c.each(func(s *session) { all = append(all, s) })
	}
	slices.SortFunc(all, (*session).compare)
	return all
}

// Legal says what the agent may say now in a session, the narrowest labels first, else in the order of the protocol.
func (m *Monitor) Legal(now time.Duration, conversation, peer string) []interaction.Label {
	s := m.session(conversation, peer)
	if s == nil || s.ended || s.due < m.at(now) {
		return nil
	}
	var legal []interaction.Label
	says := s.machine.states[s.state].says
	for i := range says {
		if l := says[i].label; !slices.Contains(legal, l) && m.holds(s, &says[i]) {
			legal = append(legal, l)
		}
	}
	return legal
}

// Next is the earliest deadline; false: there is none. It has passed at any time after it, not at it.
func (m *Monitor) Next() (time.Duration, bool) {
	if len(m.due) == 0 {
		return 0, false
	}
	return m.due[0].due, true
}

// Advance lets pass all deadlines before now, in the order of (deadline, conversation, peer): a message at the deadline
// itself is in time. Send, Receive, Undelivered and Event do so first.
func (m *Monitor) Advance(now time.Duration) Step {
	step := m.step()
	m.advance(now, &step)
	return step
}

// Attach lets a session carry something of the agent's own until it is forgotten; its changes carry it too. Where peer is "" it
// is the conversation that does. A snapshot is without it.
func (m *Monitor) Attach(conversation, peer string, what any) {
	if s := m.session(conversation, peer); s != nil {
		s.attached = what
	} else if c := m.conversation(conversation); c != nil && peer == "" {
		c.attached = what
	}
}

// Attached gives what a session carries, or with peer "" a conversation; nil: nothing, or it is not known.
func (m *Monitor) Attached(conversation, peer string) any {
	if s := m.session(conversation, peer); s != nil {
		return s.attached
	}
	if c := m.conversation(conversation); c != nil && peer == "" {
		return c.attached
	}
	return nil
}

// session gives a session, open or ended, or nil.
func (m *Monitor) session(conversation, peer string) *session {
	c := m.conversation(conversation)
	if c == nil {
		return nil
	}
	s := c.session(peer)
	if s != nil {
		m.recent = s
	}
	return s
}

// conversation gives one of which sessions are remembered, or nil.
func (m *Monitor) conversation(id string) *conversation {
	if s := m.recent; s != nil && s.conversation.id == id {
		return s.conversation
	}
	return m.conversations[id]
}

// Reuse takes the room of a step for the next one. It is for who judges very many messages: the step must not be read any more.
func (m *Monitor) Reuse(s Step) {
	clear(s.Changes)
	clear(s.Say)
	if len(m.steps) < maxSteps {
		m.steps = append(m.steps, Step{Changes: s.Changes[:0], Say: s.Say[:0]})
	}
}

// maxSteps is of how many steps the room is kept: what is heard is answered, by which another step is taken, before its own is read.
const maxSteps = 4

// step is an empty one.
func (m *Monitor) step() (s Step) {
	if last := len(m.steps) - 1; last >= 0 {
		s, m.steps = m.steps[last], m.steps[:last]
	}
	return s
}

func (s *session) show() Session {
	d := s.due
	if d == never {
		d = interaction.Never
	}
	return Session{s.conversation.id, s.party.name, s.machine.data.Name, s.machine.role, s.name(s.state), s.ended, int(s.round), int(s.messages), d, s.answer}
}

func (s *session) compare(o *session) int {
	if n := strings.Compare(s.conversation.id, o.conversation.id); n != 0 {
		return n
	}
	return strings.Compare(s.party.name, o.party.name)
}
