package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/polis-agents/polis/journal"
)

// Store is a journal in an SQLite file. It is safe for concurrent use.
type Store struct {
	path    string
	opts    Options
	file    fs.FileInfo // of the file that was opened
	readers *sql.DB
	writers *sql.DB // one connection; nil if read-only
	pen     chan *pen
	closed  atomic.Bool
	once    sync.Once
	ended   error
}

var _ journal.Store = (*Store)(nil)

// readConns is how many readings go on at a time; more wait.
const readConns = 4

// Open opens the journal in the file at path. What cannot be a journal is refused with an error that names the file and
// wraps fs.ErrNotExist, ErrNotJournal or ErrNewer; such a file is not touched. ctx is for the opening only.
//
// A store that is read-only leaves no file beside a journal that was closed; beside a live or a killed writer's it shares
// the writer's.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	if opts.ReadOnly {
		opts.MustExist = true
	}
	found, err := examine(ctx, path, opts.MustExist)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", path, err)
	}
	s := &Store{path: path, opts: opts, pen: make(chan *pen, 1)}
	if err := s.open(ctx, found); err != nil {
		s.shut()
		return nil, fmt.Errorf("sqlite: %s: %w", path, classified(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, found finding) (err error) {
	if !s.opts.ReadOnly {
		if s.writers, err = database(s.path, s.writing()); err != nil {
			return err
		}
		s.writers.SetMaxOpenConns(1)
		if found.version < newestVersion {
			if err := migrate(ctx, s.writers); err != nil {
				return err
			}
		}
		p, err := newPen(ctx, s.writers)
		if err != nil {
			return err
		}
		s.pen <- p
	}
	if s.readers, err = database(s.path, reading(found)); err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(readConns)
	s.readers.SetMaxIdleConns(readConns)
	s.file, err = os.Stat(s.path)
	return err
}

// writing are the parameters of a connection that writes.
func (s *Store) writing() url.Values {
	synchronous := "normal"
	if s.opts.Full {
		synchronous = "full"
	}
	v := url.Values{"mode": {"rwc"}, "_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(" + strconv.FormatInt(s.opts.busy().Milliseconds(), 10) + ")",
		"journal_mode(wal)",
		"synchronous(" + synchronous + ")",
		"cache_size(-16000)",
		"wal_autocheckpoint(4000)",
	}}
	if s.opts.MaxPages > 0 {
		v["_pragma"] = append(v["_pragma"], "max_page_count("+strconv.Itoa(s.opts.MaxPages)+")")
	}
	return v
}

// reading are the parameters of a connection that only reads. A journal that says it has a log of writes beside it, and
// has none, was left by nobody who could write now: it is read as it stands, since SQLite would create the log.
func reading(found finding) url.Values {
	v := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-8000)"}}
	if found.abandoned {
		v.Set("immutable", "1")
	}
	return v
}

// database prepares connections to the file; none is made yet.
func database(path string, params url.Values) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs = filepath.ToSlash(abs)
	if abs[0] != '/' {
		abs = "/" + abs // C:/…
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: params.Encode()}
	return sql.Open("sqlite", u.String())
}

// Close implements journal.Store. The last writer to close leaves one file behind.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.closed.Store(true)
		s.ended = s.shut()
	})
	return s.ended
}

// shut ends the connections.
func (s *Store) shut() (err error) {
	if s.readers != nil {
		err = s.readers.Close()
	}
	if s.writers == nil {
		return err
	}
	select {
	case p := <-s.pen:
		p.drop()
	default: // it was never made
	}
	if e := s.writers.Close(); err == nil {
		err = e
	}
	return err
}
