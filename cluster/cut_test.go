package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// proxy stands before a node, passes on what comes, and can cut it.
type proxy struct {
	net.Listener
	to   string
	mu   sync.Mutex
	open []net.Conn
	cuts int
	done sync.WaitGroup
}

// stand begins to pass on to an address.
func stand(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{Listener: l, to: to}
	p.done.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", p.to)
			if err != nil {
				in.Close()
				continue
			}
			p.mu.Lock()
			p.open = append(p.open, in, out)
			p.mu.Unlock()
			for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
				p.done.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					pair[0].Close()
					pair[1].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.done.Wait()
	})
	return p
}

// cut ends all connections, in the middle of what they carry.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		c.Close()
	}
	p.cuts += len(p.open)
	p.open = nil
}

// behindProxies starts nodes that reach one another by proxies only.
func behindProxies(t *testing.T, n int, change func(*child)) (*group, []*proxy) {
	t.Helper()
	g := &group{dir: t.TempDir()}
	names := []string{"client"}
	var proxies []*proxy
	listen := ports(t, n)
	for i, addr := range listen {
		p := stand(t, addr)
		proxies = append(proxies, p)
		g.members = append(g.members, Member{Name: string(rune('a' + i)), Addr: p.Addr().String()})
		names = append(names, g.members[i].Name)
	}
	must(t, MakeCertificates(g.dir, names...))
	var err error
	g.client, err = LoadIdentity(Files(g.dir, "client"))
	must(t, err)
	for i, m := range g.members {
		c := child{Dir: g.dir, Name: m.Name, Cert: m.Name, Listen: listen[i], Build: "test", Members: g.members}
		change(&c)
		p, line := launch(t, c)
		if line != "ready" {
			t.Fatal(line, p.log())
		}
		g.nodes = append(g.nodes, p)
	}
	g.members[0].Addr = listen[0] // who orders is not cut off
	return g, proxies
}

// A connection that is cut again and again changes nothing: what was on its way is sent again, and taken once.
func TestCutConnectionsChangeNothing(t *testing.T) {
	g, proxies := behindProxies(t, 3, func(c *child) {
		c.Limits = Limits{Again: 200 * time.Millisecond, Beat: 200 * time.Millisecond, Lost: time.Minute}
	})
	s := spec{Pace: environment.Rounds, Seed: 3, Rounds: 25}
	p := village(s)
	want, err := polis.Run(t.Context(), p.Society, p.Config)
	must(t, err)
	got, err := g.run(t.Context(), t, 0, s, func(event any) {
		if e, ok := event.(environment.RoundEnded); ok && e.Round%6 == 3 {
			for _, p := range proxies {
				p.cut()
			}
		}
	})
	must(t, err)
	if got.Hash != want.Hash || !got.Messages.Balanced() || !got.Reproducible {
		t.Errorf("got %s, want %s: %+v", got.Hash, want.Hash, got)
	}
	for i, p := range proxies {
		if p.cuts < 4 {
			t.Errorf("proxy %d has cut %d connections", i, p.cuts)
		}
	}
}

// "A node lost mid-run (no failover yet: the run ends with an error that names the node and what is kept)", within the
// limit; what is left goes on to serve.
func TestALostNodeEndsTheRunAndIsNamed(t *testing.T) {
	for _, victim := range []int{1, 2} {
		g := launchAll(t, 3, nil)
		s := spec{Pace: environment.Rounds, Seed: 3, Rounds: 100000, Slow: 20 * time.Millisecond}
		killed := make(chan time.Time, 1)
		rep, err := g.run(t.Context(), t, 0, s, func(event any) {
			if e, ok := event.(environment.RoundEnded); ok && e.Round == 5 {
				g.nodes[victim].kill(t)
				killed <- time.Now()
			}
		})
		name := g.members[victim].Name
		if err == nil || !strings.Contains(err.Error(), `node "`+name+`"`) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the loss of %s is told as %v", name, err)
		}
		if took := time.Since(<-killed); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
		if rep == nil || rep.Rounds < 5 || rep.Reproducible || rep.World == nil {
			t.Errorf("what was lived through is told as %+v", rep)
		}
	}
}

func TestTheFirstNodeIsLost(t *testing.T) {
	g := launchAll(t, 2, nil)
	s := spec{Pace: environment.Rounds, Seed: 3, Rounds: 100000, Slow: 20 * time.Millisecond}
	_, err := g.run(t.Context(), t, 1, s, func(event any) {
		if e, ok := event.(environment.RoundEnded); ok && e.Round == 5 {
			g.nodes[0].kill(t)
		}
	})
	if err == nil || !strings.Contains(err.Error(), `node "a"`) {
		t.Error(err)
	}
	p, line := launch(t, g.nodes[0].child) // and comes again
	if line != "ready" {
		t.Fatal(line, p.log())
	}
	s.Rounds, s.Slow = 3, 0
	if _, err := g.run(t.Context(), t, 1, s, nil); err != nil {
		t.Error("after it has come again:", err)
	}
}

// Who orders a run can end it, and so does who goes away.
func TestARunEndsWithWhoHasOrderedIt(t *testing.T) {
	g := launchAll(t, 2, nil)
	for _, at := range []int{0, 1} {
		ctx, cancel := context.WithCancel(t.Context())
		s := spec{Pace: environment.Rounds, Seed: 3, Rounds: 100000, Slow: 10 * time.Millisecond}
		rep, err := g.run(ctx, t, at, s, func(event any) {
			if e, ok := event.(environment.RoundEnded); ok && e.Round == 3 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || rep == nil || rep.Rounds < 3 || rep.Reproducible || !rep.Messages.Balanced() {
			t.Errorf("ordered at %d: %v, %+v", at, err, rep)
		}
		cancel()
	}
}

// "Errors: a member that is not there, wrong certificate, two nodes with one name, version mismatch between nodes."
func TestNodesRefuseOneAnotherInOneLine(t *testing.T) {
	other := t.TempDir()
	must(t, MakeCertificates(other, "a", "b", "client"))
	for name, c := range map[string]struct {
		change func(*child)
		want   []string
	}{
		"another version": {func(c *child) {
			if c.Name == "b" {
				c.Build = "old"
			}
		}, []string{`node "b"`, "another version", `node "b" is "old"`}},
		"another authority": {func(c *child) { c.Dir = map[string]string{"a": c.Dir, "b": other}[c.Name] }, []string{`node "b"`, "unknown authority"}},
		"other members": {func(c *child) {
			if c.Name == "b" {
				c.Members = slices.Clone(c.Members)
				slices.Reverse(c.Members)
			}
		}, []string{`node "b"`, "other members"}},
		"nobody": {func(c *child) {
			c.Members = append(slices.Clone(c.Members), Member{"z", "127.0.0.1:1"})
		}, []string{`node "z" at 127.0.0.1:1 is not there`, "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := launchAll(t, 2, func(n *child) {
				n.Ready = 2 * time.Second
				c.change(n)
			})
			_, err := g.run(t.Context(), t, 0, spec{Pace: environment.Rounds, Rounds: 1}, nil)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("it has several lines: %v", err)
			}
		})
	}
}

func TestANodeNeedsItsOwnCertificate(t *testing.T) {
	g := launchAll(t, 2, nil)
	for name, c := range map[string]struct {
		change func(*child)
		want   string
	}{
		"that of another":   {func(c *child) { c.Cert = "a" }, `node "b" has the certificate of "a"`},
		"none":              {func(c *child) { c.Cert = "nobody" }, "no such file"},
		"a name twice":      {func(c *child) { c.Listen = ports(t, 1)[0] }, `another node of that name answers at ` + g.members[1].Addr},
		"a port twice":      {func(*child) {}, "address already in use"},
		"no member":         {func(c *child) { c.Members = c.Members[:1] }, `node "b" is not among the members`},
		"no port":           {func(c *child) { c.Listen = "127.0.0.1:0" }, "a port from 1 to 65535"},
		"two of one name":   {func(c *child) { c.Members = append(slices.Clone(c.Members), Member{"b", "127.0.0.1:9"}) }, `two members are named "b"`},
		"two at an address": {func(c *child) { c.Members = append(slices.Clone(c.Members), Member{"c", c.Members[0].Addr}) }, `have one address`},
	} {
		n := g.nodes[1].child
		c.change(&n)
		p, line := launch(t, n)
		if p.killed = true; !strings.HasPrefix(line, "failed: ") || !strings.Contains(line, c.want) {
			t.Errorf("%s: %q, want %q", name, line, c.want)
		}
	}
}

// "A node without certificate is refused with a clear one-line error", as is who orders without one.
func TestWhoHasNoCertificateIsRefused(t *testing.T) {
	g := launchAll(t, 2, nil)
	other := t.TempDir()
	must(t, MakeCertificates(other, "client"))
	stranger, err := LoadIdentity(Files(other, "client"))
	must(t, err)
	order := spec{Pace: environment.Rounds, Rounds: 1}.order(t)
	newWorld := village(spec{}).Society.World.New
	if _, err := Submit(t.Context(), g.members[0].Addr, "test", stranger, order, nil, newWorld); err == nil ||
		!strings.Contains(err.Error(), "unknown authority") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	stranger.pool = g.client.pool // it believes the nodes; they do not believe it
	if _, err := Submit(t.Context(), g.members[0].Addr, "test", stranger, order, nil, newWorld); err == nil ||
		!strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	if _, err := Submit(t.Context(), g.members[1].Addr, "another", g.client, order, nil, newWorld); err == nil || !strings.Contains(err.Error(), `"another"`) {
		t.Error("a program of another build was let in:", err)
	}
	if _, err := Submit(t.Context(), g.members[1].Addr, "test", g.client, spec{Pace: environment.Rounds, Rounds: 2, Bad: "b"}.order(t), nil, newWorld); err == nil ||
		!strings.Contains(err.Error(), `node "b": scenario "well" is not known to b`) {
		t.Error("what a node cannot build:", err)
	}
	if _, err := Submit(t.Context(), g.members[1].Addr, "test", g.client, order, nil, newWorld); err != nil {
		t.Error("after all that:", err)
	}
}
