package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/polis-agents/polis"
)

// asNode, in the environment of this test binary, makes it a node: each is a process of its own, as they are in life.
// protoactor's remote also sets a global of gRPC's when it starts, so that two in one process are a data race.
const asNode = "POLIS_CLUSTER_TEST_NODE"

// Every goroutine has an owner: none is left after all tests, nor in a node that was closed.
func TestMain(m *testing.M) {
	if text := os.Getenv(asNode); text != "" {
		if err := nodeMain(text); err != nil {
			fmt.Println("failed:", strings.ReplaceAll(err.Error(), "\n", "; "))
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// child is what a node that is a process is told.
type child struct {
	Dir, Name, Cert, Listen, Build string
	Members                        []Member
	Limits                         Limits
	Ready                          time.Duration
	Burst                          int // messages that agents/x sends to services/sink; 0: it is a usual node
}

// nodeMain is a node until its stdin is closed.
func nodeMain(text string) error {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	id, err := LoadIdentity(Files(c.Dir, c.Cert))
	if err != nil {
		return err
	}
	n, err := Open(Config{Name: c.Name, Listen: c.Listen, Members: c.Members, Identity: id, Build: c.Build, Limits: c.Limits, Ready: c.Ready,
		Log: zerolog.New(os.Stderr).Level(zerolog.WarnLevel),
		Make: func(_ context.Context, order []byte, _ bool) (*Plan, error) {
			var s spec
			if err := json.Unmarshal(order, &s); err != nil {
				return nil, err
			}
			if s.Bad == c.Name {
				return nil, fmt.Errorf("scenario %q is not known to %s", "well", c.Name)
			}
			return village(s), nil
		}})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if c.Burst > 0 {
		return burst(n, c.Burst)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		return err
	}
	return goleak.Find()
}

// nodeProcess is a node as its test sees it.
type nodeProcess struct {
	child
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
	mu     sync.Mutex
	stderr bytes.Buffer
	killed bool
}

// Write keeps what the node logs.
func (p *nodeProcess) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(text)
}

func (p *nodeProcess) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// launch starts a node, and gives the first line that it prints: "ready", or why it has failed.
func launch(t *testing.T, c child) (p *nodeProcess, line string) {
	t.Helper()
	text, err := json.Marshal(c)
	must(t, err)
	p = &nodeProcess{child: c, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), asNode+"="+string(text))
	p.cmd.Stderr = p
	p.stdin, err = p.cmd.StdinPipe()
	must(t, err)
	out, err := p.cmd.StdoutPipe()
	must(t, err, p.cmd.Start())
	p.stdout = bufio.NewReader(out)
	t.Cleanup(func() { p.close(t) })
	line, _ = p.stdout.ReadString('\n')
	return p, strings.TrimSpace(line)
}

// close lets a node end in order, unless it was killed, and looks at how it did.
func (p *nodeProcess) close(t *testing.T) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	p.stdin.Close()
	rest, _ := io.ReadAll(p.stdout)
	err := p.cmd.Wait()
	if p.cmd = nil; err != nil && !p.killed {
		t.Errorf("node %s: %v: %s %s", p.Name, err, rest, p.log())
	}
}

// kill ends a node as kill -9 does.
func (p *nodeProcess) kill(t *testing.T) {
	t.Helper()
	p.killed = true
	must(t, p.cmd.Process.Kill())
	p.close(t)
}

// group is a cluster of processes, and who orders runs of it.
type group struct {
	nodes   []*nodeProcess
	dir     string
	members []Member
	client  *Identity
}

// quick limits are for tests that wait until somebody is lost.
var quick = Limits{Again: 200 * time.Millisecond, Beat: 200 * time.Millisecond, Lost: 3 * time.Second}

// launchAll starts n nodes, a, b, c and so on. change makes some of them different; nil: none.
func launchAll(t *testing.T, n int, change func(*child)) *group {
	t.Helper()
	g := &group{dir: t.TempDir()}
	names := []string{"client"}
	for i, addr := range ports(t, n) {
		g.members = append(g.members, Member{Name: string(rune('a' + i)), Addr: addr})
		names = append(names, g.members[i].Name)
	}
	must(t, MakeCertificates(g.dir, names...))
	var err error
	g.client, err = LoadIdentity(Files(g.dir, "client"))
	must(t, err)
	for _, m := range g.members {
		c := child{Dir: g.dir, Name: m.Name, Cert: m.Name, Listen: m.Addr, Build: "test", Members: g.members, Limits: quick, Ready: 15 * time.Second}
		if change != nil {
			change(&c)
		}
		p, line := launch(t, c)
		if line != "ready" {
			t.Fatalf("node %s: %s %s", m.Name, line, p.log())
		}
		g.nodes = append(g.nodes, p)
	}
	return g
}

// run orders a run at a member.
func (g *group) run(ctx context.Context, t *testing.T, at int, s spec, observe func(any)) (*polis.Report, error) {
	t.Helper()
	return Submit(ctx, g.members[at].Addr, "test", g.client, s.order(t), observe, village(s).Society.World.New)
}
