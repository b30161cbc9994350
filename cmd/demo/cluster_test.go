package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// members starts three nodes, with certificates in a directory, and gives their addresses.
func members(t *testing.T) (certs string, addrs []string, nodes []*started) {
	t.Helper()
	certs = filepath.Join(t.TempDir(), "certs")
	if got := try(t, "node", "certs", certs, "a", "b", "c").ok(t); !strings.HasPrefix(got, "certificates for a, b, c") {
		t.Error(got)
	}
	names := []string{"a", "b", "c"}
	var list []string
	for _, name := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		addrs = append(addrs, l.Addr().String())
		list = append(list, name+"="+l.Addr().String())
		l.Close()
	}
	for i, name := range names {
		s := start(t, "node", "--certs", certs, "--name", name, "--listen", addrs[i], "--members", strings.Join(list, ","))
		s.until(t, "node "+name+" at "+addrs[i])
		nodes = append(nodes, s)
	}
	return certs, addrs, nodes
}

// "Three processes, one society, rounds and sequential: same hash as on one", decided by rules and by a model, with talk
// and with agents that crash; ordered at any member.
func TestClusterGivesTheHashOfOneProcess(t *testing.T) {
	certs, addrs, nodes := members(t)
	for i, args := range [][]string{
		{"--rounds", "6"},
		{"--rounds", "6", "--chaos", "agent:20%", "--mind", "12*random:0-20"},
		{"--rounds", "6", "--pace", "sequential", "--mind", "12*random:0-20"},
		{"--rounds", "4", "--mind", "6*model", "--mind", "2*greedy", "--set", "talk=true", "--chaos", "agent:20%"},
		{"--rounds", "4", "--mind", "6*model:sustainable", "--pace", "sequential"},
	} {
		args = append(args, "--json", "--out", "none")
		one := try(t, append([]string{"run", "commons"}, args...)...).ok(t)
		three := try(t, append([]string{"run", "commons", "--certs", certs, "--cluster", addrs[i%3]}, args...)...).ok(t)
		var a, b map[string]any
		must(t, json.Unmarshal([]byte(one), &a), json.Unmarshal([]byte(three), &b))
		if a["hash"] != b["hash"] || b["reproducible"] != true {
			t.Errorf("%v: three processes give %s, one gives %s", args, three, one)
		}
		for _, doc := range []map[string]any{a, b} {
			delete(doc, "model_usage") // tokens may be counted twice where a crash has cut a call
		}
		x, err := json.Marshal(a)
		must(t, err)
		y, err := json.Marshal(b)
		must(t, err)
		if string(x) != string(y) {
			t.Errorf("%v: three processes tell %s, one tells %s", args, y, x)
		}
	}
	for _, n := range nodes {
		must(t, n.Process.Signal(os.Interrupt))
		if rest, code := n.exit(t); code != exitDone || rest != "" {
			t.Errorf("an interrupted node exits with %d and %q: %s", code, rest, n.stderr.String())
		}
	}
}

// The lines that people read, and what is kept, are those of a run in one process.
func TestClusterShowsWhatOneProcessShows(t *testing.T) {
	certs, addrs, _ := members(t)
	dir := t.TempDir()
	args := []string{"run", "commons", "--plain", "--rounds", "3", "--set", "talk=true", "--mind", "3*model"}
	one := try(t, append(args, "--out", filepath.Join(dir, "one"))...).ok(t)
	three := try(t, append(args, "--out", filepath.Join(dir, "three"), "--certs", certs, "--cluster", addrs[0])...).ok(t)
	if rounds := func(text string) string { before, _, _ := strings.Cut(text, "\nrequests"); return before }; rounds(one) != rounds(three) {
		t.Errorf("three processes show\n%s\none shows\n%s", three, one)
	}
	for _, file := range []string{"rounds.csv", "agents.csv"} {
		a, err := os.ReadFile(filepath.Join(dir, "one", file))
		must(t, err)
		b, err := os.ReadFile(filepath.Join(dir, "three", file))
		must(t, err)
		if string(a) != string(b) {
			t.Errorf("%s differs: %s and %s", file, a, b)
		}
	}
}

// "Errors: a member that is not there, wrong certificate, …": one line that says what, and what is accepted.
func TestClusterRefusesInOneLine(t *testing.T) {
	certs := filepath.Join(t.TempDir(), "certs")
	try(t, "node", "certs", certs, "a", "b").ok(t)
	other := filepath.Join(t.TempDir(), "other")
	try(t, "node", "certs", other, "a").ok(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	try(t, "node", "--certs", certs, "--name", "a", "--members", "a="+addr).oneLine(t, exitUsage, "cannot listen", "address already in use")
	l.Close()
	for _, c := range []struct {
		code int
		args string
		want []string
	}{
		{exitUsage, "node certs " + certs + " B", []string{`"B"`, "small letters"}},
		{exitUsage, "node certs " + certs + " a", []string{"a-key.pem", "exists"}},
		{exitUsage, "node --members a=127.0.0.1:1", []string{"--name"}},
		{exitUsage, "node --name a --members a", []string{`"a"`, "NAME=HOST:PORT"}},
		{exitUsage, "node --name a --members a=127.0.0.1:1,a=127.0.0.1:2 --certs " + certs, []string{`two members are named "a"`}},
		{exitUsage, "node --name c --members a=127.0.0.1:1 --certs " + certs, []string{"c.pem", "demo node certs"}},
		{exitUsage, "node --name b --members a=127.0.0.1:1 --listen 127.0.0.1:1 --certs " + certs, []string{`"b" is not among the members`}},
		{exitUsage, "node --name a --members a=127.0.0.1:1 --journal mysql:secret --certs " + certs, []string{"postgres:DSN"}},
		{exitUsage, "run --out none --cluster nowhere --certs " + certs, []string{`"nowhere"`, "HOST:PORT"}},
		{exitUsage, "run --out none --cluster " + addr + " --certs " + filepath.Join(certs, "none"), []string{"no such file", "demo node certs"}},
		{exitUsage, "run --runs 3 --cluster " + addr + " --certs " + certs, []string{"--runs 3", "accepted is 1"}},
		{exitUsage, "run --pace realtime --cluster " + addr + " --certs " + certs, []string{"realtime", "accepted are rounds"}},
		{exitUsage, "run --journal memory --cluster " + addr + " --certs " + certs, []string{"demo node"}},
		{exitUsage, "run --delay 1ms --out none --cluster " + addr + " --certs " + certs, []string{"--delay with --cluster", "accepted is to leave it out"}},
		{exitFailed, "run --out none --plain --cluster " + addr + " --certs " + certs, []string{"demo: node at " + addr, "connection refused"}},
		{exitFailed, "run --json --out none --cluster " + addr + " --certs " + certs, []string{addr, "connection refused"}},
	} {
		got := try(t, strings.Fields(c.args)...)
		if strings.Contains(got.stderr, "secret") {
			t.Errorf("%s: %s", c.args, got.stderr)
		}
		got.oneLine(t, c.code, c.want...)
	}
	s := start(t, "node", "--certs", certs, "--name", "a", "--members", "a="+addr)
	s.until(t, "node a")
	try(t, "run", "--json", "--out", "none", "--cluster", addr, "--certs", other).oneLine(t, exitFailed, addr, "certificate signed by unknown authority")
	must(t, s.Process.Signal(os.Interrupt))
	s.exit(t)
}
