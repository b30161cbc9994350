package actors

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Layers is a behavior made of others. An event passes through the reflexes, then the deliberation, then the roles,
// all in one turn; when a reflex has acted, the deliberation is not asked. Norms look last at every effect.
//
// A deliberation does not see the event that a reflex acted on: one made by FromMind goes on thinking about the percept
// before, and what it decides then is about that.
//
// What a layer asked, started or set is answered to that layer alone.
type Layers struct {
	Reflexes     []Behavior // fast reactions: the first that acts is the last that is asked
	Deliberation Behavior   // nil: none
	Roles        []Behavior // beside both, such as roles in protocols
	Norms        []Norm
}

// Norm looks at what an agent is about to do.
type Norm interface {
	// Permit says why an effect must not be; nil: it may. What is not permitted is dropped from the turn; who wanted to
	// ask, start or set something then waits for nothing.
	Permit(t *Turn, e Effect) error
}

// Concluder is a layer that has the last word in every turn, also in those about events that reach another layer alone: after
// the norms have looked at what the layers want.
type Concluder interface {
	Conclude(t *Turn) error
}

// NormFunc is a Norm without state.
type NormFunc func(t *Turn, e Effect) error

// Permit calls f.
func (f NormFunc) Permit(t *Turn, e Effect) error { return f(t, e) }

// Compose makes one behavior of layers. It has a memory to hand over if all its layers have, or have none.
func Compose(l Layers) Behavior {
	c := &composed{norms: l.Norms, reflexes: len(l.Reflexes), owner: make(map[string]int)}
	c.layers = append(c.layers, l.Reflexes...)
	if l.Deliberation != nil {
		c.layers = append(c.layers, l.Deliberation)
		c.deliberation = true
	}
	c.layers = append(c.layers, l.Roles...)
	kept := true
	for _, b := range c.layers {
		_, keeper := b.(Keeper)
		_, stateless := b.(Stateless)
		kept = kept && (keeper || stateless)
	}
	if kept {
		return &keptLayers{c}
	}
	return c
}

// composed is several behaviors as one. Jobs carry the number of their layer in front of their name.
type composed struct {
	layers       []Behavior
	reflexes     int
	deliberation bool
	norms        []Norm
	owner        map[string]int // layer by the id it opened
}

// Receive passes the event through the layers and lets the norms look at what they want.
func (c *composed) Receive(t *Turn, event any) error {
	only := -1
	switch e := event.(type) {
	case Answer:
		only = c.release(e.ID)
	case Timer:
		only = c.release(e.ID)
	case Result:
		only = c.release(e.ID)
		_, e.Job = splitJob(e.Job)
		event = e
	}
	acted, first := false, len(t.effects)
	for i, b := range c.layers {
		if only >= 0 && i != only || acted && c.deliberation && i == c.reflexes {
			continue
		}
		if acted && i < c.reflexes {
			continue
		}
		before := len(t.effects)
		_, t.worker = b.(Worker)
		if err := b.Receive(t, event); err != nil {
			return err
		}
		acted = c.own(t, before, i) && i < c.reflexes || acted
	}
	c.restrain(t, first)
	return c.conclude(t)
}

// own notes what a layer opened, of the effects from before on; it says whether one of them is an action.
func (c *composed) own(t *Turn, before, layer int) (acted bool) {
	for k := before; k < len(t.effects); k++ {
		e := &t.effects[k]
		switch e.Kind {
		case Do:
			e.Name = strconv.Itoa(layer) + "/" + e.Name
			c.owner[e.ID.String()] = layer
		case Ask, After:
			c.owner[e.ID.String()] = layer
		case Act:
			acted = true
		}
	}
	return acted
}

// conclude gives the layers that want it the last word.
func (c *composed) conclude(t *Turn) error {
	for i, b := range c.layers {
		last, ok := b.(Concluder)
		if !ok {
			continue
		}
		before := len(t.effects)
		_, t.worker = b.(Worker)
		if err := last.Conclude(t); err != nil {
			return err
		}
		c.own(t, before, i)
		c.restrain(t, before)
	}
	return nil
}

// restrain drops what a norm does not permit, of the effects from the first of these layers on. The others keep their
// places, since ids are made of them. What is dropped or cancelled has no owner any more.
func (c *composed) restrain(t *Turn, first int) {
	for i := first; i < len(t.effects); i++ {
		for _, n := range c.norms {
			e := t.effects[i]
			if e.Kind != 0 && n.Permit(t, e) != nil { // which may want something itself: there may be more effects now
				delete(c.owner, e.ID.String())
				t.effects[i] = Effect{}
			}
		}
		if e := &t.effects[i]; e.Kind == Cancel {
			delete(c.owner, e.ID.String())
		}
	}
}

func (c *composed) release(id ID) int {
	if i, ok := c.owner[id.String()]; ok {
		delete(c.owner, id.String())
		return i
	}
	return len(c.layers) // nobody's any more
}

// Work runs a layer's job.
func (c *composed) Work(ctx context.Context, job string, input any) (any, error) {
	i, name := splitJob(job)
	if i < 0 || i >= len(c.layers) {
		return nil, fmt.Errorf("actors: job %q belongs to no layer", job)
	}
	w, ok := c.layers[i].(Worker)
	if !ok {
		return nil, fmt.Errorf("actors: job %q: its layer is no Worker", job)
	}
	return w.Work(ctx, name, input)
}

// Limit is the layer's own.
func (c *composed) Limit(job string) time.Duration {
	i, name := splitJob(job)
	if i < 0 || i >= len(c.layers) {
		return 0
	}
	if l, ok := c.layers[i].(Limiter); ok {
		return l.Limit(name)
	}
	return 0
}

func splitJob(job string) (layer int, name string) {
	number, name, ok := strings.Cut(job, "/")
	i, err := strconv.Atoi(number)
	if !ok || err != nil {
		return -1, job
	}
	return i, name
}

// keptLayers hands over the memories of its layers.
type keptLayers struct{ *composed }

type writtenLayers struct {
	Layers [][]byte       `json:"layers"`
	Owner  map[string]int `json:"owner"`
}

// Snapshot is the memory of all layers. It is written by hand, as writtenLayers is read: agents that speak much hand it over
// often.
func (c *keptLayers) Snapshot() ([]byte, error) {
	layers, size := make([][]byte, len(c.layers)), 64
	for i, b := range c.layers {
		if k, ok := b.(Keeper); ok {
			var err error
			if layers[i], err = k.Snapshot(); err != nil {
				return nil, err
			}
			size += base64.StdEncoding.EncodedLen(len(layers[i])) + 3
		}
	}
	owner, err := json.Marshal(c.owner)
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, size+len(owner)), `{"layers":[`...)
	for i, state := range layers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(base64.StdEncoding.AppendEncode(append(b, '"'), state), '"')
	}
	b = append(append(b, `],"owner":`...), owner...)
	return append(b, '}'), nil
}

// Restore gives each layer its memory back.
func (c *keptLayers) Restore(state []byte) error {
	var w writtenLayers
	if err := json.Unmarshal(state, &w); err != nil {
		return fmt.Errorf("actors: restore layers: %w", err)
	}
	if len(w.Layers) != len(c.layers) {
		return fmt.Errorf("actors: restore layers: the snapshot has %d, the behavior %d", len(w.Layers), len(c.layers))
	}
	for i, b := range c.layers {
		if k, ok := b.(Keeper); ok {
			if err := k.Restore(w.Layers[i]); err != nil {
				return err
			}
		}
	}
	if c.owner = w.Owner; c.owner == nil {
		c.owner = make(map[string]int)
	}
	return nil
}
