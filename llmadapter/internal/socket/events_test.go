package socket

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// lastly reads a text, then fails.
type lastly struct {
	strings.Reader
	err error
}

func (l *lastly) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = l.err
	}
	return n, err
}

func TestEvents(t *testing.T) {
	long := strings.Repeat("x", 5000) // longer than the reader's buffer
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		in   string
		want []string
		err  error // after them; nil: io.EOF
		cut  bool
	}{
		"nothing":          {"", nil, nil, false},
		"two":              {"data: a\n\ndata:b\n\n", []string{"a", "b"}, nil, false},
		"CRLF":             {"data: a\r\n\r\ndata: b\r\n\r\n", []string{"a", "b"}, nil, false},
		"a mark first":     {"\ufeffdata: a\n\n", []string{"a"}, nil, false},
		"a mark later":     {"data: a\n\n\ufeffdata: b\n\n", []string{"a"}, nil, false},
		"one space":        {"data:  a \n\n", []string{" a "}, nil, false},
		"two lines":        {"data: a\ndata: b\n\n", []string{"a\nb"}, nil, false},
		"comments":         {": a\n\n:\n\ndata: a\n: b\n\n\n\n", []string{"a"}, nil, false},
		"other fields":     {"event: x\nid: 1\nretry: 5\ndatax: 1\ndata\nx\ndata: a\n\n", []string{"a"}, nil, false},
		"an error field":   {"error: a\n\n", []string{"a"}, nil, false},
		"no blank line":    {"data: a\n", []string{"a"}, nil, false},
		"no end of a line": {"data: a\n\ndata: b", []string{"a", "b"}, nil, true},
		"empty data":       {"data:\n\ndata: \n\ndata: a\n\n", []string{"a"}, nil, false},
		"a long line":      {"data: " + long + "\r\n\r\ndata: b\n\n", []string{long, "b"}, nil, false},
		"too long":         {"data: a\n\ndata: " + long + long + "\n\n", []string{"a"}, errLong, false},
		"too long, in two": {"data: " + long + "\ndata: " + long + "\n\n", nil, errLong, false},
		"too long to skip": {": " + long + long + "\n\n", nil, errLong, false},
		"broken":           {"data: a\n\ndata: b", []string{"a"}, broken, false},
	} {
		t.Run(name, func(t *testing.T) {
			end := io.EOF
			if errors.Is(test.err, broken) {
				end = broken
			}
			var e Events
			for range 2 { // the memory of the stream before must not matter
				e.Reset(&lastly{*strings.NewReader(test.in), end}, 8000)
				var got []string
				_, data, err := e.Next()
				for ; err == nil; _, data, err = e.Next() {
					got = append(got, string(data))
				}
				want := test.err
				if want == nil {
					want = io.EOF
				}
				if !slices.Equal(got, test.want) || !errors.Is(err, want) || e.cut != test.cut {
					t.Errorf("got  %q, %v, cut %v\nwant %q, %v, cut %v", got, err, e.cut, test.want, want, test.cut)
				}
			}
		})
	}
}

// Anthropic names its events; the name belongs to the data up to the next blank line.
func TestNamesOfEvents(t *testing.T) {
	var e Events
	e.Reset(strings.NewReader("event: message_start\ndata: 1\n\ndata: 2\n\nevent:ping\n\ndata: 3\n\ndata: 4\nevent: a\nevent:  b\r\n\r\nevent: last\ndata: 5"), 100)
	var got []string
	name, data, err := e.Next()
	for ; err == nil; name, data, err = e.Next() {
		got = append(got, string(name)+"="+string(data))
	}
	if want := []string{"message_start=1", "=2", "=3", " b=4", "last=5"}; !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// Whatever comes, by whatever reads: what is kept is bounded, and the events are the same.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{"event: a\r\ndata: 1\n\n: x\ndata", "\ufeffdata: a\ndata: b\n\nerror: c", "data:\n\nid: 1\nretry: 1\n\n\n", "data: " + strings.Repeat("x", 600) + "\n\ndata: 1\n\n",
		"event: " + strings.Repeat("x", 300) + "\ndata: 1\n\n", strings.Repeat("data: "+strings.Repeat("x", 90)+"\n", 8), "\xff\x00\r\r\n"} {
		f.Add([]byte(s))
	}
	const limit = 500
	read := func(r io.Reader) (all []string, err error) {
		var e Events
		e.Reset(r, limit)
		for {
			name, data, err := e.Next()
			if err != nil {
				return all, err
			}
			if len(data) == 0 || len(data) > limit || len(name) > limit {
				return all, errors.New("an event without data, or too much of it")
			}
			all = append(all, string(name), string(data))
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, err := read(bytes.NewReader(stream))
		again, errAgain := read(iotest.OneByteReader(bytes.NewReader(stream)))
		if !slices.Equal(got, again) || !errors.Is(errAgain, err) || !errors.Is(err, io.EOF) && !errors.Is(err, errLong) {
			t.Errorf("at once: %q, %v\nby byte: %q, %v", got, err, again, errAgain)
		}
	})
}

// Signs of life are believed for a while.
func TestMuchWithoutAnythingInItEnds(t *testing.T) {
	for name, test := range map[string]struct {
		line   string
		events int // after which something of an answer came, each time
		err    error
	}{
		"comments":         {": ping\n", 0, errQuiet},
		"blank lines":      {"\n", 0, errQuiet},
		"names":            {"event: ping\n\n", 0, errQuiet},
		"events":           {"data: 1\n\n", 0, errQuiet},
		"pieces":           {"data: 1\n\n", 1, io.EOF},
		"pieces, not many": {"data: 1\n\n", 50, io.EOF},
		"not too many":     {"data: 1\n\n", 500, errQuiet},
	} {
		var e Events
		e.Reset(strings.NewReader(strings.Repeat(test.line, 10000)), 1000)
		n := 0
		_, _, err := e.Next()
		for ; err == nil; _, _, err = e.Next() {
			if n++; test.events > 0 && n%test.events == 0 {
				e.quiet = 0
			}
		}
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v after %d", name, err, n)
		}
	}
}

// endless is a line without an end. It counts what is read of it.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.n += len(p)
	return len(p), nil
}

func TestALineWithoutEndIsNotReadToIt(t *testing.T) {
	in := &endless{}
	var e Events
	e.Reset(in, 1<<20)
	if _, _, err := e.Next(); !errors.Is(err, errLong) || in.n > 1<<20+8<<10 || cap(e.long) > 4<<20 {
		t.Errorf("%v after %d bytes, with %d kept", err, in.n, cap(e.long))
	}
}
