package commitment

import "slices"

// Get finds a commitment by its ID, open or among the ended that are still known.
func (o *Observer) Get(id string) (Commitment, bool) {
	c := o.byID[id]
	if c == nil {
		return Commitment{}, false
	}
	return c.copied(), true
}

// All are the commitments that are known: those that are open, and the newest that have ended. By ID.
func (o *Observer) All() []Commitment { return o.those(func(*Commitment) bool { return true }) }

// Open are those that have not ended, by ID.
func (o *Observer) Open() []Commitment {
	return o.those(func(c *Commitment) bool { return !c.State.Terminal() })
}

// Of are those of a debtor, by ID.
func (o *Observer) Of(debtor string) []Commitment {
	return o.those(func(c *Commitment) bool { return c.Debtor == debtor })
}

// Between are those in which the two are the parties, either way, by ID.
func (o *Observer) Between(a, b string) []Commitment {
	return o.those(func(c *Commitment) bool {
		return c.Debtor == a && c.Creditor == b || c.Debtor == b && c.Creditor == a
	})
}

// Violated are those that were broken and are still known, by ID: the last change of each names the debtor and the time.
func (o *Observer) Violated() []Commitment {
	return o.those(func(c *Commitment) bool { return c.State == Violated })
}

func (o *Observer) those(wanted func(*Commitment) bool) []Commitment {
	var some []*Commitment
	for _, c := range o.byID {
		if wanted(c) {
			some = append(some, c)
		}
	}
	slices.SortFunc(some, byID)
	all := make([]Commitment, len(some))
	for i, c := range some {
		all[i] = c.copied()
	}
	return all
}
