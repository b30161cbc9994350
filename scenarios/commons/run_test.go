package commons

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
)

// order reads "5*fixed:10 split=round-robin rounds=3" as one would write it on the command line.
func order(t testing.TB, text string) polis.Order {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}}
	var minds []string
	for _, word := range strings.Fields(text) {
		name, value, set := strings.Cut(word, "=")
		switch {
		case !set:
			minds = append(minds, word)
		case name == "rounds":
			o.Rounds, _ = tons(value)
		default:
			o.Settings[name] = value
		}
	}
	if minds != nil {
		var err error
		if o.Minds, err = polis.ParseMinds(minds, 0, defaultAgents); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func build(t testing.TB, text string) polis.Society {
	t.Helper()
	s, err := Build(order(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play runs a society, and checks what must hold for every run.
func play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := polis.Run(ctx, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() {
		t.Errorf("the account does not balance: %+v", r.Messages)
	}
	if r.NotStopped != nil {
		t.Errorf("left behind: %v", r.NotStopped)
	}
	return r
}
