package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"github.com/rs/zerolog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/polis-agents/polis/internal/wire/post"
)

const (
	desk       = "post"   // the one actor of a node that others reach: it takes frames
	batch      = 64       // frames that protoactor packs into one message of gRPC, by their number
	largest    = 64 << 20 // bytes of such a message, on both sides; more than a link has on the way
	peerHeader = "peer"   // of a frame: who sent it, by its certificate
	frameType  = "polis.post.v1.Frame"
	receiving  = "/remote.Remoting/Receive"
)

// remoting carries frames over protoactor's remote, whose defects it keeps to itself: see docs/cluster.md.
type remoting struct {
	system *actor.ActorSystem
	remote *remote.Remote
	addr   func(peer string) string
	desk   *actor.PID
	peers  []Member
}

// keepalive on both sides: a link that is cut without a word is otherwise not noticed.
var (
	pings  = keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}
	pongs  = keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}
	bearer = keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}
)

// dialing is how this node reaches another, or whoever orders a run reaches a node.
func dialing(id *Identity, name func(addr string) string) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(id.credentials(name)), grpc.WithKeepaliveParams(pings),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largest), grpc.MaxCallSendMsgSize(largest)),
	}
}

// openRemoting listens. take gets the frames of other members, one at a time; serve what else is called.
func openRemoting(cfg *Config, p *placement, take func(peer string, f *post.Frame), serve grpc.StreamHandler) (r *remoting, err error) {
	host, text, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", checkAddr(cfg.Listen))
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", checkAddr(cfg.Listen))
	}
	free, err := net.Listen("tcp", cfg.Listen) // the library would panic
	if err != nil {
		return nil, fmt.Errorf("cluster: node %q cannot listen: %w", cfg.Name, err)
	}
	if err := free.Close(); err != nil {
		return nil, err
	}
	byAddr := make(map[string]string, len(p.members))
	for _, m := range p.members {
		byAddr[m.Addr] = m.Name
	}
	log := slog.New(zerolog.NewSlogHandler(cfg.Log.Level(max(cfg.Log.GetLevel(), zerolog.ErrorLevel+1)))) // its errors are ours to tell
	r = &remoting{addr: p.addr, peers: p.members}
	r.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return log }),
		actor.WithDeadLetterRequestLogging(false), actor.WithDeadLetterThrottleInterval(time.Millisecond))
	name := func(addr string) string {
		if n := byAddr[addr]; n != "" {
			return n
		}
		return "no member" // no certificate says so
	}
	rc := remote.Configure(host, port,
		remote.WithAdvertisedHost(p.addr(cfg.Name)),
		remote.WithServerOptions(grpc.Creds(cfg.Identity.credentials(name)), grpc.MaxRecvMsgSize(largest), grpc.MaxSendMsgSize(largest),
			grpc.KeepaliveParams(pongs), grpc.KeepaliveEnforcementPolicy(bearer),
			grpc.UnaryInterceptor(noUnary), grpc.StreamInterceptor(p.admit), grpc.UnknownServiceHandler(serve)),
		remote.WithDialOptions(dialing(cfg.Identity, name)...),
		remote.WithEndpointWriterBatchSize(batch), remote.WithEndpointWriterQueueSize(batch))
	rc.MaxRetryCount = 1 // each try that fails holds its goroutine for 2 s; the link tries again
	r.remote = remote.NewRemote(r.system, rc)
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, fmt.Errorf("cluster: node %q cannot listen at %s: %v", cfg.Name, cfg.Listen, v)
		}
	}()
	r.desk, err = r.system.Root.SpawnNamed(actor.PropsFromFunc(func(c actor.Context) {
		if f, ok := c.Message().(*post.Frame); ok && c.MessageHeader() != nil {
			take(c.MessageHeader().Get(peerHeader), f)
		}
	}), desk)
	if err == nil {
		r.remote.Start()
	}
	return r, err
}

// send hands a frame to protoactor.
func (r *remoting) send(peer string, f *post.Frame) {
	r.system.Root.Send(actor.NewPID(r.addr(peer), desk), f)
}

// reset drops the connection to a node: the next frame makes another. The library does not always see that one is dead.
func (r *remoting) reset(peer string) {
	r.system.EventStream.Publish(&remote.EndpointTerminatedEvent{Address: r.addr(peer)})
}

// close ends the connections and the listening.
func (r *remoting) close() {
	for _, m := range r.peers {
		r.reset(m.Name)
	}
	r.remote.Shutdown(false) // the graceful one waits ten seconds for the others
	for _, name := range []string{desk, "activator", "EndpointSupervisor"} {
		_ = r.system.Root.StopFuture(r.system.NewLocalPID(name)).Wait() // after ten seconds it is left behind
	}
	r.system.Shutdown()
}

// noUnary refuses what the library offers beside the stream: it would panic.
func noUnary(_ context.Context, _ any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	return nil, status.Errorf(codes.Unimplemented, "%s is not offered", info.FullMethod)
}

// admit lets members send frames, others nothing, and no panic through: gRPC does not recover.
func (p *placement) admit(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = status.Errorf(codes.Internal, "panic: %v", v)
		}
	}()
	if info.FullMethod != receiving {
		return next(srv, ss)
	}
	name, err := peerName(ss.Context())
	if err != nil || p.addr(name) == "" {
		return status.Errorf(codes.PermissionDenied, "%q is no member", name)
	}
	return next(srv, &stamped{ss, name})
}

// stamped lets only frames through, to the one actor that takes them, and says of each who sent it: what the library
// would also do for a peer, such as stop an actor by its name, is not asked of it here.
type stamped struct {
	grpc.ServerStream
	peer string
}

// RecvMsg checks what the library is about to read.
func (s *stamped) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	msg, _ := m.(*remote.RemoteMessage)
	b := msg.GetMessageBatch()
	if b == nil {
		return nil // a connect request
	}
	for _, name := range b.GetTypeNames() {
		if name != frameType {
			return status.Errorf(codes.PermissionDenied, "node %q sends %.100q; accepted is %s", s.peer, name, frameType)
		}
	}
	for _, to := range b.GetTargets() {
		if to.GetId() != desk {
			return status.Errorf(codes.PermissionDenied, "node %q sends to %.100q; accepted is %q", s.peer, to.GetId(), desk)
		}
	}
	b.Senders = nil
	for _, e := range b.GetEnvelopes() {
		if e.GetSerializerId() != 0 || e.GetTypeId() < 0 || int(e.GetTypeId()) >= len(b.GetTypeNames()) ||
			e.GetTarget() < 0 || int(e.GetTarget()) >= len(b.GetTargets()) {
			return status.Errorf(codes.InvalidArgument, "node %q sends a message that is none", s.peer)
		}
		e.Sender, e.SenderRequestId, e.TargetRequestId = 0, 0, 0
		e.MessageHeader = &remote.MessageHeader{HeaderData: map[string]string{peerHeader: s.peer}}
	}
	return nil
}
