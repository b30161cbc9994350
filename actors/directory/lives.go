package directory

import (
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol/monitor"
)

// maxLiving is of how many agents a DF remembers that the AMS has them: as many as an AMS holds, and as many again and more.
const maxLiving = 100_000

// lives is what a DF hears of an AMS: whose life has ended, and so whose entry.
type lives struct {
	df  *directory[Description]
	ams *Client[Agent]
	living
}

// living is its memory.
type living struct {
	Names []string `json:"names,omitempty"` // whom the AMS has, sorted
	Left  []string `json:"left,omitempty"`  // of these, who is not found yet while a subscription says whom it finds at first
}

// follow lets a DF listen to an AMS.
func follow(d *directory[Description], ams string) *lives {
	l := &lives{df: d}
	l.ams = AddClient(d.desk, ams, Ears[Agent]{Whole: l.found, Changed: l.changed, Ended: l.again})
	return l
}

// listen subscribes to the AMS.
func (l *lives) listen(t *actors.Turn) error {
	l.Left = slices.Clone(l.Names)
	_, err := l.ams.Subscribe(t, Agent{}, 0)
	return err
}

// found takes whom a subscription finds at first. Whom an earlier one had, and this has not, has gone in between.
func (l *lives) found(t *actors.Turn, _ Agent, f Found[Agent]) error {
	for _, e := range f.Entries {
		l.add(e.Name)
		l.Left = without(l.Left, e.Name)
	}
	if f.More {
		return nil
	}
	gone := l.Left
	l.Left = nil
	for _, name := range gone {
		if err := l.lose(t, name); err != nil {
			return err
		}
	}
	return nil
}

func (l *lives) changed(t *actors.Turn, _ Agent, c Change[Agent]) error {
	if c.What == "gone" {
		return l.lose(t, c.Entry.Name)
	}
	l.add(c.Entry.Name)
	return nil
}

// add notes that an agent lives.
func (l *lives) add(name string) {
	if at, ok := slices.BinarySearch(l.Names, name); !ok && len(l.Names) < maxLiving && badText(0, []string{name}) == nil {
		l.Names = slices.Insert(l.Names, at, name)
	}
}

// lose notes that it does no longer.
func (l *lives) lose(t *actors.Turn, name string) error {
	l.Names = without(l.Names, name)
	return l.df.gone(t, name)
}

func without(sorted []string, name string) []string {
	if at, ok := slices.BinarySearch(sorted, name); ok {
		return slices.Delete(sorted, at, at+1)
	}
	return sorted
}

// again listens to the AMS again when a subscription is over in its time; not to one that is not there or does not want it.
func (l *lives) again(t *actors.Turn, function string, x *Exception) error {
	if function != "subscribe" || x != nil && !slices.Contains([]string{"TIMEOUT", "CANCEL_TIMEOUT", "expired", "too-many-changes", monitor.CodeBudget, monitor.CodeLivelock}, x.Code) {
		return nil
	}
	return l.listen(t)
}
