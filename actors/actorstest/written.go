package actorstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// written writes a value out with all it leads to, also where it is not exported. As long as nothing of it changes, the
// text does not.
func written(v any) string {
	p := printer{seen: make(map[place]int)}
	p.value(reflect.ValueOf(v))
	return p.String()
}

type printer struct {
	strings.Builder
	seen map[place]int
}

// place is where a pointer, a map or a slice leads.
type place struct {
	at  unsafe.Pointer
	n   int
	typ reflect.Type
}

func (p *printer) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
		p.WriteString("nil")
	case reflect.String:
		fmt.Fprintf(p, "%q", v.String())
	case reflect.Interface:
		p.value(v.Elem())
	case reflect.Pointer:
		if p.enter(v, 0) {
			p.WriteByte('&')
			p.value(v.Elem())
		}
	case reflect.Slice:
		if p.enter(v, v.Len()) {
			p.elements(v)
		}
	case reflect.Array:
		p.elements(v)
	case reflect.Map:
		if p.enter(v, v.Len()) {
			p.entries(v)
		}
	case reflect.Struct:
		p.fields(v)
	default: // numbers and truth; of functions and channels, which one it is
		fmt.Fprint(p, v)
	}
}

// enter says whether to follow a reference: not if it is nil, or leads to where the printer was before.
func (p *printer) enter(v reflect.Value, n int) bool {
	if v.IsNil() {
		p.WriteString("nil")
		return false
	}
	to := place{v.UnsafePointer(), n, v.Type()}
	if i, known := p.seen[to]; known {
		fmt.Fprintf(p, "#%d", i)
		return false
	}
	p.seen[to] = len(p.seen)
	return true
}

func (p *printer) elements(v reflect.Value) {
	p.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			p.WriteByte(' ')
		}
		p.value(v.Index(i))
	}
	p.WriteByte(']')
}

func (p *printer) entries(v reflect.Value) {
	var entries []string
	for i := v.MapRange(); i.Next(); {
		entry := printer{seen: p.seen}
		entry.value(i.Key())
		entry.WriteByte(':')
		entry.value(i.Value())
		entries = append(entries, entry.String())
	}
	slices.Sort(entries)
	fmt.Fprintf(p, "map%v", entries)
}

func (p *printer) fields(v reflect.Value) {
	t := v.Type()
	_, message := reflect.PointerTo(t).MethodByName("ProtoReflect")
	p.WriteString(t.String())
	p.WriteByte('{')
	for i := range t.NumField() {
		if message && !t.Field(i).IsExported() { // a protobuf message notes its size when it is read
			continue
		}
		fmt.Fprintf(p, " %s:", t.Field(i).Name)
		p.value(v.Field(i))
	}
	p.WriteString(" }")
}
