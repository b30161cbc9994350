package interaction

import (
	"errors"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxFile is how long a protocol file may be, in bytes.
const MaxFile = 64 << 10

// writtenMove is a move as it stands in a file.
type writtenMove struct {
	Receive string       `yaml:"receive"`
	After   string       `yaml:"after"`
	On      string       `yaml:"on"`
	Send    string       `yaml:"send"`
	When    writtenGuard `yaml:"when"`
	Round   bool         `yaml:"round"`
	To      string       `yaml:"to"`
	Clause  string       `yaml:"clause"`
}

type writtenGuard struct {
	None  []string `yaml:"none"`
	Fewer *struct {
		In   []string `yaml:"in"`
		Than string   `yaml:"than"`
	} `yaml:"fewer"`
	Level  bool   `yaml:"level"`
	Most   string `yaml:"most"`
	Answer string `yaml:"answer"`
	Origin bool   `yaml:"origin"`
}

// Read reads a protocol file. The error names the line, the thing, and what is accepted.
func Read(text []byte) (*Protocol, error) {
	if len(text) > MaxFile {
		return nil, fmt.Errorf("interaction: a protocol file of %d bytes; accepted are at most %d", len(text), MaxFile)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("interaction: %s", yaml.FormatError(err, false, false))
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("interaction: a protocol file with %d documents; accepted is one", len(file.Docs))
	}
	p := &Protocol{}
	if err := p.read(file.Docs[0].Body); err != nil {
		return nil, fmt.Errorf("interaction: %w", err)
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("interaction: protocol %q: %w", p.Name, err)
	}
	return p, nil
}

// fields calls f for each field of a mapping, in the order of the file.
func fields(n ast.Node, what string, f func(key string, value ast.Node) error) error {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return fmt.Errorf("%s%s; accepted is a mapping", at(n), what)
	}
	seen := map[string]bool{}
	for _, v := range values {
		var key string
		if err := yaml.NodeToValue(v.Key, &key); err != nil {
			return fmt.Errorf("%sa key: %w", at(v), err)
		}
		if seen[key] {
			return fmt.Errorf("%s%q is there twice", at(v), key)
		}
		seen[key] = true
		if err := f(key, v.Value); err != nil {
			return err
		}
	}
	return nil
}

// at says where in the file something is.
func at(n ast.Node) string {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return ""
	}
	return fmt.Sprintf("line %d: ", n.GetToken().Position.Line)
}

func (p *Protocol) read(n ast.Node) error {
	return fields(n, "a protocol file", func(key string, v ast.Node) error {
		switch key {
		case "protocol":
			return value(key, v, &p.Name)
		case "meta":
			p.meta = true
			return value(key, v, &p.Name)
		case "source":
			return value(key, v, &p.Source)
		case "doc":
			return value(key, v, &p.Doc)
		case "many":
			return value(key, v, &p.Many)
		case "waits":
			return fields(v, key, func(name string, v ast.Node) error {
				d, err := duration(name, v)
				p.Waits = append(p.Waits, Wait{name, d})
				return err
			})
		case "bounds":
			return fields(v, key, func(name string, v ast.Node) error {
				b := Bound{Name: name}
				err := value(name, v, &b.Most)
				p.Bounds = append(p.Bounds, b)
				return err
			})
		case Initiator.String():
			return p.Initiator.read(v, key)
		case Participant.String():
			return p.Participant.read(v, key)
		}
		return fmt.Errorf("%sfield %q; accepted are protocol, source, doc, many, waits, bounds, initiator, participant", at(v), key)
	})
}

func (m *Machine) read(n ast.Node, role string) error {
	err := fields(n, role, func(name string, v ast.Node) error {
		var written []writtenMove
		if err := yaml.NodeToValue(v, &written, yaml.DisallowUnknownField()); err != nil {
			return fmt.Errorf("%sstate %q of the %s: %s", at(v), name, role, yaml.FormatError(err, false, false))
		}
		s := State{Name: name}
		for i := range written {
			move, err := written[i].move()
			if err != nil {
				return fmt.Errorf("%sstate %q of the %s, move %d: %w", at(v), name, role, i+1, err)
			}
			s.Moves = append(s.Moves, move)
		}
		*m = append(*m, s)
		return nil
	})
	m.addEnds()
	return err
}

func value(key string, n ast.Node, into any) error {
	if err := yaml.NodeToValue(n, into, yaml.DisallowUnknownField()); err != nil {
		return fmt.Errorf("%s%s: %s", at(n), key, yaml.FormatError(err, false, false))
	}
	return nil
}

func duration(name string, n ast.Node) (time.Duration, error) {
	var text string
	if err := value(name, n, &text); err != nil {
		return 0, err
	}
	if text == "never" {
		return Never, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%swait %q: %q; accepted is a duration above 0 such as 30s, or never", at(n), name, text)
	}
	return d, nil
}

func (w *writtenMove) move() (Move, error) {
	m := Move{After: w.After, On: w.On, Round: w.Round, To: w.To, Clause: w.Clause,
		When: Guard{None: w.When.None, Level: w.When.Level, Most: w.When.Most, Answer: w.When.Answer, Origin: w.When.Origin}}
	if f := w.When.Fewer; f != nil {
		m.When.Fewer = &Fewer{In: f.In, Than: f.Than}
	}
	var err, other error
	m.Receive, err = ReadLabel(w.Receive)
	m.Send, other = ReadLabel(w.Send)
	return m, errors.Join(err, other)
}
