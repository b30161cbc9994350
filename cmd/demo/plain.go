package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/llmadapter"
)

// output is stdout. It remembers the first error and ends what runs: nobody reads on.
type output struct {
	w      io.Writer
	broken context.CancelCauseFunc
	err    error
}

// Write writes, unless that has failed before.
func (o *output) Write(text []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(text)
	if err != nil {
		o.err = err
		o.broken(err)
	}
	return n, err
}

// lines prints beside the run: whoever reads slowly, or has stopped a pager, must not hold up a society whose
// deadlines go by the clock. Only when very many lines wait does the run wait too.
type lines struct {
	queue chan []string
	done  chan struct{}
}

// printTo starts to print. close ends it.
func printTo(w io.Writer) *lines {
	l := &lines{queue: make(chan []string, 1<<14), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for texts := range l.queue {
			for _, text := range texts {
				fmt.Fprintln(w, text)
			}
		}
	}()
	return l
}

func (l *lines) print(texts []string) {
	if len(texts) > 0 {
		l.queue <- texts
	}
}

// close waits until all is printed.
func (l *lines) close() {
	close(l.queue)
	<-l.done
}

// writeHeader says what will run, and who decides.
func writeHeader(w io.Writer, pl *plan) {
	fmt.Fprintf(w, "%s: %s\n", pl.scenario.Name, pl.scenario.Summary)
	fmt.Fprintf(w, "%s, %s: %s\n", plural(pl.agents, "agent"), decides(&pl.society), strings.Join(pl.minds, ", "))
	if pl.order.Null != "" {
		fmt.Fprintf(w, "null %s: %s\n", pl.order.Null, pl.order.Null.Doc())
	}
	seeds := fmt.Sprintf("seed %d", pl.seed)
	if pl.runs > 1 {
		seeds = fmt.Sprintf("%d runs, seeds %d to %d", pl.runs, pl.seed, pl.seed+uint64(pl.runs-1))
	}
	fmt.Fprintf(w, "%s, pace %s, %s\n\n", roundsText(pl.order.Rounds), pl.pace(), seeds)
}

// writeSummary says what became of it.
func writeSummary(w io.Writer, pl *plan, res *result) {
	if pl.runs > 1 {
		fmt.Fprintf(w, "%s, %s from seed %d\n\n", res.Scenario, plural(res.Counted, "run"), res.Seed)
	} else {
		fmt.Fprintf(w, "%s, seed %d: %s after %s\n\n", res.Scenario, res.Seed, endText(res), plural(res.Played, "round"))
	}
	var text bytes.Buffer
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, m := range res.Metrics {
		fmt.Fprintf(t, "%s\t%s", strings.ReplaceAll(m.name, "_", " "), short(m.Mean))
		switch {
		case m.SD != nil:
			fmt.Fprintf(t, "\t± %s (sd, n = %d)", short(*m.SD), m.N)
		case pl.runs > 1:
			fmt.Fprintf(t, "\t(n = %d)", m.N)
		}
		fmt.Fprintln(t)
	}
	if len(res.Metrics) > 0 {
		fmt.Fprintln(t, "\t")
	}
	for i := range res.Emergence {
		fmt.Fprintf(t, "asked\t%s\n", answerText(&res.Emergence[i]))
		for _, warning := range res.Emergence[i].Warnings {
			fmt.Fprintf(t, "\tbeware: %s\n", warning)
		}
	}
	fmt.Fprintf(t, "decisions\t%s\n", decisionsText(pl, res))
	fmt.Fprintf(t, "faults\t%s\n", faultsText(res))
	if res.Interventions > 0 {
		fmt.Fprintf(t, "touched\t%s\n", plural(res.Interventions, "time"))
	}
	for name, e := range pl.endpoints() {
		if u := res.Asked[name]; u.Requests > 0 {
			fmt.Fprintf(t, "requests\t%s\n", requestsText(e, u, res.Rejections[name]))
		}
	}
	if u := res.ModelUsage; u.Requests > 0 {
		if text := pl.endpoint.money.costText(&u); text != "" {
			fmt.Fprintf(t, "cost\t%s\n", text)
		}
	}
	if text := pl.endpoint.recorded(); text != "" {
		fmt.Fprintf(t, "recorded\t%s\n", text)
	}
	if res.Commitments != nil {
		fmt.Fprintf(t, "promises\t%s\n", promisesText(res.Commitments))
	}
	fmt.Fprintf(t, "messages\t%s\n", accountText(res.Messages))
	fmt.Fprintf(t, "hash\t%s\n", res.Hash)
	fmt.Fprintf(t, "reproducible\t%s\n", reproducibleText(res))
	if res.Dir != "" {
		fmt.Fprintf(t, "kept in\t%s\n", res.Dir)
	}
	if res.Report != "" {
		fmt.Fprintf(t, "report\t%s\n", res.Report)
	}
	for _, left := range res.NotStopped {
		fmt.Fprintf(t, "left behind\t%s\n", left)
	}
	fmt.Fprintf(t, "again\t%s\n", pl.repeat)
	_ = t.Flush() // into memory
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
}

func endText(res *result) string {
	switch {
	case res.Error != "":
		return "failed"
	case res.Interrupted:
		return "interrupted"
	}
	return "ended"
}

// decisionsText is how many decisions there were, and whose, and how many thoughts were not as usual: there are more of
// those, for in phases of talk nothing is decided.
func decisionsText(pl *plan, res *result) string {
	d := res.DecidedBy
	text := fmt.Sprintf("%d, %s", d.Rules+d.StandIn+d.Cassette+d.Model+d.Person, pl.decided(res))
	before := "; of all thoughts, those about talk too, "
	for _, mark := range sortedKeys(res.Marks) {
		text += fmt.Sprintf("%s%d %s", before, res.Marks[mark], mark)
		before = ", "
	}
	return text
}

// requestsText is what was asked of the model, or of what stands in for it, and what became of it.
func requestsText(e *endpoint, u llmadapter.Account, rejections map[string]int) string {
	text := fmt.Sprintf("%d to the %s = %d answered + %d rejected + %d failed + %d cancelled; %d attempts, %d tokens", u.Requests,
		e.label(), u.Answered, u.Rejected, u.Failed, u.Cancelled, u.Attempts, u.InputTokens+u.OutputTokens)
	for _, reason := range sortedKeys(rejections) {
		text += fmt.Sprintf(", %d rejected: %s", rejections[reason], reason)
	}
	if u.Shared > 0 {
		text += fmt.Sprintf(", %d answered by the call of another", u.Shared)
	}
	if u.Server429 > 0 {
		text += fmt.Sprintf(", %d answers of 429", u.Server429)
	}
	if u.PossiblyBilled > 0 {
		text += fmt.Sprintf(", %d attempts possibly billed", u.PossiblyBilled)
	}
	return text
}

func faultsText(res *result) string {
	f := res.Faults
	var all []string
	for _, count := range []struct {
		n         int
		one, many string
	}{
		{f.Crashes, "crash", "crashes"}, {f.Restarts, "restart", "restarts"}, {f.Quarantined, "event quarantined", "events quarantined"},
		{f.Missed, "decision missed", "decisions missed"}, {f.Abandoned, "job abandoned", "jobs abandoned"},
		{res.Forgot, "restart without memory", "restarts without memory"},
	} {
		switch {
		case count.n == 1:
			all = append(all, "1 "+count.one)
		case count.n > 1:
			all = append(all, fmt.Sprintf("%d %s", count.n, count.many))
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// accountText is the account: what was sent is what became of it.
func accountText(a polis.Account) string {
	text := fmt.Sprintf("%d sent = %d handled + %d refused + %d dead + %d quarantined", a.Sent, a.Handled, a.Refused, a.Dead, a.Quarantined)
	if !a.Balanced() {
		return "DO NOT ADD UP: " + strings.Replace(text, "=", "≠", 1)
	}
	return text
}

func reproducibleText(res *result) string {
	switch {
	case res.Reproducible:
		return "yes"
	case res.Error != "":
		return "no: it failed"
	case res.Interrupted:
		return "no: it was interrupted"
	case res.Interventions > 0:
		return "no: somebody touched it while it ran"
	case res.Clocked == 0 && res.DecidedBy.Model+res.DecidedBy.Person > 0:
		return "no: what a model or a person answers need not be the same again"
	}
	return "no: something that depends on the clock or on load took part"
}

// short is a number as people read it: four digits after the point, fewer where they are zeros.
func short(x float64) string {
	if a := math.Abs(x); a != 0 && a < 0.001 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
