package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// validity of what a development authority gives out.
const validity = 365 * 24 * time.Hour

// Files of an authority in its directory; those of a name are NAME.pem and NAME-key.pem.
const (
	AuthorityCert = "ca.pem"
	authorityKey  = "ca-key.pem"
)

// Files are where the certificate and the key of a name lie in the directory of an authority.
func Files(dir, name string) (cert, key, ca string) {
	return filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem"), filepath.Join(dir, AuthorityCert)
}

// MakeCertificates gives each name a certificate of the authority in a directory, and makes both when they are not there.
// It is an authority for development: whoever can read its key can join any cluster that believes it. Files that are there
// are not written over.
func MakeCertificates(dir string, names ...string) error {
	for i, name := range names {
		if !nodeName.MatchString(name) || name == "ca" {
			return fmt.Errorf("cluster: certificate for %q; accepted is a name of 1 to 63 small letters, digits and -, other than ca", name)
		}
		for _, other := range names[:i] {
			if other == name {
				return fmt.Errorf("cluster: certificate for %q: it is named twice", name)
			}
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("cluster: certificates: %w", err)
	}
	ca, key, err := authorityIn(dir, time.Now())
	if err != nil {
		return err
	}
	for _, name := range names {
		certPath, keyPath, _ := Files(dir, name)
		c := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
		if _, _, err := certify(c, ca, key, certPath, keyPath, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// authorityIn a directory: the one that is there, or a new one.
func authorityIn(dir string, now time.Time) (*x509.Certificate, crypto.Signer, error) {
	certPath, keyPath := filepath.Join(dir, AuthorityCert), filepath.Join(dir, authorityKey)
	if _, err := os.Stat(certPath); errors.Is(err, fs.ErrNotExist) {
		c := &x509.Certificate{Subject: pkix.Name{CommonName: "polis development authority"}, IsCA: true, BasicConstraintsValid: true,
			MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign}
		return certify(c, nil, nil, certPath, keyPath, now)
	}
	ca, err := readPEM(certPath, x509.ParseCertificate)
	if err != nil {
		return nil, nil, err
	}
	key, err := readPEM(keyPath, x509.ParseECPrivateKey)
	return ca, key, err
}

func readPEM[T any](path string, parse func([]byte) (T, error)) (v T, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return v, fmt.Errorf("cluster: certificates: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return v, fmt.Errorf("cluster: certificates: %s is not in PEM", path)
	}
	if v, err = parse(block.Bytes); err != nil {
		err = fmt.Errorf("cluster: certificates: %s: %w", path, err)
	}
	return v, err
}

// certify makes a key and its certificate, signed by the authority; without one by itself.
func certify(c, ca *x509.Certificate, by crypto.Signer, certPath, keyPath string, now time.Time) (*x509.Certificate, crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if c.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(validity) // clocks differ
	if ca == nil {
		ca, by = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca, key.Public(), by)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(writePEM(keyPath, "EC PRIVATE KEY", secret, 0o600), writePEM(certPath, "CERTIFICATE", der, 0o644)); err != nil {
		return nil, nil, err
	}
	c, err = x509.ParseCertificate(der)
	return c, key, err
}

// writePEM makes a file, and writes over none.
func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("cluster: certificates: %w", err)
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Close())
}
