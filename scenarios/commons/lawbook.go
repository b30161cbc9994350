package commons

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/protocol"
)

// lawbook has the norms that people made in the first of some runs, and what became of them, as far as their talk tells.
type lawbook struct {
	moved       int  // motions
	adopted     int  // of them, by more than half of those they were put to
	month, tons int  // of the first that was
	broken      int  // catches above the cap that somebody has told of
	fined       int  // fines that were set
	parts       bool // some of what was said is left out: nothing can be counted
}

// readLawbook counts the votes on every motion: who put it has voted for it, and all it was put to could vote.
func readLawbook(c *polis.Chronicle) (l lawbook) {
	l.parts = c.LeftOut > 0
	type motion struct {
		month, tons, votes int
		to                 []string
	}
	motions := map[string]*motion{}
	told := map[string]bool{}
	once := func(n *int, text string) {
		if !told[text] {
			told[text] = true
			*n++
		}
	}
	for _, s := range c.Said {
		if s.Language != "" || s.Unheard || s.More > 0 {
			continue
		}
		switch protocol.Act(s.Act) {
		case protocol.Propose:
			if name, tons, ok := motionOf(s.Text); ok && motions[name] == nil {
				l.moved++
				motions[name] = &motion{s.Round, tons, 1, s.Receivers}
			}
		case protocol.AcceptProposal:
			name, ok := strings.CutPrefix(s.Text, "vote on motion ")
			m := motions[name]
			if !ok || m == nil || m.month != s.Round || !slices.Contains(m.to, s.Sender) || told[s.Sender+" "+s.Text] {
				continue
			}
			told[s.Sender+" "+s.Text] = true
			members := len(m.to) + 1
			if m.votes++; 2*m.votes > members && 2*(m.votes-1) <= members {
				if l.adopted++; l.month == 0 || m.month < l.month {
					l.month, l.tons = m.month, m.tons
				}
			}
		case protocol.Inform:
			switch {
			case strings.Contains(s.Text, " broke norm "+capNorm+" in month ") && !strings.HasPrefix(s.Text, "penalty"):
				once(&l.broken, s.Text)
			case strings.HasPrefix(s.Text, "penalty for "):
				once(&l.fined, s.Text)
			}
		}
	}
	return l
}

// motionOf reads the motion of a cap as people read it: see norm.Motion.String.
func motionOf(text string) (name string, tons int, ok bool) {
	rest, ok := strings.CutPrefix(text, "motion ")
	name, rest, named := strings.Cut(rest, ": norm "+capNorm+": ")
	_, rest, caught := strings.Cut(rest, ": "+catchFact+" of ")
	number, more := strings.CutSuffix(rest, " or more")
	n, err := strconv.Atoi(number)
	return name, n - 1, ok && named && caught && more && err == nil
}

// String tells of them; "": nobody has put a motion.
func (l lawbook) String() string {
	if l.moved == 0 {
		return ""
	}
	if l.adopted == 0 {
		return "a cap was put to the vote, and none was adopted"
	}
	text := fmt.Sprintf("a cap of %d was made the norm in month %d", l.tons, l.month)
	if l.parts {
		return text
	}
	if l.adopted > 1 {
		text += fmt.Sprintf(" and another %s later", times(l.adopted-1))
	}
	switch {
	case l.broken == 0:
		return text + ", and nobody told of a breach"
	case l.fined == 0:
		return text + fmt.Sprintf(", and broken %s", times(l.broken))
	}
	return text + fmt.Sprintf(", broken %s, and fined %s", times(l.broken), times(l.fined))
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
