package bench

import (
	"context"
	"errors"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// silenceTrial is P16: how many calls are out at a server that queues and never says no. What waits there nobody can
// reorder or take back.
func silenceTrial() part {
	return trial{full: 36 * time.Second, try: trySilence, of: []claim{
		{"p16_silent", "calls", "<= 2.0×", "slots of the server: 4"},
	}}
}

func trySilence(ctx context.Context, s *setting) (_ []finding, err error) {
	v := serving{slots: 4, service: 50 * time.Millisecond, queue: -1}
	adaptive, err := s.flooded(ctx, "silent", v, llmadapter.Config{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, adaptive.end()) }()
	stop := adaptive.crew().start(ctx, 64)
	out, x, err := s.settled(ctx, adaptive)
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	unbounded, err := s.flooded(ctx, "unbounded", v, llmadapter.Config{InFlight: 64})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unbounded.end()) }()
	stop = unbounded.crew().start(ctx, 64)
	theirs, y, err := s.settled(ctx, unbounded)
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	share := x.rate() / max(1, y.rate())
	found := once(out, float64(v.slots), "64 callers; on average, after 8 s; %.1f answers a second, which is %.3f of what they are with a limit of 64 and %.1f out",
		x.rate(), share, theirs)
	found.must(share >= 0.95, "the same goodput")
	return []finding{found}, nil
}

// settled gives the calls that are out on average, and what is served, after a while.
func (s *setting) settled(ctx context.Context, f *flooded) (out float64, x stretch, err error) {
	if err := s.pass(ctx, s.span(8*time.Second)); err != nil {
		return 0, x, err
	}
	looks, sum := 0, 0
	done := make(chan struct{})
	stop := crowdOf(ctx, 1, func(_ context.Context, end <-chan struct{}, _ int) error {
		defer close(done)
		for rest(end, 5*time.Millisecond) {
			looks++
			sum += f.office.adapter.Load().InFlight
		}
		return nil
	})
	x, err = s.during(ctx, f.judge, s.span(8*time.Second))
	err = errors.Join(err, stop())
	<-done
	return float64(sum) / float64(max(1, looks)), x, err
}
