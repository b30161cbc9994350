package telemetry

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/polis-agents/polis/llmadapter"
)

const (
	defaultInterval = 10 * time.Second
	defaultPatience = 3 * time.Second
	scope           = "github.com/polis-agents/polis/bridge/telemetry"
)

// Telemetry is what shows the runs of a process. Its methods are safe from any goroutine.
type Telemetry struct {
	cfg      Config
	metrics  *instruments
	meters   *sdkmetric.MeterProvider
	traces   *sdktrace.TracerProvider // nil: no spans are made
	tracer   trace.Tracer
	exporter *exporter                 // nil: nothing is sent
	beat     func(ctx context.Context) // ends the sending of metrics; nil: it has not begun
	page     *page                     // nil: there is none
	closing  sync.Once
	closed   error

	mu   sync.Mutex // guards what follows
	runs []*Run     // those that live
}

// Start begins to show. Close ends it.
func Start(ctx context.Context, c Config) (*Telemetry, error) {
	c.Interval, c.Patience = cmp.Or(c.Interval, defaultInterval), cmp.Or(c.Patience, defaultPatience)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Interval < 0 || c.Patience < 0 {
		return nil, errors.New("telemetry: Interval or Patience is negative; accepted is 0 or more")
	}
	t := &Telemetry{cfg: c}
	about, err := c.about(ctx)
	if err != nil {
		return nil, err
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(about)}
	registry := prometheus.NewRegistry()
	if c.Metrics != "" {
		reader, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
		if err != nil {
			return nil, fmt.Errorf("telemetry: %w", err)
		}
		options = append(options, sdkmetric.WithReader(reader))
	}
	if c.Export != "" {
		if t.exporter, err = newExporter(ctx, &t.cfg); err != nil {
			return nil, err
		}
		options = append(options, sdkmetric.WithReader(t.exporter.reader))
		t.traces = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSpanProcessor(t.exporter.batches()))
		t.tracer = t.traces.Tracer(scope)
	}
	t.meters = sdkmetric.NewMeterProvider(options...)
	if t.metrics, err = newInstruments(t.meters.Meter(scope), t.loads); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if t.exporter != nil {
		t.beat = t.exporter.begin()
	}
	if c.Metrics != "" {
		if t.page, err = serve(ctx, c.Metrics, registry); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	return t, nil
}

// about is what is said of all that is sent: what the environment says of it comes last, and wins.
func (c *Config) about(ctx context.Context) (*resource.Resource, error) {
	var instance [8]byte
	_, _ = rand.Read(instance[:]) // it never fails
	said := []attribute.KeyValue{attribute.String(keyServiceName, "polis"), attribute.String(keyInstance, hex.EncodeToString(instance[:]))}
	for _, name := range slices.Sorted(maps.Keys(c.Run)) {
		said = append(said, attribute.String(name, short(c.Run[name])))
	}
	return resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(said...), resource.WithFromEnv())
}

// Address is where the page is served, HOST:PORT; "": there is none.
func (t *Telemetry) Address() string {
	if t.page == nil {
		return ""
	}
	return t.page.address
}

// Close sends what is left, as long as its patience lasts, and ends everything. What could not be sent is no error of the
// run: Config.Warn has been told.
func (t *Telemetry) Close() error {
	t.closing.Do(func() { t.closed = t.close() })
	return t.closed
}

func (t *Telemetry) close() error {
	patience := t.cfg.Patience
	if t.exporter != nil && t.exporter.hopeless() {
		patience = min(patience, defaultPatience/10) // nobody was there so far
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var ends sync.WaitGroup
	if t.traces != nil {
		ends.Go(func() {
			t.exporter.failed(t.traces.Shutdown(ctx))
			t.exporter.enough()
			<-t.exporter.drained
		})
	}
	if t.beat != nil {
		ends.Go(func() { t.beat(ctx) })
	}
	ends.Wait()
	_ = t.meters.Shutdown(ctx) // there is nothing left to be sent
	if t.exporter != nil {
		t.exporter.client.CloseIdleConnections()
	}
	if t.page != nil {
		return t.page.close(ctx)
	}
	return nil
}

// loads tells how busy the adapters of all runs are, by their names.
func (t *Telemetry) loads() map[string]llmadapter.Load {
	t.mu.Lock()
	runs := slices.Clone(t.runs)
	t.mu.Unlock()
	all := map[string]llmadapter.Load{}
	for _, r := range runs {
		for name, load := range r.loads() {
			sum, known := all[name]
			if !known {
				all[name] = load
				continue
			}
			sum.Queued, sum.InFlight, sum.Limit, sum.Credits = sum.Queued+load.Queued, sum.InFlight+load.InFlight, sum.Limit+load.Limit, sum.Credits+load.Credits
			sum.Cooldown, sum.Rate = max(sum.Cooldown, load.Cooldown), max(sum.Rate, load.Rate)
			if load.Breaker != llmadapter.BreakerClosed {
				sum.Breaker = load.Breaker
			}
			all[name] = sum
		}
	}
	return all
}

// endpoint is what is known of the model behind an adapter.
func (t *Telemetry) endpoint(service string) Model {
	m := t.cfg.Models[service]
	m.Provider, m.Label = cmp.Or(m.Provider, unknownName), cmp.Or(m.Label, llmadapter.AnyModel)
	return m
}
