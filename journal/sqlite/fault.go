package sqlite

import (
	"context"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/polis-agents/polis/journal"
)

// What can be wrong with a file, wrapped by errors that name it.
var (
	// ErrNotJournal: the file is no SQLite database, or one of something else, or not whole.
	ErrNotJournal = errors.New("not a journal")

	// ErrUnmade is an ErrNotJournal: there are no tables yet, for what made the file ended at once.
	ErrUnmade = fmt.Errorf("%w: it has no tables, what made it ended at once", ErrNotJournal)
	// ErrNewer: a newer version of polis wrote the journal. The error names the version found and the newest known.
	ErrNewer = errors.New("journal of a newer version")
	// ErrDamaged: a part of the journal cannot be read, or makes no sense. The error says what was being read.
	ErrDamaged = errors.New("journal damaged")
	// ErrReadOnly: the journal was opened with Options.ReadOnly.
	ErrReadOnly = errors.New("journal is read-only")
	// ErrFull: no room for what was to be appended, on the disk or below Options.MaxPages.
	ErrFull = errors.New("disk full")
	// ErrMoved: the file was deleted, or is no longer where it was opened, so that what is written would be lost.
	ErrMoved = errors.New("journal is no longer there")
)

// codeOf returns SQLite's primary result code of err, 0 if it has none.
func codeOf(err error) int {
	var f *fault
	if errors.As(err, &f) {
		return int(f.code) & 0xff
	}
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// fault adds to err what was being done, on which file, and the sentinel that it is a case of.
func (s *Store) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, journal.ErrClosed) {
		return fmt.Errorf("%w: %s", journal.ErrClosed, doing)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("sqlite: %s: %w", doing, err)
	}
	return fmt.Errorf("sqlite: %s: %s: %w", s.path, doing, classified(err))
}

// classified wraps err with the sentinel for SQLite's result code, if there is one.
func classified(err error) error {
	if err == nil {
		return nil
	}
	switch codeOf(err) {
	case lib.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrNotJournal, err)
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
