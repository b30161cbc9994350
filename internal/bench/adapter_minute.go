package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// minuteTrial is P14: how exactly a limit of tokens a minute is kept and used. The server has no such limit and only
// counts, so nothing but the adapter keeps it.
func minuteTrial() trial {
	return trial{full: 125 * time.Second, try: tryMinute, of: []claim{
		{"p14_tpm", "share", ">= 0.95", "the limit, in every minute begun"},
		{"p14_tpm_peak", "share", "<= 1.01", "the limit, in any 60 s"},
	}}
}

// tokensPerMinute are those of P14: some 300 requests.
const tokensPerMinute = 30_000

func tryMinute(ctx context.Context, s *setting) (_ []finding, err error) {
	f, err := s.flooded(ctx, "minute", serving{slots: 64, service: 50 * time.Millisecond, queue: 1024}, llmadapter.Config{TPM: tokensPerMinute})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	c := f.crew()
	c.limit = 5 * time.Minute
	plain := c.request
	c.request = func(i, n int) llmadapter.Request { // of all lengths
		r := plain(i, n)
		r.Messages[0].Text = strings.Repeat("Who takes how much, and why? ", (i*7+n*3)%17) + r.Messages[0].Text
		r.MaxTokens = 200
		return r
	}
	long := s.span(119 * time.Second)
	begun := time.Now()
	stop := c.start(ctx, 40)
	err = s.pass(ctx, long)
	took := time.Since(begun)
	got, failed := f.judge.counts(ctx)
	if err := errors.Join(err, failed); err != nil {
		return nil, errors.Join(err, stop())
	}
	minutes := math.Ceil(took.Minutes())
	used := float64(got.PromptTokens+got.CompletionTokens) / (minutes * tokensPerMinute)
	note := fmt.Sprintf("by the server's count: %d requests in %v, %d tokens of prompts and %d of answers; the limit is %d; nothing is known of the length of an answer but that it has %d tokens at most",
		got.Requests, took.Round(time.Second), got.PromptTokens, got.CompletionTokens, tokensPerMinute, 200)
	// Whoever waits for tokens would wait for another minute: the adapter ends first.
	err = f.office.close()
	_ = stop() // that it has ended
	return []finding{
		{values: []float64{used}, against: []float64{1}, note: note},
		{values: []float64{float64(got.Minute.Tokens) / tokensPerMinute}, against: []float64{1}, note: "the same run"},
	}, err
}
