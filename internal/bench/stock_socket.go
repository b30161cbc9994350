package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/polis-agents/polis/llmadapter/openai"
)

// completion is a small answer in the OpenAI wire form, streamed.
const completion = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"sim-bench","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"sim-bench","choices":[{"index":0,"delta":{"content":"4"},"finish_reason":null}]}

data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"sim-bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"sim-bench","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}

data: [DONE]

`

// question as the client writes it.
const questionBody = `{"model":"sim-bench","messages":[{"role":"user","content":"How much?"}],"seed":1,"stream":true,"stream_options":{"include_usage":true}}`

// answering is a server on loopback that answers every request with the completion.
type answering struct {
	server *http.Server
	url    string
	ended  chan error
}

func openAnswering() (*answering, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &answering{url: "http://" + l.Addr().String() + "/v1", ended: make(chan error, 1)}
	a.server = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, completion)
	})}
	go func() { a.ended <- a.server.Serve(l) }()
	return a, nil
}

func (a *answering) close() error {
	err := a.server.Close()
	if ended := <-a.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// openSocketCall is one call after the other through the adapter, the client of the OpenAI wire form and a socket.
func openSocketCall(Options) (rig, error) {
	server, err := openAnswering()
	if err != nil {
		return rig{}, err
	}
	client, err := openai.New(openai.Config{Model: "sim-bench", BaseURL: server.url})
	if err != nil {
		return rig{}, errors.Join(err, server.close())
	}
	a, err := openAdapter(client)
	if err != nil {
		return rig{}, errors.Join(err, server.close())
	}
	n := 0
	return rig{
		run: func(ops int) (sample, error) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			return measureEach(ops, func() error { n++; return a.ask(ctx, n, question) })
		},
		close: func() error {
			err := a.close()
			client.Close()
			return errors.Join(err, server.close())
		},
	}, nil
}

// openBareSocketCall is the same bytes by net/http alone: nothing is written as JSON, and nothing is read.
func openBareSocketCall(Options) (rig, error) {
	server, err := openAnswering()
	if err != nil {
		return rig{}, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, IdleConnTimeout: time.Minute}
	client := &http.Client{Transport: transport}
	call := func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.url+"/chat/completions", bytes.NewReader([]byte(questionBody)))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err == nil && n != int64(len(completion)) {
			err = fmt.Errorf("%d bytes of %d", n, len(completion))
		}
		return errors.Join(err, resp.Body.Close())
	}
	return rig{
		run: func(ops int) (sample, error) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			return measureEach(ops, func() error { return call(ctx) })
		},
		close: func() error {
			transport.CloseIdleConnections()
			return server.close()
		},
	}, nil
}
