package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/polis-agents/polis"
)

// Save writes report.html and report.json of what is kept in a directory. They get their places when both are whole; until
// then they have names of their own, and what was there before stays. The scenario is looked up by its name; nil: it is not known here.
func Save(dir string, scenario func(name string) *polis.Scenario) (*Document, error) {
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	d := New(r, scenario(r.Manifest.Scenario))
	if err := saveFiles(dir, func(w io.Writer) error { return WriteJSON(w, d) }, func(w io.Writer) error { return WriteHTML(w, d) }); err != nil {
		return nil, err
	}
	return d, nil
}

// saveFiles writes data and page: both, or none.
func saveFiles(dir string, data, page func(io.Writer) error) error {
	var written []string
	defer func() {
		for _, name := range written {
			_ = os.Remove(name) // it has its place by now, or nobody could act on the error
		}
	}()
	files := []struct {
		name  string
		write func(io.Writer) error
	}{{dataFile, data}, {pageFile, page}}
	for _, file := range files {
		name := filepath.Join(dir, file.name+unfinished)
		written = append(written, name)
		if err := writeFile(name, file.write); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	for i, file := range files {
		if err := os.Rename(written[i], filepath.Join(dir, file.name)); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// unfinished ends the name of a file that is not whole.
const unfinished = ".partial"

// writeFile writes a new file. What is left there of an earlier attempt is taken away, never followed.
func writeFile(name string, write func(io.Writer) error) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	return errors.Join(write(b), b.Flush(), f.Close())
}
