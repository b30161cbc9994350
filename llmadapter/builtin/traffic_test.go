package builtin

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// held is a policy that decides when it is let, and tells when it is asked.
type held struct{ asked, let chan struct{} }

func newHeld() held { return held{make(chan struct{}, 100), make(chan struct{})} }

func (h held) decide(json.RawMessage, []llmadapter.Tool, *rand.Rand) ([]llmadapter.Call, error) {
	h.asked <- struct{}{}
	<-h.let
	return []llmadapter.Call{{Name: "pass", Arguments: "{}"}}, nil
}

// "At most Slots requests are served at once, others wait in a bounded queue (beyond: 429 or 503 by config)."
func TestSlotsAndQueue(t *testing.T) {
	for _, busy := range []int{0, 429} {
		h := newHeld()
		cfg := fast()
		cfg.Policy, cfg.Slots, cfg.QueueLimit, cfg.Busy = h.decide, 2, 3, busy
		s, c := started(t, cfg), client(t)
		answers := make(chan got, 20)
		for i := range 20 {
			go func() { answers <- post(t, c, s, wired(question(t, i, 1), s, nil)) }()
		}
		for range 15 { // two are served, three wait: all others are refused while nobody is let
			g := <-answers
			want := 503
			if busy != 0 {
				want = busy
			}
			if g.status != want || g.header.Get("Retry-After") != "1" || g.header.Get("Retry-After-Ms") != "50" || !strings.Contains(g.body, "all slots are taken") {
				t.Errorf("%d %v %s, want %d", g.status, g.header, g.body, want)
			}
		}
		if n := len(h.asked); n != 2 {
			t.Errorf("%d are served at once, want 2", n)
		}
		close(h.let)
		for range 5 {
			if g := <-answers; g.status != http.StatusOK {
				t.Errorf("%d %s", g.status, g.body)
			}
		}
		post(t, c, s, plain(s, nil)) // alone
		if n := s.Counts(); n.Peak < 6 || n.Peak > 20 || n.Answered != 6 || n.Refused != 15 {
			t.Errorf("%+v", n)
		}
	}
}

// Without a queue who finds no slot is refused at once.
func TestNoQueue(t *testing.T) {
	h := newHeld()
	cfg := fast()
	cfg.Policy, cfg.Slots, cfg.QueueLimit = h.decide, 1, -1
	s, c := started(t, cfg), client(t)
	first := make(chan got, 1)
	go func() { first <- post(t, c, s, wired(question(t, 1, 1), s, nil)) }()
	<-h.asked
	if g := post(t, c, s, wired(question(t, 2, 1), s, nil)); g.status != 503 {
		t.Errorf("%d", g.status)
	}
	close(h.let)
	if g := <-first; g.status != http.StatusOK {
		t.Errorf("%d", g.status)
	}
}

// "Highest concurrent requests ever seen": a client with a limit is never counted beside its own last request, even
// when it goes on as soon as it has read why the answer ended.
func TestPeakIsTheClientsLimit(t *testing.T) {
	s, c := started(t, fast()), client(t)
	const limit = 3
	permits := make(chan struct{}, limit)
	var all sync.WaitGroup
	for i := range 150 {
		body, err := json.Marshal(wired(question(t, i, 1), s, object{"stream": true}))
		if err != nil {
			t.Fatal(err)
		}
		permits <- struct{}{}
		all.Go(func() {
			resp, err := c.Post(s.URL()+"/chat/completions", "application/json", strings.NewReader(string(body)))
			if err != nil {
				t.Error(err)
				<-permits
				return
			}
			defer resp.Body.Close()
			lines := bufio.NewReader(resp.Body)
			for {
				line, err := lines.ReadString('\n')
				if err != nil || strings.Contains(line, `"finish_reason":"`) {
					break
				}
			}
			<-permits
			_, _ = io.Copy(io.Discard, lines)
		})
	}
	all.Wait()
	if n := s.Counts(); n.Peak > limit || n.Peak < 1 || n.Answered != 150 {
		t.Errorf("%+v", n)
	}
}

// send sends a request by hand, all of it, so that it reaches the server whatever happens to the connection then.
func send(t *testing.T, s *Server, body any) net.Conn {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(text), text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// "The disconnect of the client ends the work at once and frees the slot": an answer that would take an hour.
func TestClientThatGoesFreesItsSlot(t *testing.T) {
	ended := make(chan Served, 10)
	cfg := Config{FirstToken: -1, PerToken: time.Hour, Slots: 1, Observe: func(v Served) { ended <- v }}
	s, c := started(t, cfg), client(t)
	for _, streamed := range []bool{true, false} {
		body := wired(question(t, 1, 1), s, object{"stream": streamed})
		conn := send(t, s, body)
		if streamed {
			if _, err := conn.Read(make([]byte, 1)); err != nil { // it has begun
				t.Error(err)
			}
		}
		conn.Close()
		if v := <-ended; v.Outcome != gone || (v.Status == 200) != streamed {
			t.Errorf("streamed %v: %+v", streamed, v)
		}
		// The slot is free: an answer of one token takes no time.
		if g := post(t, c, s, plain(s, object{"max_tokens": 1, "stream": true})); g.status != http.StatusOK || !g.done {
			t.Errorf("%+v", g)
		}
		if v := <-ended; v.Outcome != answered {
			t.Errorf("%+v", v)
		}
	}
	if n := s.Counts(); n.Gone != 2 || n.Answered != 2 {
		t.Errorf("%+v", n)
	}
}

// Who waits for a slot and goes, leaves the queue.
func TestClientThatGoesLeavesTheQueue(t *testing.T) {
	h := newHeld()
	ended := make(chan Served, 10)
	cfg := fast()
	cfg.Policy, cfg.Slots, cfg.QueueLimit, cfg.Observe = h.decide, 1, 1, func(v Served) { ended <- v }
	s, c := started(t, cfg), client(t)
	first := make(chan got, 2)
	go func() { first <- post(t, c, s, wired(question(t, 1, 1), s, nil)) }()
	<-h.asked
	for range 5 { // each takes the one place and gives it back
		send(t, s, wired(question(t, 2, 1), s, nil)).Close()
		if v := <-ended; v.Outcome != gone || v.Status != 0 {
			t.Errorf("%+v", v)
		}
	}
	close(h.let)
	if g := <-first; g.status != http.StatusOK {
		t.Errorf("%d", g.status)
	}
}

// "Close() with a deadline; no goroutine left": whatever is going on. TestMain counts the goroutines.
func TestCloseEndsEverything(t *testing.T) {
	for _, byContext := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		h := newHeld()
		cfg := Config{FirstToken: -1, PerToken: time.Hour, Slots: 3, Policy: h.decide, Faults: Faults{}}
		s, err := Start(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := client(t)
		answers := make(chan got, 10)
		for i := range 3 {
			r := question(t, i, 1)
			r.Tools = nil // a text, for hours
			go func() { answers <- post(t, c, s, wired(r, s, object{"stream": i > 0})) }()
		}
		resp, err := c.Get(s.URL() + "/models") // whose connection stays open
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		begun := time.Now()
		if byContext {
			cancel()
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > closeWait {
			t.Errorf("it took %v", took)
		}
		for range 3 {
			if g := <-answers; g.done || g.finish != "" {
				t.Errorf("an answer for hours has come: %+v", g)
			}
		}
		if n := s.Counts(); n.Open != 0 || n.Requests != n.Gone {
			t.Errorf("%+v", n)
		}
		if err := s.Close(); err != nil { // again
			t.Error(err)
		}
		if resp, err := c.Get(s.URL() + "/models"); err == nil {
			resp.Body.Close()
			t.Error("it still answers")
		}
		cancel()
	}
}

// Latency is what is configured, and nothing when it is none.
func TestLatency(t *testing.T) {
	s, c := started(t, Config{FirstToken: 30 * time.Millisecond, PerToken: 2 * time.Millisecond}), client(t)
	for _, streamed := range []bool{true, false} {
		begun := time.Now()
		g := post(t, c, s, plain(s, object{"stream": streamed, "stream_options": object{"include_usage": true}}))
		least := 30*time.Millisecond + 2*time.Millisecond*time.Duration(g.usage.Completion-2) // the first piece is of two tokens and waits for none
		if took := time.Since(begun); took < least {
			t.Errorf("%d tokens in %v, want at least %v", g.usage.Completion, took, least)
		}
	}
}
