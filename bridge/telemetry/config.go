package telemetry

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Config says what is shown, and to whom. Without Metrics and Export nobody sees anything.
type Config struct {
	Metrics string // address of the page that Prometheus reads, see Address; "": there is none
	Export  string // base URL of an OTLP/HTTP collector, such as http://127.0.0.1:4318, see CheckExport; "": nothing is sent
	Content bool   // spans have what was asked and answered, where llmadapter.Config.Content has it told as well

	Run    map[string]string // said of all that is sent, such as polis.scenario; nil: nothing
	Models map[string]Model  // what is known of the endpoints, by the adapters' names

	Interval time.Duration // between two sendings of metrics; 0: 10 s
	Patience time.Duration // how long Close waits for what is still to be sent; 0: 3 s
	Warn     func(error)   // called once, from any goroutine, when something cannot be sent; nil: nobody is told
	Clock    func() time.Time
}

// Model is what is known of the endpoint behind an adapter.
type Model struct {
	Name     string // of the model, as it is asked for; "": not known
	Provider string // who serves it: "openai", "simulated"; "": not known
	Label    string // who answers, as llmadapter.Config.Label; "": llmadapter.AnyModel
	Address  string // the host it is served at; "": not known
	Port     int
}

// Endpoint is what the configuration of an adapter says of its endpoint, and address, its base URL, of its server.
func Endpoint(c *llmadapter.Config, address string) Model {
	m := Model{Name: c.Name, Provider: c.Provider, Label: c.Label}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return m
	}
	m.Address = u.Hostname()
	if m.Port, err = strconv.Atoi(u.Port()); err != nil {
		m.Port = map[string]int{"http": 80, "https": 443}[u.Scheme]
	}
	return m
}

// Address reads where a page is served: HOST:PORT, or :PORT for loopback alone. Port 0 is any free one.
func Address(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || strings.ContainsAny(host, " /@?#") {
		return "", fmt.Errorf("telemetry: address %q; accepted is HOST:PORT, or :PORT for loopback alone", text)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// CheckExport says why a URL is not that of a collector. A secret does not belong into it: headers are read from the
// environment, as OTEL_EXPORTER_OTLP_HEADERS says.
func CheckExport(text string) error {
	u, err := url.Parse(text)
	switch {
	case err == nil && (u.User != nil || u.RawQuery != "" || u.Fragment != ""):
		return errors.New("telemetry: the URL of the collector holds more than an address; accepted is such as http://127.0.0.1:4318, with secrets in OTEL_EXPORTER_OTLP_HEADERS")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("telemetry: collector %.100q; accepted is a URL of OTLP over HTTP, such as http://127.0.0.1:4318", text)
	}
	return nil
}
