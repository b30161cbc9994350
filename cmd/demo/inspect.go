package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/polis-agents/polis/journal"
)

// inspectCommand shows what is in the journal of a kept run.
type inspectCommand struct {
	source
	Actor *string `placeholder:"NAME" help:"Its turns, one a line: an agent by its name, world, society, services/NAME."`
	Turn  uint64  `placeholder:"N" help:"That turn of the actor: what reached it, what it wanted done, and the chain of causes."`
	JSON  bool    `name:"json" help:"Print one JSON document."`
}

// longestChain is how many causes are shown.
const longestChain = 100

// Run carries out the command.
func (c *inspectCommand) Run(ctx context.Context, p *process) (err error) {
	if c.Turn > 0 && c.Actor == nil {
		return badUsage("--turn %d of whom? accepted is --actor NAME --turn N", c.Turn)
	}
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	out := bufio.NewWriter(p.stdout)
	switch {
	case c.Actor == nil:
		err = c.overview(ctx, out, k)
	case c.Turn == 0:
		err = c.turns(ctx, out, k)
	default:
		err = c.turn(ctx, out, k)
	}
	return errors.Join(err, out.Flush())
}

// overviewForm is the document of inspect DIR --json.
type overviewForm struct {
	Dir    string      `json:"dir"`
	State  string      `json:"state"` // running, killed, done, interrupted or failed
	Hash   string      `json:"hash,omitempty"`
	Turns  uint64      `json:"turns"`
	Actors []actorForm `json:"actors"`
}

type actorForm struct {
	Actor  string         `json:"actor"`
	Turns  uint64         `json:"turns"`
	Digest journal.Digest `json:"digest"` // of the last
}

func (c *inspectCommand) overview(ctx context.Context, w io.Writer, k *keptRun) error {
	heads, err := k.store.Heads(ctx)
	if err != nil {
		return err
	}
	form := overviewForm{Dir: k.dir, State: k.state, Actors: []actorForm{}}
	if k.told != nil && k.state != stateRunning {
		form.Hash = k.told.Hash
	}
	for _, h := range heads {
		form.Turns += h.Count
		form.Actors = append(form.Actors, actorForm{h.Actor, h.Count, h.Digest})
	}
	if c.JSON {
		return writeJSON(w, form)
	}
	fmt.Fprintf(w, "%s: %s, %s of %s\n", k.dir, form.State, plural(int(form.Turns), "turn"), plural(len(heads), "actor"))
	if form.Hash != "" {
		fmt.Fprintf(w, "hash %s\n", form.Hash)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nactor\tturns\tdigest of the last\n")
	for _, a := range form.Actors {
		fmt.Fprintf(t, "%s\t%d\t%s\n", oneLine(a.Actor, 60), a.Turns, a.Digest)
	}
	return t.Flush()
}

// turnForm is a turn in the documents of inspect.
type turnForm struct {
	*journal.Entry
	Gist   string   `json:"gist,omitempty"`   // what reached the actor, in words
	Wanted []string `json:"wanted,omitempty"` // what it wanted done, in words
}

func formOf(e *journal.Entry) turnForm { return turnForm{e, gist(e), wanted(e)} }

func (c *inspectCommand) turns(ctx context.Context, w io.Writer, k *keptRun) error {
	head, err := k.actor(ctx, *c.Actor)
	if err != nil {
		return err
	}
	if !c.JSON {
		fmt.Fprintf(w, "%s: %s\n\n", oneLine(head.Actor, 60), plural(int(head.Count), "turn"))
	}
	// An actor has any number of turns: they are written as they are read.
	first := true
	for e, err := range k.store.Turns(ctx, head.Actor, 0) {
		if err != nil {
			return err
		}
		switch {
		case !c.JSON:
			writeTurnLine(w, &e)
			continue
		case first:
			name, _ := json.Marshal(head.Actor)
			fmt.Fprintf(w, `{"actor":%s,"turns":[`, name)
		default:
			fmt.Fprint(w, ",")
		}
		first = false
		text, err := json.Marshal(formOf(&e))
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	if c.JSON && !first {
		_, err = io.WriteString(w, "]}\n")
	}
	return err
}

func writeTurnLine(w io.Writer, e *journal.Entry) {
	line := fmt.Sprintf("%5d  %8s  %-11s  %s", e.N, clock(e.Logical), oneLine(e.Kind, 11), oneLine(gist(e), 90))
	line = strings.TrimRight(line, " ")
	effects := wanted(e)
	for i, text := range effects {
		if i == 3 {
			line += fmt.Sprintf("  → and %d more", len(effects)-i)
			break
		}
		line += "  → " + oneLine(text, 70)
	}
	fmt.Fprintln(w, line)
}

// clock is logical time as people read it.
func clock(d time.Duration) string { return d.Round(time.Millisecond).String() }

// oneTurn is the document of inspect DIR --actor NAME --turn N --json.
type oneTurn struct {
	turnForm
	Heard   []turnForm `json:"heard"`             // what had reached the actor since its percept before
	Because []turnForm `json:"because"`           // the turn that made the event, the one that made that one's, …
	Earlier bool       `json:"earlier,omitempty"` // there are more before the last of them
}

func (c *inspectCommand) turn(ctx context.Context, w io.Writer, k *keptRun) error {
	head, err := k.actor(ctx, *c.Actor)
	if err != nil {
		return err
	}
	if c.Turn > head.Count {
		return badUsage("--turn %d: %s has %s; accepted is 1 to %d", c.Turn, head.Actor, plural(int(head.Count), "turn"), head.Count)
	}
	e, err := k.turn(ctx, head.Actor, c.Turn)
	if err != nil {
		return err
	}
	doc := oneTurn{turnForm: formOf(e), Because: []turnForm{}}
	if doc.Because, doc.Earlier, err = k.causes(ctx, e); err != nil {
		return err
	}
	if doc.Heard, err = k.heard(ctx, e); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(w, doc)
	}
	writeTurn(w, &doc)
	return nil
}

// causes follows what made the event of a turn back to the beginning, or as far as is shown.
func (k *keptRun) causes(ctx context.Context, e *journal.Entry) (chain []turnForm, earlier bool, err error) {
	chain = []turnForm{}
	for e.Cause.N > 0 {
		if len(chain) == longestChain {
			return chain, true, nil
		}
		if e, err = k.turn(ctx, e.Cause.Actor, e.Cause.N); err != nil {
			return nil, false, err
		}
		chain = append(chain, formOf(e))
	}
	return chain, false, nil
}

// mostHeard is how many turns are looked at for what an actor had heard.
const mostHeard = 200

// heard gives what has reached an actor since its percept before the turn.
func (k *keptRun) heard(ctx context.Context, e *journal.Entry) ([]turnForm, error) {
	known := []turnForm{}
	from := uint64(0)
	if e.N > mostHeard {
		from = e.N - mostHeard
	}
	for one, err := range k.store.Turns(ctx, e.Actor, from) {
		if err != nil {
			return nil, err
		}
		if one.N >= e.N {
			break
		}
		if one.Kind == "percept" || one.Kind == "opened" {
			known = known[:0]
			continue
		}
		known = append(known, formOf(&one))
	}
	return known, nil
}

func writeTurn(w io.Writer, doc *oneTurn) {
	e := doc.Entry
	fmt.Fprintf(w, "%s turn %d, at %s", oneLine(e.Actor, 60), e.N, clock(e.Logical))
	if !e.Wall.IsZero() {
		fmt.Fprintf(w, ", written %s", e.Wall.Format(time.RFC3339))
	}
	fmt.Fprintf(w, "\ndigest %s\n", e.Digest)
	if len(doc.Heard) > 0 {
		fmt.Fprintf(w, "\nit had heard\n")
		for _, known := range doc.Heard {
			fmt.Fprintf(w, "  %s %s  (turn %d)\n", known.Kind, oneLine(known.Gist, 200), known.N)
		}
	}
	fmt.Fprintf(w, "\nthen reached it\n  %s\n", e.Kind)
	writeIndented(w, e.Payload)
	writeWanted(w, "it did", doc.Wanted, func(text string) bool { return !strings.HasPrefix(text, speech) })
	writeWanted(w, "it said", doc.Wanted, func(text string) bool { return strings.HasPrefix(text, speech) })
	fmt.Fprintf(w, "\nbecause\n")
	for _, cause := range doc.Because {
		fmt.Fprintf(w, "  %s turn %d  %s", oneLine(cause.Actor, 60), cause.N, cause.Kind)
		if cause.Gist != "" {
			fmt.Fprintf(w, "  %s", oneLine(cause.Gist, 120))
		}
		fmt.Fprintln(w)
	}
	switch {
	case doc.Earlier:
		fmt.Fprintf(w, "  and what was before\n")
	default:
		fmt.Fprintf(w, "  the society began\n")
	}
}

// writeWanted lists some of what a turn wanted.
func writeWanted(w io.Writer, title string, texts []string, is func(string) bool) {
	some := false
	for _, text := range texts {
		if !is(text) {
			continue
		}
		if !some {
			fmt.Fprintf(w, "\n%s\n", title)
		}
		some = true
		fmt.Fprintf(w, "  %s\n", oneLine(strings.TrimPrefix(text, speech), 1000))
	}
	if !some {
		fmt.Fprintf(w, "\n%s nothing\n", title)
	}
}

// writeIndented writes JSON for people.
func writeIndented(w io.Writer, text json.RawMessage) {
	var v any
	if json.Unmarshal(text, &v) != nil || v == nil {
		return
	}
	pretty, err := json.MarshalIndent(v, "  ", "  ")
	if err == nil {
		fmt.Fprintf(w, "  %s\n", cleanedLines(string(pretty)))
	}
}
