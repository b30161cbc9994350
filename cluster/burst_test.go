package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// told by a process of a burst when it is over.
type burstEnd struct {
	Sent, Answered, Refused int // by agents/x; of an ask that the link refused for a moment only the last attempt counts
	Broken                  int // asks that did not arrive as they were sent
	Lost                    string
	Took                    time.Duration // from when a node was killed, as far as is known here
	Account                 engine.Account
}

// sizeOf message i: 1 B to 1 MiB, as many small ones as large, and each hundredth 5 MiB.
func sizeOf(i int) int {
	if i%100 == 99 {
		return 5 << 20
	}
	return int(math.Exp(rand.New(rand.NewPCG(5, uint64(i))).Float64() * math.Log(1<<20)))
}

// noteOf message i is text of that size, which is that of no other.
func noteOf(i int) string {
	mark := fmt.Sprintf("%d/", i)
	return strings.Repeat(mark, sizeOf(i)/len(mark)+1)[:sizeOf(i)]
}

// burst lets agents/x, on whatever node that lives, ask services/sink, on the first, all at once.
func burst(n *Node, count int) error {
	r := n.newRun(77)
	e := engine.New(engine.Config{Locate: func(name string) engine.Away {
		if r.Here(name) {
			return nil
		}
		return r.Way(name)
	}})
	r.Open(e, nil, nil)
	if err := n.admit(r); err != nil {
		return err
	}
	var end burstEnd
	answers := make(chan struct{})
	if n.first() {
		_, err := e.Spawn(engine.Spec{Name: "services/sink", New: func() engine.Actor {
			return engine.ActorFunc(func(c *engine.Context, msg any) error {
				if ask, ok := msg.(*wire.Ask); ok {
					if ask.Request.(catch).Note != noteOf(ask.Index) {
						end.Broken++
					}
					return c.Send(c.Sender(), &wire.Answer{N: ask.N, Index: ask.Index}, 1)
				}
				return nil
			})
		}})
		if err != nil {
			return err
		}
	} else if err := spawnAsker(e, n, count, &end, answers); err != nil {
		return err
	}
	if !n.first() {
		fmt.Println("begun")
		select {
		case <-answers:
		case why := <-r.over:
			end.Lost = why.Error()
		}
		fmt.Println("over")
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := e.Shutdown(ctx)
	end.Account = e.Account()
	n.forget(r)
	text, bad := json.Marshal(end)
	fmt.Println(string(text))
	return errors.Join(err, bad, n.Close(ctx))
}

// spawnAsker asks as fast as the link takes it.
func spawnAsker(e *engine.Engine, n *Node, count int, end *burstEnd, answers chan struct{}) error {
	next, done := 0, map[int]bool{}
	x, err := e.Spawn(engine.Spec{Name: "agents/x", Mailbox: 2 * count, New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			switch m := msg.(type) {
			case *wire.Answer:
				if done[m.Index] {
					return errors.New("answered twice")
				}
				done[m.Index] = true
				if end.Answered++; end.Answered == count {
					close(answers)
				}
			case string:
				to, err := c.Engine().Find("services/sink")
				if err != nil {
					return err
				}
				for ; next < count; next++ {
					err := c.Send(to, &wire.Ask{Asker: "x", N: 1, Index: next, Request: catch{next, noteOf(next)}}, 1)
					if errors.Is(err, engine.ErrBusy) {
						c.After(5*time.Millisecond, "go on")
						return nil
					}
					if end.Sent++; err != nil {
						end.Refused++
					}
				}
			}
			return nil
		})
	}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(n.ready(ctx), e.Tell(x, "go", 0))
}

// bursting starts two nodes behind proxies, of which the second asks the first.
func bursting(t *testing.T, limits Limits) (g *group, proxies []*proxy) {
	t.Helper()
	limits.Outstanding, limits.Window = 32<<20, 4<<20
	g, proxies = behindProxies(t, 2, func(c *child) { c.Limits, c.Burst, c.Ready = limits, messages, 10*time.Second })
	if of := place(g.members).of("agents/x"); of != "b" {
		t.Fatal("agents/x lives on", of)
	}
	if line, err := g.nodes[1].stdout.ReadString('\n'); err != nil || line != "begun\n" {
		t.Fatalf("%q, %v: %s", line, err, g.nodes[1].log())
	}
	return g, proxies
}

// over waits for the end of a burst and gives what a node says of it.
func (p *nodeProcess) over(t *testing.T) (end burstEnd) {
	t.Helper()
	p.stdin.Close()
	line, err := p.stdout.ReadString('\n')
	must(t, err, json.Unmarshal([]byte(line), &end))
	return end
}

// "1,000 messages of 1 B to 5 MiB across two processes: all delivered or answered, also when the connection is cut in the
// middle." Each arrives once, and the account holds over both processes: asks that had to wait count as refused and sent.
func TestABurstArrivesAlsoWhenItIsCut(t *testing.T) {
	const cuts = 5
	g, proxies := bursting(t, Limits{Again: 300 * time.Millisecond, Beat: 300 * time.Millisecond, Lost: time.Minute})
	over := make(chan string, 1)
	go func() {
		line, _ := g.nodes[1].stdout.ReadString('\n')
		over <- line
	}()
	done := 0
	tick := time.NewTicker(250 * time.Millisecond)
	for ended := false; !ended; {
		select {
		case line := <-over:
			if ended = true; line != "over\n" {
				t.Fatalf("%q: %s", line, g.nodes[1].log())
			}
		case <-tick.C:
			if done < cuts {
				done++
				proxies[done%2].cut()
			}
		}
	}
	tick.Stop()
	source, sink := g.nodes[1].over(t), g.nodes[0].over(t)
	if source.Answered != messages || source.Refused != 0 || sink.Broken != 0 || source.Lost != "" {
		t.Errorf("%d cuts: %+v, %+v", done, source, sink)
	}
	a, b := source.Account, sink.Account
	sum := engine.Account{Sent: a.Sent + b.Sent, Handled: a.Handled + b.Handled, Refused: a.Refused + b.Refused, Dead: a.Dead + b.Dead}
	if !sum.Balanced() || sum.Handled != 2*messages || sum.Dead != 0 {
		t.Errorf("%d cuts: the account is %+v", done, sum)
	}
	if done < 2 {
		t.Errorf("it was cut %d times only", done)
	}
}

// "and when the peer is killed (answered with an error within a deadline)": what was not acknowledged is counted, what is
// sent later refused, and who sent it hears of it.
func TestABurstToAKilledNodeIsAnswered(t *testing.T) {
	g, _ := bursting(t, Limits{Again: 200 * time.Millisecond, Beat: 200 * time.Millisecond, Lost: 2 * time.Second})
	g.nodes[0].kill(t)
	began := time.Now()
	line, err := g.nodes[1].stdout.ReadString('\n')
	must(t, err)
	if took := time.Since(began); line != "over\n" || took > 15*time.Second {
		t.Errorf("%q after %v", line, took)
	}
	end := g.nodes[1].over(t)
	if !strings.Contains(end.Lost, `node "a"`) {
		t.Errorf("it was told of the loss as %q", end.Lost)
	}
	if a := end.Account; a.Dead == 0 || a.Sent < a.Dead+a.Refused+int64(end.Answered) {
		t.Errorf("of what it has sent, nothing is known to be lost: %+v", end)
	}
}
