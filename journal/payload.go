package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// ErrUnregistered says that a value's type was not registered as a payload. Whoever finds NameOf false wraps it.
var ErrUnregistered = errors.New("journal: unregistered payload type")

// ErrUnknownPayload is wrapped by Decode's error for a name under which no type is registered.
var ErrUnknownPayload = errors.New("journal: unknown payload")

// registry holds both directions of Register. One that is published is never changed.
type registry struct {
	names    map[reflect.Type]string
	payloads map[string]payload
}

type payload struct {
	typ  reflect.Type
	read func(text []byte) (any, error)
}

var (
	registered  atomic.Pointer[registry]
	registering sync.Mutex
)

// Register makes T a payload: what may be sent, asked and journaled, under a name that other processes and later
// versions know it by. T is a struct or another named type, or a pointer to a protobuf message; values travel as T
// itself. One name stands for one type and one type has one name; the same pair again changes nothing. Register
// panics when the name or the type is taken, naming both, and when values of T could not be written and read back.
// Unexported fields and those tagged "-" are not part of the payload.
func Register[T any](name string) {
	t := reflect.TypeFor[T]()
	registering.Lock()
	defer registering.Unlock()
	next := registry{names: map[reflect.Type]string{}, payloads: map[string]payload{}}
	if now := registered.Load(); now != nil {
		if now.names[t] == name && now.payloads[name].typ == t {
			return
		}
		if other, ok := now.payloads[name]; ok {
			panic(fmt.Sprintf("journal: payload %q cannot be %s: it is %s already", name, full(t), full(other.typ)))
		}
		if other, ok := now.names[t]; ok {
			panic(fmt.Sprintf("journal: %s cannot be payload %q: it is %q already", full(t), name, other))
		}
		maps.Copy(next.names, now.names)
		maps.Copy(next.payloads, now.payloads)
	}
	switch {
	case name == "":
		panic(fmt.Sprintf("journal: %s cannot be a payload without a name", full(t)))
	case t.Kind() == reflect.Interface:
		panic(fmt.Sprintf("journal: payload %q cannot be %s: an interface says nothing of the type", name, full(t)))
	}
	if err := planOf(t).check(true, map[*plan]bool{}); err != nil {
		panic(fmt.Sprintf("journal: %s cannot be payload %q: %v", full(t), name, err))
	}
	p := payload{typ: t, read: readJSON[T]}
	if t.Implements(messageType) {
		p.read = func(text []byte) (any, error) { return readMessage(t, text) }
	}
	next.names[t], next.payloads[name] = name, p
	registered.Store(&next)
}

// full returns the type's name with its whole import path: two packages may have one name.
func full(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// NameOf returns the name under which v's type is registered. It does not allocate.
func NameOf(v any) (name string, ok bool) {
	now := registered.Load()
	if now == nil || v == nil {
		return "", false
	}
	name, ok = now.names[reflect.TypeOf(v)]
	return name, ok
}

// Decode returns the value, of the type registered under name, whose canonical JSON the data is. It is strict: the
// value must write the same again. So a field that is unknown, absent, spelled in another case or given twice is an
// error, and so are null for a number and data after the value. (Space and the order of keys do not matter. A field
// added to a payload later needs omitzero for older journals to be read.) Where T has an interface, JSON's own types
// are put in it, json.Number for numbers. For a name nobody registered the error wraps ErrUnknownPayload.
func Decode(name string, data []byte) (any, error) {
	var p payload
	if now := registered.Load(); now != nil {
		p = now.payloads[name]
	}
	if p.read == nil {
		return nil, fmt.Errorf("%w %q", ErrUnknownPayload, name)
	}
	text, err := normalize(make([]byte, 0, len(data)), data, 0)
	if err != nil {
		return nil, fmt.Errorf("journal: payload %q: %w", name, err)
	}
	v, err := p.read(text)
	if err != nil {
		return nil, fmt.Errorf("journal: payload %q: %w", name, err)
	}
	again, err := AppendCanonical(make([]byte, 0, len(text)), v)
	if err != nil {
		return nil, fmt.Errorf("journal: payload %q, read and written again: %w", name, err)
	}
	if !bytes.Equal(text, again) {
		at := 0
		for at < len(text) && at < len(again) && text[at] == again[at] {
			at++
		}
		at = max(0, at-40)
		return nil, fmt.Errorf("journal: payload %q: from byte %d on it says %.120q where %s says %.120q", name, at, text[at:], p.typ, again[at:])
	}
	return v, nil
}

func readJSON[T any](text []byte) (any, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

func readMessage(t reflect.Type, text []byte) (any, error) {
	m := reflect.New(t.Elem()).Interface().(proto.Message)
	if err := protojson.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return m, nil
}
