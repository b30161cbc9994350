//go:build unix

package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
)

// server is a PostgreSQL of the test's own, to be killed.
type server struct {
	t   *testing.T
	bin string
	dir string
	as  *syscall.Credential // nil: whoever runs the test
}

// newServer makes and starts a server, or skips where there are no binaries.
func newServer(t *testing.T) *server {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		t.Skip("no initdb: no PostgreSQL to kill")
	}
	slices.Sort(found)
	dir, err := os.MkdirTemp("", "polis-pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &server{t: t, bin: filepath.Dir(found[len(found)-1]), dir: dir}
	if os.Geteuid() == 0 { // PostgreSQL does not run as root
		who, err := user.Lookup("postgres")
		if err != nil {
			who, err = user.Lookup("nobody")
		}
		if err != nil {
			t.Skip("root, and no user postgres or nobody to run a server as")
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Skipf("root may not give a directory away: %v", err)
		}
	}
	if out, err := s.command("initdb", "-D", s.data(), "-A", "trust", "-U", "polis", "--no-locale", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("root may not become another user here")
		}
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.start()
	t.Cleanup(func() { s.command("pg_ctl", "-D", s.data(), "-m", "immediate", "stop").Run() })
	return s
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) dsn() string { return fmt.Sprintf("host=%s user=polis dbname=postgres", s.dir) }

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

// start starts the server and waits until it is there. After a kill the children of the former one may take a moment to end.
func (s *server) start() {
	s.t.Helper()
	var out []byte
	var err error
	for range 20 {
		options := fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c log_min_messages=fatal", s.dir)
		cmd := s.command("pg_ctl", "-D", s.data(), "-w", "-t", "60", "-l", filepath.Join(s.dir, "log"), "-o", options, "start")
		if out, err = cmd.CombinedOutput(); err == nil {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	s.t.Fatalf("start: %v\n%s\n%s", err, out, log)
}

// kill ends the server as kill -9 does.
func (s *server) kill() {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 {
		s.t.Fatalf("postmaster.pid: %q", first)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
}

// "Reconnects after the server was killed": three nodes append while it is killed and started again, three times. Every append
// is acknowledged in the end, and is there once, in every actor's order.
func TestTheServerIsKilled(t *testing.T) {
	s := newServer(t)
	run := "kill"
	const nodes, kills, size = 3, 3, 5
	stop := make(chan struct{})
	var wg sync.WaitGroup
	written := make([][]journal.Entry, nodes)
	appended := make(chan int, 1024)
	for node := range nodes {
		store := open(t, s.dsn(), run, postgres.Options{})
		wg.Go(func() {
			chain := map[string]journal.Head{}
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				batch := make([]journal.Entry, size)
				for k := range batch {
					actor := fmt.Sprintf("node-%d/%d", node, k%2)
					h := chain[actor]
					e := journal.Entry{Actor: actor, N: h.Count + 1, Kind: "turn", Payload: fmt.Appendf(nil, "[%d,%d]", i, k), Effects: []byte("[]")}
					e.Digest = e.Sum(h.Digest)
					chain[actor] = journal.Head{Actor: actor, Digest: e.Digest, Count: e.N}
					batch[k] = e
				}
				if err := store.Append(t.Context(), batch); err != nil {
					t.Errorf("node %d: %v", node, err)
					return
				}
				written[node] = append(written[node], batch...)
				select {
				case appended <- node:
				default:
				}
			}
		})
	}
	for range kills {
		for range 60 { // it is in full swing
			<-appended
		}
		s.kill()
		for len(appended) > 0 {
			<-appended
		}
		s.start()
	}
	for range 60 {
		<-appended
	}
	close(stop)
	wg.Wait()

	reader := open(t, s.dsn(), run, postgres.Options{ReadOnly: true})
	if err := journal.Check(reader.Read(t.Context(), 0)); err != nil {
		t.Error(err)
	}
	total := 0
	for node, want := range written {
		total += len(want)
		next := map[string]int{}
		for k := range 2 {
			actor := fmt.Sprintf("node-%d/%d", node, k)
			for e, err := range reader.Turns(t.Context(), actor, 0) {
				if err != nil {
					t.Fatal(err)
				}
				for want[next[actor]].Actor != actor {
					next[actor]++
				}
				if w := want[next[actor]]; w.N != e.N || w.Digest != e.Digest || string(w.Payload) != string(e.Payload) {
					t.Fatalf("%s: %+v, want %+v", actor, e, w)
				}
				next[actor]++
			}
		}
	}
	runs, err := postgres.Runs(t.Context(), s.dsn())
	if err != nil || len(runs) != 1 || runs[0].Name != run || runs[0].Entries != uint64(total) || runs[0].Begun.IsZero() {
		t.Errorf("%d entries were acknowledged, and there are %+v, %v", total, runs, err)
	}
	t.Logf("%d entries", total)
}
