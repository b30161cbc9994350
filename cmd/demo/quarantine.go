package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
)

// quarantineCommand shows the events of a kept run that were set aside.
type quarantineCommand struct {
	source
	What string `arg:"" optional:"" default:"list" placeholder:"list|show|retry" help:"list (the default), show one by its ID, or retry it: would it go well now?"`
	ID   string `arg:"" optional:"" name:"id" placeholder:"ID" help:"Of the event: its receiver and its turn, such as agents/kate@12."`
	JSON bool   `name:"json" help:"Print one JSON document."`
}

// quarantinedForm is an event that was set aside, in JSON.
type quarantinedForm struct {
	ID string `json:"id"`
	polis.QuarantinedTurn
	Gist string `json:"gist,omitempty"` // the event in words
}

// Run carries out the command.
func (c *quarantineCommand) Run(ctx context.Context, p *process) (err error) {
	switch {
	case c.What != "list" && c.What != "show" && c.What != "retry":
		return unknown("word", c.What, []string{"list", "show", "retry"})
	case c.What == "list" && c.ID != "":
		return badUsage("list takes no ID; accepted are show %s and retry %s", c.ID, c.ID)
	case c.What != "list" && c.ID == "":
		return badUsage("%s needs an ID, such as agents/kate@12; demo quarantine %s lists them", c.What, c.Dir)
	}
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	out := bufio.NewWriter(p.stdout)
	switch c.What {
	case "list":
		err = c.list(ctx, out, k)
	case "show":
		err = c.show(ctx, out, k)
	default:
		err = c.retry(ctx, p, out, k)
	}
	return errors.Join(err, out.Flush())
}

func (c *quarantineCommand) list(ctx context.Context, w io.Writer, k *keptRun) error {
	all, err := polis.Quarantined(ctx, k.store)
	if err != nil {
		return err
	}
	forms := make([]quarantinedForm, len(all))
	for i := range all {
		forms[i] = asQuarantined(&all[i])
	}
	if c.JSON {
		return writeJSON(w, struct {
			Quarantined []quarantinedForm `json:"quarantined"`
		}{forms})
	}
	if len(forms) == 0 {
		_, err := fmt.Fprintf(w, "%s: no event was set aside\n", k.dir)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, q := range forms {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", oneLine(q.ID, 70), q.Kind, plural(q.Attempts, "attempt"), oneLine(q.Error, 90))
	}
	return t.Flush()
}

func (c *quarantineCommand) show(ctx context.Context, w io.Writer, k *keptRun) error {
	q, err := quarantinedAt(ctx, k, c.ID)
	if err != nil {
		return err
	}
	form := asQuarantined(&q)
	if c.JSON {
		return writeJSON(w, form)
	}
	fmt.Fprintf(w, "%s, at %s: its %s was set aside after %s\n", oneLine(form.ID, 70), clock(q.Logical), q.Kind, plural(q.Attempts, "attempt"))
	if text := causeText(q.Cause); text != "" {
		fmt.Fprintf(w, "because of %s\n", text)
	}
	fmt.Fprintf(w, "\n%s\n\n%s\n", cleanedLines(strings.TrimSpace(q.Error)), oneLine(form.Gist, 400))
	writeIndented(w, q.Event)
	return nil
}

// retriedForm is the document of quarantine DIR retry ID --json.
type retriedForm struct {
	quarantinedForm
	Well   bool     `json:"well"`             // it would not be set aside now
	Why    string   `json:"why,omitempty"`    // it would
	Wanted []string `json:"wanted,omitempty"` // what its turn would want done, in words
}

// retry offers the event again, for a trial.
func (c *quarantineCommand) retry(ctx context.Context, p *process, w io.Writer, k *keptRun) error {
	q, err := quarantinedAt(ctx, k, c.ID)
	if err != nil {
		return err
	}
	epochs, err := p.epochs(ctx, k.store)
	if err != nil {
		return fmt.Errorf("%s: %s", k.dir, plainly(err, inFile, inDatabase))
	}
	all, err := rebuilt(epochs)
	if err != nil {
		return err
	}
	r, err := polis.Retry(ctx, k.store, q.ID(), all...)
	if err != nil {
		return cannotRebuild("rebuilt", err)
	}
	form := retriedForm{quarantinedForm: asQuarantined(&q), Well: r.Err == nil}
	if r.Err != nil {
		form.Why = r.Err.Error()
	} else {
		form.Wanted = wanted(&journal.Entry{Effects: r.Effects})
	}
	switch {
	case c.JSON:
		return writeJSON(w, form)
	case !form.Well:
		fmt.Fprintf(w, "%s would be set aside again: %s\n", oneLine(form.ID, 70), oneLine(form.Why, 400))
		return nil
	}
	fmt.Fprintf(w, "%s would go well now; what has happened stays as it is\n", oneLine(form.ID, 70))
	writeWanted(w, "it would do", form.Wanted, func(text string) bool { return !strings.HasPrefix(text, speech) })
	writeWanted(w, "it would say", form.Wanted, func(text string) bool { return strings.HasPrefix(text, speech) })
	return nil
}

// quarantinedAt finds an event by its ID, in which the agent may stand without its kind: kate@12 is agents/kate@12.
func quarantinedAt(ctx context.Context, k *keptRun, id string) (polis.QuarantinedTurn, error) {
	if at := strings.LastIndexByte(id, '@'); at > 0 {
		head, err := k.actor(ctx, id[:at])
		if err != nil {
			return polis.QuarantinedTurn{}, err
		}
		id = head.Actor + id[at:]
	}
	q, err := polis.QuarantinedAt(ctx, k.store, id)
	if err != nil && ctx.Err() == nil {
		return q, usageError{plainly(err)}
	}
	return q, err
}

func asQuarantined(q *polis.QuarantinedTurn) quarantinedForm {
	form := quarantinedForm{ID: q.ID(), QuarantinedTurn: *q}
	if o := objectOf(q.Event); o != nil {
		form.Gist = eventText(q.Kind, o, q.Event)
	}
	return form
}
