package socket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// mostQuiet is how many times the bytes of a line may come without anything of an answer in them. Signs of life are short.
const mostQuiet = 4

// Events reads a stream of server-sent events, by lines and never by reads. It keeps one event, of at most max bytes.
type Events struct {
	r     *bufio.Reader
	max   int
	long  []byte // a line that is longer than the buffer of r
	name  []byte // of the event, as far as it was read
	data  []byte
	quiet int  // bytes since something of an answer came
	first bool // nothing was read yet
	cut   bool // the last line had no end: more was to come
}

// Reset begins a stream, with the memory of the one before. A line of it, and the data of an event, may have limit bytes.
func (e *Events) Reset(r io.Reader, limit int) {
	if e.r == nil {
		e.r = bufio.NewReaderSize(nil, 4<<10)
	}
	e.r.Reset(r)
	*e = Events{r: e.r, max: limit, long: e.long[:0], name: e.name[:0], data: e.data[:0], first: true}
}

// Next gives the name of the next event that has data, empty if it has none, and its data. Both are good until the call
// after. Comments, ids and retries of events say nothing here. The end of the stream ends its last event, too; then the
// error is io.EOF.
func (e *Events) Next() (name, data []byte, err error) {
	e.name, e.data = e.name[:0], e.data[:0]
	for {
		line, err := e.line()
		if e.quiet += len(line) + 1; e.quiet/mostQuiet > e.max {
			return nil, nil, errQuiet
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(e.data) > 0 {
				return e.name, e.data, nil
			}
			return nil, nil, err
		}
		switch {
		case len(line) == 0:
			if len(e.data) > 0 {
				return e.name, e.data, nil
			}
			e.name = e.name[:0]
		case bytes.HasPrefix(line, []byte("data:")):
			if !e.add(value(line[len("data:"):])) {
				return nil, nil, errLong
			}
		case bytes.HasPrefix(line, []byte("event:")):
			e.name = append(e.name[:0], value(line[len("event:"):])...)
		case bytes.HasPrefix(line, []byte("error:")): // of some servers, instead of data with an error
			if !e.add(value(line[len("error:"):])) {
				return nil, nil, errLong
			}
		}
	}
}

// add adds a line to the data of the event; false: it is too long.
func (e *Events) add(line []byte) bool {
	if len(e.data)+len(line) >= e.max {
		return false
	}
	if len(e.data) > 0 {
		e.data = append(e.data, '\n')
	}
	e.data = append(e.data, line...)
	return true
}

// value is what stands after the colon of a field.
func value(field []byte) []byte {
	if len(field) > 0 && field[0] == ' ' {
		return field[1:]
	}
	return field
}

// line gives the next line, without its end.
func (e *Events) line() ([]byte, error) {
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
