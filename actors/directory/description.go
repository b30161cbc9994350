package directory

import (
	"slices"
	"time"
	"unicode/utf8"
)

// What a description may hold. It comes from other agents.
const (
	MaxText  = 256 // bytes of a name or any other text
	MaxItems = 16  // items of a list
)

// Description is what an agent does for others: an entry of the DF, or, with what is left out matching anything, a template.
type Description struct {
	Name       string        `json:"name,omitempty"`
	Services   []Service     `json:"services,omitempty"`
	Protocols  []string      `json:"protocols,omitempty"`
	Ontologies []string      `json:"ontologies,omitempty"`
	Languages  []string      `json:"languages,omitempty"`
	Lease      time.Duration `json:"lease,omitempty"` // how long the entry is to stay; 0: for ever. No template looks at it
}

// Service is one thing that an agent does for others.
type Service struct {
	Name       string            `json:"name,omitempty"`
	Type       string            `json:"type,omitempty"`
	Owner      string            `json:"owner,omitempty"`
	Protocols  []string          `json:"protocols,omitempty"`
	Ontologies []string          `json:"ontologies,omitempty"`
	Languages  []string          `json:"languages,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
}

// State is where an agent is in its life.
type State string

// The states of 5.3. An agent that has been deleted, or never was, has no entry.
const (
	Initiated State = "initiated"
	Active    State = "active"
	Waiting   State = "waiting"
	Suspended State = "suspended"
	Transit   State = "transit"
)

// follows are the states that one may follow by modify. The AMS records them; that messages wait for an agent that is not
// active is not its doing.
var follows = map[State][]State{
	Initiated: {Active},
	Active:    {Waiting, Suspended, Transit},
	Waiting:   {Active},
	Suspended: {Active},
	Transit:   {Active},
}

// Agent is an agent that lives: an entry of the AMS, or a template of such.
type Agent struct {
	Name  string        `json:"name,omitempty"`
	Owner string        `json:"owner,omitempty"`
	State State         `json:"state,omitempty"` // "" in an entry: active
	Lease time.Duration `json:"lease,omitempty"` // how long without a renewal it is held to live; 0: for ever
}

// Entry is what a directory holds: Description the DF, Agent the AMS.
type Entry[D any] interface {
	id() string
	lease() time.Duration
	leased(time.Duration) D
	// bad says what of it cannot be, as an entry or as a template.
	bad() *Exception
	// covers says whether an entry matches the template: whether all that the template gives is in it.
	covers(entry D) bool
	// entered is the entry as it is held, after another, if there was one.
	entered(was *D) (D, *Exception)
}

func (d Description) id() string           { return d.Name }
func (d Description) lease() time.Duration { return d.Lease }

func (d Description) leased(l time.Duration) Description {
	d.Lease = l
	return d
}

func (d Description) bad() *Exception {
	if len(d.Services) > MaxItems {
		return refuse("unrecognised-parameter-value", "%d services; accepted are %d", len(d.Services), MaxItems)
	}
	lists := [][]string{{d.Name}, d.Protocols, d.Ontologies, d.Languages}
	for _, s := range d.Services {
		lists = append(lists, []string{s.Name, s.Type, s.Owner}, s.Protocols, s.Ontologies, s.Languages)
		var names, values []string
		for k, v := range s.Properties {
			names, values = append(names, k), append(values, v)
		}
		lists = append(lists, names, values)
	}
	return badText(d.Lease, lists...)
}

func badText(lease time.Duration, lists ...[]string) *Exception {
	if lease < 0 {
		return refuse("unrecognised-parameter-value", "lease %v; accepted is 0 or more", lease)
	}
	for _, l := range lists {
		if len(l) > MaxItems {
			return refuse("unrecognised-parameter-value", "a list of %d; accepted are %d", len(l), MaxItems)
		}
		for _, text := range l {
			if len(text) > MaxText || !utf8.ValidString(text) {
				return refuse("unrecognised-parameter-value", "a text; accepted are %d bytes in UTF-8", MaxText)
			}
		}
	}
	return nil
}

func (d Description) covers(e Description) bool {
	return within(d.Name, e.Name) && subset(d.Protocols, e.Protocols) && subset(d.Ontologies, e.Ontologies) && subset(d.Languages, e.Languages) &&
		!slices.ContainsFunc(d.Services, func(s Service) bool { return !slices.ContainsFunc(e.Services, s.covers) })
}

func (s Service) covers(e Service) bool {
	for k, v := range s.Properties {
		if has, ok := e.Properties[k]; !ok || has != v {
			return false
		}
	}
	return within(s.Name, e.Name) && within(s.Type, e.Type) && within(s.Owner, e.Owner) &&
		subset(s.Protocols, e.Protocols) && subset(s.Ontologies, e.Ontologies) && subset(s.Languages, e.Languages)
}

func (d Description) entered(*Description) (Description, *Exception) { return d, nil }

func (a Agent) id() string           { return a.Name }
func (a Agent) lease() time.Duration { return a.Lease }

func (a Agent) leased(l time.Duration) Agent {
	a.Lease = l
	return a
}

func (a Agent) bad() *Exception {
	if _, ok := follows[a.State]; !ok && a.State != "" {
		return refuse("unrecognised-parameter-value", "state %.80q; accepted are initiated, active, waiting, suspended, transit", a.State)
	}
	return badText(a.Lease, []string{a.Name, a.Owner})
}

func (a Agent) covers(e Agent) bool {
	return within(a.Name, e.Name) && within(a.Owner, e.Owner) && within(string(a.State), string(e.State))
}

func (a Agent) entered(was *Agent) (Agent, *Exception) {
	switch {
	case was == nil && a.State == "":
		a.State = Active
	case was == nil && a.State != Initiated && a.State != Active:
		return a, refuse("unrecognised-parameter-value", "an agent that begins %s; accepted are initiated, active", a.State)
	case was != nil && a.State == "":
		a.State = was.State
	case was != nil && a.State != was.State && !slices.Contains(follows[was.State], a.State):
		return a, refuse("unrecognised-parameter-value", "%s after %s; accepted are %v", a.State, was.State, follows[was.State])
	}
	return a, nil
}

func within(template, value string) bool { return template == "" || template == value }

func subset(template, values []string) bool {
	return !slices.ContainsFunc(template, func(v string) bool { return !slices.Contains(values, v) })
}
