package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
)

// Promises is what became of what agents have promised each other.
type Promises struct {
	All     polis.Tally            `json:"all"`
	Debtors map[string]polis.Tally `json:"debtors"`            // at most Kept: those who broke the most, then those who promised the most
	LeftOut int                    `json:"left_out,omitempty"` // debtors that are not in Debtors
}

// PromisesOf keeps of what was counted by debtor what a manifest has.
func PromisesOf(by map[string]polis.Tally) *Promises {
	p := &Promises{Debtors: by}
	for _, t := range by {
		p.All = p.All.Add(t)
	}
	p.trim()
	return p
}

// trim keeps Kept debtors.
func (p *Promises) trim() {
	names := p.names()
	few := make(map[string]polis.Tally, min(len(names), Kept))
	for _, name := range names[:min(len(names), Kept)] {
		few[name] = p.Debtors[name]
	}
	p.LeftOut += len(names) - len(few)
	p.Debtors = few
}

// names are those of the debtors: who broke the most first.
func (p *Promises) names() []string {
	return slices.SortedFunc(maps.Keys(p.Debtors), func(a, b string) int {
		x, y := p.Debtors[a], p.Debtors[b]
		return cmp.Or(cmp.Compare(y.Violated, x.Violated), cmp.Compare(y.Made, x.Made), strings.Compare(a, b))
	})
}

// and is both together; nil is none.
func (p *Promises) and(o *Promises) *Promises {
	switch {
	case o == nil:
		return p
	case p == nil:
		p = &Promises{}
	}
	sum := &Promises{All: p.All.Add(o.All), Debtors: maps.Clone(p.Debtors), LeftOut: max(p.LeftOut, o.LeftOut)}
	if sum.Debtors == nil {
		sum.Debtors = map[string]polis.Tally{}
	}
	for name, t := range o.Debtors {
		sum.Debtors[name] = sum.Debtors[name].Add(t)
	}
	sum.trim()
	return sum
}

// cut bounds what is read.
func (p *Promises) cut() {
	if p == nil {
		return
	}
	p.trim()
	short := map[string]polis.Tally{}
	for name, t := range p.Debtors {
		name, _ = Cut(name)
		short[name] = t
	}
	p.Debtors = short
}

// Promised is a row of the table of promises.
type Promised struct {
	Name string `json:"name"` // the debtor; "": all of them
	polis.Tally
	Open int `json:"open"`
}

// promised are the rows: each debtor by name, then all.
func promised(p *Promises) []Promised {
	all := []Promised{}
	if p == nil {
		return all
	}
	for _, name := range slices.Sorted(maps.Keys(p.Debtors)) {
		all = append(all, Promised{name, p.Debtors[name], p.Debtors[name].Open()})
	}
	return append(all, Promised{"", p.All, p.All.Open()})
}
