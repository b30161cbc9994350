//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package socket

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// "An endpoint that promises to keep a connection and closes it": once the end has arrived, nothing is lost by it.
func TestAKeptConnectionThatIsClosed(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{}, 1)
	var server sync.WaitGroup
	server.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
			}
			_ = conn.Close()
			closed <- struct{}{}
		}
	})
	defer server.Wait()
	defer l.Close()
	e := endpoint(t, Config{BaseURL: "http://" + l.Addr().String()})
	for i := range 300 {
		a := e.Begin(t.Context())
		reply, err := a.Answer(e.Request(http.MethodPost, "answers", nil), bytes.NewBufferString(strings.Repeat("x", i)), heard{})
		a.End()
		if err != nil || reply.Text != "heard" {
			t.Fatalf("call %d: %+v, %v", i+1, reply, err)
		}
		<-closed
	}
}
