package postgres_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
)

// relay stands between a store and the server, and cuts connections where it is told to.
type relay struct {
	t       *testing.T
	network string
	address string
	dsn     string
	wg      sync.WaitGroup

	mu     sync.Mutex
	marker []byte        // what the client says when it is to be cut off
	how    cut           // and how
	happen chan cut      // what happened
	conns  []net.Conn    // to close at the end
	away   bool          // whoever comes is turned away
	turned chan struct{} // somebody was
}

type cut int

const (
	before cut = iota // the server does not get it
	after             // the server gets it and answers, the client does not get the answer
	during            // the server gets it, and the client is gone
)

func newRelay(t *testing.T, dsn string) *relay {
	t.Helper()
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "relay") // short: the name of a socket has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{t: t, happen: make(chan cut, 100), turned: make(chan struct{}, 1), dsn: fmt.Sprintf("host=%s port=5432 user=%s dbname=%s", dir, config.User, config.Database)}
	if config.Password != "" {
		r.dsn += " password=" + config.Password
	}
	r.network, r.address = pgconn.NetworkAddress(config.Host, config.Port)
	r.wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.serve(client) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		r.drop()
		r.wg.Wait()
		os.RemoveAll(dir)
	})
	return r
}

// arm lets the relay cut the connection on which the marker is said next.
func (r *relay) arm(marker string, how cut) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marker, r.how = []byte(marker), how
}

// leave turns away whoever comes, or no longer.
func (r *relay) leave(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// drop closes all connections.
func (r *relay) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

// gone waits until somebody was turned away from now on.
func (r *relay) gone() {
	select {
	case <-r.turned:
	default:
	}
	<-r.turned
}

// said tells whether b has the marker, and how to cut. It is disarmed then.
func (r *relay) said(b []byte) (cut, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.marker) == 0 || !bytes.Contains(b, r.marker) {
		return 0, false
	}
	r.marker = nil
	return r.how, true
}

func (r *relay) serve(client net.Conn) {
	r.mu.Lock()
	if r.away {
		r.mu.Unlock()
		client.Close()
		select {
		case r.turned <- struct{}{}:
		default:
		}
		return
	}
	server, err := net.Dial(r.network, r.address)
	if err != nil {
		r.mu.Unlock()
		client.Close()
		return
	}
	r.conns = append(r.conns, client, server)
	r.mu.Unlock()
	var mu sync.Mutex
	mute := false
	answered := make(chan struct{})
	r.wg.Go(func() { // what the server says
		defer client.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			mu.Lock()
			if n > 0 && mute {
				mu.Unlock()
				close(answered)
				return
			}
			mu.Unlock()
			if _, e := client.Write(b[:n]); e != nil || err != nil {
				return
			}
		}
	})
	b := make([]byte, 1<<20)
	for {
		n, err := client.Read(b)
		if n == 16 && binary.BigEndian.Uint32(b[4:]) == 80877102 { // a wish to cancel, which need not reach a server in time
			server.Close()
			client.Close()
			return
		}
		how, cutting := r.said(b[:n])
		if cutting && how != before {
			mu.Lock()
			mute = how == after
			mu.Unlock()
		}
		if n > 0 && !(cutting && how == before) {
			server.Write(b[:n])
		}
		switch {
		case cutting && how == after:
			<-answered
			fallthrough
		case cutting && how == before:
			server.Close()
			fallthrough
		case cutting: // the server goes on with what it was told, and finds nobody to tell
			client.Close()
			r.happen <- how
			return
		case err != nil:
			server.Close()
			if !errors.Is(err, io.EOF) {
				client.Close()
			}
			return
		}
	}
}

// marked are entries that say a word.
func marked(r rows, from, n int, word string) []journal.Entry {
	entries := r.batch(from, n)
	for i := range entries {
		e := &entries[i]
		e.Payload = fmt.Appendf(nil, `{"word":%q,"i":%d}`, word, i)
	}
	return entries
}

// "An Append whose outcome is unknown must be resolved by looking before it is repeated: never twice, never lost silently."
func TestAnAppendThatIsCutOffIsThereOnce(t *testing.T) {
	dsn := database(t)
	for how, name := range []string{"before the server got it", "after the server did it"} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, dsn)
			run := newRun(t)
			s := open(t, r.dsn, run, postgres.Options{})
			list := rows{}
			var want []journal.Entry
			for i := range 5 {
				word := fmt.Sprintf("cut-%d", i)
				r.arm(word, cut(how))
				batch := marked(list, 10*i, 10, word)
				if err := s.Append(t.Context(), batch); err != nil {
					t.Fatal(err)
				}
				if got := <-r.happen; got != cut(how) {
					t.Fatalf("cut %v", got)
				}
				want = append(want, batch...)
			}
			compare(t, s, want)
		})
	}
}

// What was cut off may be carried out later than it is looked for.
func TestAnAppendThatIsCutOffAndCommittedLate(t *testing.T) {
	dsn := database(t)
	r := newRelay(t, dsn)
	run := newRun(t)
	s := open(t, r.dsn, run, postgres.Options{})
	list := rows{}
	first := marked(list, 0, 5, "first")
	if err := s.Append(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	release, waiting := holdRun(t, dsn, run) // an append waits in the server
	r.arm("late", during)
	second := marked(list, 5, 5, "late")
	appended := make(chan error, 1)
	go func() { appended <- s.Append(t.Context(), second) }()
	<-r.happen
	// Both the one cut off and its repetition wait now; whoever is first, it is there once.
	waiting(2)
	release()
	if err := <-appended; err != nil {
		t.Error(err)
	}
	compare(t, s, append(first, second...))
	if err := s.Append(t.Context(), marked(list, 10, 5, "third")); err != nil {
		t.Error(err)
	}
}

// holdRun lets appends to a run wait in the server until they are released; waiting returns when as many do.
func holdRun(t *testing.T, dsn, run string) (release func(), waiting func(n int)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		return conn
	}
	holder, watcher := connect(), connect()
	tx, err := holder.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT 1 FROM polis.runs WHERE run = $1 FOR UPDATE`, run)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { tx.Rollback(ctx) }, func(n int) {
		for got := 0; got < n; {
			if err := watcher.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%polis.runs SET last%'`).Scan(&got); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// "That a statement is on its way is not interrupted by the caller's ctx, so that its outcome is known."
func TestAnAppendOnItsWayIsNotInterrupted(t *testing.T) {
	dsn := database(t)
	run := newRun(t)
	s := open(t, dsn, run, postgres.Options{})
	entries := rows{}.batch(0, 5)
	ctx, cancel := context.WithCancel(t.Context())
	release, waiting := holdRun(t, dsn, run)
	appended := make(chan error, 1)
	go func() { appended <- s.Append(ctx, entries) }()
	waiting(1)
	cancel()
	release()
	if err := <-appended; err != nil {
		t.Error(err)
	}
	compare(t, s, entries)
}

// A rival that recorded the very same turns, while our append was cut off, is a rival nevertheless.
func TestARivalDuringACutIsNotTakenForUs(t *testing.T) {
	dsn := database(t)
	r := newRelay(t, dsn)
	run := newRun(t)
	s, rival := open(t, r.dsn, run, postgres.Options{}), open(t, dsn, run, postgres.Options{})
	ours := marked(rows{}, 0, 1, "ours")
	theirs := marked(rows{}, 0, 1, "ours")
	theirs[0].Wall = ours[0].Wall.Add(time.Millisecond)
	r.arm("ours", before)
	r.leave(true)
	appended := make(chan error, 1)
	go func() { appended <- s.Append(t.Context(), ours) }()
	<-r.happen
	if err := rival.Append(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	r.leave(false)
	var conflict *journal.Conflict
	if err := <-appended; !errors.As(err, &conflict) || *conflict != (journal.Conflict{Actor: ours[0].Actor, Expected: 2, Got: 1}) {
		t.Errorf("got %v", err)
	}
	compare(t, s, theirs)
}

// "Bounded retries with a deadline, then a clear error"; and one that says so if it is not known what became of the append.
func TestAServerThatStaysAway(t *testing.T) {
	r := newRelay(t, database(t))
	run := newRun(t)
	s := open(t, r.dsn, run, postgres.Options{Patience: 300 * time.Millisecond})
	list := rows{}
	if err := s.Append(t.Context(), list.batch(0, 3)); err != nil {
		t.Fatal(err)
	}
	r.leave(true)
	r.drop()
	if _, err := s.Heads(t.Context()); !errors.Is(err, postgres.ErrUnreachable) { // and no connection is left that could be taken for one
		t.Errorf("heads: %v", err)
	}
	next := rows{}
	next.batch(0, 3)
	if err := s.Append(t.Context(), next.batch(3, 1)); !errors.Is(err, postgres.ErrUnreachable) || errors.Is(err, postgres.ErrUnsure) {
		t.Errorf("nothing was sent: %v", err)
	}
	r.leave(false)
	if _, err := s.Heads(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		how    cut
		unsure bool
	}{{after, true}, {before, true}} { // the client cannot tell these two apart
		r.arm("away", c.how)
		r.leave(true)
		err := s.Append(t.Context(), marked(list, 3, 3, "away"))
		if !errors.Is(err, postgres.ErrUnreachable) || errors.Is(err, postgres.ErrUnsure) != c.unsure || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), run) {
			t.Errorf("got %v", err)
		}
		<-r.happen
		for _, err := range s.Read(t.Context(), 0) {
			if !errors.Is(err, postgres.ErrUnreachable) || !strings.Contains(err.Error(), "read after position 0") {
				t.Errorf("read: %v", err)
			}
		}
		// It was never sent: that is known.
		if err := s.Append(t.Context(), marked(list, 6, 3, "x")); !errors.Is(err, postgres.ErrUnreachable) || errors.Is(err, postgres.ErrUnsure) {
			t.Errorf("got %v", err)
		}
		r.leave(false)
		list = rows{}
		for e, err := range s.Read(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			list[e.Actor] = journal.Head{Actor: e.Actor, Count: e.N, Digest: e.Digest}
		}
	}
}

// compare fails unless the journal holds these entries and no others.
func compare(t *testing.T, s *postgres.Store, want []journal.Entry) {
	t.Helper()
	i := 0
	for e, err := range s.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(want) {
			t.Fatalf("more than %d entries", len(want))
		}
		w := want[i]
		w.Position, w.Wall = journal.Position(i+1), w.Wall.UTC()
		if g, w := fmt.Sprint(e), fmt.Sprint(w); g != w {
			t.Fatalf("entry %d:\n got %s\nwant %s", i, g, w)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d entries, want %d", i, len(want))
	}
}
