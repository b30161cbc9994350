package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// silenceTrial is P16: how many calls are out at a server that queues and never says no. What waits there nobody can
// reorder or take back.
func silenceTrial() trial {
	return trial{full: 44 * time.Second, try: trySilence, of: []claim{
		{"p16_silent", "calls", "<= 2.0×", "slots of the server: 4"},
	}}
}

func trySilence(ctx context.Context, s *setting) (_ []finding, err error) {
	v := serving{slots: 4, service: 50 * time.Millisecond, queue: -1}
	callers := s.crowd(64, 12)
	adaptive, err := s.flooded(ctx, "silent", v, llmadapter.Config{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, adaptive.end()) }()
	unbounded, err := s.flooded(ctx, "unbounded", v, llmadapter.Config{InFlight: callers})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unbounded.end()) }()
	warm := s.span(8 * time.Second) // until it has seen what is to be seen
	var few, many, slots []float64
	for range 4 {
		out := adaptive.watch(ctx)
		if err := adaptive.flood(ctx, s, callers, warm, s.span(4*time.Second)); err != nil {
			return nil, err
		}
		few, slots = append(few, out()), append(slots, float64(v.slots))
		warm = s.span(500 * time.Millisecond)
		out = unbounded.watch(ctx)
		if err := unbounded.flood(ctx, s, callers, warm, s.span(4*time.Second)); err != nil {
			return nil, err
		}
		many = append(many, out())
	}
	share := summarize(adaptive.rates, unbounded.rates)
	found := finding{values: few, against: slots, note: fmt.Sprintf(
		"%d callers; on average in 4 stretches, after 8 s, in turns with a limit of %d, where %.1f are out; %.1f answers a second, %.3f of theirs (95 %%: %.3f to %.3f)",
		callers, callers, median(many), median(adaptive.rates), share.ratio, share.ratioCI[0], share.ratioCI[1])}
	found.must(share.ratioCI[1] >= 0.95, "the same goodput")
	return []finding{found}, nil
}

// watch looks how many calls are out until the function it gives is called, which gives their average in the last stretch.
func (f *flooded) watch(ctx context.Context) (average func() float64) {
	type look struct {
		at  time.Time
		out int
	}
	var looks []look
	stop := crowdOf(ctx, 1, func(_ context.Context, end <-chan struct{}, _ int) error {
		for rest(end, 5*time.Millisecond) {
			looks = append(looks, look{time.Now(), f.office.adapter.Load().InFlight})
		}
		return nil
	})
	return func() float64 {
		_ = stop() // it has no error
		sum, n := 0, 0
		for _, l := range looks {
			if l.at.After(f.from) && l.at.Before(f.to) {
				sum += l.out
				n++
			}
		}
		return float64(sum) / float64(max(1, n))
	}
}
