package screen

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrClosed says that nobody watches any more.
var ErrClosed = errors.New("screen: nobody is at the terminal")

// maxQuestion is how many lines of a question are shown.
const maxQuestion = 40

// asked is a question that waits for a line.
type asked struct {
	lines []string
	until time.Time // zero: for ever
	left  time.Duration
	reply chan string // room for one
}

// Ask puts a question to whoever is at the keyboard, and waits for a line. One question is put at a time; others wait
// for their turn. The error is ctx's, or ErrClosed.
func (s *Screen) Ask(ctx context.Context, question string) (line string, err error) {
	if s.noKeys {
		return "", ErrClosed
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.closed:
		return "", ErrClosed
	}
	q := &asked{lines: cleanLines(question, maxQuestion), reply: make(chan string, 1)}
	q.until, _ = ctx.Deadline()
	s.put(q)
	defer s.put(nil)
	select {
	case line = <-q.reply:
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.closed:
		return "", ErrClosed
	}
}

// question shows what is asked, its last lines if there is no room for all, and the line to type on.
func (v view) question(p *picture, n int) (lines []string) {
	if p.question == nil || n < 1 {
		return nil
	}
	q := p.question
	if n >= len(q.lines)+2 {
		lines = append(lines, v.rule())
		n--
	}
	shown := q.lines[max(len(q.lines)-(n-1), 0):]
	for i, text := range shown {
		style := plain
		if i == 0 && len(shown) == len(q.lines) {
			style = bold
		}
		lines = append(lines, style.Render(v.cut(" "+text, v.columns)))
	}
	input := " " + v.input
	if q.left > 0 {
		clock := fmt.Sprintf("%.0f s ", q.left.Seconds())
		if room := v.columns - v.measure(clock); room > 24 {
			return append(lines, v.fit(input, room)+faint.Render(clock))
		}
	}
	return append(lines, v.cut(input, v.columns))
}
