package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockFile stands among the unfinished files of a run. Whoever writes the run holds it; the operating system gives it
// free when that process ends, however it ends.
const lockFile = "lock"

// errHeld says that a run is written by another process.
var errHeld = errors.New("another process is running it")

// hold takes the lock of a run. Where the file system has no locks the journal alone keeps a second writer out.
func (d *directory) hold() error {
	path := filepath.Join(d.stage, lockFile)
	lock := flock.New(path)
	switch got, err := lock.TryLock(); {
	case err != nil && errors.Is(err, fs.ErrNotExist):
		return errHeld // it was there, and its owner has just ended
	case err != nil:
		return nil
	case !got:
		return errHeld
	}
	mine, err := lock.Stat()
	there, gone := os.Stat(path)
	if err != nil || gone != nil || !os.SameFile(mine, there) { // its owner has just taken it away
		_ = lock.Close()
		return errHeld
	}
	d.lock = lock
	return nil
}

// letGo gives the lock back and takes it away: while it is still held, for afterwards it may be another's.
func (d *directory) letGo() {
	if d.lock == nil {
		return
	}
	_ = os.Remove(d.lock.Path()) // where open files cannot be removed, the next to hold it finds it
	_ = d.lock.Close()
	d.lock = nil
}

// isHeld says whether a process is writing the run that is kept in a directory.
func isHeld(dir string) bool {
	path := filepath.Join(dir, unfinished, lockFile)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	got, err := lock.TryRLock()
	_ = lock.Close()
	return err == nil && !got
}
