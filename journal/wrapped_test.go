package journal

import (
	"encoding/json"
	"errors"
	"testing"
)

type letter struct{ Text string }

// AppendPayload says what Go type its value is to be decoded into, and Decode gives it back.
func TestAPayloadCarriesItsName(t *testing.T) {
	Register[letter](`journal_test."letter"`)
	b, err := AppendPayload([]byte("before "), letter{"hé"})
	if want := `before {"type":"journal_test.\"letter\"","value":{"Text":"hé"}}`; err != nil || string(b) != want {
		t.Fatalf("it is %s, %v; want %s", b, err, want)
	}
	var read struct {
		Type  string
		Value json.RawMessage
	}
	if err := json.Unmarshal(b[len("before "):], &read); err != nil {
		t.Fatal(err)
	}
	if v, err := Decode(read.Type, read.Value); err != nil || v != (letter{"hé"}) {
		t.Errorf("it comes back as %v, %v", v, err)
	}
}

// Nothing is null; what nobody registered, and what cannot be written, is an error.
func TestWhatIsNoPayload(t *testing.T) {
	if b, err := AppendPayload(nil, nil); err != nil || string(b) != "null" {
		t.Errorf("nil is %s, %v", b, err)
	}
	if _, err := AppendPayload(nil, struct{ stranger int }{}); !errors.Is(err, ErrUnregistered) {
		t.Errorf("an unregistered value gives %v", err)
	}
	Register[letter](`journal_test."letter"`)
	if _, err := AppendPayload(nil, letter{"\xff"}); err == nil {
		t.Error("what is not UTF-8 is written")
	}
}
