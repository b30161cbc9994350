package directory

import (
	"cmp"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors/roles"
)

// maxMissing is how many directories are named that have not answered.
const maxMissing = 100

// inquiry is a search of which other directories are asked, until they have answered: a plain state machine. What they say is
// hostile until it is checked.
type inquiry struct {
	For     roles.At      `json:"for"` // who searches
	Of      Description   `json:"of"`  // the template
	Most    int           `json:"most"`
	Depth   int           `json:"depth,omitempty"` // how much further those may ask who were asked
	By      time.Duration `json:"by"`              // an answer after that is too late
	Open    []roles.At    `json:"open,omitempty"`  // who was asked, and where
	Best    []candidate   `json:"best,omitempty"`  // what was heard, the nearest first, each name once
	Missing []string      `json:"missing,omitempty"`
}

// candidate is an entry that another directory has given.
type candidate struct {
	Entry Description `json:"entry"`
	Rank  int         `json:"rank,omitempty"` // the how manieth it is of those that Via has given of this distance
	Way
}

// compare orders by distance. At the same distance the directories take turns, so that none leaves no room for the others.
func (c candidate) compare(o candidate) int {
	return cmp.Or(cmp.Compare(c.Hops, o.Hops), cmp.Compare(c.Rank, o.Rank), cmp.Compare(c.Via, o.Via))
}

// closes says that one of those who were asked has nothing more to say.
func (q *inquiry) closes(at roles.At) bool {
	i := slices.Index(q.Open, at)
	if i < 0 {
		return false
	}
	q.Open = slices.Delete(q.Open, i, i+1)
	return true
}

// hear takes what a directory has found. An entry counts if it could be one, and matches. choice: of one name the nearest counts,
// and what is held here, whether it matches or not, before all. No more is looked at than could have been wanted.
func (q *inquiry) hear(from string, f Found[Description], here func(name string) bool) {
	entries, far := f.Entries, len(f.Ways) == len(f.Entries)
	ranks := make([]int, q.Depth+2)
	for i, e := range entries[:min(len(entries), q.Most)] {
		if e.Name == "" || e.bad() != nil || !q.Of.covers(e) || here(e.Name) {
			continue
		}
		c := candidate{Entry: e, Way: Way{Via: from, Hops: 1}}
		if far {
			c.Hops += min(max(f.Ways[i].Hops, 0), q.Depth)
		}
		c.Rank = ranks[c.Hops]
		ranks[c.Hops]++
		q.consider(c)
	}
	q.miss(f.Missing[:min(len(f.Missing), maxMissing)]...)
}

// consider keeps the best of each name, and of these the best.
func (q *inquiry) consider(c candidate) {
	if i := slices.IndexFunc(q.Best, func(o candidate) bool { return o.Entry.Name == c.Entry.Name }); i >= 0 {
		if q.Best[i].compare(c) <= 0 {
			return
		}
		q.Best = slices.Delete(q.Best, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(q.Best, c, candidate.compare)
	q.Best = slices.Insert(q.Best, at, c)
	q.Best = q.Best[:min(len(q.Best), q.Most)]
}

// miss notes who has not answered.
func (q *inquiry) miss(names ...string) {
	for _, name := range names {
		if name == "" || badText(0, []string{name}) != nil {
			continue
		}
		if at, ok := slices.BinarySearch(q.Missing, name); !ok {
			q.Missing = slices.Insert(q.Missing, at, name)
		}
	}
	q.Missing = q.Missing[:min(len(q.Missing), maxMissing)]
}

// result is the answer, with what is held here by now: no more of it than is wanted.
func (q *inquiry) result(own []Description, here func(name string) bool) Found[Description] {
	all := make([]candidate, 0, q.Most)
	for _, e := range own {
		all = append(all, candidate{Entry: e})
	}
	for _, c := range q.Best {
		if len(all) < q.Most && !here(c.Entry.Name) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.Entry.Name, b.Entry.Name) })
	found := Found[Description]{Missing: q.Missing}
	far := slices.ContainsFunc(all, func(c candidate) bool { return c.Hops > 0 })
	for _, c := range all {
		found.Entries = append(found.Entries, c.Entry)
		if far {
			found.Ways = append(found.Ways, c.Way)
		}
	}
	return found
}
