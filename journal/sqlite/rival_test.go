package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// child, in the environment, makes the test binary another process that writes: "rival PATH" or "endless PATH".
const child = "POLIS_SQLITE_CHILD"

// asChild does what the environment says and tells whether it said anything.
func asChild() bool {
	role, path, _ := strings.Cut(os.Getenv(child), " ")
	if role == "" {
		return false
	}
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{MustExist: true})
	if err != nil {
		fmt.Println("open:", err)
		return true
	}
	var r rows
	in := bufio.NewScanner(os.Stdin)
	switch role {
	case "rival": // a batch whenever it is asked for one, from wherever the journal is
		for in.Scan() {
			heads, err := s.Heads(context.Background())
			var e journal.Entry
			for _, h := range heads {
				if h.Actor == "world" {
					e = journal.Entry{Actor: "world", N: h.Count + 1, Kind: "rival", Payload: []byte("null"), Effects: []byte("[]")}
					e.Digest = e.Sum(h.Digest)
				}
			}
			fmt.Println("appended:", errors.Join(err, s.Append(context.Background(), []journal.Entry{e})))
		}
		s.Close()
	case "endless": // batches of 1, 2, … 40, each acknowledged on a line, until it is killed
		for at, size := 0, 1; ; at, size = at+size, size%40+1 {
			if err := s.Append(context.Background(), r.batch(at, size)); err != nil {
				fmt.Println("append:", err)
				return true
			}
			fmt.Println(at + size)
		}
	}
	return true
}

// another starts another process of the role.
func another(t *testing.T, role, path string) (cmd *exec.Cmd, say func(string), hear func() string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+role+" "+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	say = func(s string) { fmt.Fprintln(in, s) }
	hear = func() string {
		if !lines.Scan() {
			return ""
		}
		return lines.Text()
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd, say, hear
}

// "A second writer is refused with a Conflict, also another process."
func TestAnotherProcessIsARival(t *testing.T) {
	path := written(t, 30)
	ours := open(t, path, sqlite.Options{})
	var r rows
	kept := r.batch(0, 30)
	head := r.heads["world"]
	next := func() journal.Entry {
		e := journal.Entry{Actor: "world", N: head.Count + 1, Kind: "ours", Payload: []byte("null"), Effects: []byte("[]")}
		e.Digest = e.Sum(head.Digest)
		return e
	}
	took := func(e journal.Entry) { head = journal.Head{Actor: "world", Count: e.N, Digest: e.Digest} }
	_, say, hear := another(t, "rival", path)
	for i := range 5 {
		e := next()
		if err := ours.Append(t.Context(), []journal.Entry{e}); err != nil {
			t.Fatal(err)
		}
		took(e)
		say("go")
		if got := hear(); got != "appended: <nil>" {
			t.Fatal(got)
		}
		// We have not looked, and believe that it is our turn.
		var conflict *journal.Conflict
		if err := ours.Append(t.Context(), []journal.Entry{next()}); !errors.As(err, &conflict) || *conflict != (journal.Conflict{Actor: "world", Expected: head.Count + 2, Got: head.Count + 1}) {
			t.Fatalf("round %d: %v", i, err)
		}
		for e := range ours.Turns(t.Context(), "world", head.Count) {
			took(e)
		}
	}
	if n := len(read(t, ours, 0)); n != len(kept)+10 {
		t.Errorf("%d entries", n)
	}
	if err := journal.Check(ours.Read(t.Context(), 0)); err != nil {
		t.Error(err)
	}
}

// "A process killed amid appends: reopen works, content is a prefix of what was appended, all acknowledged batches there."
func TestAKilledWriterLosesNothingThatWasAcknowledged(t *testing.T) {
	for i, lines := range []int{0, 1, 37, 400} {
		t.Run(fmt.Sprint(lines), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.db")
			open(t, path, sqlite.Options{}).Close()
			cmd, _, hear := another(t, "endless", path)
			acknowledged := 0
			for range lines {
				if _, err := fmt.Sscan(hear(), &acknowledged); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for { // what it said before it died, and was not heard yet
				if _, err := fmt.Sscan(hear(), &acknowledged); err != nil {
					break
				}
			}
			cmd.Wait()

			if i%2 == 0 { // whoever only reads can do so at once, and changes nothing but what the dead had in memory
				before := listing(t, filepath.Dir(path))
				n := len(read(t, open(t, path, sqlite.Options{ReadOnly: true}), 0))
				if n < acknowledged {
					t.Errorf("%d entries are read of %d", n, acknowledged)
				}
				after := listing(t, filepath.Dir(path))
				for _, name := range []string{"run.db", "run.db-wal"} {
					if before[name] != after[name] {
						t.Errorf("%s was changed by reading", name)
					}
				}
			}
			s := open(t, path, sqlite.Options{MustExist: true})
			got := read(t, s, 0)
			if len(got) < acknowledged {
				t.Fatalf("%d entries are left of %d that were acknowledged", len(got), acknowledged)
			}
			whole := 0 // batches are whole
			for size := 1; whole < len(got); size = size%40 + 1 {
				whole += size
			}
			if whole != len(got) {
				t.Errorf("%d entries end within a batch", len(got))
			}
			var r rows
			for i, want := range r.batch(0, len(got)) {
				want.Position, want.Wall = got[i].Position, want.Wall.UTC()
				if g, w := fmt.Sprint(got[i]), fmt.Sprint(want); g != w {
					t.Fatalf("entry %d:\n got %s\nwant %s", i, g, w)
				}
			}
			if err := s.Append(t.Context(), r.batch(len(got), 10)); err != nil {
				t.Errorf("going on: %v", err)
			}
		})
	}
}

// Whoever holds the file's only right to write too long makes others fail, not wait for ever.
func TestABusyFileIsNotWaitedForForEver(t *testing.T) {
	path := written(t, 3)
	s := open(t, path, sqlite.Options{Busy: time.Millisecond})
	release := hold(t, path)
	var r rows
	r.batch(0, 3)
	next := r.batch(3, 3)
	if err := s.Append(t.Context(), next); err == nil || !strings.Contains(err.Error(), "locked") || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if n := len(read(t, s, 0)); n != 3 {
		t.Errorf("%d entries", n)
	}
	release()
	if err := s.Append(t.Context(), next); err != nil {
		t.Error(err)
	}
}
