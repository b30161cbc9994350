package engine

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

func BenchmarkTell(b *testing.B) {
	e := New(Config{})
	done := make(chan struct{})
	n := 0
	r, _ := e.Spawn(Spec{Name: "a", Mailbox: 1 << 30, New: func() Actor {
		return ActorFunc(func(c *Context, msg any) error {
			if _, ok := msg.(Started); ok {
				return nil
			}
			if n++; n == b.N {
				close(done)
			}
			return nil
		})
	}})
	msg := any(&struct{ X int }{})
	b.ResetTimer()
	for range b.N {
		_ = e.Tell(r, msg, 1)
	}
	<-done
	b.StopTimer()
	_ = e.Shutdown(context.Background())
}

func BenchmarkTellStock(b *testing.B) {
	s := newSystem(Config{}.Log)
	done := make(chan struct{})
	n := 0
	pid := s.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if _, ok := c.Message().(*actor.Started); ok {
			return
		}
		if n++; n == b.N {
			close(done)
		}
	}))
	msg := any(&struct{ X int }{})
	b.ResetTimer()
	for range b.N {
		s.Root.Send(pid, msg)
	}
	<-done
}

type ping struct{ to *Ref }

func BenchmarkRoundTrip(b *testing.B) {
	e := New(Config{})
	done := make(chan struct{})
	n := 0
	msg := any(&struct{ X int }{})
	echo, _ := e.Spawn(Spec{Name: "echo", New: func() Actor {
		return ActorFunc(func(c *Context, m any) error {
			if s := c.Sender(); s != nil {
				return c.Send(s, m, 1)
			}
			return nil
		})
	}})
	r, _ := e.Spawn(Spec{Name: "a", New: func() Actor {
		return ActorFunc(func(c *Context, m any) error {
			if _, ok := m.(Started); ok {
				return nil
			}
			if n++; n > b.N {
				close(done)
				return nil
			}
			return c.Send(echo, m, 1)
		})
	}})
	b.ResetTimer()
	_ = e.Tell(r, msg, 1)
	<-done
	b.StopTimer()
	_ = e.Shutdown(context.Background())
}

func BenchmarkRequest(b *testing.B) {
	e := New(Config{})
	msg := any(&struct{ X int }{})
	echo, _ := e.Spawn(Spec{Name: "echo", New: func() Actor {
		return ActorFunc(func(c *Context, m any) error {
			if _, ok := m.(Started); !ok {
				c.Reply(m)
			}
			return nil
		})
	}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := e.Request(ctx, echo, msg); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	_ = e.Shutdown(context.Background())
}

func BenchmarkSpawn(b *testing.B) {
	e := New(Config{})
	a := ActorFunc(func(c *Context, m any) error { return nil })
	f := func() Actor { return a }
	names := make([]string, b.N)
	for i := range names {
		names[i] = fmt.Sprintf("agents/%06d", i)
	}
	var m0, m1 runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m0)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		_, _ = e.Spawn(Spec{Name: names[i], New: f})
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&m1)
	b.ReportMetric(float64(m1.HeapAlloc-m0.HeapAlloc)/float64(b.N), "B/actor")
	_ = e.Shutdown(context.Background())
}
