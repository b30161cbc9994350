package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol/commitment"
	"github.com/polis-agents/polis/report"
)

// owedFile has a row for each commitment: the first of them, mostOwed at most.
const (
	owedFile = "commitments.csv"
	mostOwed = 100_000
	keepsFor = time.Minute // what is owed without a deadline is to be kept by then: as long as the protocols of FIPA wait for a result here
)

var owedColumns = []string{"run", "seed", "debtor", "creditor", "conversation", "protocol", "content", "made", "state", "ended", "owed", "why", "id"}

// owed follows what the agents of one run owe each other. The file is made when somebody has promised something.
type owed struct {
	*polis.Promises
	dir       *directory
	run, seed string
	file      *os.File
	csv       *csv.Writer
	rows      int
	err       error
}

func newOwed(dir *directory, s *polis.Society, pace environment.Pace, run int, seed uint64) (*owed, error) {
	o := &owed{dir: dir, run: strconv.Itoa(run), seed: strconv.FormatUint(seed, 10)}
	o.Promises = polis.NewPromises(s, pace, commitment.Config{Ended: -1, Stated: -1, Over: o.row, Result: keepsFor})
	return o, nil
}

// see takes an event.
func (o *owed) see(event any) error {
	o.Observe(event)
	return o.err
}

// row writes what became of a commitment.
func (o *owed) row(c commitment.Commitment) {
	if o.err != nil || c.Standing {
		return
	}
	if o.rows++; o.rows > mostOwed {
		return
	}
	if o.csv == nil {
		if o.file, o.err = o.dir.create(owedFile); o.err != nil {
			return
		}
		o.csv = csv.NewWriter(o.file)
		o.err = o.csv.Write(owedColumns)
	}
	content, _ := report.Cut(fmt.Sprintf("%+v", c.Content))
	if c.Content == nil {
		content = ""
	}
	last, ended := c.History[len(c.History)-1], ""
	if c.State.Terminal() {
		ended = seconds(last.At)
	}
	why := last.Why
	if why == "" && c.State.Terminal() {
		why = string(last.By)
	}
	o.err = errors.Join(o.err, o.csv.Write([]string{o.run, o.seed, c.Debtor, c.Creditor, c.Conversation, c.Protocol, content,
		seconds(c.History[0].At), c.State.String(), ended, strconv.FormatBool(c.Owed), why, c.ID}))
}

// seconds of logical time since the start.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// close writes what is still open.
func (o *owed) close() error {
	o.Settle()
	for _, c := range o.Open() {
		o.row(c)
	}
	if o.csv == nil {
		return o.err
	}
	o.csv.Flush()
	return errors.Join(o.err, o.csv.Error(), o.file.Close())
}

// kept is what the record has of it; nil: nobody has promised anything.
func (o *owed) kept() *report.Promises {
	o.Settle()
	all := o.Tallies()
	if len(all) == 0 {
		return nil
	}
	return report.PromisesOf(all)
}

// promised are the commitments of all runs together; nil: there are none.
func promised(outcomes []outcome) *polis.Tally {
	var sum polis.Tally
	for i := range outcomes {
		o := &outcomes[i]
		if p := o.record.Promises; p != nil && o.rep != nil && (len(outcomes) == 1 || o.whole()) {
			sum = sum.Add(p.All)
		}
	}
	if sum.Made == 0 {
		return nil
	}
	return &sum
}

// promisesText says it in a line.
func promisesText(t *polis.Tally) string {
	text := fmt.Sprintf("%d that came to bind, %d kept, %d broken", t.Owed, t.Kept, t.Violated)
	if rest := t.Owed - t.Kept - t.Violated; rest > 0 {
		text += fmt.Sprintf(", %d released or open", rest)
	}
	if loose := t.Made - t.Owed; loose > 0 {
		text += fmt.Sprintf("; %d that never did", loose)
	}
	return text
}
