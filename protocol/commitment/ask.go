package commitment

import (
	"time"

	"github.com/polis-agents/polis/protocol"
)

// ask is a request that nobody has answered yet.
type ask struct {
	pair    pair // from who is to get the replies, to who is asked
	act     protocol.Act
	asker   string // who said it
	content any
	echo    string
	by      time.Duration // an answer later than that comes too late; 0: none does
	gone    bool
}

// asked are requests without an answer, at most one for each pair: a newer one takes the place of an older.
type asked struct {
	known map[pair]*ask
	order []*ask // by age, among them some that are gone
}

// add takes one more, and says which old ones had to go.
func (a *asked) add(q *ask, most int) (lost []pair) {
	a.remove(q.pair)
	a.known[q.pair] = q
	a.order = append(a.order, q)
	for len(a.known) > most {
		if first := a.order[0]; !first.gone {
			a.remove(first.pair)
			lost = append(lost, first.pair)
		}
		a.order[0], a.order = nil, a.order[1:]
	}
	if len(a.order) > 2*len(a.known)+64 {
		left := make([]*ask, 0, len(a.known))
		for _, q := range a.order {
			if !q.gone {
				left = append(left, q)
			}
		}
		a.order = left
	}
	return lost
}

func (a *asked) remove(p pair) {
	if q := a.known[p]; q != nil {
		q.gone = true
		delete(a.known, p)
	}
}

// immediate says whether the result may come without an agree: not in fipa-request-when (SC00028H, its agree is mandatory).
func (q *ask) immediate() bool {
	return q.act != protocol.RequestWhen && q.act != protocol.RequestWhenever
}
