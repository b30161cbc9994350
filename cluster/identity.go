package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// Identity is how a node, or who orders a run, proves who it is, and whom it believes.
type Identity struct {
	Name string // in the certificate
	cert tls.Certificate
	pool *x509.CertPool
}

// LoadIdentity reads a certificate, its key, and the certificate of the authority that nodes believe, all in PEM.
func LoadIdentity(cert, key, ca string) (*Identity, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("cluster: authority: %w", err)
	}
	id := &Identity{pool: x509.NewCertPool()}
	if !id.pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("cluster: authority %q holds no certificate in PEM", ca)
	}
	if id.cert, err = tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("cluster: certificate %q with key %q: %w", cert, key, err)
	}
	id.Name = id.cert.Leaf.Subject.CommonName
	_, err = id.cert.Leaf.Verify(x509.VerifyOptions{Roots: id.pool, DNSName: id.Name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return nil, fmt.Errorf("cluster: certificate %q is not one that authority %q has given to %q: %w", cert, ca, id.Name, err)
	}
	return id, nil
}

// server and client are the two ends of TLS 1.3 in which each shows its certificate.
func (id *Identity) server() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{id.cert}, ClientCAs: id.pool,
		ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"}}
}

func (id *Identity) client(name string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{id.cert}, RootCAs: id.pool, ServerName: name,
		NextProtos: []string{"h2"}}
}

// credentialsOf a node: it shows its certificate, and at each address believes only the member that has it.
type credentialsOf struct {
	credentials.TransportCredentials
	id   *Identity
	name func(addr string) string // of the member at an address; "": any that the authority knows
}

func (id *Identity) credentials(name func(addr string) string) credentials.TransportCredentials {
	return &credentialsOf{TransportCredentials: credentials.NewTLS(id.server()), id: id, name: name}
}

// ClientHandshake believes the member at that address and nobody else.
func (c *credentialsOf) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	name := c.name(authority)
	if name == "" {
		return credentials.NewTLS(clientOf(c.id)).ClientHandshake(ctx, authority, raw)
	}
	return credentials.NewTLS(c.id.client(name)).ClientHandshake(ctx, name, raw) // which verifies the authority it is given
}

// Clone gives one that shares nothing that changes.
func (c *credentialsOf) Clone() credentials.TransportCredentials {
	return &credentialsOf{TransportCredentials: c.TransportCredentials.Clone(), id: c.id, name: c.name}
}

var errNameless = errors.New("cluster: a peer without a certificate")

// peerName is who is at the other end, by its certificate.
func peerName(ctx context.Context) (string, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return "", errNameless
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return "", errNameless
	}
	return info.State.VerifiedChains[0][0].Subject.CommonName, nil
}

// clientOf is how who orders a run reaches a node that it knows by its address only: that the authority vouches for it is
// enough.
func clientOf(id *Identity) *tls.Config {
	cfg := id.client("")
	cfg.InsecureSkipVerify = true // of the name only: the chain is verified here
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: id.pool})
		return err
	}
	return cfg
}
