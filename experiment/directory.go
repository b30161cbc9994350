package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// Files of a directory. Rows are appended whole; all others get their names when they are whole.
const (
	orderFile = "sweep.yaml"  // as it was ordered, before the first run
	rowsFile  = "runs.jsonl"  // a row of JSON for every run that is over, in the order in which they ended
	askedFile = "asked.jsonl" // a hypothesis of JSON for every one that was added after the first run
	lockFile  = ".lock"
	partial   = ".partial" // at the end of the name of a file that is not whole
)

// Directory is where a sweep is kept. It is for one process at a time.
type Directory struct {
	path  string
	lock  *flock.Flock
	log   *os.File
	order *File        // what was ordered before the first run
	asked []Hypothesis // added since, in the order in which they were asked
}

// Errors of a directory.
var (
	ErrHeld    = errors.New("another process is at work on it")
	ErrNoSweep = errors.New("accepted is the directory of a sweep, which holds a " + orderFile)
)

// Create makes a directory for a sweep, or takes one that is empty, and keeps the file in it as it is.
func Create(path string, text []byte) (*Directory, error) {
	f, err := Read(text)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	d, err := hold(path)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if name := e.Name(); err == nil && name != lockFile && !strings.HasSuffix(name, partial) { // those of one that was killed before it began
			err = fmt.Errorf("experiment: %s is not empty: there is %s; accepted is a new or empty directory", path, name)
		}
	}
	if d.order = f; err == nil {
		err = d.Write(orderFile, func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	return d.opened(err)
}

// Reopen takes the directory of a sweep that goes on with a file, and keeps what it asks in addition. The error says what in
// the file orders other runs than those that were ordered.
func Reopen(path string, text []byte) (*Directory, error) {
	f, err := Read(text)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(path, orderFile)); err != nil {
		return nil, fmt.Errorf("experiment: %s: %w", path, ErrNoSweep)
	}
	d, err := hold(path)
	if err != nil {
		return nil, err
	}
	before, err := os.ReadFile(filepath.Join(path, orderFile))
	if err == nil {
		d.order, err = Read(before)
	}
	if err == nil {
		if lines := d.order.Differs(f); len(lines) > 0 {
			err = fmt.Errorf("experiment: the file has changed since %s: %s; accepted is the file as it was, or another directory",
				filepath.Join(path, orderFile), strings.Join(lines, "; "))
		}
	}
	if err == nil {
		err = d.ask(f)
	}
	return d.opened(err)
}

// hold takes the lock of a directory.
func hold(path string) (*Directory, error) {
	d := &Directory{path: path, lock: flock.New(filepath.Join(path, lockFile))}
	locked, err := d.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("experiment: %s: %w", path, ErrHeld)
	}
	return d, nil
}

// opened opens the rows, or lets go of the directory.
func (d *Directory) opened(err error) (*Directory, error) {
	if err == nil {
		d.log, err = os.OpenFile(filepath.Join(d.path, rowsFile), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o666)
	}
	if err != nil {
		return nil, errors.Join(err, d.lock.Unlock())
	}
	return d, nil
}

// named says whether a hypothesis was named before the first run. Where nothing is kept, all were.
func (d *Directory) named(hypothesis string) bool {
	return d == nil || slices.ContainsFunc(d.order.Study.Hypotheses, func(h Hypothesis) bool { return h.Name == hypothesis })
}

// Path is where it is.
func (d *Directory) Path() string { return d.path }

// Close lets another process have it.
func (d *Directory) Close() error {
	err := d.log.Close()
	return errors.Join(err, d.lock.Unlock()) // the file stays: whoever waits for it must not hold one that is gone
}

// add keeps a row: one write, so that whoever is killed leaves all of it or a piece without its end.
func (d *Directory) add(row *Row) error {
	line, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("experiment: run %d: %w", row.Run, err)
	}
	if _, err = d.log.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	return nil
}

// rows are those that were kept and need not be played again: of runs that were ordered, whole, and not failed. A piece at the
// end, of a row that was being written when its process was killed, is cut off.
func (d *Directory) rows(ordered map[string]int) ([]Row, error) {
	text, err := io.ReadAll(io.NewSectionReader(d.log, 0, 1<<62))
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if whole < len(text) {
		if err := d.log.Truncate(int64(whole)); err != nil {
			return nil, fmt.Errorf("experiment: %w", err)
		}
	}
	kept := map[string]Row{}
	n := 0
	for line := range bytes.Lines(text[:whole]) {
		n++
		var row Row
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("experiment: %s, line %d: %w", filepath.Join(d.path, rowsFile), n, err)
		}
		run, is := ordered[row.Spec]
		if !is {
			return nil, fmt.Errorf("experiment: %s, line %d: run %d was not ordered; accepted are the rows of this sweep", filepath.Join(d.path, rowsFile), n, row.Run)
		}
		if row.Run = run; row.Error == "" {
			kept[row.Spec] = row
		}
	}
	rows := make([]Row, 0, len(kept))
	for _, row := range kept {
		rows = append(rows, row)
	}
	inOrder(rows)
	return rows, nil
}

// Write writes a file under another name, and gives it its own when it is whole.
func (d *Directory) Write(name string, write func(io.Writer) error) error {
	path := filepath.Join(d.path, name)
	f, err := os.Create(path + partial)
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	b := &bytes.Buffer{}
	if err = write(b); err == nil {
		_, err = b.WriteTo(f)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+partial, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("experiment: %s: %w", name, err), os.Remove(path+partial))
	}
	return nil
}

// Remove takes a file away that may not be there.
func (d *Directory) Remove(name string) error {
	if err := os.Remove(filepath.Join(d.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("experiment: %w", err)
	}
	return nil
}
