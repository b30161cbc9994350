package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire/post"
)

// What who has ordered a run is told.
const (
	tidingEvent = "event"
	tidingEnd   = "end"
)

// ending is how a run has ended, for who has ordered it.
type ending struct {
	Report *polis.Report // without World and NotStopped; nil: it did not start
	World  []byte        // its state
	Left   string        // what NotStopped says
	Error  string
	Cut    bool // the error is that whoever ordered it did not wait
}

// Submit orders a run at any node, tells observe what happens, and gives what polis.Run gives, but that Report.World is
// put into a world which newWorld makes. When ctx ends, the run does.
func Submit(ctx context.Context, addr, build string, id *Identity, order []byte, observe func(any), newWorld func() any) (*polis.Report, error) {
	if err := checkAddr(addr); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	conn, err := grpc.NewClient("passthrough:///"+addr, dialing(id, func(string) string { return "" })...)
	if err != nil {
		return nil, fmt.Errorf("cluster: node at %s: %w", addr, err)
	}
	defer func() { _ = conn.Close() }() // likewise
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	failed := func(err error) error {
		if why := plainly(err); status.Code(err) != codes.Unavailable {
			return fmt.Errorf("cluster: node at %s: %w", addr, why)
		}
		return fmt.Errorf("cluster: node at %s: %w", addr, diagnose(ctx, addr, clientOf(id), err))
	}
	stream, err := submit(patient, conn, &post.Order{Protocol: Protocol, Build: build, Spec: order})
	if err != nil {
		return nil, failed(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = stream.CloseSend() }) // the node ends the run, and tells how
	defer stop()
	for {
		var t post.Tiding
		if err := stream.RecvMsg(&t); err != nil {
			return nil, failed(err)
		}
		switch t.GetWhat() {
		case tidingEvent:
			event, err := readEvent(t.GetData())
			if err != nil {
				return nil, err
			}
			if event != nil && observe != nil {
				observe(event)
			}
		case tidingEnd:
			return readEnding(ctx, t.GetData(), newWorld)
		}
	}
}

// plainly is what a call of gRPC says, without its code.
func plainly(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it has ended the connection")
	}
	if s, ok := status.FromError(err); ok {
		return errors.New(s.Message())
	}
	return err
}

func submit(ctx context.Context, conn *grpc.ClientConn, o *post.Order) (grpc.ClientStream, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, submitMethod)
	if err == nil {
		err = stream.SendMsg(o)
	}
	if errors.Is(err, io.EOF) { // the reason is with the answer
		err = nil
	}
	return stream, err
}

func readEnding(ctx context.Context, text []byte, newWorld func() any) (*polis.Report, error) {
	var e ending
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("cluster: the end of the run: %w", err)
	}
	var err error
	if e.Cut && ctx.Err() != nil {
		err = ctx.Err()
	} else if e.Error != "" {
		err = errors.New(e.Error)
	}
	if e.Report == nil {
		return nil, err
	}
	if e.Left != "" {
		e.Report.NotStopped = errors.New(e.Left)
	}
	if e.World != nil {
		world := newWorld()
		if bad := environment.Restore(world, e.World); bad != nil {
			return nil, errors.Join(err, fmt.Errorf("cluster: the world as it was at the end: %w", bad))
		}
		e.Report.World = world
	}
	return e.Report, err
}

// submitted lets a run live that was ordered, or passes the order on to the first member.
func (n *Node) submitted(ss grpc.ServerStream) error {
	var o post.Order
	if err := ss.RecvMsg(&o); err != nil {
		return err
	}
	if o.GetProtocol() != Protocol || o.GetBuild() != n.cfg.Build {
		return status.Errorf(codes.FailedPrecondition, "it is %q, protocol %d; this is %q, protocol %d", n.cfg.Build, Protocol, o.GetBuild(), o.GetProtocol())
	}
	ctx, cancel := context.WithCancel(n.ctx)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go func() { // ends with the stream
		_ = ss.RecvMsg(&post.Order{}) // nothing more is ordered: who ordered it is gone, or wants no more
		select {
		case <-over:
		default:
			cancel()
		}
	}()
	if !n.first() {
		return n.passOn(ctx, &o, ss)
	}
	show, shown := showTo(ss)
	rep, err := n.Run(ctx, o.GetSpec(), show)
	shown()
	data, bad := writeEnding(rep, err, ctx.Err() != nil)
	if bad != nil {
		return status.Error(codes.Internal, bad.Error())
	}
	return ss.SendMsg(&post.Tiding{What: tidingEnd, Data: data})
}

// showTo tells events beside the run: whoever reads slowly must not hold up a society whose deadlines go by the clock.
// Only when very many wait does the run wait too. shown waits until all are told.
func showTo(ss grpc.ServerStream) (show func(event any), shown func()) {
	queue, done := make(chan []byte, 1<<14), make(chan struct{})
	go func() {
		defer close(done)
		for data := range queue {
			_ = ss.SendMsg(&post.Tiding{What: tidingEvent, Data: data}) // if nobody listens, the run ends
		}
	}()
	show = func(event any) {
		data, err := writeEvent(event)
		if err != nil || data == nil {
			return
		}
		select {
		case queue <- data:
		case <-ss.Context().Done():
		}
	}
	return show, func() { close(queue); <-done }
}

func writeEnding(rep *polis.Report, err error, cut bool) ([]byte, error) {
	e := ending{Cut: cut}
	if err != nil {
		e.Error = err.Error()
	}
	if rep != nil {
		bare := *rep
		bare.World, bare.NotStopped = nil, nil
		e.Report = &bare
		if rep.NotStopped != nil {
			e.Left = rep.NotStopped.Error()
		}
		if rep.World != nil {
			var bad error
			if e.World, bad = environment.State(rep.World); bad != nil {
				return nil, bad
			}
		}
	}
	return json.Marshal(e)
}

// passOn brings an order to the first member, and what is told back.
func (n *Node) passOn(ctx context.Context, o *post.Order, ss grpc.ServerStream) error {
	first := n.place.members[0]
	conn, err := grpc.NewClient("passthrough:///"+first.Addr, dialing(n.cfg.Identity, func(string) string { return first.Name })...)
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	defer func() { _ = conn.Close() }() // likewise
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stream, err := submit(patient, conn, o)
	if err != nil {
		return status.Errorf(codes.Aborted, "node %q at %s: %v", first.Name, first.Addr, plainly(err))
	}
	stop := context.AfterFunc(ctx, func() { _ = stream.CloseSend() })
	defer stop()
	for {
		var t post.Tiding
		switch err := stream.RecvMsg(&t); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return status.Errorf(codes.Aborted, "node %q at %s: %v", first.Name, first.Addr, plainly(err))
		}
		if err := ss.SendMsg(&t); err != nil {
			return err
		}
	}
}
