package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
)

// freshDatabase makes a database on the server for tests and returns its DSN.
func freshDatabase(t *testing.T, with string) string {
	t.Helper()
	dsn := database(t)
	name := fmt.Sprintf("polis_test_%d", rand.Uint64())
	run := func(ctx context.Context, sql string) error {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, sql)
		return err
	}
	if err := run(t.Context(), "CREATE DATABASE "+name+" "+with); err != nil {
		t.Skipf("the server lets nobody make a database: %v", err)
	}
	t.Cleanup(func() { run(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", Path: "/" + name, User: url.UserPassword(config.User, config.Password)}
	u.RawQuery = url.Values{"host": {config.Host}, "port": {fmt.Sprint(config.Port)}, "sslmode": {"prefer"}}.Encode()
	return u.String()
}

func execute(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// "No password in any error": nor in that of a DSN that cannot be read, which needs no server.
func TestNoErrorHasThePassword(t *testing.T) {
	const password = "s3cret-w0rd"
	for _, dsn := range []string{
		"postgres://kate:" + password + "@127.0.0.1:1/polis?connect_timeout=1",
		"postgres://kate:" + password + "@127.0.0.1:port/polis",
		"postgres://kate:" + password + "%zz@127.0.0.1/polis",
		"postgres://kate:" + password + "@127.0.0.1:1:2/polis",
		"host=127.0.0.1 port=1 user=kate password=" + password + " dbname=" + password + " connect_timeout=1",
		"host=127.0.0.1 password='" + password,
		"host=/nowhere/" + password + " password=" + password,
		"password=" + password + " sslmode=" + password,
		"password=" + password + " port=" + password,
		password,
	} {
		_, err := postgres.Open(t.Context(), dsn, "run", postgres.Options{})
		_, err2 := postgres.Runs(t.Context(), dsn)
		for _, err := range []error{err, err2} {
			if err == nil || strings.Contains(err.Error(), password) || !strings.HasPrefix(err.Error(), "postgres: ") {
				t.Errorf("%s: %v", dsn, err)
			}
		}
	}
	var dial *pgconn.ConnectError
	if _, err := postgres.Open(t.Context(), "host=/nowhere/"+password+" password="+password, "run", postgres.Options{}); !errors.As(err, &dial) {
		t.Errorf("hidden is the text, not what it was: %v", err)
	}
}

// A run is a name; what is none is one line that says what is accepted.
func TestANameThatIsNone(t *testing.T) {
	for _, run := range []string{"", "a\x00b", "\xff"} {
		if _, err := postgres.Open(t.Context(), "host=/nowhere", run, postgres.Options{}); err == nil || !strings.Contains(err.Error(), "accepted is") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", run, err)
		}
	}
}

// "A journal of a newer schema version is refused", and nothing is done to it.
func TestANewerDatabaseIsRefused(t *testing.T) {
	dsn := freshDatabase(t, "")
	open(t, dsn, "old", postgres.Options{}).Close()
	execute(t, dsn, "INSERT INTO polis.goose_db_version(version_id, is_applied) VALUES (7, true)")
	_, err := postgres.Open(t.Context(), dsn, "new", postgres.Options{})
	_, err2 := postgres.Runs(t.Context(), dsn)
	for _, err := range []error{err, err2} {
		if !errors.Is(err, postgres.ErrNewer) || !strings.Contains(err.Error(), "version 7") || !strings.Contains(err.Error(), "here is 1") {
			t.Errorf("got %v", err)
		}
	}
	execute(t, dsn, "DELETE FROM polis.goose_db_version WHERE version_id = 7")
	if runs, err := postgres.Runs(t.Context(), dsn); err != nil || len(runs) != 1 {
		t.Errorf("%v, %v", runs, err)
	}
}

// A database in another encoding could not give back every name.
func TestAnotherEncodingIsRefused(t *testing.T) {
	dsn := freshDatabase(t, "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
	if _, err := postgres.Open(t.Context(), dsn, "run", postgres.Options{}); err == nil || !strings.Contains(err.Error(), "SQL_ASCII; accepted is UTF8") {
		t.Errorf("got %v", err)
	}
}

// Nodes that start together make the tables once.
func TestNodesThatStartTogether(t *testing.T) {
	dsn := freshDatabase(t, "")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), dsn, "run", postgres.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
	runs, err := postgres.Runs(t.Context(), dsn)
	if err != nil || len(runs) != 1 || runs[0].Name != "run" || runs[0].Entries != 0 {
		t.Errorf("%+v, %v", runs, err)
	}
}

// Whoever only reads makes nothing: no tables, no run, no entry.
func TestReadingMakesNothing(t *testing.T) {
	dsn := freshDatabase(t, "")
	if runs, err := postgres.Runs(t.Context(), dsn); err != nil || len(runs) != 0 {
		t.Errorf("%v, %v", runs, err)
	}
	for _, opts := range []postgres.Options{{ReadOnly: true}, {MustExist: true, ReadOnly: true}} {
		if _, err := postgres.Open(t.Context(), dsn, "run", opts); !errors.Is(err, postgres.ErrNoRun) {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	var tables int
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname = 'polis'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d, %v", tables, err)
	}
	s := open(t, dsn, "run", postgres.Options{})
	if err := s.Append(t.Context(), rows{}.batch(0, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), dsn, "another", postgres.Options{MustExist: true}); !errors.Is(err, postgres.ErrNoRun) || !strings.Contains(err.Error(), `"another"`) {
		t.Errorf("got %v", err)
	}
	reader := open(t, dsn, "run", postgres.Options{ReadOnly: true})
	if err := reader.Append(t.Context(), rows{}.batch(0, 1)); !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("append: %v", err)
	}
	if err := reader.SaveSnapshot(t.Context(), "world", 1, nil); !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("snapshot: %v", err)
	}
	compare(t, reader, rows{}.batch(0, 10))
	// Runs do not see each other.
	if heads, err := open(t, dsn, "second", postgres.Options{}).Heads(t.Context()); err != nil || len(heads) != 0 {
		t.Errorf("%v, %v", heads, err)
	}
}

// What somebody did to the tables is found when it is read.
func TestRowsThatMakeNoSense(t *testing.T) {
	dsn := database(t)
	run := newRun(t)
	s := open(t, dsn, run, postgres.Options{})
	if err := s.Append(t.Context(), rows{}.batch(0, 100)); err != nil {
		t.Fatal(err)
	}
	execute(t, dsn, fmt.Sprintf("UPDATE polis.entries SET digest = '\\x00' WHERE run = '%s' AND position = 98", run))
	var last error
	n := 0
	for _, err := range s.Read(t.Context(), 0) {
		if last = err; err == nil {
			n++
		}
	}
	if !errors.Is(last, postgres.ErrDamaged) || !strings.Contains(last.Error(), "read after position") || n > 97 {
		t.Errorf("%d entries, then %v", n, last)
	}
	if _, err := s.Heads(t.Context()); !errors.Is(err, postgres.ErrDamaged) {
		t.Errorf("heads: %v", err)
	}
	execute(t, dsn, fmt.Sprintf("DELETE FROM polis.runs WHERE run = '%s'", run))
	next := rows{}
	next.batch(0, 100)
	if err := s.Append(t.Context(), next.batch(100, 1)); !errors.Is(err, postgres.ErrNoRun) {
		t.Errorf("append: %v", err)
	}
}

// Large and small entries are read in pages that fit.
func TestEntriesOfAllSizes(t *testing.T) {
	s := open(t, database(t), newRun(t), postgres.Options{})
	var list []journal.Entry
	var head journal.Head
	sizes := append([]int{10, 3 << 20, 10, 900 << 10, 1 << 20, 5 << 20}, make([]int, 60)...) // more than a page
	sizes = append(sizes, 5<<20, 5<<20, 5<<20, 5<<20, 1)                                     // then each is one
	for i, size := range sizes {
		e := journal.Entry{Actor: "a", N: uint64(i + 1), Kind: "k", Payload: []byte(`"` + strings.Repeat("x", size) + `"`), Effects: []byte("[]")}
		e.Digest = e.Sum(head.Digest)
		head = journal.Head{Digest: e.Digest}
		list = append(list, e)
	}
	if err := s.Append(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	i := 0
	for e, err := range s.Read(t.Context(), 0) {
		if err != nil || len(e.Payload) != len(list[i].Payload) || e.Digest != list[i].Digest {
			t.Fatalf("entry %d: %d bytes, %v", i, len(e.Payload), err)
		}
		i++
	}
	if i != len(list) {
		t.Errorf("%d entries", i)
	}
}

// While a server is away, the caller's deadline and Close count.
func TestNobodyWaitsLongerThanAsked(t *testing.T) {
	r := newRelay(t, database(t))
	s := open(t, r.dsn, newRun(t), postgres.Options{Patience: time.Hour})
	if err := s.Append(t.Context(), rows{}.batch(0, 3)); err != nil {
		t.Fatal(err)
	}
	next := rows{}
	next.batch(0, 3)
	batch := marked(next, 3, 3, "cut")
	r.arm("cut", before)
	r.leave(true)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Append(ctx, batch) }()
	<-r.happen
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) || !errors.Is(err, postgres.ErrUnsure) {
		t.Errorf("cancelled: %v", err)
	}
	go func() { result <- s.Append(t.Context(), batch) }()
	r.gone() // it knocked
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, journal.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
