package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/polis-agents/polis/report"
)

// unfinished is where the files of a run are until they are whole, in its directory.
const unfinished = ".partial"

// journalFile is the journal of a run. Alone among the files it has its place from the beginning.
const journalFile = "run.db"

// directory is where a run is kept: but for the journal, what stands in it is whole, the manifest comes last. nil keeps
// nothing.
type directory struct {
	name  string       // as it is shown
	stage string       // where files are until they are whole
	made  []string     // directories that were not there before, innermost first
	files []string     // in the stage
	lock  *flock.Flock // held while the run is written; nil: not held
	taken bool         // of a run that was killed before it began
	fresh bool         // the journal is new, and without any turn: it goes with what is not kept
	done  bool
}

// openDirectory makes the place for a run: out, or a new one under runs/ when out is nil. It is refused when it could
// not be written, or when something is there already.
func openDirectory(ctx context.Context, out *string, scenario string, now time.Time) (*directory, error) {
	if out != nil && *out == nowhere {
		return nil, nil
	}
	d := &directory{fresh: true}
	var err error
	if out == nil {
		err = d.makeNew(scenario + "-" + now.Format("20060102-150405"))
	} else {
		err = d.make(ctx, *out)
	}
	if err == nil {
		err = d.makeStage()
	}
	if err == nil && d.taken {
		err = d.clear(ctx)
	}
	if err == nil {
		return d, nil
	}
	if d.taken && d.stage != "" { // what is there is not ours, but for the lock
		d.letGo()
		d.stage = ""
	}
	d.discard()
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return nil, badUsage("--out %q: %v; accepted is a new or empty directory that can be written, or %q", d.name, err, nowhere)
}

// makeStage makes the place for unfinished files, and holds the run.
func (d *directory) makeStage() error {
	d.stage = filepath.Join(d.name, unfinished)
	err := os.Mkdir(d.stage, 0o777)
	if err == nil || d.taken && errors.Is(err, fs.ErrExist) {
		err = d.hold()
	}
	if err != nil {
		d.stage = "" // another's
	}
	return err
}

// makeNew makes a directory under runs/ that nobody has: the number at the end tells runs of one second apart.
func (d *directory) makeNew(id string) error {
	d.name = filepath.Join("runs", id)
	if err := d.makeAll("runs"); err != nil {
		return err
	}
	for n := 1; ; n++ {
		d.name = filepath.Join("runs", fmt.Sprintf("%s-%d", id, n))
		err := os.Mkdir(d.name, 0o777)
		if err == nil {
			d.made = append([]string{d.name}, d.made...)
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// make makes the directory that was asked for, or sees that it is empty, or has nothing in it but what is left of a run that
// never began.
func (d *directory) make(ctx context.Context, name string) error {
	d.name = name
	if name == "" {
		return errors.New("it has no name")
	}
	if run := keptAbove(name); run != "" {
		return fmt.Errorf("it is within %s, where a run is kept", run)
	}
	if err := d.makeAll(name); err != nil {
		return err
	}
	entries, err := os.ReadDir(name)
	if d.taken = err == nil && remains(ctx, name); !d.taken && err == nil && len(entries) > 0 {
		err = fmt.Errorf("it is not empty: there is %s", entries[0].Name())
	}
	return err
}

// keptAbove is the directory of a kept run that a directory is within; "": there is none.
func keptAbove(name string) string {
	at, err := filepath.Abs(name)
	if err != nil {
		return "" // whoever makes it finds out
	}
	for up := filepath.Dir(at); up != at; at, up = up, filepath.Dir(up) {
		if there(filepath.Join(up, journalFile)) || there(filepath.Join(up, databaseFile)) {
			return up
		}
	}
	return ""
}

// makeAll makes a directory and those above it, and remembers which are new.
func (d *directory) makeAll(name string) error {
	var missing []string
	for at := filepath.Clean(name); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is not a directory", at)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		missing = append(missing, at)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := os.Mkdir(missing[i], 0o777); err != nil {
			return err
		}
		d.made = append([]string{missing[i]}, d.made...)
	}
	return nil
}

// path is shown to people; "": nothing is kept.
func (d *directory) path() string {
	if d == nil {
		return ""
	}
	return d.name
}

// create opens a file for writing. It gets its place when the run is whole.
func (d *directory) create(name string) (*os.File, error) {
	f, err := os.Create(filepath.Join(d.stage, name))
	if err == nil {
		d.files = append(d.files, name)
	}
	return f, err
}

// reopenDirectory takes the directory of a run that is to go on. What it was about to write when it ended is written again.
func reopenDirectory(name string) (*directory, error) {
	d := &directory{name: name, stage: filepath.Join(name, unfinished)}
	made := os.Mkdir(d.stage, 0o777)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return nil, made
	}
	for _, place := range []string{d.stage, d.name} { // before anything is done, that would then be in vain
		if err := writable(place); err != nil {
			if made == nil {
				_ = os.Remove(d.stage)
			}
			return nil, err
		}
	}
	if err := d.hold(); err != nil {
		return nil, err
	}
	return d, nil
}

// writable says why no file can be made in a directory.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".try-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// seed makes the directory of one of several runs. One with a journal of its own is at its place from the beginning.
func (d *directory) seed(s uint64, journaled bool) (*directory, error) {
	if d == nil {
		return nil, nil
	}
	name := fmt.Sprintf("seed-%d", s)
	sub := &directory{fresh: true, name: filepath.Join(d.name, name), stage: filepath.Join(d.stage, name)}
	if !journaled {
		return sub, os.Mkdir(sub.stage, 0o777)
	}
	sub.stage = ""
	err := sub.makeAll(sub.name)
	if err == nil {
		err = sub.makeStage()
	}
	return sub, err
}

// journal is where the journal of the run stands.
func (d *directory) journal() string { return filepath.Join(d.name, journalFile) }

// keep gives everything its place, the manifest last.
func (d *directory) keep(manifest any) error {
	if d == nil {
		return nil
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.stage, "manifest.json"), append(text, '\n'), 0o666); err != nil {
		return err
	}
	if _, err := os.Stat(d.name); errors.Is(err, fs.ErrNotExist) { // one of several runs
		d.done = true
		return os.Rename(d.stage, d.name)
	}
	for _, name := range append(d.files, "manifest.json") {
		if err := os.Rename(filepath.Join(d.stage, name), filepath.Join(d.name, name)); err != nil {
			return err
		}
	}
	d.done = true
	return d.leave()
}

// leave takes the stage away, with what never came out of it. Whoever holds the lock by then keeps it.
func (d *directory) leave() error {
	left, err := os.ReadDir(d.stage)
	for _, entry := range left {
		if entry.Name() != lockFile || d.lock == nil {
			err = errors.Join(err, os.RemoveAll(filepath.Join(d.stage, entry.Name())))
		}
	}
	d.letGo()
	_ = os.Remove(d.stage) // not empty: it is another's by now
	return err
}

// discard takes away what was not kept, and the directories made for it.
func (d *directory) discard() {
	if d == nil || d.done {
		return
	}
	if d.stage != "" {
		_ = d.leave() // nobody could act on the error
	}
	if d.fresh && d.stage != "" {
		for _, name := range []string{journalFile, journalFile + "-wal", journalFile + "-shm", databaseFile} {
			_ = os.Remove(filepath.Join(d.name, name))
		}
		_ = os.RemoveAll(filepath.Join(d.name, report.OriginalDir))
	}
	for _, name := range d.made {
		_ = os.Remove(name) // those that somebody uses are not empty
	}
}
