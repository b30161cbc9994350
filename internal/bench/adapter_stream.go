package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// streamTrial is P15: answers that do not end as they should. The long line alone comes from this process.
func streamTrial() trial {
	return trial{full: 4 * time.Second, try: tryStreams, of: []claim{
		{"p15_streams", "answers", "<= 0", "answers asked for"},
	}}
}

const (
	streamIdle  = 500 * time.Millisecond // patience for the first piece of an answer, and between two
	streamSlack = time.Second            // on a machine that does something else as well
	longLine    = 40 << 20
)

// ways in which streams go wrong, and what may be said of them.
var ways = []struct {
	fault string
	kinds []llmadapter.Kind
}{
	{"stall", []llmadapter.Kind{llmadapter.Stalled}},
	{"keepalive", []llmadapter.Kind{llmadapter.Stalled}},
	{"hang", []llmadapter.Kind{llmadapter.Stalled}},
	{"cut", []llmadapter.Kind{llmadapter.Truncated}},
	{"reset", []llmadapter.Kind{llmadapter.Truncated, llmadapter.Broken}},
	{"error", []llmadapter.Kind{llmadapter.Transient}},
	{"overload", []llmadapter.Kind{llmadapter.Overloaded}},
	{"html", []llmadapter.Kind{llmadapter.Malformed}},
	{"", []llmadapter.Kind{llmadapter.Malformed, llmadapter.Stalled}}, // a line that is too long, or too slow
}

// wrongs are the answers that are not as they should be.
type wrongs struct {
	mu    sync.Mutex
	asked int
	texts []string
	worst time.Duration
}

// look judges one that was sent, by how it ended and how long that took from there on.
func (w *wrongs) look(name string, kinds []llmadapter.Kind, e llmadapter.Ended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	w.worst = max(w.worst, e.Took)
	if !slices.Contains(kinds, e.Kind) || e.Took > streamIdle+streamSlack {
		w.texts = append(w.texts, fmt.Sprintf("%s: %s, %s after %v", name, e.Outcome, e.Why, e.Took.Round(time.Millisecond)))
	}
}

func tryStreams(ctx context.Context, s *setting) ([]finding, error) {
	w := &wrongs{}
	names := make([]string, len(ways))
	errs := make([]error, len(ways))
	var all sync.WaitGroup
	for i, way := range ways { // at once: each waits most of the time
		if names[i] = way.fault; names[i] == "" {
			names[i] = "a line of 40 MiB"
		}
		all.Go(func() {
			url, end, err := s.wrongServer(ctx, way.fault)
			if err != nil {
				errs[i] = err
				return
			}
			err = streams(ctx, url, func(event any) {
				if e, ok := event.(llmadapter.Ended); ok && e.Attempts > 0 {
					w.look(names[i], way.kinds, e)
				}
			})
			errs[i] = errors.Join(err, end())
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	found := once(float64(len(w.texts)), float64(w.asked), "answers without a typed error that is right, within %v of silence and %v for a busy machine, or complete although they are not: %s; the slowest took %v",
		streamIdle, streamSlack, strings.Join(names, ", "), w.worst.Round(time.Millisecond))
	if len(w.texts) > 0 {
		found.note += "; the first: " + w.texts[0]
	}
	return []finding{found}, nil
}

// wrongServer is one whose answers all go wrong in one way.
func (s *setting) wrongServer(ctx context.Context, fault string) (url string, end func() error, err error) {
	if fault == "" {
		return openLongLine()
	}
	j, err := s.judge(ctx, serving{slots: 32, service: 5 * time.Millisecond, queue: 64, faults: fault + "=100%"})
	if err != nil {
		return "", nil, err
	}
	return j.url, j.stop, nil
}

// streams asks for 24 answers, 8 at once, each tried once. When an adapter takes what it is told for an outage, those that
// wait are never sent.
func streams(ctx context.Context, url string, observe func(any)) (err error) {
	f, err := newOffice(llmadapter.Config{InFlight: 8, Attempts: 1, Observe: observe},
		openai.Config{Model: judgeName, BaseURL: url, FirstToken: streamIdle, Idle: streamIdle}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	return crowdOf(ctx, 8, func(ctx context.Context, _ <-chan struct{}, i int) error {
		for n := range 3 {
			if _, err := f.put(ctx, fmt.Sprint("agent-", i), streamIdle+2*streamSlack, prompt(fmt.Sprint("stream-", i, "-", n))); err != nil {
				return err
			}
		}
		return nil
	})()
}

// openLongLine is a server in this process that answers with a line that does not end.
func openLongLine() (url string, end func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { writeLongLine(conn) })
		}
	})
	return "http://" + l.Addr().String() + "/v1", func() error {
		err := l.Close()
		all.Wait()
		return err
	}, nil
}

// writeLongLine writes until all is written or the client has gone.
func writeLongLine(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the client has gone, or has all
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 4096)); err != nil { // some of the request: the rest is in the socket
		return
	}
	piece := []byte(strings.Repeat("x", 64<<10))
	_, err := conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: "))
	for sent := 0; sent < longLine && err == nil; sent += len(piece) {
		_, err = conn.Write(piece)
	}
}
