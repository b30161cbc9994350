package journal_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/polis-agents/polis/journal"
)

// TestCanonicalForm shows the form, one claim of the documentation a line.
func TestCanonicalForm(t *testing.T) {
	type named struct {
		Zebra, Apple int
		Ünder        bool `json:"ünder"`
		Upper        bool `json:"B"`
	}
	cycle := &tree{}
	cycle.Below = []tree{{By: map[string]*tree{"again": cycle}}}
	for _, c := range []struct {
		claim string
		v     any
		want  string // "" is an error
	}{
		{"nil is null", nil, `null`},
		{"a nil pointer is null", (*named)(nil), `null`},
		{"keys are sorted by bytes, not as declared", named{1, 2, true, false}, `{"Apple":2,"B":false,"Zebra":1,"ünder":true}`},
		{"keys of a map are sorted by bytes, not by UTF-16", map[string]int{"\U0001F600": 1, "\uffee": 2, "\"": 3, "#": 4, "!": 5}, "{\"!\":5,\"\\\"\":3,\"#\":4,\"\uffee\":2,\"\U0001F600\":1}"},
		{"HTML is not escaped, nor are U+2028, U+2029 and DEL", "<a href=\"x\">&\u2028\u2029\x7f", "\"<a href=\\\"x\\\">&\u2028\u2029\x7f\""},
		{"control characters are escaped", "\x00\b\f\n\r\t\x1f", `"\u0000\b\f\n\r\t\u001f"`},
		{"the largest uint64 is exact", uint64(math.MaxUint64), `18446744073709551615`},
		{"the smallest int64 is exact", int64(math.MinInt64), `-9223372036854775808`},
		{"2^53+1 in an interface is exact", []any{int64(1<<53 + 1)}, `[9007199254740993]`},
		{"big integers are exact", big.NewInt(0).Lsh(big.NewInt(1), 100), `1267650600228229401496703205376`},
		{"integers in raw JSON are exact", json.RawMessage(`[9007199254740993]`), `[9007199254740993]`},
		{"whole floats have no point", 3.0, `3`},
		{"floats are the shortest", []any{0.1, float32(0.1), 1e21, 1e-7, 1e20}, `[0.1,0.1,1e+21,1e-7,100000000000000000000]`},
		{"the sign of a negative zero stays", math.Copysign(0, -1), `-0`},
		{"raw numbers become the same as floats", json.RawMessage(`[1.0,1e0,10e-1,1E+21,0.10,-0.0]`), `[1,1,1,1e+21,0.1,-0]`},
		{"fields of an embedded pointer stand beside the others", Deep{inner: &inner{Z: 1}}, `{"Depth":0,"Shadow":"","Z":1,"a&<":"","b":""}`},
		{"and are absent where it is nil", Deep{}, `{"Depth":0,"Shadow":""}`},
		{"bytes are base64", []byte{0xff, 0}, `"/wA="`},
		{"nil and empty differ", []any{[]int(nil), []int{}, map[string]int(nil), map[string]int{}}, `[null,[],null,{}]`},
		{"a Marshaler's text is brought into the form", json.RawMessage("{ \"b\":1,\n\"a\":\"\\u003c\" }"), `{"a":"<","b":1}`},
		{"pointer receivers count in a map too", map[string]stamp{"x": {}}, `{"x":{"at":"0001-01-01T00:00:00Z","z":1}}`},
		{"pointer receivers count without an address", stamp{}, `{"at":"0001-01-01T00:00:00Z","z":1}`},
		{"protobuf messages follow protojson", durationpb.New(1500 * time.Millisecond), `"1.500s"`},
		{"and are brought into the form", mustStruct(t, map[string]any{"b": 1, "a": []any{"<", nil}}), `{"a":["<",null],"b":1}`},
		{"NaN is an error", math.NaN(), ""},
		{"infinity is an error", struct{ F float32 }{float32(math.Inf(-1))}, ""},
		{"a string that is not UTF-8 is an error", "a\xffb", ""},
		{"a key that is not UTF-8 is an error", map[string]int{"\xff": 1}, ""},
		{"keys that become equal are an error", map[same]int{1: 1, 2: 2}, ""},
		{"a circle is an error", cycle, ""},
		{"a channel is an error", struct{ C chan int }{}, ""},
		{"raw JSON with a key twice is an error", json.RawMessage(`{"a":1,"a":1}`), ""},
		{"broken raw JSON is an error", json.RawMessage(`{"a":`), ""},
	} {
		prefix := []byte("before")
		got, err := journal.AppendCanonical(prefix, c.v)
		if (err != nil) != (c.want == "") || string(got) != "before"+c.want {
			t.Errorf("%s: got %s, %v; want %s", c.claim, got, err, c.want)
		}
	}
}

type same int

func (same) MarshalText() ([]byte, error) { return []byte("same"), nil }

func mustStruct(t *testing.T, m map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCanonicalErrorNamesThePlace: an error says where in the value it is.
func TestCanonicalErrorNamesThePlace(t *testing.T) {
	_, err := journal.Canonical(map[string]any{"lake": []any{1, struct{ Stock float64 }{math.NaN()}}})
	if want := `["lake"]: [1]: Stock: NaN is no JSON number`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want it to say %s", err, want)
	}
	failure := errors.New("no")
	if _, err := journal.Canonical([]any{failing{failure}}); !errors.Is(err, failure) {
		t.Errorf("a Marshaler's error is lost: %v", err)
	}
}

type failing struct{ err error }

func (f failing) MarshalJSON() ([]byte, error) { return nil, f.err }

// TestCanonicalDoesNotAllocate: writing a plain struct, or raw JSON in one, into a buffer allocates nothing.
func TestCanonicalDoesNotAllocate(t *testing.T) {
	message := struct{ Content json.RawMessage }{json.RawMessage(`{"b":[1,"x"]}`)}
	var raw any = message
	buf := make([]byte, 0, 1024)
	for _, v := range []any{small, nested, raw, &message} {
		if n := testing.AllocsPerRun(1000, func() { buf, _ = journal.AppendCanonical(buf[:0], v) }); n >= 1 {
			t.Errorf("%T: %v allocations, want none", v, n)
		}
	}
}
