package socket

import (
	"net"
	"net/http"
	"time"
)

const (
	dialLimit = 10 * time.Second // for a connection, and again for its TLS handshake
	// Servers close idle connections, some after 5 s. A request that meets that moment may or may not have arrived, so
	// the client lets go first.
	keepIdle = 4 * time.Second
)

// NewTransport reaches endpoints as all clients do. It is sized to the calls that may be out at once: the default of 2 idle connections per host would make most
// of 64 callers connect anew.
func NewTransport(inFlight int) *http.Transport {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment, // which leaves loopback alone
		DialContext:            wired((&net.Dialer{Timeout: dialLimit}).DialContext),
		TLSHandshakeTimeout:    dialLimit,
		MaxIdleConnsPerHost:    inFlight,
		IdleConnTimeout:        keepIdle,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // a compressed stream stays in the compressor
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	return t
}
