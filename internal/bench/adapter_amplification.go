package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// reserve is how many retries every adapter begins with, as docs/models.md says.
const reserve = 10

// amplificationTrial is P8: how often a server is asked that answers nothing, for each request.
func amplificationTrial() part {
	return trial{full: 20 * time.Second, try: tryAmplification, of: []claim{
		{"p8_amplification", "attempts/request", "<= 1.1", "three attempts at each request, as the SDKs make them"},
	}}
}

func tryAmplification(ctx context.Context, s *setting) ([]finding, error) {
	var worst, bare float64
	note := ""
	for _, fault := range []string{"500", "429", "503"} {
		x, y, err := s.amplified(ctx, fault)
		if err != nil {
			return nil, err
		}
		worst, bare = max(worst, x), max(bare, y)
		note += fmt.Sprintf("all %s: %.3f; ", fault, x)
	}
	found := once(worst, bare, "%sby the server's count, less the %d retries that every adapter begins with", note, reserve)
	return []finding{found}, nil
}

// amplified is attempts for each request where all of them fail in one way, with an adapter and without.
func (s *setting) amplified(ctx context.Context, fault string) (with, without float64, err error) {
	f, err := s.flooded(ctx, "fails-"+fault, serving{slots: 32, service: time.Millisecond, queue: 256, faults: fault + "=100%"}, llmadapter.Config{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	c := f.crew()
	c.limit = s.span(5 * time.Second)
	stop := c.start(ctx, 64)
	err = s.pass(ctx, s.span(5*time.Second))
	if err := errors.Join(err, stop()); err != nil {
		return 0, 0, err
	}
	adapted, err := f.judge.quiet(ctx)
	if err != nil {
		return 0, 0, err
	}
	const asked = 200
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: f.judge.url})
	if err != nil {
		return 0, 0, err
	}
	defer client.Close()
	for n := range asked {
		for range 3 {
			if _, err := client.Complete(ctx, prompt(fmt.Sprint("bare-", n))); err == nil {
				return 0, 0, errors.New("the server answers what it is not to answer")
			}
		}
	}
	all, err := f.judge.quiet(ctx)
	requests := f.office.adapter.Account().Requests
	return max(0, float64(adapted.Requests-reserve)) / float64(requests), float64(all.Requests-adapted.Requests) / asked, err
}
