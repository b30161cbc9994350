package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/report"
)

// reportCommand writes the report of a kept run, or of a sweep, again.
type reportCommand struct {
	Dir string `arg:"" placeholder:"DIR" help:"The directory of a kept run, or of one of several: DIR/seed-7; or of a sweep."`
}

// Run carries out the command.
func (c *reportCommand) Run(p *process) error {
	s, err := report.SaveSweep(c.Dir)
	if err == nil {
		_, err = fmt.Fprintf(p.stdout, "%s\n\n%s\n%s\n", shortened(s.Headline, 2000), filepath.Join(c.Dir, "report.html"), filepath.Join(c.Dir, "report.json"))
		return err
	}
	if !errors.Is(err, report.ErrNoSweep) {
		return err
	}
	d, err := report.Save(c.Dir, p.known)
	switch {
	case errors.Is(err, report.ErrNoRun):
		return usageError{plainly(err, "report")}
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s\n\n%s\n%s\n", shortened(d.Headline, 2000), filepath.Join(c.Dir, "report.html"), filepath.Join(c.Dir, "report.json"))
	return err
}

// known is a scenario by its name; nil: this binary does not have it.
func (p *process) known(name string) *polis.Scenario {
	for i := range p.scenarios {
		if p.scenarios[i].Name == name {
			return &p.scenarios[i]
		}
	}
	return nil
}

// report writes the report of what is kept. It is made from the files alone, so that it can be written again.
func (d *directory) report(p *process) error {
	if d == nil {
		return nil
	}
	_, err := report.Save(d.name, p.known)
	return err
}
