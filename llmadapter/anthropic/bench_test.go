package anthropic

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter/internal/socket"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// small is a small stream, as the provider sends one.
func small() []byte {
	var b bytes.Buffer
	for _, e := range smallEvents() {
		b.WriteString("event: " + strings.Split(e, `"`)[3] + "\ndata: " + e + "\n\n")
	}
	return b.Bytes()
}

func smallEvents() []string {
	return []string{opening, calls(0, "harvest"), ping, with(0, ""), with(0, `{"tons":4}`), ends(0), stopped("tool_use"), last}
}

// serves answers every request with the same stream, as fast as net/http can.
func serves(b *testing.B, body []byte) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(body)
	}))
	b.Cleanup(s.Close)
	return s.URL + "/v1"
}

// BenchmarkComplete is one call after the other against a server on loopback, in this form and in the other.
func BenchmarkComplete(b *testing.B) {
	r := llmadaptertest.Harvest(1)
	b.Run("anthropic", func(b *testing.B) {
		c := client(b, Config{BaseURL: serves(b, small()), Key: key})
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Complete(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("openai", func(b *testing.B) {
		var body bytes.Buffer
		for _, e := range []string{llmadaptertest.Opening, llmadaptertest.CallDelta(0, "harvest", ""), llmadaptertest.CallDelta(0, "", `{"tons":4}`),
			llmadaptertest.Finished("tool_calls"), llmadaptertest.Used(100, 10), llmadaptertest.Done} {
			body.WriteString("data: " + e + "\n\n")
		}
		c, err := openai.New(openai.Config{Model: "sim-test", BaseURL: serves(b, body.Bytes()), Key: key})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(c.Close)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Complete(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEncode is the part of a call that is writing JSON.
func BenchmarkEncode(b *testing.B) {
	c := client(b, Config{BaseURL: "http://127.0.0.1:1", Key: key})
	r := llmadaptertest.Harvest(1)
	b.ReportAllocs()
	for b.Loop() {
		body, err := c.encode(r)
		if err != nil {
			b.Fatal(err)
		}
		socket.Release(body)
	}
}

// BenchmarkEvents is the part that is reading the events of an answer.
func BenchmarkEvents(b *testing.B) {
	var names, events [][]byte
	for _, e := range smallEvents() {
		names, events = append(names, []byte(strings.Split(e, `"`)[3])), append(events, []byte(e))
	}
	b.ReportAllocs()
	for b.Loop() {
		a := &answer{max: 1 << 20}
		for i, e := range events {
			if _, err := a.Event(names[i], e); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := a.Reply(); err != nil {
			b.Fatal(err)
		}
	}
}
