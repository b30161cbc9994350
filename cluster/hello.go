package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/polis-agents/polis/internal/wire/post"
)

// Protocol is the version of what nodes say to one another. Nodes of different versions refuse each other.
const Protocol = 1

const (
	helloMethod  = "/polis.post.v1.Cluster/Hello"
	submitMethod = "/polis.post.v1.Cluster/Submit"
)

// serve answers what is called beside protoactor's own stream.
func (n *Node) serve(_ any, ss grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(ss)
	name, err := peerName(ss.Context())
	if err != nil {
		return status.Error(codes.Unauthenticated, err.Error())
	}
	switch method {
	case helloMethod:
		var h post.Hello
		if err := ss.RecvMsg(&h); err != nil {
			return err
		}
		return ss.SendMsg(n.welcome(name, &h))
	case submitMethod:
		return n.submitted(ss)
	}
	return status.Errorf(codes.Unimplemented, "%.100q is not offered", method)
}

// welcome answers a node that presents itself, and makes it known to its link.
func (n *Node) welcome(name string, h *post.Hello) *post.Welcome {
	w := &post.Welcome{Name: n.cfg.Name}
	switch {
	case h.GetProtocol() != Protocol || h.GetBuild() != n.cfg.Build:
		w.Refused = fmt.Sprintf("it is of another version: %q, protocol %d; node %q is %q, protocol %d",
			h.GetBuild(), h.GetProtocol(), n.cfg.Name, n.cfg.Build, Protocol)
	case h.GetName() != name:
		w.Refused = fmt.Sprintf("it calls itself %.100q with the certificate of %q", h.GetName(), name)
	case h.GetMembers() != listed(n.place.members):
		w.Refused = fmt.Sprintf("it was told of other members, %.1000s; node %q of %s", h.GetMembers(), n.cfg.Name, listed(n.place.members))
	case name == n.cfg.Name:
		if w.Session = n.nonce; h.GetSession() != n.nonce {
			w.Refused = fmt.Sprintf("two nodes are named %q", name)
		}
	default:
		w.Session, w.Refused = n.met(name, h.GetSession())
	}
	return w
}

// met joins the link to a node that is in that session, and gives the link's own. A node that has started again is met
// anew; but not while the one before is heard of.
func (n *Node) met(name string, session uint64) (own uint64, refused string) {
	for {
		l := n.link(name)
		n.mu.Lock()
		closed := n.closed
		n.mu.Unlock()
		switch {
		case closed: // no link follows the one that is lost
			return 0, fmt.Sprintf("node %q is closed", n.cfg.Name)
		case l == nil:
			return 0, fmt.Sprintf("%q is no member", name)
		case session == 0:
			return 0, "it is in no session"
		case l.join(session):
			n.mu.Lock()
			delete(n.faults, name)
			n.mu.Unlock()
			n.announce()
			return l.session, ""
		case l.up():
			return 0, fmt.Sprintf("two nodes are named %q, or it was gone for a moment only", name)
		}
		l.lose(fmt.Errorf("cluster: node %q: %w: it has started again, or given this node up", name, ErrLost)) // the next one is there by then
	}
}

// dial begins to present this node to another. Of each pair the one that is listed first does so; to itself a node
// speaks once, to see that nobody else has its name.
func (n *Node) dial(m Member) error {
	self := m.Name == n.cfg.Name
	mine := false
	for _, other := range n.place.members {
		if other.Name == n.cfg.Name {
			mine = true
		}
		if other.Name == m.Name {
			break
		}
	}
	if !self && !mine {
		return nil
	}
	conn, err := grpc.NewClient("passthrough:///"+m.Addr, dialing(n.cfg.Identity, func(string) string { return m.Name })...)
	if err != nil {
		return fmt.Errorf("cluster: node %q at %s: %w", m.Name, m.Addr, err)
	}
	n.mu.Lock()
	n.conns = append(n.conns, conn)
	n.mu.Unlock()
	if self {
		return n.alone(conn)
	}
	n.tasks.Go(func() {
		for n.ctx.Err() == nil {
			n.greet(m, conn)
			select {
			case <-time.After(n.cfg.Limits.Beat):
			case <-n.ctx.Done():
			}
		}
	})
	return nil
}

func (n *Node) hello(session uint64) *post.Hello {
	return &post.Hello{Protocol: Protocol, Build: n.cfg.Build, Name: n.cfg.Name, Members: listed(n.place.members), Session: session}
}

// alone says whether the address that others reach this node at leads to another node of its name. That it leads nowhere
// from here is no error.
func (n *Node) alone(conn *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(n.ctx, 3*time.Second)
	defer cancel()
	var w post.Welcome
	if err := conn.Invoke(ctx, helloMethod, n.hello(n.nonce), &w); err == nil && w.GetSession() != n.nonce {
		return fmt.Errorf("cluster: node %q: another node of that name answers at %s", n.cfg.Name, n.place.addr(n.cfg.Name))
	}
	return nil
}

// greet presents this node to another.
func (n *Node) greet(m Member, conn *grpc.ClientConn) {
	l := n.link(m.Name)
	ctx, cancel := context.WithTimeout(n.ctx, n.cfg.Limits.Lost)
	defer cancel()
	var w post.Welcome
	err := conn.Invoke(ctx, helloMethod, n.hello(l.session), &w)
	switch {
	case n.ctx.Err() != nil:
		return
	case err != nil:
		err = n.diagnose(ctx, m, err)
	case w.GetRefused() != "":
		err = fmt.Errorf("it has refused this node: %.2000s", w.GetRefused())
	case w.GetName() != m.Name:
		err = fmt.Errorf("it calls itself %.100q", w.GetName())
	case l.join(w.GetSession()):
	default: // it has started again: the next link presents itself at once
		l.lose(fmt.Errorf("cluster: node %q: %w: it has started again, or given this node up", m.Name, ErrLost))
		return
	}
	n.mu.Lock()
	before := n.faults[m.Name]
	n.faults[m.Name] = err
	n.mu.Unlock()
	if err == nil || before == nil || before.Error() != err.Error() {
		if err != nil {
			n.cfg.Log.Warn().Str("node", m.Name).Err(err).Msg("a node is not there")
		}
		n.announce()
	}
}

// diagnose says in one line why a call did not reach a node. gRPC knows, and says it in many words.
func (n *Node) diagnose(ctx context.Context, m Member, err error) error {
	return diagnose(ctx, m.Addr, n.cfg.Identity.client(m.Name), err)
}

func diagnose(ctx context.Context, addr string, cfg *tls.Config, err error) error {
	dialer := tls.Dialer{Config: cfg}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, failed := dialer.DialContext(ctx, "tcp", addr)
	if failed == nil {
		defer func() { _ = conn.Close() }()                              // all that was to be said is said
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) // in TLS 1.3 the server's no comes after the handshake
		_, failed = conn.Read(make([]byte, 1))
		var timeout net.Error
		if errors.As(failed, &timeout) && timeout.Timeout() || failed == nil {
			failed = nil // it has taken the certificate
		}
	}
	if errors.Is(failed, syscall.EPIPE) || errors.Is(failed, syscall.ECONNRESET) || errors.Is(failed, io.EOF) {
		return fmt.Errorf("it has not taken this certificate, or is no node: %w", failed)
	}
	if failed != nil {
		return failed
	}
	if s, ok := status.FromError(err); ok {
		return errors.New(strings.ReplaceAll(s.Message(), "\n", " "))
	}
	return err
}
