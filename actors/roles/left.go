package roles

import (
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// Word is something that an agent's mind may say in a conversation that is left to it, as far as the protocol has it then.
type Word struct {
	Act  protocol.Act
	Form *environment.Action // the call that says it: its name, a sentence about it, what it takes

	begins  bool
	read    func(call any) (conversation string, args any)
	content func(s *Session, args any) (any, error)
	opening func(args any) (Opening, error)
}

// Opening is a conversation that a mind begins.
type Opening struct {
	To      []string
	Content any           // a registered payload
	Within  time.Duration // see Desk.Open
}

// Said is the call of a word in an open conversation.
type Said[A any] struct {
	Conversation string `json:"conversation" maxlen:"16" doc:"the id of the conversation in which you say it"`
	Content      A      `json:"content" doc:"what you say"`
}

// spoken is the call of a word without content.
type spoken struct {
	Conversation string `json:"conversation" maxlen:"16" doc:"the id of the conversation in which you say it"`
}

// Why is the reason that a mind gives.
type Why struct {
	Reason string `json:"reason" maxlen:"200" doc:"why, in a few words"`
}

// Answer is a word with content: its name as a tool, the act, and a sentence about it for the mind. A is a struct whose fields
// may carry the tags of environment.Action.Check. content makes of it what is said, a registered payload; an error is a
// complaint that the mind is told. nil: A is said as it is. Answer panics on a mistake in the declaration.
func Answer[A any](name string, act protocol.Act, doc string, content func(s *Session, args A) (any, error)) *Word {
	w := wordOf[Said[A]](name, act, doc)
	w.read = func(call any) (string, any) {
		said := call.(Said[A])
		return said.Conversation, said.Content
	}
	w.content = func(s *Session, args any) (any, error) {
		if content == nil {
			return args, nil
		}
		return content(s, args.(A))
	}
	return w
}

// Plain is a word without content, such as accept-proposal.
func Plain(name string, act protocol.Act, doc string) *Word {
	w := wordOf[spoken](name, act, doc)
	w.read = func(call any) (string, any) { return call.(spoken).Conversation, nil }
	w.content = func(*Session, any) (any, error) { return nil, nil }
	return w
}

// Because is a word that says why not, such as refuse: its content is a protocol.Reason with the code given.
func Because(name string, act protocol.Act, doc, code string) *Word {
	return Answer(name, act, doc, func(_ *Session, why Why) (any, error) {
		return protocol.Reason{Code: code, Detail: why.Reason}, nil
	})
}

// Begin is a word that begins a conversation. opening says with whom, and what is said; an error is a complaint that the mind
// is told.
func Begin[A any](name string, act protocol.Act, doc string, opening func(args A) (Opening, error)) *Word {
	w := wordOf[A](name, act, doc)
	w.begins = true
	w.read = func(call any) (string, any) { return "", call }
	w.opening = func(args any) (Opening, error) { return opening(args.(A)) }
	return w
}

func wordOf[C any](name string, act protocol.Act, doc string) *Word {
	form, err := environment.Describe[C](name, doc)
	if err != nil {
		panic(fmt.Sprintf("roles: word %q: %v", name, err))
	}
	return &Word{Act: act, Form: form}
}

// Begins says whether the word begins a conversation; else it is an answer in one.
func (w *Word) Begins() bool { return w.begins }

// Read reads a call that Form has decoded: the id of the conversation, "" for one that it begins, and the content as it was
// given.
func (w *Word) Read(call any) (conversation string, args any) { return w.read(call) }

// Content is what an answer says in a session.
func (w *Word) Content(s *Session, args any) (any, error) { return w.content(s, args) }

// Opening is the conversation that is begun.
func (w *Word) Opening(args any) (Opening, error) { return w.opening(args) }

// Leave leaves what the words say in conversations of these terms to the agent's mind: where one of them is legal, no part is
// asked. The part that has been added for the terms, if any, does the rest, and stands in when the mind does not decide.
func (d *Desk) Leave(terms Terms, words ...*Word) {
	i := slices.IndexFunc(d.parts, func(r registered) bool { return r.Terms == terms })
	if i < 0 {
		i = len(d.parts)
		d.Add(terms, nil)
	}
	d.parts[i].words = append(d.parts[i].words, words...)
}

// Words are all that are left to the mind, in the order in which they were declared, each with the protocol that it is of
// first.
func (d *Desk) Words() (all []*Word) {
	for i := range d.parts {
		for _, w := range d.parts[i].words {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// Left is a session in which the mind may say something now.
type Left struct {
	*Session
	Words []*Word // what
}

// Left are the sessions in which the mind may say something now, by conversation and the name of the other side.
func (d *Desk) Left(t *actors.Turn) (all []Left, err error) {
	if err := d.begin(t); err != nil || !d.leaves() {
		return nil, err
	}
	for _, s := range d.Sessions() {
		if words := s.words(t); len(words) > 0 {
			all = append(all, Left{s, words})
		}
	}
	return all, nil
}

// leaves says whether anything is left to a mind.
func (d *Desk) leaves() bool {
	return slices.ContainsFunc(d.parts, func(r registered) bool { return len(r.words) > 0 })
}

// Begin says a word that begins a conversation, and gives its identity.
func (d *Desk) Begin(t *actors.Turn, w *Word, o Opening) (conversation string, err error) {
	for i := range d.parts {
		if slices.Contains(d.parts[i].words, w) {
			return d.Open(t, d.parts[i].Protocol, w.Act, o.Content, o.Within, o.To...)
		}
	}
	return "", fmt.Errorf("roles: word %q; accepted are those that are left to the mind", w.Form.Name)
}

// StandIn lets the part of a session answer that was left to the mind; nothing, if there is no part or nothing to say.
func (d *Desk) StandIn(t *actors.Turn, at At) error {
	if err := d.begin(t); err != nil {
		return err
	}
	s := d.Session(at)
	if s == nil || len(s.words(t)) == 0 {
		return nil
	}
	r, seen := &d.parts[s.talk.part], s.seen()
	if r.part == nil {
		return nil
	}
	s.talk.decided = false
	return r.part.Take(t, s, Event{
		Message: &protocol.Message{Act: s.heard, Sender: s.peer, Receivers: []string{d.self}, Protocol: seen.Protocol,
			Conversation: seen.Conversation, Content: s.theirs},
		Change: monitor.Change{Conversation: seen.Conversation, Peer: seen.Peer, Protocol: seen.Protocol, Role: seen.Role, From: seen.State,
			To: seen.State, By: string(s.heard), At: t.Now()},
	})
}

// words are those that are left to the mind, and legal now.
func (s *Session) words(t *actors.Turn) (legal []*Word) {
	if s.talk.part < 0 || len(s.desk.parts[s.talk.part].words) == 0 {
		return nil
	}
	labels := s.Legal(t)
	for _, w := range s.desk.parts[s.talk.part].words {
		if !w.begins && slices.ContainsFunc(labels, func(l interaction.Label) bool { return l.Act == w.Act || l.Act == interaction.Any }) {
			legal = append(legal, w)
		}
	}
	return legal
}

// left says whether what moved the session on is the mind's to answer. An end is not, but then the part has nothing more to
// decide.
func (s *Session) left(t *actors.Turn, e Event) bool {
	for _, o := range s.talk.sessions {
		if len(o.words(t)) > 0 {
			s.talk.decided = true
			return !e.Change.Final
		}
	}
	return false
}

// Heard is the act of what the agent last heard in it, if anything in it is left to a mind.
func (s *Session) Heard() protocol.Act { return s.heard }

// Protocol is the token of its protocol.
func (s *Session) Protocol() string { return s.seen().Protocol }

// Deadline is when the state ends in which it stands; interaction.Never: it may last.
func (s *Session) Deadline() time.Duration { return s.seen().Deadline }

// May says whether a word is legal in the session now.
func (s *Session) May(t *actors.Turn, w *Word) bool { return slices.Contains(s.words(t), w) }

// Stands is where a session stands, or how it has ended, as the protocol's machine names it; "": it is not known any more.
func (d *Desk) Stands(at At) string {
	if d.watch == nil {
		return ""
	}
	seen, _ := d.watch.Session(at.Conversation, at.Peer)
	return seen.State
}
