package roles

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// Recruiter tells others what it is asked for by fipa-recruiting, and has them answer who asked, or whom that one has named. Agents
// let themselves be recruited only by whom they trust: see monitor.Config.Redirect. W is the type of what describes them, a
// registered payload.
type Recruiter[W any] struct {
	// Agree says whether the agent will look for somebody; an error refuses, with its reason. Who trusts the recruiter is spoken to
	// as by the receiver of the answers: Agree says for whom who asks may have others answer. nil: it agrees to all that it can say
	// and that is answered to who asks.
	Agree func(t *actors.Turn, e Errand[W]) error
	// Find names those whom an errand is for, the best first. ErrLater: the agent looks, and says later whom it has found
	// (Finder.Found), or that it could not look (Desk.Failed).
	Find func(t *actors.Turn, e Errand[W]) ([]string, error)
}

// AddRecruiter lets the agent be a recruiter. It panics when W is not registered.
func AddRecruiter[W any](d *Desk, of Recruiter[W]) *Finder {
	contentName[W]()
	r := &recruiter[W]{desk: d, of: of}
	d.Add(Terms{Protocol: recruiting, Role: interaction.Participant, About: nameOf(Proxy{})}, r)
	return &Finder{d, r.found}
}

// recruitment is where a recruiter stands with one proxy. It is kept as what the conversation is about.
type recruitment struct {
	Proxy
	Sent   []addressed   // whom it was said to, and who has not been found to be out of reach
	Settle time.Duration // until when it waits to hear that somebody is out of reach; 0: nothing was sent yet
	Again  bool          // it has waited once
}

// addressed is a message that was sent to one.
type addressed struct {
	To   string
	Name string // its reply-with, by which what comes back is known: one may be recruited twice in conversations of one name
}

// settleTime is how long a recruiter waits to hear who cannot be reached, twice: in rounds a timer rings before the messages of its
// phase, so it takes two to have heard of what came back in the next phase (choice: FIPA does not say how it knows).
const settleTime = time.Second

// recruiter is a Recruiter as a Part.
type recruiter[W any] struct {
	desk *Desk
	of   Recruiter[W]
}

// Take takes a proxy.
func (r *recruiter[W]) Take(t *actors.Turn, s *Session, e Event) error {
	if e.Message == nil || e.Message.Act != protocol.Proxy || e.Change.Final {
		return nil
	}
	errand, p, ok, err := read(t, s, e, r.agree)
	if !ok || err != nil {
		return err
	}
	s.talk.call = recruitment{Proxy: p}
	names, err := r.of.Find(t, errand)
	switch {
	case errors.Is(err, ErrLater):
		return nil
	case err != nil:
		return s.Say(t, protocol.Failure, reasonOf(err, "failed"))
	}
	return r.found(t, s, names)
}

// agree refuses to have somebody answered to the recruiter, who has asked for nothing, and to another unless it is asked about that.
func (r *recruiter[W]) agree(t *actors.Turn, e Errand[W]) error {
	if e.Receiver == t.Self() {
		return unsupported("a recruiter as the receiver")
	}
	if r.of.Agree == nil {
		if e.Receiver != "" && e.Receiver != e.Peer {
			return errOther
		}
		return nil
	}
	return r.of.Agree(t, e)
}

// other is why a recruiter has nothing answered to another than who asks.
type other struct{}

func (other) Error() string  { return "a receiver that has not asked; accepted is who asks" }
func (other) Reason() string { return monitor.CodeUnauthorised }

var errOther other

// found says it to those who were found. They answer in the same conversation, to another.
func (r *recruiter[W]) found(t *actors.Turn, s *Session, names []string) error {
	k, ok := s.talk.call.(recruitment)
	if !ok || s.State() != "MATCH" || k.Settle > 0 {
		return nil
	}
	to := s.Peer()
	if k.Receiver != "" {
		to = k.Receiver
	}
	names = targets(names, t.Self(), s.Peer(), to)
	if k.Most > 0 && len(names) > k.Most {
		names = names[:k.Most]
	}
	if len(names) == 0 {
		return s.Say(t, protocol.Failure, protocol.Reason{Code: noMatch})
	}
	of, err := actors.Open(k.Message)
	if err != nil {
		return err
	}
	for _, name := range names {
		m := told(*of, name)
		m.ReplyTo, m.Conversation = []string{to}, s.Conversation()
		m.ReplyWith = r.desk.watch.Open(m.Protocol, m.Act, nil).ReplyWith
		if err := r.desk.send(t, m); err == nil {
			k.Sent = append(k.Sent, addressed{name, m.ReplyWith})
		}
	}
	k.Settle = t.Now() + settleTime
	s.talk.call = k
	if len(k.Sent) == 0 {
		return r.report(t, s, k)
	}
	r.desk.settling[s.At()] = k.Settle
	return nil
}

// report says whom it was said to.
func (r *recruiter[W]) report(t *actors.Turn, s *Session, k recruitment) error {
	if len(k.Sent) == 0 {
		return s.Say(t, protocol.Failure, protocol.Reason{Code: "unreachable"})
	}
	var names []string
	for _, m := range k.Sent {
		names = append(names, m.To)
	}
	return s.Say(t, protocol.Inform, Recruited{names})
}

// Cancel says that what was said is said.
func (r *recruiter[W]) Cancel(_ *actors.Turn, s *Session) error {
	if k, ok := s.talk.call.(recruitment); ok && k.Settle > 0 {
		return errors.New("it was said to others")
	}
	return nil
}

// settled goes on when it has waited.
func (r *recruiter[W]) settled(t *actors.Turn, s *Session) error {
	k := s.talk.call.(recruitment)
	if k.Again {
		return r.report(t, s, k)
	}
	k.Again, k.Settle = true, t.Now()+settleTime
	s.talk.call = k
	r.desk.settling[s.At()] = k.Settle
	return nil
}

// missed notes who will not answer.
func (r *recruiter[W]) missed(t *actors.Turn, s *Session, what addressed) error {
	k := s.talk.call.(recruitment)
	i := slices.Index(k.Sent, what)
	if i < 0 {
		return nil
	}
	k.Sent = slices.Delete(slices.Clone(k.Sent), i, i+1)
	s.talk.call = k
	if len(k.Sent) > 0 {
		return nil
	}
	return r.report(t, s, k)
}

// settler is a part that waits to hear who cannot be reached.
type settler interface {
	settled(t *actors.Turn, s *Session) error
	missed(t *actors.Turn, s *Session, what addressed) error
}

// settle lets recruitments go on that have waited.
func (d *Desk) settle(t *actors.Turn) error {
	for _, at := range d.settlings() {
		s := d.Session(at)
		if s != nil && d.settling[at] >= t.Now() {
			continue
		}
		delete(d.settling, at)
		if s == nil { // it has ended
			continue
		}
		if p, ok := s.part().(settler); ok {
			if err := p.settled(t, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// missed lets recruitments know who will not answer: somebody out of reach, or who does not let itself be recruited, which it says
// to the recruiter.
func (d *Desk) missed(t *actors.Turn, conversation string, what addressed) error {
	for _, at := range d.settlings() {
		s := d.Session(at)
		if s == nil || at.Conversation != conversation {
			continue
		}
		if p, ok := s.part().(settler); ok {
			if err := p.missed(t, s, what); err != nil {
				return err
			}
		}
	}
	return nil
}

// settlings are the recruitments that wait, in order.
func (d *Desk) settlings() []At {
	if len(d.settling) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Keys(d.settling), At.compare)
}
