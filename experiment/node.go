package experiment

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// at is the line of the file at which something is, in front of an error.
func at(n ast.Node) string {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return ""
	}
	return fmt.Sprintf("line %d: ", n.GetToken().Position.Line)
}

func wrong(n ast.Node, accepted string) error {
	return fmt.Errorf("%s%.80q; accepted is %s", at(n), strings.TrimSpace(n.String()), accepted)
}

// mapping calls f for each field of a mapping, in the order of the file.
func mapping(n ast.Node, what string, f func(key string, v *ast.MappingValueNode) error) error {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return fmt.Errorf("%s%s: %.80q; accepted is a mapping, KEY: VALUE", at(n), what, strings.TrimSpace(n.String()))
	}
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := scalar(v.Key)
		if _, null := v.Key.(*ast.NullNode); null { // YAML takes the word for nothing; here it is one
			key, ok = v.Key.GetToken().Value, true
		}
		switch {
		case !ok || key == "" || len(key) > maxName:
			return fmt.Errorf("%sa key of %s: %.80q; accepted is text of at most %d bytes", at(v), what, fmt.Sprint(v.Key), maxName)
		case seen[key]:
			return fmt.Errorf("%s%.80q is there twice", at(v), key)
		}
		seen[key] = true
		if err := f(key, v); err != nil {
			return err
		}
	}
	return nil
}

// fields reads a mapping whose keys are known.
func fields(n ast.Node, what string, known map[string]func(ast.Node) error) error {
	return mapping(n, what, func(key string, v *ast.MappingValueNode) error {
		read := known[key]
		if read == nil {
			return fmt.Errorf("%sunknown key %.80q in %s; accepted are %s", at(v.Key), key, what, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		err := read(v.Value)
		if err == nil {
			return nil
		}
		text := err.Error()
		if line, rest, is := strings.Cut(text, ": "); is && strings.HasPrefix(line, "line ") { // of what lies deeper
			return fmt.Errorf("%s: %s: %s", line, key, rest)
		}
		return fmt.Errorf("%s%s: %s", at(v.Value), key, text)
	})
}

// each calls f for each item of a list.
func each(n ast.Node, most int, f func(ast.Node) error) error {
	s, ok := n.(*ast.SequenceNode)
	switch {
	case !ok || len(s.Values) == 0:
		return wrong(n, "a list, - ITEM or [ITEM, …]")
	case len(s.Values) > most:
		return fmt.Errorf("%s%d items; accepted are at most %d", at(n), len(s.Values), most)
	}
	for _, item := range s.Values {
		if err := f(item); err != nil {
			return err
		}
	}
	return nil
}

// scalar is a single value as it stands in the file: a number keeps its digits. References and tags are refused: nothing in
// these files needs one.
func scalar(n ast.Node) (value string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		t := n.GetToken()
		return t.Value, t.Type != token.TagType
	}
	return "", false
}

// text reads a single value.
func text(into *string) func(ast.Node) error {
	return func(n ast.Node) error {
		value, ok := scalar(n)
		if !ok {
			return wrong(n, "a single value")
		}
		*into = value
		return nil
	}
}

// name reads what stands in tables and in the names of things.
func name(into *string) func(ast.Node) error {
	return func(n ast.Node) error {
		value, ok := scalar(n)
		if !ok || value == "" || len(value) > maxName || strings.ContainsAny(value, "\n\r\x00") {
			return wrong(n, fmt.Sprintf("a name of one line and at most %d bytes", maxName))
		}
		*into = value
		return nil
	}
}

// whole reads a whole number.
func whole(into *int, least, most int) func(ast.Node) error {
	return func(n ast.Node) error {
		value, ok := scalar(n)
		x, err := strconv.Atoi(value)
		if !ok || err != nil || x < least || x > most {
			return wrong(n, fmt.Sprintf("a whole number from %d to %d", least, most))
		}
		*into = x
		return nil
	}
}

// between reads a number above least and below most.
func between(into *float64, least, most float64) func(ast.Node) error {
	return func(n ast.Node) error {
		value, ok := scalar(n)
		x, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || math.IsNaN(x) || x <= least || x >= most {
			return wrong(n, fmt.Sprintf("a number above %v and below %v", least, most))
		}
		*into = x
		return nil
	}
}

// list reads several single values, or one.
func list(into *[]string) func(ast.Node) error {
	return func(n ast.Node) error {
		*into = []string{}
		return each(n, maxValues, func(n ast.Node) error {
			value, ok := scalar(n)
			if !ok {
				return wrong(n, "a single value in a list: no list, no mapping; text with a colon in quotes")
			}
			*into = append(*into, value)
			return nil
		})
	}
}

// settings reads parameters of one value each.
func settings(into *map[string]string) func(ast.Node) error {
	return func(n ast.Node) error {
		*into = map[string]string{}
		return mapping(n, "settings", func(key string, v *ast.MappingValueNode) error {
			n := v.Value
			value, ok := scalar(n)
			if !ok {
				return fmt.Errorf("%s%s: %.80q; accepted is a single value: what takes several stands under parameters", at(n), key, strings.TrimSpace(n.String()))
			}
			(*into)[key] = value
			return nil
		})
	}
}
