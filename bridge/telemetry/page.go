package telemetry

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	mostReaders = 4                // of the page at once
	oneReading  = 10 * time.Second // that one may take
)

// page is the metrics as Prometheus reads them, at /metrics.
type page struct {
	address string
	server  *http.Server
	done    chan struct{} // closed when the server has ended
}

// serve begins to serve it. From another name than an address or localhost it is not to be had where it is served on
// loopback: no page of the web is to read it by giving a name of its own to that address.
func serve(ctx context.Context, at string, from prometheus.Gatherer) (*page, error) {
	at, err := Address(at)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("telemetry: nothing can be served at %s: %w", at, err)
	}
	p := &page{address: listener.Addr().String(), done: make(chan struct{})}
	metrics := promhttp.HandlerFor(from, promhttp.HandlerOpts{MaxRequestsInFlight: mostReaders, Timeout: oneReading})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if loopback(p.address) && !loopback(r.Host) {
			http.Error(w, "this page is for this machine", http.StatusForbidden)
			return
		}
		metrics.ServeHTTP(w, r)
	})
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: oneReading, ReadTimeout: oneReading, WriteTimeout: 2 * oneReading, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(p.done)
		_ = p.server.Serve(listener) // it ends by close
	}()
	return p, nil
}

// loopback says whether HOST or HOST:PORT is this machine alone.
func loopback(at string) bool {
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		host = at
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// close ends it; who reads may finish until ctx ends.
func (p *page) close(ctx context.Context) error {
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = p.server.Close()
	}
	<-p.done
	return err
}
