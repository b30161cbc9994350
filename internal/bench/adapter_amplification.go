package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// amplificationTrial is P8: how often a server is asked that answers nothing, for each request.
func amplificationTrial() trial {
	return trial{full: 20 * time.Second, try: tryAmplification, of: []claim{
		{"p8_amplification", "attempts/request", "<= 1.1", "three attempts at each request, as the SDKs make them"},
	}}
}

func tryAmplification(ctx context.Context, s *setting) ([]finding, error) {
	var worst, bare float64
	note := ""
	for _, fault := range []string{"500", "429", "503"} {
		attempts, requests, without, err := s.amplified(ctx, fault)
		if err != nil {
			return nil, err
		}
		worst, bare = max(worst, float64(attempts)/float64(max(1, requests))), max(bare, without)
		note += fmt.Sprintf("all %s: %d/%d; ", fault, attempts, requests)
	}
	return []finding{{values: []float64{worst}, against: []float64{bare}, note: note + "by the server's count, the worst of them"}}, nil
}

// amplified is the attempts at so many requests where all of them fail in one way, and without an adapter the attempts at each.
func (s *setting) amplified(ctx context.Context, fault string) (attempts, requests int, without float64, err error) {
	f, err := s.flooded(ctx, "fails-"+fault, serving{slots: 32, service: time.Millisecond, queue: 256, faults: fault + "=100%"}, llmadapter.Config{})
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	c := f.crew()
	c.limit = s.span(5 * time.Second)
	stop := c.start(ctx, 64)
	err = s.pass(ctx, s.span(5*time.Second))
	if err := errors.Join(err, stop()); err != nil {
		return 0, 0, 0, err
	}
	adapted, err := f.judge.quiet(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	const asked = 200
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: f.judge.url})
	if err != nil {
		return 0, 0, 0, err
	}
	defer client.Close()
	for n := range asked {
		for range 3 {
			if _, err := client.Complete(ctx, prompt(fmt.Sprint("bare-", n))); err == nil {
				return 0, 0, 0, errors.New("the server answers what it is not to answer")
			}
		}
	}
	all, err := f.judge.quiet(ctx)
	requests = f.office.adapter.Account().Requests
	return adapted.Requests, requests, float64(all.Requests-adapted.Requests) / asked, err
}
