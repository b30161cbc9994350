package openai

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// errLong says that a line, or the data of one event, is longer than MaxLine.
var errLong = errors.New("a line is too long")

// events reads a stream of server-sent events, by lines and never by reads. It keeps one event, of at most max bytes.
type events struct {
	r     *bufio.Reader
	max   int
	long  []byte // a line that is longer than the buffer of r
	data  []byte // of the event, as far as it was read
	first bool   // nothing was read yet
	cut   bool   // the last line had no end: more was to come
}

// reset begins a stream, with the memory of the one before.
func (e *events) reset(r io.Reader, limit int) {
	if e.r == nil {
		e.r = bufio.NewReaderSize(nil, 4<<10)
	}
	e.r.Reset(r)
	*e = events{r: e.r, max: limit, long: e.long[:0], data: e.data[:0], first: true}
}

// next gives the data of the next event that has some. It is good until the call after. Comments, names, ids and
// retries of events say nothing here. The end of the stream ends its last event, too.
func (e *events) next() ([]byte, error) {
	e.data = e.data[:0]
	for {
		line, err := e.line()
		if err != nil {
			if errors.Is(err, io.EOF) && len(e.data) > 0 {
				return e.data, nil
			}
			return nil, err
		}
		switch {
		case len(line) == 0:
			if len(e.data) > 0 {
				return e.data, nil
			}
			continue
		case bytes.HasPrefix(line, []byte("data:")):
			line = line[len("data:"):]
		case bytes.HasPrefix(line, []byte("error:")): // of some servers, instead of data with an error
			line = line[len("error:"):]
		default:
			continue
		}
		if len(line) > 0 && line[0] == ' ' {
			line = line[1:]
		}
		if len(e.data)+len(line) >= e.max {
			return nil, errLong
		}
		if len(e.data) > 0 {
			e.data = append(e.data, '\n')
		}
		e.data = append(e.data, line...)
	}
}

// line gives the next line, without its end.
func (e *events) line() ([]byte, error) {
	e.long = e.long[:0]
	for {
		part, err := e.r.ReadSlice('\n')
		if e.first && len(part) > 0 {
			e.first = false
			part = bytes.TrimPrefix(part, []byte("\ufeff"))
		}
		if len(e.long)+len(part) > e.max {
			return nil, errLong
		}
		switch {
		case err == nil && len(e.long) == 0:
			return trimEnd(part), nil
		case err == nil:
			e.long = append(e.long, part...)
			return trimEnd(e.long), nil
		case errors.Is(err, bufio.ErrBufferFull):
			e.long = append(e.long, part...)
		case errors.Is(err, io.EOF) && len(e.long)+len(part) > 0:
			e.cut = true
			e.long = append(e.long, part...)
			return trimEnd(e.long), nil
		default:
			return nil, err
		}
	}
}

func trimEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}
