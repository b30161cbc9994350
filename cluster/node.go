package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"google.golang.org/grpc"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/internal/wire/post"
)

// Config of a node. What has no default must be set.
type Config struct {
	Name     string   // among the members, and in the certificate
	Listen   string   // HOST:PORT
	Members  []Member // the same for all nodes; the world lives on the first
	Identity *Identity
	Build    string // of the program: nodes of different builds do not work together

	// Make builds the society that was ordered: the same on every node. first says that the world and the services are to
	// live here; elsewhere nobody asks a model.
	Make func(ctx context.Context, order []byte, first bool) (*Plan, error)

	Limits Limits
	Ready  time.Duration  // how long a run waits for members that are not there, and for each of them to get ready; 0: 15 s
	Log    zerolog.Logger // zero: silent
}

// Plan is a society as one node has built it.
type Plan struct {
	Society polis.Society
	Config  polis.Config // without Host and Observe
	Close   func() error // called when the run is over here; nil: nothing is to be closed
}

// maxRuns bounds the runs that live on a cluster at once.
const maxRuns = 16

// Node is one process of a cluster.
type Node struct {
	cfg   Config
	place *placement
	nonce uint64 // tells this process from another of the same name
	carry *remoting
	ctx   context.Context // ends with the node
	end   context.CancelFunc
	tasks sync.WaitGroup

	mu     sync.Mutex
	links  map[string]*link // to the other members
	faults map[string]error // why a member cannot be reached, as far as is known
	conns  []*grpc.ClientConn
	runs   map[uint64]*run
	joined chan struct{} // closed, and made anew, when a link comes up or a fault is known
	closed bool
}

// Open starts a node. It serves until Close; the other members need not be there yet.
func Open(cfg Config) (*Node, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	n := &Node{cfg: cfg, place: place(cfg.Members), nonce: rand.Uint64() | 1, links: map[string]*link{}, faults: map[string]error{},
		runs: map[uint64]*run{}, joined: make(chan struct{})}
	n.ctx, n.end = context.WithCancel(context.Background())
	var err error
	if n.carry, err = openRemoting(&n.cfg, n.place, n.take, n.serve); err != nil {
		n.end()
		return nil, err
	}
	n.mu.Lock()
	for _, m := range cfg.Members {
		if m.Name != cfg.Name {
			n.links[m.Name] = n.newLink(m.Name)
		}
	}
	n.mu.Unlock()
	for _, m := range cfg.Members {
		if err := n.dial(m); err != nil {
			return nil, errors.Join(err, n.Close(context.Background()))
		}
	}
	return n, nil
}

func (c *Config) check() error {
	if err := checkMembers(c.Members); err != nil {
		return err
	}
	switch {
	case !slices.ContainsFunc(c.Members, func(m Member) bool { return m.Name == c.Name }):
		return fmt.Errorf("cluster: node %q is not among the members, %s", c.Name, listed(c.Members))
	case c.Identity == nil:
		return fmt.Errorf("cluster: node %q has no certificate", c.Name)
	case c.Identity.Name != c.Name:
		return fmt.Errorf("cluster: node %q has the certificate of %q", c.Name, c.Identity.Name)
	case c.Make == nil:
		return errors.New("cluster: Config.Make is nil")
	}
	if err := checkAddr(c.Listen); err != nil {
		return fmt.Errorf("cluster: node %q: %w", c.Name, err)
	}
	if c.Ready <= 0 {
		c.Ready = 15 * time.Second
	}
	c.Limits.fill()
	return nil
}

// first says whether the world lives here.
func (n *Node) first() bool { return n.place.members[0].Name == n.cfg.Name }

// newLink to a member; n.mu is held.
func (n *Node) newLink(peer string) *link {
	return newLink(peer, rand.Uint64()|1, n.cfg.Limits, n.carry, n.kept,
		func(data []byte) error { return n.arrived(peer, data) }, n.lost)
}

// link to a member; nil: there is none of that name.
func (n *Node) link(peer string) *link {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.links[peer]
}

// take takes a frame of a member.
func (n *Node) take(peer string, f *post.Frame) {
	if l := n.link(peer); l != nil {
		l.take(f)
	}
}

// lost is told when a link is: its messages are dead, and so are the runs that need the node.
func (n *Node) lost(l *link, why error, left []parcel) {
	n.mu.Lock()
	n.faults[l.peer] = why
	runs := make([]*run, 0, len(n.runs))
	for _, r := range n.runs {
		runs = append(runs, r)
	}
	if n.links[l.peer] == l && !n.closed {
		n.links[l.peer] = n.newLink(l.peer)
	}
	n.mu.Unlock()
	if n.ctx.Err() == nil {
		n.cfg.Log.Warn().Str("node", l.peer).Err(why).Msg("a link is lost")
	}
	for _, r := range runs {
		weight := 0
		for _, p := range left {
			if p.run == r.id {
				weight += p.weight
			}
		}
		r.without(l.peer, why, weight)
	}
	n.announce()
}

// announce wakes those who wait for members.
func (n *Node) announce() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.joined)
	n.joined = make(chan struct{})
}

// kept waits until all that was committed here is kept: before anything leaves.
func (n *Node) kept(ctx context.Context) error {
	n.mu.Lock()
	runs := make([]*run, 0, len(n.runs))
	for _, r := range n.runs {
		runs = append(runs, r)
	}
	n.mu.Unlock()
	for _, r := range runs {
		if err := r.committed(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ready waits until all members are there, and says of those that are not why.
func (n *Node) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Ready)
	defer cancel()
	for {
		n.mu.Lock()
		var errs []error
		for _, m := range n.place.members {
			l := n.links[m.Name]
			if l == nil || l.up() { // itself, or there
				continue
			}
			err := n.faults[m.Name]
			if err == nil {
				err = errors.New("nothing was heard of it")
			}
			errs = append(errs, fmt.Errorf("cluster: node %q at %s is not there: %w", m.Name, m.Addr, err))
		}
		joined := n.joined
		n.mu.Unlock()
		if len(errs) == 0 {
			return nil
		}
		select {
		case <-joined:
		case <-n.ctx.Done():
			return fmt.Errorf("cluster: node %q is closed", n.cfg.Name)
		case <-ctx.Done():
			return together(errs...)
		}
	}
}

// several errors are told in one line.
type several []error

// Error joins them.
func (s several) Error() string {
	texts := make([]string, len(s))
	for i, err := range s {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives them.
func (s several) Unwrap() []error { return s }

// together is errors.Join, in one line, with each error once.
func together(errs ...error) error {
	var all several
	for _, err := range errs {
		if err != nil && !slices.ContainsFunc(all, func(e error) bool { return e.Error() == err.Error() }) {
			all = append(all, err)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// Close ends the node: runs that live here end, and what blocks is named when ctx ends.
func (n *Node) Close(ctx context.Context) error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	links := make([]*link, 0, len(n.links))
	for _, l := range n.links {
		links = append(links, l)
	}
	var runs []*run
	for _, r := range n.runs {
		runs = append(runs, r)
	}
	n.mu.Unlock()
	var errs []error
	for _, r := range runs {
		r.fail(fmt.Errorf("cluster: node %q is closed: %w", n.cfg.Name, context.Canceled))
		select {
		case <-r.done:
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("cluster: a run has not ended on node %q: %w", n.cfg.Name, ctx.Err()))
		}
	}
	n.end()
	for _, l := range links {
		l.close(fmt.Errorf("cluster: node %q is closed: %w", n.cfg.Name, ErrLost))
	}
	n.mu.Lock()
	conns := n.conns
	n.mu.Unlock()
	for _, c := range conns {
		errs = append(errs, c.Close())
	}
	n.tasks.Wait()
	n.carry.close()
	return errors.Join(errs...)
}
