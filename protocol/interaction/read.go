package interaction

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// How large a protocol file may be, and how deep: the time that the YAML parser takes is the square of the depth.
const (
	MaxFile  = 64 << 10 // bytes
	maxLine  = 2000     // bytes
	maxDepth = 32       // of brackets
)

// Read reads a protocol file. The error is one line, of the first thing that is wrong: it names the line, the thing, and what is
// accepted.
func Read(text []byte) (*Protocol, error) { return readFile(text, false) }

// readFile reads a protocol file, or one that is laid over others.
func readFile(text []byte, meta bool) (*Protocol, error) {
	if err := checkSize(text); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("interaction: %s", yamlError(err))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("interaction: a protocol file with %d documents; accepted is one", len(file.Docs))
	}
	r := reader{p: &Protocol{meta: meta}, lines: map[place]int{}}
	if err := r.file(file.Docs[0].Body); err != nil {
		return nil, fmt.Errorf("interaction: %w", err)
	}
	if faults := r.p.faults(); len(faults) > 0 {
		f, more := faults[0], ""
		if n := len(faults) - 1; n > 0 {
			more = fmt.Sprintf("; and %d more", n)
		}
		if line := r.lines[f.place]; line > 0 {
			return nil, fmt.Errorf("interaction: line %d: %w%s", line, f, more)
		}
		return nil, fmt.Errorf("interaction: %w%s", f, more)
	}
	return r.p, nil
}

// checkSize refuses what would take the parser too long.
func checkSize(text []byte) error {
	if len(text) > MaxFile {
		return fmt.Errorf("interaction: a protocol file of %d bytes; accepted are at most %d", len(text), MaxFile)
	}
	depth, n := 0, 0
	for line := range bytes.Lines(text) {
		if n++; len(line) > maxLine {
			return fmt.Errorf("interaction: line %d: %d bytes; accepted are at most %d", n, len(line), maxLine)
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxDepth {
				return fmt.Errorf("interaction: line %d: more than %d brackets that are not closed", n, maxDepth)
			}
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

// place is where in a protocol something is: in a move of a state, in a state as such (move -1), or in neither (no state).
type place struct {
	role  Role
	state string
	move  int
}

// reader reads one file, and keeps the lines at which its parts begin.
type reader struct {
	p     *Protocol
	lines map[place]int
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
			return fmt.Errorf("%sa key of %s; accepted is text", at(v), what)
		}
		if seen[key] {
			return fmt.Errorf("%s%.80q is there twice", at(v), key)
		}
		seen[key] = true
		if err := f(key, v.Value); err != nil {
			return err
		}
	}
	return nil
}

// lineOf is the line of the file at which something is; 0: not known.
func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// at says so.
func at(n ast.Node) string {
	if line := lineOf(n); line > 0 {
		return fmt.Sprintf("line %d: ", line)
	}
	return ""
}

// value reads one value; accepted says what it is to be.
func value(what string, n ast.Node, into any, accepted string) error {
	if plain(n) {
		if err := yaml.NodeToValue(n, into); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s%s: %.80q; accepted is %s", at(n), what, n, accepted)
}

// plain says whether there is neither a reference nor a tag in a value: nothing in these files needs one.
func plain(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if !plain(v) {
				return false
			}
		}
		return true
	case *ast.StringNode, *ast.LiteralNode, *ast.IntegerNode, *ast.BoolNode:
		return true
	}
	return false
}

const aText = "text"

func (r *reader) file(n ast.Node) error {
	p := r.p
	kind := "protocol"
	if p.meta {
		kind = "meta"
	}
	return fields(n, "a protocol file", func(key string, v ast.Node) error {
		switch key {
		case kind:
			return value(key, v, &p.Name, aText)
		case "source":
			return value(key, v, &p.Source, aText)
		case "doc":
			return value(key, v, &p.Doc, aText)
		case "many":
			return value(key, v, &p.Many, "true or false")
		case "waits":
			return fields(v, key, func(name string, v ast.Node) error {
				d, err := duration(name, v)
				p.Waits = append(p.Waits, Wait{name, d})
				return err
			})
		case "bounds":
			return fields(v, key, func(name string, v ast.Node) error {
				b := Bound{Name: name}
				err := value(fmt.Sprintf("bound %.80q", name), v, &b.Most, "a whole number")
				p.Bounds = append(p.Bounds, b)
				return err
			})
		case Initiator.String():
			return r.machine(v, Initiator, &p.Initiator)
		case Participant.String():
			return r.machine(v, Participant, &p.Participant)
		}
		return fmt.Errorf("%sfield %.80q; accepted are %s, source, doc, many, waits, bounds, initiator, participant", at(v), key, kind)
	})
}

func (r *reader) machine(n ast.Node, role Role, m *Machine) error {
	err := fields(n, "the "+role.String(), func(name string, v ast.Node) error {
		where := fmt.Sprintf("state %.80q of the %s", name, role)
		list, is := v.(*ast.SequenceNode)
		if !is {
			return fmt.Errorf("%s%s; accepted is a list of moves", at(v), where)
		}
		r.lines[place{role, name, -1}] = lineOf(v)
		s := State{Name: name}
		for i, n := range list.Values {
			move, err := readMove(n, fmt.Sprintf("move %d", i+1))
			if err != nil {
				line, rest, _ := strings.Cut(err.Error(), ": ")
				return fmt.Errorf("%s: %s, %s", line, where, rest)
			}
			r.lines[place{role, name, i}] = lineOf(n)
			s.Moves = append(s.Moves, move)
		}
		*m = append(*m, s)
		return nil
	})
	m.addEnds()
	return err
}

// readMove reads a move; an error begins with the line, then names the move.
func readMove(n ast.Node, what string) (m Move, err error) {
	label := func(key string, v ast.Node, l *Label) error {
		var text string
		if err := value(what+", "+key, v, &text, "an act of FIPA SC00037J"); err != nil {
			return err
		}
		if *l, err = ReadLabel(text); err != nil {
			return fmt.Errorf("%s%s, %s: %w", at(v), what, key, err)
		}
		return nil
	}
	err = fields(n, what, func(key string, v ast.Node) error {
		switch key {
		case "receive":
			return label(key, v, &m.Receive)
		case "send":
			return label(key, v, &m.Send)
		case "after":
			return value(what+", after", v, &m.After, "the name of a wait")
		case "on":
			return value(what+", on", v, &m.On, "the name of an event")
		case "when":
			return readGuard(v, what+", when", &m.When)
		case "round":
			return value(what+", round", v, &m.Round, "true or false")
		case "to":
			return value(what+", to", v, &m.To, "the name of a state")
		case "clause":
			return value(what+", clause", v, &m.Clause, aText)
		}
		return fmt.Errorf("%s%s: field %.80q; accepted are receive, after, on, send, when, round, to, clause", at(v), what, key)
	})
	return m, err
}

func readGuard(n ast.Node, what string, g *Guard) error {
	const aList = "a list of states"
	return fields(n, what, func(key string, v ast.Node) error {
		switch key {
		case "none":
			return value(what+", none", v, &g.None, aList)
		case "fewer":
			g.Fewer = &Fewer{}
			return fields(v, what+", fewer", func(key string, v ast.Node) error {
				switch key {
				case "in":
					return value(what+", fewer, in", v, &g.Fewer.In, aList)
				case "than":
					return value(what+", fewer, than", v, &g.Fewer.Than, "the name of a bound")
				}
				return fmt.Errorf("%s%s, fewer: field %.80q; accepted are in, than", at(v), what, key)
			})
		case "level":
			return value(what+", level", v, &g.Level, "true or false")
		case "most":
			return value(what+", most", v, &g.Most, "the name of a bound")
		case "answer":
			return value(what+", answer", v, &g.Answer, AnswerCancel+" or "+AnswerOlder)
		case "origin":
			return value(what+", origin", v, &g.Origin, "true or false")
		}
		return fmt.Errorf("%s%s: field %.80q; accepted are none, fewer, level, most, answer, origin", at(v), what, key)
	})
}

// maxWait is the longest wait that is not never.
const maxWait = 10 * 365 * 24 * time.Hour

func duration(name string, n ast.Node) (time.Duration, error) {
	const accepted = "a duration above 0 and up to ten years, such as 30s, or never"
	var text string
	what := fmt.Sprintf("wait %.80q", name)
	if err := value(what, n, &text, accepted); err != nil {
		return 0, err
	}
	if text == "never" {
		return Never, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > maxWait {
		return 0, fmt.Errorf("%s%s: %.80q; accepted is %s", at(n), what, text, accepted)
	}
	return d, nil
}
