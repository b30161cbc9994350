package directory

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// TypeDF is the type of the service by which a DF is known in the pages of another, which then forwards searches to it
// (FIPA00023: DFs federate by registering with each other so). choice: it is so from this entry on, and in one direction.
const TypeDF = "fipa-df"

// Federation says how a DF searches other DFs, and is searched by them. With its zero value it registers with none, and forwards
// what it is asked to all who have registered with it as DFs.
type Federation struct {
	With    []string               // the DFs with which it registers, so that they forward searches to it
	Lease   time.Duration          // of these entries; they are renewed at half of it; 0: 10 min
	Trust   func(name string) bool // to which of those who have registered with it as DFs it forwards; nil: to all
	Members int                    // to how many of them, the first by name; 0: 16
	Depth   int                    // how far it lets a search go; 0: 5
	Open    int                    // how many searches may wait for others at once; 0: 100. One agent may have half of them
	Way     time.Duration          // a message travels for less than that; 0: 2 s. A search waits twice that for each step it may go
}

// federation forwards searches, and merges what comes of them.
type federation struct {
	config Federation
	df     *directory[Description]
	search *roles.Client[Search[Description]]
	enter  *roles.Client[Register[Description]]
	renew  *roles.Client[Modify[Description]]
	federated
}

// federated is its memory.
type federated struct {
	Inquiries []inquiry `json:"inquiries,omitempty"` // in the order in which they began
	Ties      []tie     `json:"ties,omitempty"`      // as in Federation.With
}

// tie is what a DF knows of its entry in another.
type tie struct {
	With  string        `json:"with"`
	Known bool          `json:"known,omitempty"` // it is there
	Again time.Duration `json:"again"`           // when it is to be renewed, or tried again
}

// federate lets a DF take part in federations.
func federate(d *directory[Description], c Federation) *federation {
	c.Members, c.Depth, c.Open = cmp.Or(c.Members, 16), cmp.Or(c.Depth, 5), cmp.Or(c.Open, 100)
	c.Lease, c.Way = cmp.Or(c.Lease, 10*time.Minute), cmp.Or(c.Way, 2*time.Second)
	f := &federation{config: c, df: d}
	f.search = roles.AddClient(d.desk, f.answered)
	f.enter = roles.AddClient(d.desk, func(t *actors.Turn, e roles.Ended[Register[Description]]) error {
		f.entered(t, e.Peer, e.Value, e.Reason.Code)
		return nil
	})
	f.renew = roles.AddClient(d.desk, func(t *actors.Turn, e roles.Ended[Modify[Description]]) error {
		f.entered(t, e.Peer, e.Value, e.Reason.Code)
		return nil
	})
	d.desk.Add(requested[Search[Description]](), searching{f, serving(d, f.ask)})
	return f
}

// searching is the part of a DF in which it is searched.
type searching struct {
	*federation
	roles.PartFunc
}

// Take begins a search, and forgets one whose asker has been waiting for too long.
func (p searching) Take(t *actors.Turn, s *roles.Session, e roles.Event) error {
	if e.Change.Final {
		return p.drop(t, s.At())
	}
	return p.PartFunc(t, s, e)
}

// Cancel stops a search.
func (p searching) Cancel(t *actors.Turn, s *roles.Session) error { return p.drop(t, s.At()) }

// ask does a search: at once, or, when others are asked too, later. Then the value is nil. choice: a search is forwarded while its
// max-depth is above 0, one less each time; without a search-id it is given one.
func (f *federation) ask(t *actors.Turn, s *roles.Session, q Search[Description]) (any, change[Description], *Exception) {
	r, c, none := f.df.registry, q.Constraints, change[Description]{}
	c.MaxDepth = min(c.MaxDepth, f.config.Depth)
	again, x := r.asked(t.Now(), s.Peer(), q.Template, c)
	if x != nil || again {
		return Found[Description]{}, none, x
	}
	most := r.most(c)
	own := r.matching(q.Template, most)
	var to []string
	if c.MaxDepth > 0 && len(own) < most { // else others could add nothing: the nearest count
		to = f.members(t.Self(), s.Peer())
	}
	by := min(t.Now()+2*f.config.Way*time.Duration(c.MaxDepth), s.Deadline()-f.config.Way)
	late := by < t.Now()+2*f.config.Way
	if len(to) > 0 && !late && f.full(s.Peer()) {
		return nil, none, refuse(monitor.CodeOverloaded, "%d searches wait for other directories", len(f.Inquiries))
	}
	if c.SearchID == "" && len(to) > 0 { // nobody can know it before, and have others answer it empty
		c.SearchID = fmt.Sprintf("%s/%d.%x", t.Self(), t.N(), t.Rand().Uint64())
	}
	r.note(t.Now(), c.SearchID, c.MaxDepth)
	if len(to) == 0 {
		return Found[Description]{Entries: own}, none, nil
	}
	i := inquiry{For: s.At(), Of: q.Template, Most: most, Depth: c.MaxDepth - 1, By: by}
	if late {
		i.miss(to...)
	} else {
		f.forward(t, &i, c.SearchID, to)
	}
	if len(i.Open) == 0 {
		return i.result(own, r.holds), none, nil
	}
	f.Inquiries = append(f.Inquiries, i)
	return nil, none, nil
}

// members are those to whom a search is forwarded: not to who has sent it, which knows it.
func (f *federation) members(self, from string) (names []string) {
	for _, h := range f.df.registry.Held {
		name := h.Entry.Name
		if len(names) < f.config.Members && name != self && name != from && (f.config.Trust == nil || f.config.Trust(name)) &&
			slices.ContainsFunc(h.Entry.Services, func(s Service) bool { return s.Type == TypeDF }) {
			names = append(names, name)
		}
	}
	return names
}

// full says whether no more searches of an agent may wait. choice: one agent leaves room for another.
func (f *federation) full(from string) bool {
	its := 0
	for i := range f.Inquiries {
		if f.Inquiries[i].For.Peer == from {
			its++
		}
	}
	return len(f.Inquiries) >= f.config.Open || its >= max(f.config.Open/2, 1)
}

// forward asks others. Whom the bounds of the desk leave no room for is not asked.
func (f *federation) forward(t *actors.Turn, q *inquiry, id string, to []string) {
	for _, name := range to {
		search := Search[Description]{q.Of, Constraints{MaxResults: q.Most, MaxDepth: q.Depth, SearchID: id}}
		conversation, err := f.search.Request(t, search, q.By-t.Now(), name)
		if at := (roles.At{Conversation: conversation, Peer: name}); err == nil && f.df.desk.Session(at) != nil {
			q.Open = append(q.Open, at)
		} else {
			q.miss(name)
		}
	}
}

// answered takes the answer of one that was asked, or that there is none.
func (f *federation) answered(t *actors.Turn, e roles.Ended[Search[Description]]) error {
	i := slices.IndexFunc(f.Inquiries, func(q inquiry) bool { return slices.Contains(q.Open, e.At) })
	if i < 0 {
		return nil
	}
	q := &f.Inquiries[i]
	q.closes(e.At)
	if found, ok := e.Value.(Found[Description]); ok {
		q.hear(e.Peer, found, f.df.registry.holds)
	} else {
		q.miss(e.Peer)
	}
	if len(q.Open) > 0 {
		return nil
	}
	return f.finish(t, i)
}

// finish answers who searched with what there is, and asks nobody any more. choice: a part is an inform, too, that names who is
// missing.
func (f *federation) finish(t *actors.Turn, i int) error {
	q := f.Inquiries[i]
	f.Inquiries = slices.Delete(f.Inquiries, i, i+1)
	for _, at := range q.Open {
		q.miss(at.Peer)
		if err := f.df.desk.Cancel(t, at.Conversation); err != nil {
			return err
		}
	}
	s := f.df.desk.Session(q.For)
	if s == nil {
		return nil
	}
	r := f.df.registry
	return s.Say(t, protocol.Inform, q.result(r.matching(q.Of, q.Most), r.holds))
}

// drop ends a search that nobody waits for any more.
func (f *federation) drop(t *actors.Turn, at roles.At) error {
	i := slices.IndexFunc(f.Inquiries, func(q inquiry) bool { return q.For == at })
	if i < 0 {
		return nil
	}
	open := f.Inquiries[i].Open
	f.Inquiries = slices.Delete(f.Inquiries, i, i+1)
	for _, at := range open {
		if err := f.df.desk.Cancel(t, at.Conversation); err != nil {
			return err
		}
	}
	return nil
}

// wake does what is due: searches whose time is over are answered, and entries renewed.
func (f *federation) wake(t *actors.Turn) error {
	for {
		i := slices.IndexFunc(f.Inquiries, func(q inquiry) bool { return q.By < t.Now() })
		if i < 0 {
			break
		}
		if err := f.finish(t, i); err != nil {
			return err
		}
	}
	return f.keep(t)
}

// next is when something is due.
func (f *federation) next() (at time.Duration, ok bool) {
	for i := range f.Inquiries { // what arrives at the time itself is in time
		if by := f.Inquiries[i].By + 1; !ok || by < at {
			at, ok = by, true
		}
	}
	for _, k := range f.Ties {
		if !ok || k.Again < at {
			at, ok = k.Again, true
		}
	}
	return at, ok
}
