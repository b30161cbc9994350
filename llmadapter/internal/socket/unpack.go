package socket

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// mostUnpacked is how many bytes a packed answer may unpack to, for each byte that an answer may have: a token of a few
// bytes comes in some 250 bytes of a stream.
const mostUnpacked = 64

// unpack puts a reader over the body of an answer that is packed, although that was not asked for. Some gateways pack
// everything.
func unpack(resp *http.Response, maxAnswer int) {
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	switch encoding {
	case "", "identity":
		return
	}
	most := int64(math.MaxInt64) - 1
	if int64(maxAnswer) < most/mostUnpacked {
		most = int64(maxAnswer) * mostUnpacked
	}
	resp.Body = &unpacked{body: resp.Body, encoding: encoding, most: most}
}

// unpacked reads what is in a packed body.
type unpacked struct {
	body     io.ReadCloser
	encoding string
	z        *gzip.Reader // nil: nothing was read yet
	most     int64        // bytes
	read     int64
	err      error // that ended it
}

// Read gives at most so many bytes as may be. What is packed wrongly, too much or in another way is a *Trouble.
func (u *unpacked) Read(p []byte) (n int, err error) {
	if u.err == nil && u.z == nil {
		u.z, u.err = u.open()
	}
	if u.err != nil {
		return 0, u.err
	}
	n, u.err = u.z.Read(p[:min(int64(len(p)), u.most+1-u.read)])
	if u.read += int64(n); u.read > u.most { // by the one byte that shows it
		n, u.err = n-1, &Trouble{llmadapter.Malformed, fmt.Sprintf("the answer unpacks to more than %d bytes", u.most)}
	}
	u.err = wronglyPacked(u.err)
	return n, u.err
}

// open begins to read.
func (u *unpacked) open() (*gzip.Reader, error) {
	if u.encoding != "gzip" && u.encoding != "x-gzip" {
		return nil, &Trouble{llmadapter.Malformed, fmt.Sprintf("the answer is packed as %q, and nobody asked for that; only gzip can be read", OneLine(u.encoding, 40))}
	}
	z, err := gzip.NewReader(u.body)
	return z, wronglyPacked(err)
}

// wronglyPacked makes an error that is the packing's a *Trouble.
func wronglyPacked(err error) error {
	if _, corrupt := errors.AsType[flate.CorruptInputError](err); corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return &Trouble{llmadapter.Malformed, fmt.Sprintf("the answer says that it is packed as gzip: %v", err)}
	}
	return err
}

// Close closes the body below.
func (u *unpacked) Close() error { return u.body.Close() }
