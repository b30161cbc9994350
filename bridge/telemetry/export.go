package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	oneSending = 5 * time.Second // that one may take
	mostSpans  = 4096            // that wait to be sent; what comes beyond is dropped
)

// exporter sends over OTLP. What goes wrong is told once; the rest of it would be the same.
type exporter struct {
	cfg    *Config
	client *http.Client
	spans  sdktrace.SpanExporter
	values sdkmetric.Exporter
	reader *sdkmetric.ManualReader

	sending context.Context // over when patience is
	enough  context.CancelFunc
	drained chan struct{} // closed when no span waits any more

	mu     sync.Mutex
	warned bool
	sent   bool // something has arrived
}

func newExporter(ctx context.Context, c *Config) (*exporter, error) {
	if err := CheckExport(c.Export); err != nil {
		return nil, err
	}
	e := &exporter{cfg: c, drained: make(chan struct{})}
	e.sending, e.enough = context.WithCancel(context.Background())
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	e.client = &http.Client{Transport: transport, Timeout: oneSending, // and not to wherever it is sent on, for headers may hold a key
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	at := strings.TrimSuffix(c.Export, "/")
	var err error
	e.spans, err = otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(at+"/v1/traces"), otlptracehttp.WithHTTPClient(e.client), otlptracehttp.WithTimeout(oneSending),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second / 2, MaxInterval: 2 * time.Second, MaxElapsedTime: oneSending}))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	e.values, err = otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(at+"/v1/metrics"), otlpmetrichttp.WithHTTPClient(e.client), otlpmetrichttp.WithTimeout(oneSending),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: true, InitialInterval: time.Second / 2, MaxInterval: 2 * time.Second, MaxElapsedTime: oneSending}))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	e.reader = sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(e.values.Temporality), sdkmetric.WithAggregationSelector(e.values.Aggregation))
	return e, nil
}

// batches is what spans end in. It never waits: when as many wait as may, a span is dropped.
func (e *exporter) batches() sdktrace.SpanProcessor {
	return sdktrace.NewBatchSpanProcessor((*spanExporter)(e), sdktrace.WithMaxQueueSize(mostSpans), sdktrace.WithMaxExportBatchSize(mostSpans/8),
		sdktrace.WithBatchTimeout(min(e.cfg.Interval, 2*time.Second)), sdktrace.WithExportTimeout(oneSending))
}

// begin sends metrics from time to time, until the function it gives is called: that sends them for the last time. The SDK
// has a reader that does so, but that prints what goes wrong.
func (e *exporter) begin() (end func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		beat := time.NewTicker(e.cfg.Interval)
		defer beat.Stop()
		for {
			select {
			case <-beat.C:
				e.sendMetrics(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func(ctx context.Context) {
		cancel()
		<-done
		e.sendMetrics(ctx)
		_ = e.values.Shutdown(ctx) // it says only that ctx has ended
	}
}

// sendMetrics sends all of them, as they are now.
func (e *exporter) sendMetrics(ctx context.Context) {
	sending, cancel := context.WithTimeout(ctx, oneSending)
	defer cancel()
	var all metricdata.ResourceMetrics
	err := e.reader.Collect(sending, &all)
	if err == nil {
		err = e.values.Export(sending, &all)
	}
	if !errors.Is(ctx.Err(), context.Canceled) { // else they are sent at once again
		e.came(err)
	}
}

// came takes in what became of a sending.
func (e *exporter) came(err error) {
	if err == nil {
		e.mu.Lock()
		e.sent = true
		e.mu.Unlock()
		return
	}
	e.failed(err)
}

// failed tells the first failure.
func (e *exporter) failed(err error) {
	if err == nil {
		return
	}
	e.mu.Lock()
	first := !e.warned
	e.warned = true
	e.mu.Unlock()
	if first && e.cfg.Warn != nil {
		e.cfg.Warn(fmt.Errorf("telemetry: %s takes nothing: %s", e.cfg.Export, short(err.Error())))
	}
}

// hopeless says that all that was tried has failed.
func (e *exporter) hopeless() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.warned && !e.sent
}

// spanExporter sends spans, and keeps failures from the SDK, which would print them.
type spanExporter exporter

// ExportSpans sends some. When patience is over it drops them: the queue of the SDK is emptied whatever its context says.
func (s *spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if s.sending.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.sending, cancel)()
	(*exporter)(s).came(s.spans.ExportSpans(ctx, spans))
	return nil
}

// Shutdown ends it: the SDK has nothing more to send.
func (s *spanExporter) Shutdown(ctx context.Context) error {
	defer close(s.drained)
	return s.spans.Shutdown(ctx)
}
