package sqlite

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	lib "modernc.org/sqlite/lib"

	"github.com/polis-agents/polis/journal"
)

// Store is a journal in an SQLite file. It is safe for concurrent use.
type Store struct {
	path  string
	opts  Options
	found finding
	file  fs.FileInfo   // of the file that was opened
	pen   chan *pen     // the one that writes, when nobody does; none if read-only
	eyes  chan *eye     // those that read, when nobody does
	more  chan struct{} // one for each eye that may still be opened
	done  chan struct{} // closed by Close
	once  sync.Once
	ended error
}

var _ journal.Store = (*Store)(nil)

// readers is how many readings go on at a time; more wait.
const readers = 4

// Open opens the journal in the file at path. What cannot be a journal is refused with an error that names the file and
// wraps fs.ErrNotExist, ErrNotJournal, ErrDamaged or ErrNewer; such a file is not touched. ctx is for the opening only.
//
// A store that is read-only leaves no file beside a journal that was closed; beside that of a live or a killed writer it
// uses the writer's.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	if opts.ReadOnly {
		opts.MustExist = true
	}
	s := &Store{path: path, opts: opts, pen: make(chan *pen, 1), eyes: make(chan *eye, readers), more: make(chan struct{}, readers), done: make(chan struct{})}
	for range readers {
		s.more <- struct{}{}
	}
	err := s.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", path, classified(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.found, err = examine(s.path, s.opts.MustExist); err != nil {
		return err
	}
	if s.opts.ReadOnly {
		s.file, err = os.Stat(s.path)
		return err
	}
	if s.found.version < newestVersion {
		if err := migrate(ctx, s.path); err != nil {
			return err
		}
	}
	s.found.abandoned = false
	p, err := newPen(s.path, s.opts)
	if err != nil {
		return err
	}
	if s.file, err = os.Stat(s.path); err != nil {
		_ = p.drop() // the error is the one before
		return err
	}
	s.pen <- p
	return nil
}

// uri names the file to SQLite.
func uri(path string, params url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if abs[0] != '/' {
		abs = "/" + abs // C:/…
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: params.Encode()}
	return u.String(), nil
}

// newEye opens a connection that only reads. A journal that says that its writes go to a log beside it, and has none, was
// left by nobody who could write now: it is read as it stands, for SQLite would create the log.
func newEye(path string, found finding) (*eye, error) {
	params := url.Values{}
	if found.abandoned {
		params.Set("immutable", "1")
	}
	name, err := uri(path, params)
	if err != nil {
		return nil, err
	}
	c, err := dial(name, lib.SQLITE_OPEN_READONLY, "PRAGMA busy_timeout = 5000", "PRAGMA cache_size = -8000")
	if err != nil {
		return nil, err
	}
	return &eye{conn: c, stmts: map[string]*stmt{}, arena: arena{c: c}, still: found.abandoned}, nil
}

// usable returns why the store cannot be used, if so.
func (s *Store) usable(ctx context.Context) error {
	select {
	case <-s.done:
		return journal.ErrClosed
	default:
		return ctx.Err()
	}
}

// look waits for a connection that reads and lends it to do.
func (s *Store) look(ctx context.Context, do func(*eye) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	e, err := s.eye(ctx)
	if err != nil {
		return err
	}
	defer func() { s.eyes <- e }()
	if e.still && exists(s.path+"-wal") { // somebody writes again
		fresh, err := newEye(s.path, finding{})
		if err != nil {
			return err
		}
		_ = e.close() // likewise
		e = fresh
	}
	return do(e)
}

// eye waits for a connection that reads; one that is open is preferred.
func (s *Store) eye(ctx context.Context) (*eye, error) {
	select {
	case e := <-s.eyes:
		return e, nil
	default:
	}
	select {
	case e := <-s.eyes:
		return e, nil
	case <-s.more:
		e, err := newEye(s.path, s.found)
		if err != nil {
			s.more <- struct{}{}
		}
		return e, err
	case <-s.done:
		return nil, journal.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close implements journal.Store. The last writer to close leaves one file behind.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.done)
		for range readers { // each is in use for one page at most
			select {
			case e := <-s.eyes:
				s.ended = worst(s.ended, e.close())
			case <-s.more:
			}
		}
		if !s.opts.ReadOnly {
			p := <-s.pen
			s.ended = worst(s.ended, p.drop())
		}
		if s.ended != nil {
			s.ended = fmt.Errorf("sqlite: %s: close: %w", s.path, classified(s.ended))
		}
	})
	return s.ended
}

func worst(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
