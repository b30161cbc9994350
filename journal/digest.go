package journal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// Digest is a SHA-256 sum. The zero Digest is what an actor's first entry is chained to.
type Digest [sha256.Size]byte

// String returns the digest as 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the digest as String does.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads what MarshalText writes, and nothing else: 64 lower-case hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) || !bytes.Equal(text, bytes.ToLower(text)) {
		return fmt.Errorf("journal: a digest is %d lower-case hexadecimal digits, not %.80q", hex.EncodedLen(len(d)), text)
	}
	var read Digest
	if _, err := hex.Decode(read[:], text); err != nil {
		return fmt.Errorf("journal: digest %.80q: %w", text, err)
	}
	*d = read
	return nil
}

// Head is the end of one actor's chain: its last digest and how many turns it stands for.
type Head struct {
	Actor  string `json:"actor"`
	Digest Digest `json:"digest"`
	Count  uint64 `json:"count"`
}

// RunHash returns the hash of a whole run: SHA-256 of the canonical JSON
//
//	{"config":"<SHA-256 of config in hex>","heads":[{"actor":…,"count":…,"digest":"<hex>"},…]}
//
// with the heads sorted by actor, bytewise. config is the canonical JSON of the configuration that matters; which
// actors belong into heads (the world and the agents, not the services) is the caller's to say. heads is not changed.
func RunHash(config []byte, heads []Head) Digest {
	sorted := slices.Clone(heads)
	slices.SortFunc(sorted, func(a, b Head) int { return cmp.Compare(a.Actor, b.Actor) })
	sum := sha256.Sum256(config)
	b := append([]byte(nil), `{"config":"`...)
	b = hex.AppendEncode(b, sum[:])
	b = append(b, `","heads":[`...)
	for i, h := range sorted {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"actor":`...)
		b, _ = appendString(b, h.Actor)
		b = append(b, `,"count":`...)
		b = strconv.AppendUint(b, h.Count, 10)
		b = append(b, `,"digest":"`...)
		b = hex.AppendEncode(b, h.Digest[:])
		b = append(b, `"}`...)
	}
	b = append(b, `]}`...)
	return sha256.Sum256(b)
}
