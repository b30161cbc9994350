package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

// protocolCommand is about interaction protocols: those of FIPA, and users' own.
type protocolCommand struct {
	List  protocolList  `cmd:"" help:"List the protocols that are part of polis."`
	Check protocolCheck `cmd:"" help:"Show whether the two sides of a protocol fit each other, whatever happens in between."`
	Draw  protocolDraw  `cmd:"" help:"Draw a protocol as state diagrams of Mermaid."`
}

// protocolList shows the protocols of FIPA.
type protocolList struct {
	JSON bool `name:"json" help:"Print one JSON document."`
}

type listedProtocol struct {
	Name   string         `json:"name"`
	Token  string         `json:"token"`
	Source string         `json:"source"`
	Doc    string         `json:"doc"`
	Many   bool           `json:"many"`
	Waits  []listedWait   `json:"waits"`
	Bounds map[string]int `json:"bounds"`
}

type listedWait struct {
	Name string `json:"name"`
	For  string `json:"for"`
}

// Run carries out the command.
func (c *protocolList) Run(p *process) error {
	all := []listedProtocol{}
	for _, name := range interaction.Names() {
		of, err := interaction.FIPA(name)
		if err != nil {
			return err
		}
		l := listedProtocol{Name: name, Token: of.Name, Source: of.Source, Doc: of.Doc, Many: of.Many, Waits: []listedWait{}, Bounds: map[string]int{}}
		for _, w := range of.Waits {
			l.Waits = append(l.Waits, listedWait{w.Name, waitText(w)})
		}
		for _, b := range of.Bounds {
			l.Bounds[b.Name] = b.Most
		}
		all = append(all, l)
	}
	if c.JSON {
		return writeJSON(p.stdout, struct {
			Protocols []listedProtocol `json:"protocols"`
		}{all})
	}
	t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, l := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", l.Name, l.Token, l.Source, l.Doc)
	}
	return t.Flush()
}

func waitText(w interaction.Wait) string {
	if w.For == interaction.Never {
		return "never"
	}
	return w.For.String()
}

// protocolCheck explores protocols.
type protocolCheck struct {
	Protocols []string `arg:"" optional:"" name:"protocol" placeholder:"NAME|FILE" help:"Of FIPA by name, or one's own as a file; without one all of FIPA."`
	Queue     count    `placeholder:"N" help:"More messages on the way in one direction are a fault, from 1 to 24 (default: as many as it takes, when there is an end to it)."`
	States    count    `placeholder:"N" help:"Give up after so many situations (default 1000000)."`
	JSON      bool     `name:"json" help:"Print one JSON document."`
}

// checkedProtocol is what was found of one, in JSON.
type checkedProtocol struct {
	Protocol string         `json:"protocol"`
	File     string         `json:"file,omitempty"`
	OK       bool           `json:"ok"`
	Explored bool           `json:"explored"`
	States   int            `json:"states"`
	Queue    int            `json:"queue"`
	Siblings int            `json:"siblings,omitempty"` // situations of two sessions
	Faults   []checkedFault `json:"faults"`
	Warnings []string       `json:"warnings"`
}

type checkedFault struct {
	Kind    string        `json:"kind"`
	Text    string        `json:"text"`
	Role    string        `json:"role"`
	State   string        `json:"state,omitempty"`
	Message string        `json:"message,omitempty"`
	Cycle   int           `json:"cycle,omitempty"` // so many of the last steps can go on for ever
	Steps   []checkedStep `json:"steps"`
}

type checkedStep struct {
	Session     int    `json:"session"`
	Role        string `json:"role"`
	Does        string `json:"does"`
	What        string `json:"what,omitempty"`
	Sends       string `json:"sends,omitempty"`
	Initiator   string `json:"initiator"`
	Participant string `json:"participant"`
}

// Run carries out the command.
func (c *protocolCheck) Run(p *process) error {
	if c.Queue > check.LongestQueue {
		return badUsage("--queue %d; accepted is a whole number from 1 to %d", c.Queue, check.LongestQueue)
	}
	names := c.Protocols
	if len(names) == 0 {
		names = interaction.Names()
	}
	all := make([]*interaction.Protocol, len(names))
	for i, name := range names {
		of, err := protocolOf(name)
		if err != nil {
			return err
		}
		all[i] = of
	}
	checked := []checkedProtocol{}
	var failed []string
	for i, of := range all {
		r := check.Check(interaction.Expand(of), check.Options{Queue: int(c.Queue), States: int(c.States)})
		if !r.OK() || !r.Explored() {
			failed = append(failed, names[i])
		}
		if checked = append(checked, asChecked(names[i], &r)); !c.JSON {
			writeChecked(p.stdout, names[i], &r)
		}
	}
	if c.JSON {
		if err := writeJSON(p.stdout, struct {
			Protocols []checkedProtocol `json:"protocols"`
		}{checked}); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("not shown to be sound: %s", listed(failed))
	}
	return nil
}

// writeChecked tells people what was found.
func writeChecked(w io.Writer, name string, r *check.Result) {
	how := "sound"
	switch {
	case len(r.Faults) > 0:
		how = plural(len(r.Faults), "fault")
	case !r.OK() || !r.Explored():
		how = "nothing found, but not explored wholly"
	}
	fmt.Fprintf(w, "%s: %s (%s, at most %s on the way", oneLine(name, 70), how, plural(r.Single.States, "situation"), plural(r.Single.Queue, "message"))
	if r.Siblings.States > 0 {
		fmt.Fprintf(w, "; %s of two sessions", plural(r.Siblings.States, "situation"))
	}
	fmt.Fprintln(w, ")")
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "  note: %s\n", warning)
	}
	for i := range r.Faults {
		fmt.Fprintf(w, "\n%s", r.Faults[i].Story())
	}
	if len(r.Faults) > 0 {
		fmt.Fprintln(w)
	}
}

func asChecked(name string, r *check.Result) checkedProtocol {
	c := checkedProtocol{Protocol: r.Protocol, OK: r.OK() && r.Explored(), Explored: r.Explored(), States: r.Single.States, Queue: r.Single.Queue,
		Siblings: r.Siblings.States, Faults: []checkedFault{}, Warnings: append([]string{}, r.Warnings...)}
	if _, err := interaction.FIPA(name); err != nil {
		c.File = name
	}
	for i := range r.Faults {
		f := &r.Faults[i]
		form := checkedFault{Kind: string(f.Kind), Text: f.Text, Role: f.Role.String(), State: f.State, Message: f.Label, Cycle: f.Cycle, Steps: []checkedStep{}}
		for _, s := range f.Trace {
			form.Steps = append(form.Steps, checkedStep{s.Session, s.Role.String(), s.Does, s.What, s.Sends, s.Initiator, s.Participant})
		}
		c.Faults = append(c.Faults, form)
	}
	return c
}

// protocolDraw draws one.
type protocolDraw struct {
	Protocol string `arg:"" placeholder:"NAME|FILE" help:"Of FIPA by name, or one's own as a file."`
	Role     string `placeholder:"initiator|participant" help:"Draw the machine of this side alone (default: both, in Markdown)."`
	Text     bool   `help:"Write the states and their moves as lines, for a terminal."`
}

// Run carries out the command.
func (c *protocolDraw) Run(p *process) error {
	of, err := protocolOf(c.Protocol)
	if err != nil {
		return err
	}
	draw, one := interaction.Draw, "%s, %s:\n```mermaid\n%s```\n"
	if c.Text {
		draw, one = interaction.Text, "%s, %s:\n%s"
	}
	roles := []interaction.Role{interaction.Initiator, interaction.Participant}
	for _, r := range roles {
		if c.Role == r.String() {
			_, err := io.WriteString(p.stdout, draw(of, r))
			return err
		}
	}
	if c.Role != "" {
		return unknown("role", c.Role, []string{roles[0].String(), roles[1].String()})
	}
	for _, r := range roles {
		if _, err := fmt.Fprintf(p.stdout, one, of.Name, r, draw(of, r)); err != nil {
			return err
		}
	}
	return nil
}

// withoutPath is an error about a file that is named already.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// protocolOf finds a protocol: of FIPA by its name or token, else the one in a file.
func protocolOf(name string) (*interaction.Protocol, error) {
	if of, err := interaction.FIPA(name); err == nil {
		return of, nil
	}
	file, err := os.Open(name)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) && !strings.ContainsAny(name, "./\\") {
			return nil, unknown("protocol", name, append(interaction.Names(), "a file"))
		}
		return nil, badUsage("%s: %s; accepted is a protocol file, or one of %s", quoted(name), withoutPath(err), listed(interaction.Names()))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, interaction.MaxFile+1))
	if err != nil {
		return nil, badUsage("%s: %s; accepted is a protocol file", quoted(name), withoutPath(err))
	}
	of, err := interaction.Read(text)
	if err != nil {
		return nil, badUsage("%s: %s", quoted(name), plainly(err, "interaction"))
	}
	return of, nil
}
