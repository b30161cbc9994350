package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/experiment"
)

// sweepCommand plays a file of parameters, arms and seeds.
type sweepCommand struct {
	File     string  `arg:"" placeholder:"FILE" help:"What is run, and what will be asked of it: YAML, see docs/sweep.md."`
	Out      *string `placeholder:"DIR" help:"Where rows and tables are kept; none keeps nothing (default runs/sweep-ID)."`
	Resume   bool    `help:"Go on with the sweep in --out DIR: what is finished is not run again."`
	Parallel count   `placeholder:"N" help:"How many runs are played at once (default: as many as there are threads; where a model elsewhere is asked, 1)."`
	JSON     bool    `name:"json" help:"Print one JSON document."`
	Quiet    bool    `help:"Do not tell how far it is."`
}

// Run carries out the command.
func (c *sweepCommand) Run(ctx context.Context, p *process, level *logLevel) (err error) {
	text, err := sweepText(c.File)
	if err != nil {
		return err
	}
	file, err := experiment.Read(text)
	if err != nil {
		return badUsage("%s: %s", c.File, plainly(err, "experiment"))
	}
	player := &player{process: p, level: level.or(false), building: &sync.Mutex{}}
	scenario, err := player.check(file)
	if err != nil {
		return err
	}
	kept, err := c.keep(p, text)
	if err != nil {
		return err
	}
	if kept != nil {
		defer func() { err = errors.Join(err, kept.Close()) }()
	}
	progress := &odometer{redraws: p.redraws, now: p.now, last: p.now()}
	if !c.Quiet {
		progress.w = p.stderr
	}
	s := experiment.Sweep{File: file, Play: player.play, Metrics: scenario.Metrics, Parallel: int(c.Parallel), Kept: kept, Observe: progress.see}
	if s.Parallel == 0 && player.elsewhere {
		s.Parallel = 1 // the limit of an endpoint is for all of them
	}
	began := p.now()
	result, failure := s.Run(ctx)
	progress.end()
	if result == nil {
		return usageError{plainly(failure, "experiment")}
	}
	if ctx.Err() != nil && failure != nil {
		failure = errInterrupted
	}
	if failure == nil && len(result.Failed) > 0 {
		failure = fmt.Errorf("%d of %s failed, the first: %s", len(result.Failed), plural(file.Runs(), "run"), result.Failed[0].Error)
	}
	doc := result.Document()
	if kept != nil {
		doc.Dir = kept.Path()
		m := sweepManifest{Polis: thisBuild(), Status: statusOf(failure), Command: c.command(p, kept), Decided: player.decided(doc.Decided),
			Wall: p.now().Sub(began).Seconds(), Began: began.UTC().Format(time.RFC3339), Document: doc}
		if err := writeSweep(kept, result, m); err != nil {
			return errors.Join(failure, err)
		}
	}
	return errors.Join(c.tell(p, player, doc), failure)
}

// sweepText reads the file.
func sweepText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, badUsage("sweep %q: %v; accepted is a file, see docs/sweep.md", path, rootOf(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, experiment.MaxFile+1))
	if err != nil {
		return nil, badUsage("sweep %q: %v; accepted is a file, see docs/sweep.md", path, rootOf(err))
	}
	return text, nil
}

// keep takes the directory; nil: nothing is kept.
func (c *sweepCommand) keep(p *process, text []byte) (*experiment.Directory, error) {
	if c.Resume && (c.Out == nil || *c.Out == nowhere) {
		return nil, badUsage("--resume: accepted is with the --out DIR that the sweep is kept in")
	}
	if c.Out != nil && *c.Out == nowhere {
		return nil, nil
	}
	take, path := experiment.Create, ""
	switch {
	case c.Resume:
		take, path = experiment.Reopen, *c.Out
	case c.Out != nil:
		path = *c.Out
	default:
		path = filepath.Join("runs", "sweep-"+strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File))+"-"+p.now().Format("20060102-150405"))
	}
	d, err := take(path, text)
	if err != nil {
		return nil, badUsage("--out %q: %s", path, plainly(err, "experiment"))
	}
	return d, nil
}

// command is the command line that runs the same again. What was asked after the first run is in the directory alone: then it
// is the one that tells the same of the rows that are there.
func (c *sweepCommand) command(p *process, kept *experiment.Directory) string {
	line := p.program + " sweep " + quoted(filepath.ToSlash(filepath.Join(kept.Path(), "sweep.yaml")))
	if kept.Asked() > 0 {
		line += " --out " + quoted(filepath.ToSlash(kept.Path())) + " --resume"
	}
	return line
}

// sweepManifest is manifest.json of a sweep.
type sweepManifest struct {
	Polis   build   `json:"polis"`
	Status  string  `json:"status"`  // done, interrupted or failed
	Command string  `json:"command"` // runs the same again, or tells it again
	Decided string  `json:"decided_words"`
	Began   string  `json:"started"`      // RFC 3339; of a resumed one, the last time
	Wall    float64 `json:"wall_seconds"` // likewise

	*experiment.Document
}

func statusOf(failure error) string {
	switch {
	case failure == nil:
		return "done"
	case errors.Is(failure, errInterrupted):
		return "interrupted"
	}
	return "failed"
}

// writeSweep writes the tables, each whole, and the manifest last.
func writeSweep(d *experiment.Directory, r *experiment.Result, m sweepManifest) error {
	err := errors.Join(d.Write("runs.csv", r.WriteRuns), d.Write("summary.csv", r.WriteSummary))
	if len(m.Hypotheses) > 0 {
		err = errors.Join(err, d.Write("hypotheses.csv", r.WriteHypotheses),
			d.Write("hypotheses.json", func(w io.Writer) error { return writeJSON(w, m.Hypotheses) }))
	}
	if len(r.Failed) > 0 {
		err = errors.Join(err, d.Write("failed.csv", r.WriteFailed))
	} else {
		err = errors.Join(err, d.Remove("failed.csv")) // of a former try
	}
	if err != nil {
		return err
	}
	return d.Write("manifest.json", func(w io.Writer) error { return writeJSON(w, m) })
}
