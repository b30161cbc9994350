package directory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Config says how a directory differs from a usual one. Its zero value is useful.
type Config struct {
	Entries  int           // how many entries it holds; 0: 10,000
	Results  int           // how many a search gives at most; 0: 100
	Searches int           // how many ids of searches it knows again; 0: 1,000
	Known    time.Duration // how long it does; 0: 10 min
	Lease    time.Duration // the longest lease that it grants, also to who asks for none; 0: whatever is asked
	// Permit says who may have a function done for the entry of that name: register, deregister, modify, search,
	// get-description, subscribe. An error refuses (unauthorised). nil: everybody looks, and each changes its own entry.
	Permit func(from, function, name string) error
	// AMS is whom a DF hears of the end of agents, whose entries it removes; "": nobody.
	AMS string
	// Federation is how a DF searches other DFs, and is searched by them.
	Federation Federation
}

// Constraints bound a search.
type Constraints struct {
	MaxResults int    `json:"maxResults,omitempty"` // 0: as many as the directory gives
	MaxDepth   int    `json:"maxDepth,omitempty"`   // how many directories further it may go; an AMS asks no other
	SearchID   string `json:"searchID,omitempty"`   // a search that comes again, not to go further than before, is answered empty; "": it is never known again
}

// Change is how an entry changed, for those who look at it through a template.
type Change[D Entry[D]] struct {
	What  string `json:"what"`  // "appeared", "changed", "gone"
	Entry D      `json:"entry"` // as it is, or, if it is gone, as it was
}

// registry is the entries of a directory: a plain state machine. It is told what time it is.
type registry[D Entry[D]] struct {
	config Config
	written[D]
}

// written is the memory of a registry.
type written[D Entry[D]] struct {
	Held     []held[D]  `json:"held,omitempty"`     // by name
	Searches []recalled `json:"searches,omitempty"` // the oldest first
}

// recalled is a search that has been here.
type recalled struct {
	ID    string        `json:"id"`
	Depth int           `json:"depth,omitempty"` // how far it was to go
	Until time.Duration `json:"until"`
}

type held[D Entry[D]] struct {
	Entry D             `json:"entry"`
	Until time.Duration `json:"until,omitempty"` // when its lease is over; 0: never
}

// change is a change that has happened.
type change[D Entry[D]] struct{ was, is *D }

// seen is the change as it looks through a template; "": it does not show.
func (c change[D]) seen(template D) Change[D] {
	before, after := c.was != nil && template.covers(*c.was), c.is != nil && template.covers(*c.is)
	switch {
	case before && after:
		return Change[D]{"changed", *c.is}
	case after:
		return Change[D]{"appeared", *c.is}
	case before:
		return Change[D]{"gone", *c.was}
	}
	return Change[D]{}
}

func newRegistry[D Entry[D]](c Config) *registry[D] {
	c.Entries, c.Results, c.Searches = cmp.Or(c.Entries, 10_000), cmp.Or(c.Results, 100), cmp.Or(c.Searches, 1_000)
	c.Known = cmp.Or(c.Known, 10*time.Minute)
	return &registry[D]{config: c}
}

// expire removes what has no lease any more at a time: an entry is gone at the time itself.
func (r *registry[D]) expire(now time.Duration) (gone []change[D]) {
	if next, ok := r.next(); !ok || next > now {
		return nil
	}
	r.Held = slices.DeleteFunc(r.Held, func(h held[D]) bool {
		over := h.Until > 0 && h.Until <= now
		if over {
			gone = append(gone, change[D]{was: &h.Entry})
		}
		return over
	})
	return gone
}

// next is when the next lease is over.
func (r *registry[D]) next() (at time.Duration, ok bool) {
	for i := range r.Held {
		if u := r.Held[i].Until; u > 0 && (!ok || u < at) {
			at, ok = u, true
		}
	}
	return at, ok
}

// allowed is the second of the checks, after that what is asked can be understood.
func (r *registry[D]) allowed(from, function, name string) *Exception {
	if r.config.Permit != nil {
		if err := r.config.Permit(from, function, name); err != nil {
			return refuse("unauthorised", "%v", err)
		}
		return nil
	}
	changes := function == "register" || function == "deregister" || function == "modify"
	if changes && name != "" && name != from {
		return refuse("unauthorised", "%s of %.80q; accepted is one's own entry", function, name)
	}
	return nil
}

// put does register and modify.
func (r *registry[D]) put(now time.Duration, from, function string, e D) (granted D, _ change[D], _ *Exception) {
	none := change[D]{}
	if x := r.allowed(from, function, e.id()); x != nil {
		return e, none, x
	}
	if e.id() == "" {
		return e, none, refuse("missing-parameter", "name")
	}
	if x := e.bad(); x != nil {
		return e, none, x
	}
	at, was := r.find(e.id())
	switch {
	case was != nil && function == "register":
		return e, none, failure("already-registered", "%q", e.id())
	case was == nil && function == "modify":
		return e, none, failure("not-registered", "%q", e.id())
	case was == nil && len(r.Held) >= r.config.Entries:
		return e, none, failure("internal-error", "the directory is full: %d entries", len(r.Held))
	}
	e, x := e.entered(was)
	if x != nil {
		return e, none, x
	}
	lease := e.lease()
	if most := r.config.Lease; most > 0 && (lease == 0 || lease > most) {
		lease = most
	}
	h := held[D]{Entry: e.leased(lease)}
	if lease > 0 {
		h.Until = now + min(lease, 1<<62-now) // a lease for ages does not end before it begins
	}
	if was == nil {
		r.Held = slices.Insert(r.Held, at, h)
	} else {
		r.Held[at] = h
	}
	if was != nil && reflect.DeepEqual(*was, h.Entry) { // it is renewed: nothing has changed that could be told
		return h.Entry, none, nil
	}
	return h.Entry, change[D]{was, &h.Entry}, nil
}

func (r *registry[D]) find(name string) (at int, entry *D) {
	at, ok := slices.BinarySearchFunc(r.Held, name, func(h held[D], name string) int { return cmp.Compare(h.Entry.id(), name) })
	if !ok {
		return at, nil
	}
	e := r.Held[at].Entry
	return at, &e
}

// deregister removes the entry of a name.
func (r *registry[D]) deregister(from, name string) (change[D], *Exception) {
	if x := r.allowed(from, "deregister", name); x != nil {
		return change[D]{}, x
	}
	if name == "" {
		return change[D]{}, refuse("missing-parameter", "name")
	}
	c, ok := r.remove(name)
	if !ok {
		return c, failure("not-registered", "%.80q", name)
	}
	return c, nil
}

// remove removes an entry, whoever wants it.
func (r *registry[D]) remove(name string) (change[D], bool) {
	at, was := r.find(name)
	if was == nil {
		return change[D]{}, false
	}
	r.Held = slices.Delete(r.Held, at, at+1)
	return change[D]{was: was}, true
}

// asked says whether a search may be done, and whether it was here before: then it is answered empty, for its answer goes
// another way. Nothing changes.
func (r *registry[D]) asked(now time.Duration, from string, template D, c Constraints) (again bool, _ *Exception) {
	if x := r.allowed(from, "search", template.id()); x != nil {
		return false, x
	}
	if x := template.bad(); x != nil {
		return false, x
	}
	if c.MaxResults < 0 || c.MaxDepth < 0 || badText(0, []string{c.SearchID}) != nil {
		return false, refuse("unrecognised-parameter-value", "constraints %d, %d; accepted are 0 or more, and an id of %d bytes", c.MaxResults, c.MaxDepth, MaxText)
	}
	return c.SearchID != "" && slices.ContainsFunc(r.Searches, func(k recalled) bool {
		return k.ID == c.SearchID && k.Until > now && k.Depth >= c.MaxDepth
	}), nil
}

// note remembers a search. One that is to go further than it went before is remembered as that: on another way it has come here
// by a detour.
func (r *registry[D]) note(now time.Duration, id string, depth int) {
	if id == "" {
		return
	}
	r.Searches = slices.DeleteFunc(r.Searches, func(k recalled) bool { return k.ID == id || k.Until <= now })
	if len(r.Searches) >= r.config.Searches {
		r.Searches = slices.Delete(r.Searches, 0, 1)
	}
	r.Searches = append(r.Searches, recalled{id, depth, now + min(r.config.Known, 1<<62-now)})
}

// search gives the entries that match a template, by name.
func (r *registry[D]) search(now time.Duration, from string, template D, c Constraints) ([]D, *Exception) {
	again, x := r.asked(now, from, template, c)
	if x != nil || again {
		return nil, x
	}
	r.note(now, c.SearchID, c.MaxDepth)
	return r.matching(template, r.most(c)), nil
}

// most is how many entries a search gives.
func (r *registry[D]) most(c Constraints) int {
	if c.MaxResults == 0 || c.MaxResults > r.config.Results {
		return r.config.Results
	}
	return c.MaxResults
}

// matching gives at most so many entries that match, by name.
func (r *registry[D]) matching(template D, most int) (found []D) {
	for i := range r.Held {
		if len(found) == most {
			break
		}
		if template.covers(r.Held[i].Entry) {
			found = append(found, r.Held[i].Entry)
		}
	}
	return found
}

// holds says whether there is an entry of that name.
func (r *registry[D]) holds(name string) bool {
	_, entry := r.find(name)
	return entry != nil
}

func (r *registry[D]) restore(state []byte) error {
	r.written = written[D]{}
	if err := json.Unmarshal(state, &r.written); err != nil {
		return fmt.Errorf("directory: restore: %w", err)
	}
	return nil
}
