package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/polis-agents/polis/journal"
)

type harvest struct {
	Tons int
	Note *string `json:"note,omitempty"`
	When time.Time
	At   [2]int
	Free any
	By   map[string]float64
}

type other struct{ A int }

type word string

func init() {
	journal.Register[harvest]("test.harvest")
	journal.Register[word]("test.word")
	journal.Register[*other]("test.pointer")
	journal.Register[*structpb.Struct]("test.struct")
}

const written = `{"At":[1,2],"By":{"x":0.5},"Free":[9007199254740993,null],"Tons":3,"When":"2026-01-02T03:04:05.6+01:30","note":"no"}`

// TestDecodeReturnsTheRegisteredType: what Canonical wrote, Decode gives back, as the type that was registered.
func TestDecodeReturnsTheRegisteredType(t *testing.T) {
	note := "no"
	message, err := structpb.NewStruct(map[string]any{"b": 1.0, "a": "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{
		harvest{Tons: 3, Note: &note, At: [2]int{1, 2}, By: map[string]float64{"x": 1}},
		word("hello"),
		&other{A: 1},
		(*other)(nil),
		message,
	} {
		name, ok := journal.NameOf(v)
		if !ok {
			t.Fatalf("%T has no name", v)
		}
		text, err := journal.Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := journal.Decode(name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m, ok := v.(proto.Message); ok {
			if g, ok := got.(proto.Message); !ok || !proto.Equal(g, m) {
				t.Errorf("%s: got %v, want %v", name, got, v)
			}
		} else if !reflect.DeepEqual(got, v) {
			t.Errorf("%s: got %#v, want %#v", name, got, v)
		}
	}
}

// TestDecodeIsStrict: one thing that Decode refuses a line, and what the error says.
func TestDecodeIsStrict(t *testing.T) {
	if _, err := journal.Decode("test.harvest", []byte(written)); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Decode("test.harvest", []byte(" {\"note\":\"no\", "+written[1:len(written)-13]+"}\n")); err != nil {
		t.Errorf("space and order matter: %v", err)
	}
	edit := func(old, to string) string {
		s := strings.Replace(written, old, to, 1)
		if s == written {
			t.Fatalf("%s is not in the example", old)
		}
		return s
	}
	for _, c := range []struct{ refused, name, in, says string }{
		{"an unknown name", "test.nobody", `{}`, `"test.nobody"`},
		{"an unknown field", "test.harvest", edit(`"Tons":3`, `"Tons":3,"Tuns":4`), `unknown field "Tuns"`},
		{"a field in another case", "test.harvest", edit(`"Tons"`, `"tons"`), "tons"},
		{"a field twice", "test.harvest", edit(`"Tons":3`, `"Tons":3,"Tons":3`), "twice"},
		{"an absent field", "test.harvest", edit(`"Tons":3,`, ``), "Tons"},
		{"an empty optional field", "test.harvest", edit(`"note":"no"`, `"note":null`), "note"},
		{"null for a number", "test.harvest", edit(`"Tons":3`, `"Tons":null`), "null"},
		{"null for a struct", "test.harvest", `null`, "null"},
		{"a fraction for an integer", "test.harvest", edit(`"Tons":3`, `"Tons":3.5`), "Tons"},
		{"an integer too large", "test.harvest", edit(`"Tons":3`, `"Tons":9223372036854775808`), "Tons"},
		{"an array too long", "test.harvest", edit(`[1,2]`, `[1,2,3]`), "[1,2,3]"},
		{"an array too short", "test.harvest", edit(`[1,2]`, `[1]`), "[1]"},
		{"another type", "test.harvest", `[]`, "array"},
		{"data after the value", "test.harvest", written + `{}`, "after"},
		{"torn data", "test.harvest", written[:len(written)-1], ""},
		{"nothing", "test.harvest", ``, ""},
		{"text that is not UTF-8", "test.word", "\"\xff\"", "UTF-8"},
		{"a message's unknown field", "test.struct", `[]`, ""},
	} {
		v, err := journal.Decode(c.name, []byte(c.in))
		if err == nil || v != nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: got %v, %v; want an error that says %q", c.refused, v, err, c.says)
		}
		if unknown := c.name == "test.nobody"; errors.Is(err, journal.ErrUnknownPayload) != unknown {
			t.Errorf("%s: ErrUnknownPayload in %v", c.refused, err)
		}
	}
}

// TestDecodeKeepsIntegersInInterfaces: an integer beyond 2^53 passes through an interface unharmed.
func TestDecodeKeepsIntegersInInterfaces(t *testing.T) {
	v, err := journal.Decode("test.harvest", []byte(written))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.(harvest).Free.([]any)[0]; got != json.Number("9007199254740993") {
		t.Errorf("got %v (%T)", got, got)
	}
}

// TestDecodeDoesNotKeepTheData: the value stays when the caller uses the slice again.
func TestDecodeDoesNotKeepTheData(t *testing.T) {
	data := []byte(`"hello"`)
	v, err := journal.Decode("test.word", data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if v != word("hello") {
		t.Errorf("got %q", v)
	}
}

// TestRegisterAgain: the same pair again is a no-op.
func TestRegisterAgain(t *testing.T) {
	journal.Register[harvest]("test.harvest")
	if name, ok := journal.NameOf(harvest{}); !ok || name != "test.harvest" {
		t.Errorf("got %q, %v", name, ok)
	}
}

// TestRegisterPanics: a conflict panics with both named; so does a type that could not be read back.
func TestRegisterPanics(t *testing.T) {
	const here = "github.com/polis-agents/polis/journal_test."
	for _, c := range []struct {
		why      string
		register func()
		says     []string
	}{
		{"a taken name", func() { journal.Register[other]("test.harvest") }, []string{`"test.harvest"`, here + "other", here + "harvest"}},
		{"a taken type", func() { journal.Register[harvest]("test.other") }, []string{`"test.harvest"`, `"test.other"`, here + "harvest"}},
		{"no name", func() { journal.Register[other]("") }, []string{here + "other"}},
		{"an interface", func() { journal.Register[fmt.Stringer]("test.other") }, []string{"fmt.Stringer", "test.other"}},
		{"a channel inside", func() { journal.Register[struct{ In []struct{ C chan int } }]("test.other") }, []string{"In: C: chan int"}},
		{"a message inside", func() { journal.Register[struct{ D *durationpb.Duration }]("test.other") }, []string{"D: ", "durationpb.Duration"}},
		{"a message by value", func() { journal.Register[durationpb.Duration]("test.other") }, []string{"by pointer", "durationpb.Duration"}},
	} {
		func() {
			defer func() {
				got := fmt.Sprint(recover())
				for _, s := range c.says {
					if !strings.Contains(got, s) {
						t.Errorf("%s: panicked with %q, want it to name %s", c.why, got, s)
					}
				}
			}()
			c.register()
			t.Errorf("%s: no panic", c.why)
		}()
	}
	if _, ok := journal.NameOf(other{}); ok {
		t.Error("a refused type has a name")
	}
	if _, err := journal.Decode("test.other", nil); !errors.Is(err, journal.ErrUnknownPayload) {
		t.Errorf("a refused name is known: %v", err)
	}
}

// TestNameOf: only the very type that was registered has a name, and asking does not allocate.
func TestNameOf(t *testing.T) {
	for _, v := range []any{nil, &harvest{}, other{}, 1, "x"} {
		if name, ok := journal.NameOf(v); ok || name != "" {
			t.Errorf("%T: got %q", v, name)
		}
	}
	var v any = harvest{}
	if n := testing.AllocsPerRun(100, func() { journal.NameOf(v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRegisterConcurrently: registering, asking and writing at once is safe.
func TestRegisterConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				journal.Register[everything]("test.everything")
				journal.Register[embedding]("test.embedding")
				if name, ok := journal.NameOf(everything{}); !ok || name != "test.everything" {
					t.Errorf("got %q, %v", name, ok)
				}
				if _, err := journal.Canonical(embedding{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzDecode: what Decode accepts is what its value writes, whatever the order and the space.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{written, `{}`, `null`, `{"Tons":3}`, `{"tons":3}`, written + "1", written[:20], `"x"`, `{"a":[1,null,"x"]}`} {
		for _, name := range []string{"test.harvest", "test.word", "test.pointer", "test.struct", "test.nobody"} {
			f.Add(name, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		v, err := journal.Decode(name, data)
		if err != nil {
			if v != nil {
				t.Fatalf("a value with an error: %v, %v", v, err)
			}
			return
		}
		if got, ok := journal.NameOf(v); !ok || got != name {
			t.Fatalf("decoded %q, got a %q", name, got)
		}
		text, err := journal.Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := journal.Normalize(nil, data)
		if err != nil || !bytes.Equal(text, want) {
			t.Fatalf("Decode(%q) writes %q", data, text)
		}
	})
}

// FuzzCanonical compares with the slow path on values drawn from the seed.
func FuzzCanonical(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		for _, p := range []any{new(everything), new(embedding), new(tree), new(any)} {
			fill(r, reflect.ValueOf(p).Elem(), 4)
			want, wantErr := slowly(p)
			got, err := journal.Canonical(p)
			if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
				t.Fatalf("got %s, %v\nwant %s, %v", got, err, want, wantErr)
			}
		}
	})
}
