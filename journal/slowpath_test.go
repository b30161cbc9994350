package journal_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

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
	private     int            //nolint:unused // it must not be written
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
