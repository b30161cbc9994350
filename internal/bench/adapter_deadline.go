package bench

import (
	"context"
	"errors"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// deadlineTrial is P10: requests that reach the server when their asker waits no more.
func deadlineTrial() trial {
	return trial{full: 12 * time.Second, try: tryDeadline, of: []claim{
		{"p10_late", "requests", "<= 0", "a semaphore around the client, whose queue knows no deadline"},
	}}
}

// onTheWay is how long a request may be on its way to the server, on a machine that does something else as well.
const onTheWay = 25 * time.Millisecond

// dated is a prompt that tells the server when it is too late.
func dated(id string, deadline time.Time) llmadapter.Request {
	r := prompt(id)
	r.Messages[0].Text += "\ndeadline: " + deadline.Add(onTheWay).Format(time.RFC3339Nano)
	return r
}

func tryDeadline(ctx context.Context, s *setting) (_ []finding, err error) {
	v := serving{slots: 8, service: 50 * time.Millisecond, queue: 64}
	f, err := s.flooded(ctx, "late", v, llmadapter.Config{InFlight: 8})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	const callers, limit = 80, 300 * time.Millisecond
	c := f.crew()
	c.limit = limit
	plain := c.request
	c.request = func(i, n int) llmadapter.Request {
		return dated(plain(i, n).Messages[0].Text[len("How much?\nrequest-id: "):], time.Now().Add(limit))
	}
	stop := c.start(ctx, callers)
	err = s.pass(ctx, s.span(7*time.Second))
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	got, err := f.judge.quiet(ctx)
	if err != nil {
		return nil, err
	}
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: f.judge.url})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	permits := make(chan struct{}, v.slots)
	stop = crowdOf(ctx, callers, func(ctx context.Context, end <-chan struct{}, i int) error {
		for {
			r := dated("bare", time.Now().Add(limit))
			select {
			case permits <- struct{}{}:
			case <-end:
				return nil
			}
			_, err := client.Complete(ctx, r)
			<-permits
			if err != nil {
				return err
			}
		}
	})
	err = s.pass(ctx, s.span(4*time.Second))
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	bare, err := f.judge.quiet(ctx)
	acc := f.office.adapter.Account()
	found := once(float64(got.Deadlines.Late), float64(bare.Deadlines.Late-got.Deadlines.Late),
		"by the server's clock, %v allowed for the way; %d callers with %v each at 8 slots of 50 ms: %d requests, %d answered, %d rejected; %d came to the server",
		onTheWay, callers, limit, acc.Requests, acc.Answered, acc.Rejected, got.Deadlines.Told)
	return []finding{found}, err
}
