// Package telemetrytest is a collector of OpenTelemetry for tests: it takes what is sent over OTLP/HTTP and keeps it.
package telemetrytest

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	metrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metric "go.opentelemetry.io/proto/otlp/metrics/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector is a collector that listens on loopback.
type Collector struct {
	URL string // its base URL

	mu      sync.Mutex
	spans   []*trace.Span
	about   map[string]string
	metrics map[string]*metric.Metric
	head    http.Header
}

// NewCollector starts one, which ends with the test.
func NewCollector(t testing.TB) *Collector {
	c := &Collector{about: map[string]string{}, metrics: map[string]*metric.Metric{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(r.Body); err != nil {
				t.Errorf("collector: %v", err)
				return
			}
		}
		text, err := io.ReadAll(body)
		if err == nil {
			err = c.take(r, text)
		}
		if err != nil {
			t.Errorf("collector: %s: %v", r.URL.Path, err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// take keeps what one request brings.
func (c *Collector) take(r *http.Request, text []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head = r.Header.Clone()
	if r.URL.Path == "/v1/traces" {
		var all traces.ExportTraceServiceRequest
		if err := proto.Unmarshal(text, &all); err != nil {
			return err
		}
		for _, of := range all.ResourceSpans {
			c.said(of.GetResource().GetAttributes())
			for _, scope := range of.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		return nil
	}
	var all metrics.ExportMetricsServiceRequest
	if err := proto.Unmarshal(text, &all); err != nil {
		return err
	}
	for _, of := range all.ResourceMetrics {
		c.said(of.GetResource().GetAttributes())
		for _, scope := range of.ScopeMetrics {
			for _, m := range scope.Metrics {
				c.metrics[m.Name] = m
			}
		}
	}
	return nil
}

func (c *Collector) said(all []*common.KeyValue) {
	for _, a := range all {
		c.about[a.Key] = a.Value.GetStringValue()
	}
}

// Spans gives all that have come.
func (c *Collector) Spans() []*trace.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*trace.Span(nil), c.spans...)
}

// Metric gives the newest form of a metric; nil: none of that name has come.
func (c *Collector) Metric(name string) *metric.Metric {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.metrics[name]
}

// About gives what was said of the process.
func (c *Collector) About() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.about
}

// Head gives the header of the last request.
func (c *Collector) Head() http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head
}

// Attributes are those of a span by their names: strings, whole numbers, numbers, truths, and lists of texts.
func Attributes(all []*common.KeyValue) map[string]any {
	m := make(map[string]any, len(all))
	for _, a := range all {
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			m[a.Key] = v.StringValue
		case *common.AnyValue_IntValue:
			m[a.Key] = v.IntValue
		case *common.AnyValue_DoubleValue:
			m[a.Key] = v.DoubleValue
		case *common.AnyValue_BoolValue:
			m[a.Key] = v.BoolValue
		case *common.AnyValue_ArrayValue:
			var list []string
			for _, one := range v.ArrayValue.Values {
				list = append(list, one.GetStringValue())
			}
			m[a.Key] = list
		}
	}
	return m
}
