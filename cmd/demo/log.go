package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rs/zerolog"
)

// logger writes to stderr for people: one line per event. Stacks follow when somebody debugs, and when an actor is
// found to hold its turn, which nothing else explains.
func (p *process) logger(level zerolog.Level) zerolog.Logger {
	debug := level <= zerolog.DebugLevel
	return zerolog.New(zerolog.SyncWriter(zerolog.ConsoleWriter{
		Out: p.stderr, NoColor: true, TimeFormat: "15:04:05", FieldsExclude: []string{"stack"},
		FormatExtra: func(fields map[string]any, line *bytes.Buffer) error {
			_, held := fields["held"]
			if stack, ok := fields["stack"].(string); ok && stack != "" && (debug || held) {
				fmt.Fprintf(line, "\n    %s", strings.ReplaceAll(strings.TrimSpace(stack), "\n", "\n    "))
			}
			return nil
		},
	})).Level(level).With().Timestamp().Logger()
}
