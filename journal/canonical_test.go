package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/polis-agents/polis/journal"
)

// slowly is the slow path that AppendCanonical must equal: encoding/json, then Normalize. v is a pointer, so that
// methods with pointer receivers are found.
func slowly(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return journal.Normalize(nil, b.Bytes())
}

type inner struct {
	Z   int
	B   string `json:"b"`
	Amp string `json:"a&<"`
}

type Deep struct {
	Depth  int
	Shadow string
	*inner
}

type stamp time.Time

func (s *stamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"z": 1, "at": time.Time(*s)})
}
func (s *stamp) UnmarshalJSON([]byte) error { return nil }

type colour int

func (c colour) MarshalText() ([]byte, error) {
	return []byte("c\"" + strings.Repeat("i", int(c))), nil
}

type never struct{ A int }

func (never) IsZero() bool { return false }

type always struct{ A int }

func (*always) IsZero() bool { return true }

type letter byte

func (l letter) MarshalText() ([]byte, error) { return []byte{byte(l)}, nil }

type options struct {
	EmptyInt    int            `json:",omitempty"`
	EmptyText   string         `json:"t,omitempty"`
	EmptyList   []int          `json:"l,omitempty"`
	EmptyMap    map[string]int `json:"m,omitempty"`
	EmptyArray  [0]int         `json:"ar,omitempty"`
	EmptyPtr    *int           `json:"p,omitempty"`
	EmptyAny    any            `json:"any,omitempty"`
	EmptyStruct inner          `json:"s,omitempty"`
	ZeroTime    time.Time      `json:"zt,omitzero"`
	ZeroStruct  inner          `json:"zs,omitzero"`
	ZeroNever   never          `json:"zn,omitzero"`
	ZeroAlways  always         `json:"za,omitzero"`
	ZeroPtr     *always        `json:"zp,omitzero"`
	NeverPtr    *never         `json:"np,omitzero"`
	ZeroAny     any            `json:"zi,omitzero"`
	ZeroList    []int          `json:"zl,omitzero"`
	Hidden      int            `json:"-"`
	Dash        int            `json:"-,"`
	Bad         int            `json:"bad\"name"`
	private     int
}

type quoted struct {
	I  int         `json:"i,string"`
	U  *uint8      `json:"u,string"`
	F  float32     `json:"f,string"`
	B  bool        `json:"b,string"`
	S  string      `json:"s,string"`
	PS *string     `json:"ps,string"`
	N  json.Number `json:"n,string"`
	C  colour      `json:"c,string"`
	L  []int       `json:"l,string"`
	T  time.Time   `json:"t,string"`
	PP **int       `json:"pp,string"`
}

type embedding struct {
	Deep
	Shadow int
	options
	Named inner `json:"named"`
	*quoted
	colour
}

type (
	left   struct{ Same, Left int }
	right  struct{ Same, Right int }
	Twice  struct{ Both int }
	leftT  struct{ Twice }
	rightT struct{ Twice }
)

type ambiguous struct {
	left
	right
	leftT
	rightT
	Tagged struct {
		A int `json:"x"`
		X int `json:"y"`
	}
}

type winner struct {
	left
	tagged
}

type tagged struct {
	S int `json:"Same"`
}

type shallow struct { // its own field wins over a deeper one with a tag
	tagged
	Same int
	Loop
}

type Loop struct { // embeds itself
	A int
	*Loop
}

type tree struct {
	Value any
	Below []tree
	By    map[string]*tree
}

type everything struct {
	I8   int8
	I64  int64
	U64  uint64
	F32  float32
	F64  float64
	S    string
	Raw  json.RawMessage
	Num  json.Number
	Time time.Time
	Dur  time.Duration
	Big  *big.Int
	IP   netip.Addr
	Stamp
	P       *stamp
	C       colour
	Bytes   []byte
	Array   [3]byte
	Letters []letter
	ByInt   map[int16]string
	ByUint  map[uint64]bool
	ByText  map[colour]int
	ByIP    map[netip.Addr]float64
	ByName  map[name][]byte
	Nested  [][]map[string]*int
	M       json.Marshaler
	Any     any
}

type name string

type Stamp struct{ S stamp }

// TestCanonicalEqualsSlowPath: whatever the type and the value, AppendCanonical writes what encoding/json and
// Normalize write, and fails when they fail.
func TestCanonicalEqualsSlowPath(t *testing.T) {
	types := []reflect.Type{
		reflect.TypeFor[inner](), reflect.TypeFor[Deep](), reflect.TypeFor[options](), reflect.TypeFor[quoted](),
		reflect.TypeFor[embedding](), reflect.TypeFor[ambiguous](), reflect.TypeFor[winner](), reflect.TypeFor[shallow](), reflect.TypeFor[Loop](), reflect.TypeFor[tree](),
		reflect.TypeFor[everything](), reflect.TypeFor[any](), reflect.TypeFor[[]everything](), reflect.TypeFor[*embedding](),
		reflect.TypeFor[map[string]any](), reflect.TypeFor[[4]*quoted](), reflect.TypeFor[float64](), reflect.TypeFor[float32](),
		reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[json.Number](), reflect.TypeFor[benchNested](),
	}
	for _, typ := range types {
		r := rand.New(rand.NewPCG(1, uint64(len(typ.String()))))
		written := 0
		for i := range 400 {
			p := reflect.New(typ)
			if i > 0 { // the first is the zero value
				fill(r, p.Elem(), 5)
			}
			want, wantErr := slowly(p.Interface())
			got, err := journal.Canonical(p.Interface())
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s %+v: error %v, slow path %v", typ, p.Elem(), err, wantErr)
			}
			if err == nil {
				written++
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("%s\n got %s\nwant %s", typ, got, want)
			}
		}
		if written < 40 {
			t.Errorf("%s: only %d of 400 values could be written: the test shows little", typ, written)
		}
	}
}

var texts = []string{"", "a", "kate", "<b>&", "\u2028\u2029", "\x00\x1f\x7f", "\"\\/\b\f\n\r\t", "é€😀", "\ufffd", "null", "ключ"}
var numbers = []string{"", "0", "-0", "1", "-12.50", "1e3", "1E-7", "12345678901234567890123", "0.1", "1e21", "-0.0", "1e999", "x", " 1", "1-1"}
var floats = []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e-6, 9.99e-7, 1e-7, 1e-10, 1e20, 1e21, 123456789e15, math.MaxFloat64, math.SmallestNonzeroFloat64, math.MaxFloat32, 16777217, 1 << 53, math.Pi, math.NaN(), math.Inf(1)}
var ints = []int64{0, 1, -1, 7, 100, math.MaxInt64, math.MinInt64, 1<<53 + 1}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// fill gives v a random value, favouring the awkward ones.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	if !v.CanSet() {
		if v.Kind() == reflect.Struct { // embedded, not exported: its exported fields can be set
			for i := range v.NumField() {
				fill(r, v.Field(i), depth-1)
			}
		}
		return
	}
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(pick(r, []time.Time{{}, time.Unix(1e9, 5), time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("", 5400))})))
		return
	case reflect.TypeFor[stamp](), reflect.TypeFor[netip.Addr]():
		if v.Type() == reflect.TypeFor[netip.Addr]() {
			v.Set(reflect.ValueOf(pick(r, []netip.Addr{{}, netip.MustParseAddr("::1"), netip.MustParseAddr("10.0.0.1")})))
		}
		return
	case reflect.TypeFor[*big.Int]():
		if b, ok := new(big.Int).SetString(pick(r, []string{"", "0", "-123456789012345678901234567890"}), 10); ok {
			v.Set(reflect.ValueOf(b))
		}
		return
	case reflect.TypeFor[json.Number]():
		n := pick(r, numbers)
		if r.IntN(4) > 0 { // the bad ones seldom
			n = numbers[r.IntN(11)]
		}
		v.SetString(n)
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes(pick(r, [][]byte{nil, []byte(`{"b":1, "a":[ 1.50,"\u0041\ud83d\ude00"]}`), []byte("null"), []byte("12345678901234567890")}))
		return
	case reflect.TypeFor[json.Marshaler]():
		v.Set(reflect.ValueOf(pick(r, []json.Marshaler{json.RawMessage(`{"b":0,"a":1}`), time.Unix(7, 0).UTC(), new(stamp)})))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(pick(r, ints))
		if v.Type() == reflect.TypeFor[colour]() {
			v.SetInt(int64(r.IntN(5)))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(pick(r, ints)))
		if v.Type() == reflect.TypeFor[letter]() {
			v.SetUint(uint64('a' + r.IntN(26)))
		}
	case reflect.Float32, reflect.Float64:
		f := pick(r, floats)
		if bad := math.IsNaN(f) || math.IsInf(f, 0); bad && r.IntN(4) > 0 {
			f = r.NormFloat64()
		} else if r.IntN(3) == 0 {
			f = math.Float64frombits(r.Uint64() &^ (1 << 62))
		}
		if v.Kind() == reflect.Float32 && math.Abs(f) > math.MaxFloat32 {
			f = float64(math.Float32frombits(r.Uint32() &^ (1 << 30)))
		}
		v.SetFloat(f)
	case reflect.String:
		v.SetString(pick(r, texts) + pick(r, texts))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), depth-1)
		}
	case reflect.Pointer:
		if depth > 0 && r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), depth-1)
		}
	case reflect.Slice:
		if depth > 0 && r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 8))
			for i := range v.Len() {
				fill(r, v.Index(i), depth-1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth-1)
		}
	case reflect.Map:
		if depth > 0 && r.IntN(4) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range r.IntN(5) {
				k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				fill(r, k, depth-1)
				fill(r, e, depth-1)
				v.SetMapIndex(k, e)
			}
		}
	case reflect.Interface:
		t := pick(r, []reflect.Type{nil, reflect.TypeFor[int64](), reflect.TypeFor[string](), reflect.TypeFor[float64](),
			reflect.TypeFor[map[string]any](), reflect.TypeFor[[]any](), reflect.TypeFor[*inner](), reflect.TypeFor[inner](), reflect.TypeFor[quoted]()})
		if t != nil && depth > 0 {
			e := reflect.New(t).Elem()
			fill(r, e, depth-1)
			v.Set(e)
		}
	}
}

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
