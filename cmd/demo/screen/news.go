package screen

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

// Bounds of the news.
const (
	maxNews  = 256 // entries
	maxNames = 8   // in an entry
)

// entry is something that happened. The same of several agents in one round is one entry.
type entry struct {
	round int
	who   []string // sorted; at most maxNames
	more  int      // beyond them
	what  string
	kind  kind
}

// kind is what an entry is about, for its sign and colour.
type kind uint8

const (
	speech kind = iota
	quote
	restart
	lapse  // nothing is lost but a chance
	loss   // of memory, of an event, of an agent
	ruled  // a rule in place of a mind
	mended // an answer
	breach // of a promise
	change // of the society: who joins, what the watcher does
)

// signs stand before entries, so that colour is not all.
var signs = [...]string{speech: "·", quote: "·", restart: "↻", lapse: "◌", loss: "✗", ruled: "↓", mended: "~", breach: "✗", change: "»"}

// style is the colour of the sign.
func (k kind) style() lipgloss.Style {
	return [...]lipgloss.Style{speech: faint, quote: faint, restart: warn, lapse: warn, loss: bad, ruled: warn, mended: warn, breach: bad, change: accent}[k]
}

// news is what happened lately, oldest first.
type news []entry

// tell adds an entry, or a name to one of the same round.
func (n *news) tell(round int, k kind, who, what string) {
	if who != "" {
		for i := len(*n) - 1; i >= 0 && (*n)[i].round == round; i-- {
			if e := &(*n)[i]; e.kind == k && e.what == what && len(e.who) > 0 {
				e.add(who)
				return
			}
		}
	}
	e := entry{round: round, what: what, kind: k}
	if who != "" {
		e.who = []string{who}
	}
	if len(*n) == maxNews {
		*n = slices.Delete(*n, 0, maxNews/4)
	}
	*n = append(*n, e)
}

func (e *entry) add(who string) {
	i, known := slices.BinarySearch(e.who, who)
	switch {
	case known:
	case len(e.who) == maxNames:
		e.more++
	default:
		e.who = slices.Insert(slices.Clone(e.who), i, who) // a picture may hold the old one
	}
}

// names are those of an entry.
func (e *entry) names() string {
	text := strings.Join(e.who, ", ")
	if e.more > 0 {
		text += fmt.Sprintf(" and %d more", e.more)
	}
	if len(e.who) > 1 {
		text += ":"
	}
	return text
}
