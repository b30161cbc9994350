package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// How large a file may be, and how deep: the time that the YAML parser takes is the square of the depth.
const (
	MaxFile   = 1 << 20 // bytes
	maxLine   = 64 << 10
	maxDepth  = 16   // of brackets
	maxName   = 100  // bytes of a name
	maxValues = 1000 // of a parameter
)

// Read reads a sweep. The error is one line, of the first thing that is wrong: it names the line, the thing, and what is
// accepted. What the scenario makes of it is not looked at.
func Read(text []byte) (*File, error) {
	if err := checkSize(text); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("experiment: %s", yamlError(err))
	}
	if len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return nil, errors.New("experiment: it is empty; accepted is a sweep, see docs/sweep.md")
	}
	if len(doc.Docs) != 1 {
		return nil, fmt.Errorf("experiment: a sweep of %d documents; accepted is one", len(doc.Docs))
	}
	f := &File{Seeds: Seeds{First: 1}}
	if err := f.read(doc.Docs[0].Body); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	return f, nil
}

// checkSize refuses what would take the parser too long.
func checkSize(text []byte) error {
	if len(text) > MaxFile {
		return fmt.Errorf("a sweep of %d bytes; accepted are at most %d", len(text), MaxFile)
	}
	depth, n := 0, 0
	for line := range bytes.Lines(text) {
		if n++; len(line) > maxLine {
			return fmt.Errorf("line %d: %d bytes; accepted are at most %d", n, len(line), maxLine)
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxDepth {
				return fmt.Errorf("line %d: more than %d brackets that are not closed", n, maxDepth)
			}
		}
		if indent := len(line) - len(bytes.TrimLeft(line, " -")); indent > 10*maxDepth {
			return fmt.Errorf("line %d: it is indented by %d; accepted is up to %d", n, indent, 10*maxDepth)
		}
	}
	return nil
}

// yamlError is an error of the YAML library in one line, with the line of the file in front.
func yamlError(err error) string {
	text, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	var line, column int
	if n, _ := fmt.Sscanf(text, "[%d:%d]", &line, &column); n == 2 {
		_, text, _ = strings.Cut(text, "] ")
		return fmt.Sprintf("line %d: %.200s", line, text)
	}
	return fmt.Sprintf("%.200s", text)
}

func (f *File) read(n ast.Node) error {
	return fields(n, "a sweep", map[string]func(ast.Node) error{
		"scenario":   text(&f.Scenario),
		"agents":     whole(&f.Agents, 1, MaxRuns),
		"rounds":     whole(&f.Rounds, 1, 1_000_000_000),
		"pace":       text(&f.Pace),
		"settings":   settings(&f.Settings),
		"parameters": f.readAxes,
		"seeds": func(n ast.Node) error {
			return fields(n, "seeds", map[string]func(ast.Node) error{
				"first": func(n ast.Node) error {
					value, ok := scalar(n)
					first, err := strconv.ParseUint(value, 10, 64)
					if !ok || err != nil {
						return wrong(n, "a whole number from 0")
					}
					f.Seeds.First = first
					return nil
				},
				"count": whole(&f.Seeds.Count, 1, MaxRuns),
			})
		},
		"arms": func(n ast.Node) error {
			return each(n, maxArms, func(n ast.Node) error {
				var a Arm
				if err := a.read(n); err != nil {
					return err
				}
				if slices.ContainsFunc(f.Arms, func(other Arm) bool { return other.Name == a.Name }) {
					return fmt.Errorf("%sarm %q is there twice", at(n), a.Name)
				}
				f.Arms = append(f.Arms, a)
				return nil
			})
		},
		"study": f.Study.read,
	})
}

func (f *File) readAxes(n ast.Node) error {
	return mapping(n, "parameters", func(key string, v *ast.MappingValueNode) error {
		n := v.Value
		axis := Axis{Name: key}
		if err := list(&axis.Values)(n); err != nil {
			return err
		}
		for i, value := range axis.Values {
			if slices.Contains(axis.Values[:i], value) {
				return fmt.Errorf("%s%s: %.80q is there twice", at(n), key, value)
			}
		}
		if f.Parameters = append(f.Parameters, axis); len(f.Parameters) > maxAxes {
			return fmt.Errorf("%smore than %d parameters; accepted are fewer", at(n), maxAxes)
		}
		return nil
	})
}

func (a *Arm) read(n ast.Node) error {
	err := fields(n, "an arm", map[string]func(ast.Node) error{
		"name":     name(&a.Name),
		"minds":    list(&a.Minds),
		"null":     text(&a.Null),
		"settings": settings(&a.Settings),
		"model":    text(&a.Model),
	})
	if err == nil && a.Name == "" {
		err = fmt.Errorf("%san arm has no name; accepted is name: TEXT", at(n))
	}
	return err
}
