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
)

// quarantineCommand shows the events of a kept run that were set aside.
type quarantineCommand struct {
	source
	What string `arg:"" optional:"" default:"list" placeholder:"list|show" help:"list (the default), or show one by its ID."`
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
	case c.What != "list" && c.What != "show":
		return unknown("word", c.What, []string{"list", "show"})
	case c.What == "list" && c.ID != "":
		return badUsage("list takes no ID; accepted is show %s", c.ID)
	case c.What == "show" && c.ID == "":
		return badUsage("show needs an ID, such as agents/kate@12; demo quarantine %s lists them", c.Dir)
	}
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	out := bufio.NewWriter(p.stdout)
	if c.What == "list" {
		err = c.list(ctx, out, k)
	} else {
		err = c.show(ctx, out, k)
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
