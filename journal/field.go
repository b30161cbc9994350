package journal

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is a field of a struct, its own or one of a struct embedded in it, as encoding/json sees it.
type field struct {
	name      string
	key       string // the name as JSON, with quotes and colon
	index     []int  // the way to it, through embedded structs
	typ       reflect.Type
	plan      *plan
	tagged    bool
	omitEmpty bool
	omitZero  bool
	quoted    bool
}

// fieldsOf returns the fields of struct type t that are written, sorted by name: the rules of encoding/json for
// tags and embedding. Breadth first through the embedded structs; of fields with one name the least deep wins,
// then the one that a tag names; if that leaves two, none is written.
func fieldsOf(t reflect.Type, made map[reflect.Type]*plan) []field {
	type embedded struct {
		typ   reflect.Type
		index []int
		times int // how often this type is embedded on this level
	}
	var all []field
	visited := map[reflect.Type]bool{}
	for level := []embedded{{typ: t, times: 1}}; len(level) > 0; {
		var next []embedded
		for _, e := range level {
			if visited[e.typ] {
				continue
			}
			visited[e.typ] = true
			for i := range e.typ.NumField() {
				sf := e.typ.Field(i)
				f, inner, ok := fieldOf(sf)
				if !ok {
					continue
				}
				f.index = append(slices.Clip(slices.Clone(e.index)), i)
				if inner == nil {
					all = append(all, f)
					if e.times > 1 { // twice, so that the two hide each other
						all = append(all, f)
					}
					continue
				}
				at := slices.IndexFunc(next, func(n embedded) bool { return n.typ == inner })
				if at < 0 {
					next = append(next, embedded{inner, f.index, 1})
				} else {
					next[at].times++
				}
			}
		}
		level = next
	}
	slices.SortStableFunc(all, func(a, b field) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), compareBool(b.tagged, a.tagged))
	})
	var kept []field
	for len(all) > 0 {
		first := all[0]
		same := 1
		for same < len(all) && all[same].name == first.name {
			same++
		}
		if same == 1 || len(all[1].index) != len(first.index) || all[1].tagged != first.tagged {
			first.plan = makePlan(first.typ, made)
			kept = append(kept, first)
		}
		all = all[same:]
	}
	return kept
}

// fieldOf reads the declaration of a field. ok is false if it is never written; inner is the struct whose fields
// stand in its place if it is an embedded one without a name of its own.
func fieldOf(sf reflect.StructField) (f field, inner reflect.Type, ok bool) {
	below := sf.Type
	if below.Name() == "" && below.Kind() == reflect.Pointer {
		below = below.Elem()
	}
	if !sf.IsExported() && !(sf.Anonymous && below.Kind() == reflect.Struct) {
		return f, nil, false
	}
	tag := sf.Tag.Get("json")
	if tag == "-" {
		return f, nil, false
	}
	name, rest, _ := strings.Cut(tag, ",")
	if !isName(name) {
		name = ""
	}
	if sf.Anonymous && name == "" && below.Kind() == reflect.Struct {
		return f, below, true
	}
	f = field{name: cmp.Or(name, sf.Name), typ: sf.Type, tagged: name != ""}
	f.key = `"` + f.name + `":`
	for option := range strings.SplitSeq(rest, ",") {
		switch option {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
		case "string":
			k := below.Kind()
			f.quoted = k == reflect.Bool || k == reflect.String || k == reflect.Float32 || k == reflect.Float64 || isInteger(k)
		}
	}
	return f, nil, true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// isName reports whether encoding/json takes s from a tag as a name.
func isName(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

// of returns the field's value in struct v; ok is false where a nil embedded pointer is in the way.
func (f *field) of(v reflect.Value) (_ reflect.Value, ok bool) {
	if len(f.index) == 1 {
		return v.Field(f.index[0]), true
	}
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

// omitted reports whether omitempty or omitzero leaves the value out.
func (f *field) omitted(v reflect.Value) bool {
	if f.omitEmpty {
		switch v.Kind() {
		case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
			if v.Len() == 0 {
				return true
			}
		case reflect.Struct: // never empty
		default:
			if v.IsZero() {
				return true
			}
		}
	}
	return f.omitZero && isZero(v)
}

// isZero asks the value's own IsZero method, if it has one, else whether it is the zero value.
func isZero(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return true
		}
		if v.Kind() == reflect.Interface && v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil() && v.Type().Implements(zeroerType) {
			return true
		}
	}
	switch {
	case v.Type().Implements(zeroerType):
		return v.Interface().(zeroer).IsZero()
	case v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface && reflect.PointerTo(v.Type()).Implements(zeroerType):
		return addressed(v).Interface().(zeroer).IsZero()
	}
	return v.IsZero()
}

type zeroer interface{ IsZero() bool }

var zeroerType = reflect.TypeFor[zeroer]()

// addressed returns a pointer to v, or to a copy of it if it has no address.
func addressed(v reflect.Value) reflect.Value {
	if !v.CanAddr() {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	return v.Addr()
}
