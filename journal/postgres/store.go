package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/polis-agents/polis/journal"
)

// Store is the journal of one run in a PostgreSQL database. It is safe for concurrent use.
type Store struct {
	run   string
	opts  Options
	pool  *pgxpool.Pool
	heads chan map[string]uint64 // turns per actor, of actors met: never more than there are. Whoever holds it appends
	done  chan struct{}          // closed by Close
	once  sync.Once
}

var _ journal.Store = (*Store)(nil)

// Open opens a run, and makes the tables if they are not there. dsn is what libpq takes: postgres://user@host:port/database
// or host=… dbname=…; the password may also come from PGPASSWORD or a .pgpass file, and is in no error. A run is any name
// of UTF-8 without the character 0. ctx is for the opening only; a server that is not there is an error at once.
func Open(ctx context.Context, dsn, run string, opts Options) (*Store, error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	opts = opts.filled()
	pool, err := connect(ctx, dsn, opts)
	if err != nil {
		return nil, err
	}
	s := &Store{run: run, opts: opts, pool: pool, heads: make(chan map[string]uint64, 1), done: make(chan struct{})}
	s.heads <- map[string]uint64{}
	if err := s.begin(ctx); err != nil {
		pool.Close()
		return nil, s.fault("open", err)
	}
	return s, nil
}

func checkRun(run string) error {
	if run == "" || strings.ContainsRune(run, 0) || strings.ToValidUTF8(run, "") != run {
		return fmt.Errorf("postgres: run %q; accepted is a name in UTF-8, not empty and without the character 0", run)
	}
	return nil
}

// connect makes a pool of connections and the first connection.
func connect(ctx context.Context, dsn string, opts Options) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil { // pgx repeats parts of the DSN, which may be parts of the password
		return nil, errors.New("postgres: DSN not understood; accepted is postgres://user@host:port/database or host=… port=… user=… dbname=…")
	}
	config.MaxConns = int32(opts.Conns)
	if config.ConnConfig.ConnectTimeout <= 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.ConnConfig.RuntimeParams["application_name"] = "polis"
	config.ConnConfig.RuntimeParams["client_encoding"] = "UTF8"
	if opts.ReadOnly {
		config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		err = startup(ctx, pool, opts.Patience)
		if err != nil {
			pool.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", without(config.ConnConfig.Password, err))
	}
	return pool, nil
}

// startup waits for a server that says that it is starting up.
func startup(ctx context.Context, pool *pgxpool.Pool, patience time.Duration) error {
	w := newWait(patience)
	defer w.stop()
	for {
		err := pool.Ping(ctx)
		if stateOf(err) != startingUp {
			return err
		}
		if e := w.pause(ctx, nil); e != nil {
			return errors.Join(e, err)
		}
	}
}

// begin makes tables and run.
func (s *Store) begin(ctx context.Context) error {
	if err := prepare(ctx, s.pool, s.opts.ReadOnly); err != nil {
		return err
	}
	if !s.opts.MustExist {
		_, err := s.pool.Exec(ctx, `INSERT INTO polis.runs(run) VALUES ($1) ON CONFLICT DO NOTHING`, s.run)
		return err
	}
	there := `SELECT 1 FROM polis.runs WHERE run = $1`
	if !s.opts.ReadOnly { // what a writer that was killed has sent may still be on its way: who goes on must see it
		there += ` FOR UPDATE`
	}
	var one int
	err := s.pool.QueryRow(ctx, there, s.run).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoRun
	}
	return err
}

// fault adds to err what was being done, and to which run.
func (s *Store) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, journal.ErrClosed) {
		return fmt.Errorf("%w: %s", journal.ErrClosed, doing)
	}
	return fmt.Errorf("postgres: run %q: %s: %w", s.run, doing, without(s.pool.Config().ConnConfig.Password, err))
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

// Close implements journal.Store. It waits for what is being written.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.done)
		<-s.heads
		s.pool.Close()
	})
	return nil
}

// Run is a journal in a database.
type Run struct {
	Name    string
	Entries uint64
	Begun   time.Time
}

// Runs returns the runs of a database, in the order in which they were begun.
func Runs(ctx context.Context, dsn string) ([]Run, error) {
	opts := Options{ReadOnly: true, Conns: 1}.filled()
	pool, err := connect(ctx, dsn, opts)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	runs, err := listed(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("postgres: list the runs: %w", without(pool.Config().ConnConfig.Password, err))
	}
	return runs, nil
}

func listed(ctx context.Context, pool *pgxpool.Pool) ([]Run, error) {
	err := prepare(ctx, pool, true)
	if errors.Is(err, ErrNoRun) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `SELECT run, last, begun FROM polis.runs ORDER BY begun, run`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Run, err error) {
		err = row.Scan(&r.Name, &r.Entries, &r.Begun)
		return r, err
	})
}
