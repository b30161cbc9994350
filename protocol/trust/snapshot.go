package trust

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// written is a Ledger as it is kept: in one order, whatever that of the maps is.
type written struct {
	Touches   uint64  `json:"touches"`
	Own       []entry `json:"own"`
	Reports   []entry `json:"reports"`
	Witnesses []entry `json:"witnesses"`
}

type entry struct {
	Of Subject `json:"of,omitzero"`
	By string  `json:"by,omitempty"`
	evidence
}

// Snapshot writes what the ledger knows: the same bytes for the same knowledge.
func (l *Ledger) Snapshot() ([]byte, error) {
	w := written{Touches: l.touches, Own: []entry{}, Reports: []entry{}, Witnesses: []entry{}}
	for s, e := range l.own {
		w.Own = append(w.Own, entry{s, "", e})
	}
	for t, e := range l.reports {
		w.Reports = append(w.Reports, entry{t.About, t.Witness, e})
	}
	for name, e := range l.witnesses {
		w.Witnesses = append(w.Witnesses, entry{By: name, evidence: e})
	}
	for _, all := range [][]entry{w.Own, w.Reports, w.Witnesses} {
		slices.SortFunc(all, func(a, b entry) int {
			return compareTold(told{a.By, a.Of}, told{b.By, b.Of})
		})
	}
	return json.Marshal(w)
}

// Restore takes a snapshot in place of what the ledger knows. What no Snapshot writes is refused, and changes nothing.
func (l *Ledger) Restore(state []byte) error {
	var w written
	dec := json.NewDecoder(bytes.NewReader(state))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return fmt.Errorf("trust: restore a ledger: %w", err)
	}
	n := New(l.cfg)
	n.touches = w.Touches
	for _, part := range []struct {
		of   string
		all  []entry
		take func(entry)
	}{
		{"own", w.Own, func(e entry) { n.own[e.Of] = e.evidence }},
		{"reports", w.Reports, func(e entry) { n.reports[told{e.By, e.Of}] = e.evidence }},
		{"witnesses", w.Witnesses, func(e entry) { n.witnesses[e.By] = e.evidence }},
	} {
		for i, e := range part.all {
			if i > 0 && compareTold(told{part.all[i-1].By, part.all[i-1].Of}, told{e.By, e.Of}) >= 0 {
				return fmt.Errorf("trust: restore a ledger: entry %d of %s is out of order", i, part.of)
			}
			if !(e.Kept >= 0 && e.Broken >= 0 && e.Kept+e.Broken <= math.MaxFloat64) || e.Touch > w.Touches || len(part.all) > l.cfg.Most ||
				!strings.EqualFold(e.By, strings.ToValidUTF8(e.By, "")) {
				return fmt.Errorf("trust: restore a ledger: entry %d of %s; accepted are %d at most, with finite counts from 0", i, part.of, l.cfg.Most)
			}
			part.take(e)
		}
	}
	*l = *n
	return nil
}
