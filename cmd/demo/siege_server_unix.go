//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// server is a PostgreSQL of our own, to be killed.
type server struct {
	bin string
	dir string
	as  *syscall.Credential // nil: whoever we are
}

// binaries of PostgreSQL; "": there are none.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1])
}

// noServer says why there can be no server of our own.
func noServer(*siege) string {
	if binaries() == "" {
		return "no initdb: no PostgreSQL to kill"
	}
	if os.Geteuid() == 0 {
		if _, err := user.Lookup("postgres"); err != nil {
			return "root, and no user postgres to run a server as"
		}
	}
	return ""
}

// newServer makes and starts one.
func (s *siege) newServer(ctx context.Context) (db *server, err error) {
	db = &server{bin: binaries()}
	if db.dir, err = os.MkdirTemp("", "polis-pg"); err != nil { // of its own: the path of a socket must be short
		return nil, err
	}
	if os.Geteuid() == 0 { // PostgreSQL does not run as root
		who, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		db.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(db.dir, uid, gid); err != nil {
			return nil, err
		}
	}
	out, err := db.command(ctx, "initdb", "-D", db.data(), "-A", "trust", "-U", "polis", "--no-locale", "-E", "UTF8", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return db, db.start(ctx)
}

func (db *server) data() string { return filepath.Join(db.dir, "data") }

func (db *server) dsn() string { return fmt.Sprintf("host=%s user=polis dbname=postgres", db.dir) }

func (db *server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(db.bin, name), args...)
	cmd.Dir = db.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: db.as}
	return cmd
}

// start starts it and waits until it is there. After a kill the children of the former one may take a moment to end.
func (db *server) start(ctx context.Context) error {
	var out []byte
	var err error
	for range 20 {
		options := fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c log_min_messages=fatal", db.dir)
		out, err = db.command(ctx, "pg_ctl", "-D", db.data(), "-w", "-t", "60", "-l", filepath.Join(db.dir, "log"), "-o", options, "start").CombinedOutput()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("pg_ctl start: %w: %s", err, out)
}

// kill ends it as kill -9 does.
func (db *server) kill() error {
	text, err := os.ReadFile(filepath.Join(db.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 {
		return fmt.Errorf("postmaster.pid: %q", first)
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// close ends it, and takes its data away.
func (db *server) close() error {
	err := db.command(context.Background(), "pg_ctl", "-D", db.data(), "-m", "immediate", "stop").Run()
	return errors.Join(err, os.RemoveAll(db.dir))
}
