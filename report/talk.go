package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
)

// talk is what was said in a round.
type talk struct {
	Round   int
	Sayings []saying
}

// saying is what one or several have said alike.
type saying struct {
	polis.Saying
	From []string
	To   string
	Gap  int // how many are left out before it
}

// trouble is what went wrong in a round, the same put together.
type trouble struct {
	Incident
	Times int
	Gap   int
}

// talks puts what was said in rounds, and what several said alike in one phase on one line.
func talks(d *Document) (all []talk) {
	present := map[string]bool{}
	for i := range d.Said.Items {
		s := &d.Said.Items[i]
		present[s.Sender] = true
		for _, to := range s.Receivers {
			present[to] = true
		}
	}
	for i, s := range d.Said.Items {
		if len(all) == 0 || all[len(all)-1].Round != s.Round {
			all = append(all, talk{Round: s.Round})
		}
		one := saying{Saying: s, From: []string{name(s.Sender)}, To: receivers(s.Receivers, len(present)-1)}
		if d.Said.LeftOut > 0 && i == d.Said.GapAt {
			one.Gap = d.Said.LeftOut
		}
		at := &all[len(all)-1]
		if same := slices.IndexFunc(at.Sayings, one.alike); same >= 0 && one.Gap == 0 {
			at.Sayings[same].From = append(at.Sayings[same].From, one.From[0])
			continue
		}
		at.Sayings = append(at.Sayings, one)
	}
	return all
}

// alike says whether another has said the same to the same.
func (s *saying) alike(o saying) bool {
	return s.Phase == o.Phase && s.Act == o.Act && s.Text == o.Text && s.Language == o.Language && s.To == o.To && s.Unheard == o.Unheard &&
		s.More == 0 && o.More == 0 && !slices.Contains(o.From, s.From[0])
}

// receivers names a few; everybody else is "all".
func receivers(names []string, others int) string {
	n := len(names)
	switch {
	case n > 2 && n >= others:
		return "all"
	case n > 6:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), n-5)
	}
	return strings.Join(names, ", ")
}

// troubles puts equal incidents of a round together.
func troubles(d *Document) (all []trouble) {
	for i, in := range d.Incidents.Items {
		gap := 0
		if d.Incidents.LeftOut > 0 && i == d.Incidents.GapAt {
			gap = d.Incidents.LeftOut
		}
		if n := len(all); n > 0 && all[n-1].Incident == in && gap == 0 {
			all[n-1].Times++
			continue
		}
		all = append(all, trouble{in, 1, gap})
	}
	return all
}
