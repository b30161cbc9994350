package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/polis-agents/polis/llmadapter"
)

// asked decides for an agent from the terminal, as a model does from its endpoint: it is asked what a model is asked,
// in words for people, and answers with a line.
type asked struct {
	ask func(ctx context.Context, question string) (line string, err error)
}

// errNobody says that there is no terminal, or that the person has left it.
var errNobody = errors.New("nobody is at the terminal")

// mostLines is how often a person may mistype before the answer counts as none.
const mostLines = 20

// Complete asks the person, again and again as long as the line cannot be read: it is for people to mend at once.
func (p asked) Complete(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
	asked := question(r)
	text := asked
	for range mostLines {
		line, err := p.ask(ctx, text)
		switch {
		case ctx.Err() != nil:
			return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Cancelled, Fate: llmadapter.Settled, Text: "nobody waits for the answer any more", Err: ctx.Err()}
		case errors.Is(err, errTooLong):
			text = fmt.Sprintf("%s  that will not do: %v\n", asked, err)
			continue
		case err != nil:
			return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: err.Error(), Err: err}
		}
		call, err := readLine(line, r.Tools)
		if err == nil {
			return llmadapter.Reply{Calls: []llmadapter.Call{call}, Finish: llmadapter.FinishCalls}, nil
		}
		text = fmt.Sprintf("%s  that will not do: %s\n", asked, cleaned(err.Error()))
	}
	return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: fmt.Sprintf("no line of %d could be read", mostLines)}
}

// question is a request in words for people: what is observed, and what can be done.
func question(r llmadapter.Request) string {
	var b strings.Builder
	if observed := llmadapter.FindBlock(r.Messages); observed != nil {
		var all map[string]json.RawMessage
		if json.Unmarshal(observed, &all) == nil { // else there is nothing to show
			writeObserved(&b, all)
		}
	}
	if n := len(r.Messages); n > 0 && n > 2 && r.Messages[n-1].Role != llmadapter.System { // told what was wrong with the answer before
		fmt.Fprintf(&b, "  that will not do: %s\n", cleaned(r.Messages[n-1].Text))
	}
	for _, t := range r.Tools {
		fmt.Fprintf(&b, "  %s\n", usage(t))
	}
	return b.String()
}

// writeObserved writes an observation: who and when, what is perceived, what was heard.
func writeObserved(b *strings.Builder, all map[string]json.RawMessage) {
	word := func(key string) string { return strings.Trim(string(all[key]), `"`) }
	fmt.Fprintf(b, "%s, round %s, %s\n", cleaned(word("agent")), word("round"), cleaned(word("phase")))
	var percept map[string]json.RawMessage
	if json.Unmarshal(all["percept"], &percept) == nil {
		for _, key := range sortedKeys(percept) {
			writePerceived(b, key, percept[key])
		}
	}
	var heard []struct {
		From, Act, Text string
		Content         json.RawMessage
	}
	if json.Unmarshal(all["heard"], &heard) != nil {
		return
	}
	for _, h := range heard {
		text := h.Text
		if text == "" {
			text = string(h.Content)
		}
		fmt.Fprintf(b, "  %s: %s %s\n", cleaned(h.From), cleaned(h.Act), shortened(cleaned(text), 160))
	}
}

// writePerceived writes what is perceived under one name: a line, or a line for each item of a list that is longer.
func writePerceived(b *strings.Builder, key string, value json.RawMessage) {
	const width, most = 160, 24
	text := cleaned(string(value))
	var items []json.RawMessage
	if len(text) <= width || json.Unmarshal(value, &items) != nil {
		fmt.Fprintf(b, "  %s: %s\n", cleaned(key), shortened(text, width))
		return
	}
	fmt.Fprintf(b, "  %s:\n", cleaned(key))
	for _, item := range items[:min(len(items), most)] {
		fmt.Fprintf(b, "    %s\n", shortened(cleaned(string(item)), width))
	}
	if n := len(items) - most; n > 0 {
		fmt.Fprintf(b, "    and %d more\n", n)
	}
}

// cleaned is a text that does nothing to a terminal.
func cleaned(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)
}

// parameter is an argument of a tool, as its schema has it.
type parameter struct {
	name     string
	kind     string // JSON type
	required bool
	doc      string
	pair     []parameter // of an array whose items are pairs: their two fields, in order; else none
}

// schema is what matters here of a JSON schema.
type schema struct {
	Type        any
	Description string
	Required    []string
	Properties  map[string]schema
	Items       *schema
}

// kind is the type of what a schema describes, other than null.
func (s schema) kind() string {
	kind, _ := s.Type.(string)
	if kinds, several := s.Type.([]any); several {
		for _, k := range kinds {
			if k, ok := k.(string); ok && k != "null" {
				kind = k
			}
		}
	}
	return kind
}

// parameters are those of a tool: the required ones first, in the order of the schema.
func parameters(t llmadapter.Tool) []parameter {
	var s schema
	if json.Unmarshal(t.Schema, &s) != nil {
		return nil
	}
	return s.fields()
}

// fields of an object.
func (s schema) fields() (all []parameter) {
	names := append(slices.Clone(s.Required), sortedKeys(s.Properties)...)
	for i, name := range names {
		property, known := s.Properties[name]
		if !known || slices.Contains(names[:i], name) {
			continue
		}
		p := parameter{name: name, kind: property.kind(), required: i < len(s.Required), doc: property.Description}
		if property.Items != nil {
			if two := property.Items.fields(); len(two) == 2 {
				p.pair = two
			}
		}
		all = append(all, p)
	}
	return all
}

// usage tells how a tool is called: "harvest TONS: ask for fish", "play AGAINST=MOVE,…: move".
func usage(t llmadapter.Tool) string {
	named, values := "", ""
	for _, p := range parameters(t) {
		word := strings.ToUpper(p.name)
		if p.pair != nil {
			word = fmt.Sprintf("%s=%s,…", strings.ToUpper(p.pair[0].name), strings.ToUpper(p.pair[1].name))
		}
		if p.required {
			values += " " + word
		} else {
			named += fmt.Sprintf(" [%s=…]", p.name)
		}
	}
	return cleaned(t.Name + named + values + ": " + t.Doc)
}

// readLine reads what a person has typed: the name of a tool, NAME=VALUE for what is named, and the values of what is
// required in its order; the last of them, when it is a text, takes the rest of the line. What can be left out is found
// by its name in the text too: a word for one pair of ears must not reach all for the place it was typed in.
func readLine(line string, tools []llmadapter.Tool) (llmadapter.Call, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	i := slices.IndexFunc(tools, func(t llmadapter.Tool) bool { return strings.EqualFold(t.Name, name) })
	if i < 0 {
		names := make([]string, len(tools))
		for i, t := range tools {
			names[i] = t.Name
		}
		return llmadapter.Call{}, fmt.Errorf("%q; accepted are %s", name, listed(names))
	}
	arguments, err := readArguments(strings.TrimSpace(rest), parameters(tools[i]))
	if err != nil {
		return llmadapter.Call{}, fmt.Errorf("%s: %w; usage: %s", tools[i].Name, err, usage(tools[i]))
	}
	text, err := json.Marshal(arguments)
	return llmadapter.Call{Name: tools[i].Name, Arguments: string(text)}, err
}

func readArguments(rest string, all []parameter) (map[string]any, error) {
	arguments := map[string]any{}
	var open []parameter // required, and not given yet
	for _, p := range all {
		if p.required {
			open = append(open, p)
		}
	}
	words := strings.Fields(rest)
	slices.SortStableFunc(words, func(x, y string) int { return place(x, all) - place(y, all) })
	rest = strings.Join(words, " ")
	for rest != "" {
		word, after, _ := strings.Cut(rest, " ")
		var p parameter
		if name, value, named := strings.Cut(word, "="); named && slices.ContainsFunc(all, func(p parameter) bool { return p.name == name }) {
			p = all[slices.IndexFunc(all, func(p parameter) bool { return p.name == name })]
			word = value
			open = slices.DeleteFunc(open, func(o parameter) bool { return o.name == name })
		} else if len(open) == 0 {
			return nil, fmt.Errorf("%q is too much", rest)
		} else if p, open = open[0], open[1:]; len(open) == 0 && p.kind == "string" {
			word, after = rest, ""
		}
		value, err := p.value(word)
		if err != nil {
			return nil, err
		}
		arguments[p.name], rest = value, strings.TrimSpace(after)
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("%s is missing", open[0].name)
	}
	return arguments, nil
}

// place is where a word belongs: what can be left out, and is named, comes first.
func place(word string, all []parameter) int {
	name, _, named := strings.Cut(word, "=")
	if named && slices.ContainsFunc(all, func(p parameter) bool { return p.name == name && !p.required }) {
		return 0
	}
	return 1
}

// value reads one value by the type it is to have.
func (p parameter) value(word string) (any, error) {
	switch p.kind {
	case "integer", "number":
		if _, err := strconv.ParseFloat(word, 64); err != nil {
			return nil, fmt.Errorf("%s is %q; accepted is a number", p.name, word)
		}
		return json.Number(word), nil
	case "boolean":
		yes, err := strconv.ParseBool(word)
		if err != nil {
			return nil, fmt.Errorf("%s is %q; accepted are true and false", p.name, word)
		}
		return yes, nil
	case "array":
		if p.pair != nil {
			return p.pairs(word)
		}
		return strings.Split(word, ","), nil
	}
	return word, nil
}

// pairs reads a list of objects with two fields: "Kate=C,Luke=D".
func (p parameter) pairs(word string) (any, error) {
	all := []map[string]any{}
	for piece := range strings.SplitSeq(word, ",") {
		x, y, both := strings.Cut(piece, "=")
		if !both {
			return nil, fmt.Errorf("%s has %q; accepted are pairs %s=%s", p.name, piece, strings.ToUpper(p.pair[0].name), strings.ToUpper(p.pair[1].name))
		}
		one, err := p.pair[0].value(x)
		if err != nil {
			return nil, err
		}
		other, err := p.pair[1].value(y)
		if err != nil {
			return nil, err
		}
		all = append(all, map[string]any{p.pair[0].name: one, p.pair[1].name: other})
	}
	return all, nil
}

// typist asks on one stream and reads lines from another: a person at a pipe, or at a terminal without a screen.
type typist struct {
	lines chan typed // closed at the end of the input
	turn  chan struct{}
	gone  bool // the input has ended; guarded by turn
	out   io.Writer
}

// typed is a line, or why it is none.
type typed struct {
	line string
	err  error
}

// maxLine is how long a line may be, in bytes.
const maxLine = 16 << 10

var errTooLong = fmt.Errorf("a line of more than %d bytes; accepted are shorter ones", maxLine)

// newTypist reads lines until ctx ends, or the input: beside those who wait for them, since a read has no deadline.
func newTypist(ctx context.Context, in io.Reader, out io.Writer) *typist {
	t := &typist{lines: make(chan typed), turn: make(chan struct{}, 1), out: out}
	go func() {
		defer close(t.lines)
		for r := bufio.NewReaderSize(in, maxLine); ; {
			line, err := nextLine(r)
			if err != nil && !errors.Is(err, errTooLong) {
				return
			}
			select {
			case t.lines <- typed{line, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return t
}

// nextLine reads a line without its end; one that is too long is read past.
func nextLine(r *bufio.Reader) (string, error) {
	line, long, err := r.ReadLine()
	if !long || err != nil {
		return string(line), err
	}
	for long && err == nil {
		_, long, err = r.ReadLine()
	}
	return "", errors.Join(errTooLong, err)
}

// ask asks one question at a time.
func (t *typist) ask(ctx context.Context, question string) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if t.gone { // it was asked once too often already
		return "", errNobody
	}
	fmt.Fprintf(t.out, "%s> ", question)
	select {
	case said, ok := <-t.lines:
		if !ok {
			t.gone = true
			fmt.Fprintln(t.out, "\n  nobody is there any more")
			return "", errNobody
		}
		return said.line, said.err
	case <-ctx.Done():
		fmt.Fprintln(t.out, "\n  too late")
		return "", ctx.Err()
	}
}
