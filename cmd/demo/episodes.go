package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/polis-agents/polis/journal/episode"
)

// episodesCommand exports the decisions of a kept run.
type episodesCommand struct {
	source
	Out *string `placeholder:"FILE" help:"Where they go; without it they are printed."`
}

// Help is what --help says beyond the flags.
func (c *episodesCommand) Help() string {
	return "One line of JSON for every decision of every agent: what it perceived and heard, what it did and said, what came of it and what it was worth. The form is docs/episode.schema.json."
}

// Run carries out the command.
func (c *episodesCommand) Run(ctx context.Context, p *process) (err error) {
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	if c.Out == nil {
		_, err = c.write(ctx, p.stdout, k)
		return err
	}
	f, err := os.OpenFile(*c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return badUsage("--out %q is there already; accepted is a file that is not", *c.Out)
	case errors.Is(err, fs.ErrNotExist):
		return badUsage("--out %q: there is no such directory; accepted is a file in one that there is", *c.Out)
	case err != nil:
		return fmt.Errorf("--out: %w", err)
	}
	n, err := c.write(ctx, f, k)
	if err = errors.Join(err, f.Close()); err != nil { // half a file would be taken for a whole one
		return errors.Join(err, os.Remove(*c.Out))
	}
	_, err = fmt.Fprintf(p.stdout, "%s in %s\n", plural(n, "decision"), *c.Out)
	return err
}

func (c *episodesCommand) write(ctx context.Context, w io.Writer, k *keptRun) (n int, err error) {
	run, err := filepath.Abs(k.dir)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	n, err = episode.Write(out, episode.Read(ctx, k.store.Read(ctx, 0), filepath.Base(run)))
	return n, errors.Join(err, out.Flush())
}
