package socket

import "testing"

func TestTransport(t *testing.T) {
	if p := NewTransport(1).Protocols; p.HTTP2() || p.UnencryptedHTTP2() || !p.HTTP1() {
		t.Error("one call is to be one connection, which HTTP/2 does not give")
	}
}
