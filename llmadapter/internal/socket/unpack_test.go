package socket

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/polis-agents/polis/llmadapter"
)

// zipped packs texts, one member for each.
func zipped(t testing.TB, texts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, text := range texts {
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	const maxAnswer = 10 // so 640 bytes
	hello := zipped(t, "hello")
	spoilt := bytes.Clone(hello)
	spoilt[len(spoilt)-5] ^= 1 // of the checksum
	for name, test := range map[string]struct {
		encoding string
		body     []byte
		want     string
		err      error
		words    string // of a *Trouble, instead
	}{
		"not packed":        {"", []byte("hello"), "hello", nil, ""},
		"said to be itself": {" Identity ", []byte("hello"), "hello", nil, ""},
		"gzip":              {"gzip", hello, "hello", nil, ""},
		"GZIP":              {" GZIP ", hello, "hello", nil, ""},
		"x-gzip":            {"x-gzip", hello, "hello", nil, ""},
		"two members":       {"gzip", zipped(t, "hello, ", "hello"), "hello, hello", nil, ""},
		"nothing":           {"gzip", nil, "", nil, ""},
		"as much as may be": {"gzip", zipped(t, strings.Repeat("x", 640)), strings.Repeat("x", 640), nil, ""},
		"too much":          {"gzip", zipped(t, strings.Repeat("x", 641)), strings.Repeat("x", 640), nil, "the answer unpacks to more than 640 bytes"},
		"too many members":  {"gzip", zipped(t, strings.Repeat("x", 600), strings.Repeat("x", 600)), strings.Repeat("x", 640), nil, "the answer unpacks to more than 640 bytes"},
		"twice":             {"gzip, gzip", hello, "", nil, `packed as "gzip, gzip"`},
		"Brotli":            {"br", hello, "", nil, `packed as "br"`},
		"no name":           {"\x1b[31m", hello, "", nil, `packed as "[31m"`},
		"no gzip":           {"gzip", []byte("hello, hello"), "", nil, "says that it is packed as gzip"},
		"no deflate":        {"gzip", append(bytes.Clone(hello[:10]), 0xff, 0xff, 0xff, 0xff), "", nil, "says that it is packed as gzip"},
		"a wrong sum":       {"gzip", spoilt, "hello", nil, "says that it is packed as gzip"},
		"half":              {"gzip", hello[:len(hello)-9], "", io.ErrUnexpectedEOF, ""},
		"half a head":       {"gzip", hello[:5], "", io.ErrUnexpectedEOF, ""},
	} {
		resp := &http.Response{Header: http.Header{"Content-Encoding": {test.encoding}}, Body: io.NopCloser(iotest.DataErrReader(bytes.NewReader(test.body)))}
		unpack(resp, maxAnswer)
		got, err := io.ReadAll(resp.Body)
		if n, again := resp.Body.Read(make([]byte, 10)); err != nil && (n != 0 || !errors.Is(again, err)) {
			t.Errorf("%s: after %v it reads %d bytes, %v", name, err, n, again)
		}
		trouble, is := errors.AsType[*Trouble](err)
		switch {
		case test.words != "":
			if !is || trouble.Kind != llmadapter.Malformed || !strings.Contains(trouble.Words, test.words) {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.Is(err, test.err):
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasPrefix(string(got), test.want) || test.err == nil && string(got) != test.want {
			t.Errorf("%s: got %q", name, got)
		}
		if err := resp.Body.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	resp := &http.Response{Header: http.Header{"Content-Encoding": {"gzip"}}, Body: io.NopCloser(bytes.NewReader(hello))}
	unpack(resp, math.MaxInt)
	if got, err := io.ReadAll(resp.Body); string(got) != "hello" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
