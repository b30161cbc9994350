package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// limits are what --model-limit sets; 0: adaptive, what the endpoint says, or the adapter's default.
type limits struct {
	inFlight, queue         int
	rpm, tpm, input, output int // in any minute
}

// limitNames are those that --model-limit takes, as they are shown.
const limitNames = "inflight=N, rpm=N, tpm=N, itpm=N, otpm=N and queue=N"

// The most that each may be.
const (
	mostAtOnce   = 1_000_000     // calls and waiting requests
	mostInMinute = 1_000_000_000 // requests and tokens
)

// readLimits reads K=V,….
func readLimits(text string) (l limits, err error) {
	if text == "" {
		return l, nil
	}
	into := map[string]struct {
		field *int
		most  int
	}{
		"inflight": {&l.inFlight, mostAtOnce}, "queue": {&l.queue, mostAtOnce}, "rpm": {&l.rpm, mostInMinute},
		"tpm": {&l.tpm, mostInMinute}, "itpm": {&l.input, mostInMinute}, "otpm": {&l.output, mostInMinute},
	}
	var seen []string
	for part := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		to := into[key]
		switch {
		case !ok || to.field == nil:
			return l, badUsage("--model-limit %q; accepted are %s", part, limitNames)
		case slices.Contains(seen, key):
			return l, badUsage("--model-limit %q: %s twice; accepted is each once", text, key)
		}
		seen = append(seen, key)
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > to.most {
			return l, badUsage("--model-limit %q; accepted is a whole number from 1 to %d", part, to.most)
		}
		*to.field = n
	}
	return l, nil
}

// set puts them into the configuration of an adapter.
func (l *limits) set(c *llmadapter.Config) {
	c.InFlight, c.Queue = l.inFlight, l.queue
	c.RPM, c.TPM, c.InputTPM, c.OutputTPM = l.rpm, l.tpm, l.input, l.output
}
