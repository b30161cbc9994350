package openai

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// small is a server that answers with one small stream, as fast as net/http can.
func small(b *testing.B) *httptest.Server {
	var body bytes.Buffer
	for _, e := range []string{llmadaptertest.Opening, llmadaptertest.CallDelta(0, "harvest", ""), llmadaptertest.CallDelta(0, "", `{"tons":4}`),
		llmadaptertest.Finished(llmadapter.FinishCalls), llmadaptertest.Used(100, 10), llmadaptertest.Done} {
		body.WriteString("data: " + e + "\n\n")
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(body.Bytes())
	}))
	b.Cleanup(s.Close)
	return s
}

// BenchmarkComplete is one call after the other against a server on loopback.
func BenchmarkComplete(b *testing.B) {
	c := client(b, Config{BaseURL: small(b).URL + "/v1", Key: key})
	r := llmadaptertest.Harvest(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Complete(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdded is what a call costs over the yardstick: both alternate, so that a busy machine is busy for both.
func BenchmarkAdded(b *testing.B) {
	url := small(b).URL + "/v1"
	c := client(b, Config{BaseURL: url, Key: key})
	r := llmadaptertest.Harvest(1)
	body, err := c.encode(r)
	if err != nil {
		b.Fatal(err)
	}
	bare := &http.Client{Transport: plain(b)}
	var ours, others []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := c.Complete(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		post(b, bare, url+"/chat/completions", body.Bytes())
		ours, others = append(ours, between.Sub(start)), append(others, time.Since(between))
	}
	slices.Sort(ours)
	slices.Sort(others)
	b.ReportMetric(float64(ours[len(ours)/2]-others[len(others)/2]), "added-p50-ns")
	b.ReportMetric(float64(others[len(others)/2]), "bare-p50-ns")
}

// BenchmarkNetHTTP is the yardstick: the same bytes by net/http alone, which neither writes nor reads JSON.
func BenchmarkNetHTTP(b *testing.B) {
	url := small(b).URL + "/v1/chat/completions"
	c := client(b, Config{BaseURL: "http://127.0.0.1:1", Key: key})
	body, err := c.encode(llmadaptertest.Harvest(1))
	if err != nil {
		b.Fatal(err)
	}
	bare := &http.Client{Transport: plain(b)}
	b.ReportAllocs()
	for b.Loop() {
		post(b, bare, url, body.Bytes())
	}
}

func post(b *testing.B, c *http.Client, url string, body []byte) {
	resp, err := c.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
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

// BenchmarkStream is a call without the transport.
func BenchmarkStream(b *testing.B) {
	var text bytes.Buffer
	for _, e := range []string{llmadaptertest.Opening, llmadaptertest.CallDelta(0, "harvest", ""), llmadaptertest.CallDelta(0, "", `{"tons":4}`),
		llmadaptertest.Finished(llmadapter.FinishCalls), llmadaptertest.Used(100, 10), llmadaptertest.Done} {
		text.WriteString("data: " + e + "\n\n")
	}
	c := client(b, Config{BaseURL: "http://127.0.0.1:1", Key: key, Transport: saying(http.StatusOK, "text/event-stream", func() io.Reader { return bytes.NewReader(text.Bytes()) })})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Complete(b.Context(), llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User}}}); err != nil {
			b.Fatal(err)
		}
	}
}
