package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// count is a flag that counts something; 0: not given.
type count int

// UnmarshalText reads a whole number from 1.
func (c *count) UnmarshalText(text []byte) error { return c.read(text, 1<<31-1) }

// crowd counts agents; 0: not given.
type crowd struct{ count }

// UnmarshalText reads a whole number that a machine can bear.
func (c *crowd) UnmarshalText(text []byte) error { return c.read(text, 1_000_000) }

func (c *count) read(text []byte, most int) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 || n > most {
		return fmt.Errorf("%q; accepted is a whole number from 1 to %d", text, most)
	}
	*c = count(n)
	return nil
}

// places are where something can be put; there may be none.
type places int

// UnmarshalText reads a whole number from 0.
func (n *places) UnmarshalText(text []byte) error {
	v, err := strconv.Atoi(string(text))
	if err != nil || v < 0 || v > 1_000_000 {
		return fmt.Errorf("%q; accepted is a whole number from 0 to 1000000", text)
	}
	*n = places(v)
	return nil
}

// seed is what everything random derives from.
type seed uint64

// UnmarshalText reads a whole number from 0.
func (s *seed) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q; accepted is a whole number from 0 to %d", text, uint64(1<<64-1))
	}
	*s = seed(n)
	return nil
}

// span is a time that passes: more than none.
type span time.Duration

// UnmarshalText reads a duration above 0.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return fmt.Errorf("%q; accepted is a duration above 0, such as 250ms, 1s or 2m", text)
	}
	*s = span(d)
	return nil
}

// pause is a time that may be none.
type pause time.Duration

// UnmarshalText reads a duration from 0.
func (s *pause) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q; accepted is a duration from 0, such as 0s, 250ms or 1s", text)
	}
	*s = pause(d)
	return nil
}

// logLevel is from where on the log is written, by name; "": not given.
type logLevel string

var logLevels = map[logLevel]zerolog.Level{"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel, "warn": zerolog.WarnLevel,
	"error": zerolog.ErrorLevel, "off": zerolog.Disabled}

// UnmarshalText reads the name of a level.
func (l *logLevel) UnmarshalText(text []byte) error {
	if _, ok := logLevels[logLevel(text)]; !ok {
		return fmt.Errorf("%q; accepted are debug, info, warn, error, off", text)
	}
	*l = logLevel(text)
	return nil
}

// or gives the level: where people are told what happens, warnings would tell it again.
func (l logLevel) or(told bool) zerolog.Level {
	switch {
	case l != "":
		return logLevels[l]
	case told:
		return zerolog.ErrorLevel
	}
	return zerolog.WarnLevel
}

// unknown says that a name is none of those accepted, and which of them may have been meant.
func unknown(kind, name string, accepted []string) error {
	const most = 40 // all, but for the agents of a crowd
	if meant := nearest(name, accepted); meant != "" {
		return badUsage("unknown %s %q, did you mean %q? accepted: %s", kind, name, meant, firstOf(most, accepted))
	}
	return badUsage("unknown %s %q; accepted: %s", kind, name, firstOf(most, accepted))
}

// listed joins names; of very many it shows the first.
func listed(names []string) string { return firstOf(12, names) }

// firstOf joins names; of more than most it shows so many.
func firstOf(most int, names []string) string {
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// nearest is the name that takes the fewest edits to reach, at most a third of its letters; "": none is near.
func nearest(name string, names []string) string {
	best, edits := "", 0
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); 3*d <= len(n) && (best == "" || d < edits) {
			best, edits = n, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace on the way from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
