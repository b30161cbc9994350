package cassette

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Tape is one that can be read. Only where its exchanges are is in memory.
type Tape struct {
	Info Info
	Torn bool // its last line was cut, and is left out: whoever recorded was killed

	source    io.ReaderAt
	closer    io.Closer
	size      int64              // of what is whole
	exchanges map[string][]place // by the key of the request, in the order in which it came
	places    []place            // in the order of the file
}

// place is where an exchange is.
type place struct {
	at   int64
	size int
	n    int
	line int
}

// Open reads a tape. Of a file that is none, or is damaged, it says in which line.
func Open(path string) (*Tape, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cassette: %q: %w", path, causeOf(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	var t *Tape
	if err == nil {
		t, err = read(f, info.Size())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cassette: %q: %w", path, causeOf(err)), f.Close())
	}
	t.closer = f
	return t, nil
}

// Close ends reading.
func (t *Tape) Close() error {
	if t.closer == nil {
		return nil
	}
	return t.closer.Close()
}

// Exchanges says how many are on the tape.
func (t *Tape) Exchanges() int { return len(t.places) }

var errNoTape = errors.New("accepted is a cassette, as demo run --record writes it")

// read reads a tape of so many bytes.
func read(source io.ReaderAt, size int64) (*Tape, error) {
	if size > mostTape {
		return nil, fmt.Errorf("%d bytes; accepted are at most %d", size, int64(mostTape))
	}
	t := &Tape{source: source, exchanges: map[string][]place{}}
	l := &lines{r: newReader(io.NewSectionReader(source, 0, size))}
	top, err := begin(l)
	if err != nil {
		return nil, err
	}
	t.Info, t.size = top.Info, top.size
	for number := 2; ; number++ {
		text, whole, err := l.next(mostLine)
		switch {
		case errors.Is(err, io.EOF):
			return t, t.order()
		case err == nil && !whole:
			t.Torn = true
			return t, t.order()
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		x, err := readExchange(text)
		if err != nil {
			return nil, fmt.Errorf("line %d is damaged: %w", number, err)
		}
		if len(t.places) == mostExchanges {
			return nil, fmt.Errorf("line %d: accepted are at most %d exchanges", number, mostExchanges)
		}
		p := place{at: t.size, size: len(text), n: x.N, line: number}
		t.exchanges[x.Key] = append(t.exchanges[x.Key], p)
		t.places = append(t.places, p)
		t.size += int64(len(text)) + 1
	}
}

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 64<<10) }

// beginning is the first line, and how many bytes it has.
type beginning struct {
	Info
	size int64
}

// begin reads the first line.
func begin(l *lines) (beginning, error) {
	text, whole, err := l.next(mostHeader)
	switch {
	case errors.Is(err, errLongLine), err == nil && !bytes.HasPrefix(text, []byte(`{"cassette":`)):
		return beginning{}, fmt.Errorf("it does not begin like one; %w", errNoTape)
	case errors.Is(err, io.EOF):
		return beginning{}, fmt.Errorf("it is empty; %w", errNoTape)
	case err != nil:
		return beginning{}, err
	case !whole:
		return beginning{}, fmt.Errorf("its first line was cut; %w", errNoTape)
	}
	info, err := readHeader(text)
	if err != nil {
		return beginning{}, fmt.Errorf("line 1: %w", err)
	}
	return beginning{info, int64(len(text)) + 1}, nil
}

// order sorts the exchanges of each request in the order in which it came: they stand in that of their ends.
func (t *Tape) order() error {
	for _, key := range sortedNames(t.exchanges) {
		of := t.exchanges[key]
		slices.SortStableFunc(of, func(a, b place) int { return cmp.Compare(a.n, b.n) })
		for i := range of[1:] {
			if of[i].n == of[i+1].n {
				return fmt.Errorf("line %d is damaged: line %d has the same key and n", of[i+1].line, of[i].line)
			}
		}
	}
	return nil
}

// readHeader reads the first line.
func readHeader(text []byte) (Info, error) {
	var known struct {
		Cassette string `json:"cassette"`
	}
	if err := json.Unmarshal(text, &known); err != nil {
		return Info{}, fmt.Errorf("damaged: %w", err)
	}
	if known.Cassette != form {
		return Info{}, fmt.Errorf("form %.40q; accepted is %q", known.Cassette, form)
	}
	var h header
	if err := strictly(text, &h); err != nil {
		return Info{}, fmt.Errorf("damaged: %w", err)
	}
	return h.Info, h.check()
}

// readExchange reads any other line.
func readExchange(text []byte) (*exchange, error) {
	x := &exchange{}
	if err := strictly(text, x); err != nil {
		return nil, err
	}
	return x, x.check()
}

// exchange reads one from its place.
func (t *Tape) exchange(p place) (*exchange, error) {
	text := make([]byte, p.size)
	if _, err := t.source.ReadAt(text, p.at); err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line, causeOf(err))
	}
	x, err := readExchange(text)
	if err != nil {
		return nil, fmt.Errorf("line %d was changed meanwhile: %w", p.line, err)
	}
	return x, nil
}

var errLongLine = errors.New("it is too long")

// lines reads lines that are bounded.
type lines struct {
	r    *bufio.Reader
	text []byte
}

// next gives a line without its end, good until the call after. whole: it has one.
func (l *lines) next(most int) (text []byte, whole bool, err error) {
	l.text = l.text[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.text = append(l.text, part...)
		if len(l.text) > most {
			return nil, false, errLongLine
		}
		switch {
		case err == nil:
			return l.text[:len(l.text)-1], true, nil
		case errors.Is(err, io.EOF) && len(l.text) > 0:
			return l.text, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}
