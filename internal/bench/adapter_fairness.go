package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// The tenants of P6: all of them always have requests waiting.
const (
	tenants   = 10
	mates     = 8  // callers of a tenant
	greedy    = 30 // times as many for the first
	longer    = 10 // times as long are the prompts of the second
	fairSlots = 16

	outputWeight = 2 // of a token of an answer: what llmadapter shares out, and what it takes endpoints, more or less
)

// fairnessTrial is P6: how evenly tokens are shared out among askers that all want more.
func fairnessTrial() trial {
	return trial{full: 21 * time.Second, try: tryFairness, of: []claim{
		{"p6_jain", "share", ">= 0.99", "a semaphore that serves who comes first, the same callers"},
	}}
}

// tokens that each tenant was served, as the server counts them.
type tokens struct {
	mu   sync.Mutex
	open bool // they are counted
	of   [tenants]float64
}

func (k *tokens) count(tenant int, spent llmadapter.Tokens) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open {
		k.of[tenant] += float64(spent.Input + outputWeight*spent.Output)
	}
}

func (k *tokens) set(open bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open = open
}

// jain is the index of fairness (Jain, Chiu, Hawe: A quantitative measure of fairness, 1984): 1 when all have the same,
// 1/n when one has all.
func jain(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += v
		squares += v * v
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / (float64(len(x)) * squares)
}

// tenantOf is whose caller it is: the first ones are the greedy tenant's.
func tenantOf(caller int) int {
	if caller < greedy*mates {
		return 0
	}
	return 1 + (caller-greedy*mates)/mates
}

func tenantRequest(label string, caller, n int) llmadapter.Request {
	r := prompt(fmt.Sprint(label, "-", caller, "-", n))
	text := strings.Repeat("What should be done about the lake? ", 4)
	if tenantOf(caller) == 1 {
		text = strings.Repeat(text, longer)
	}
	r.Messages[0].Text = text + "\n" + r.Messages[0].Text
	return r
}

func tryFairness(ctx context.Context, s *setting) (_ []finding, err error) {
	v := serving{slots: fairSlots, service: 25 * time.Millisecond, queue: 4 * fairSlots}
	var fair tokens
	observe := func(event any) {
		if e, ok := event.(llmadapter.Ended); ok {
			var tenant int
			if _, err := fmt.Sscanf(e.Asker, "tenant-%d", &tenant); err == nil && tenant < tenants {
				fair.count(tenant, e.Usage)
			}
		}
	}
	f, err := s.flooded(ctx, "fair", v, llmadapter.Config{InFlight: fairSlots, Observe: observe})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.end()) }()
	callers := (greedy + tenants - 1) * mates
	c := &crew{office: f.office, asker: func(i int) string { return fmt.Sprint("tenant-", tenantOf(i)) },
		request: func(i, n int) llmadapter.Request { return tenantRequest("fair", i, n) }}
	stop := c.start(ctx, callers)
	var own stretch
	if err = s.pass(ctx, s.span(2*time.Second)); err == nil {
		fair.set(true)
		own, err = s.during(ctx, f.judge, s.span(10*time.Second))
		fair.set(false)
	}
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	plain, x, err := s.firstCome(ctx, f.judge, callers)
	if err != nil {
		return nil, err
	}
	used, theirs := own.rate()/v.capacity(), x.rate()/v.capacity()
	found := once(jain(fair.of[:]), jain(plain.of[:]), "%d tenants with %d callers each, the first with %d, the second with prompts %d times as long; tokens, those of answers twice, of the least and the most served: %.0f and %.0f; %.3f of the capacity used, %.3f by the semaphore",
		tenants, mates, mates*greedy, longer, slices.Min(fair.of[:]), slices.Max(fair.of[:]), used, theirs)
	found.must(used >= 0.95*min(1, theirs), "no idle slot while anybody waits")
	return []finding{found}, nil
}

// firstCome is the yardstick of P6.
func (s *setting) firstCome(ctx context.Context, j *judge, callers int) (plain *tokens, x stretch, err error) {
	client, err := openai.New(openai.Config{Model: judgeName, BaseURL: j.url})
	if err != nil {
		return nil, x, err
	}
	defer client.Close()
	plain = &tokens{}
	permits := make(chan struct{}, fairSlots)
	stop := crowdOf(ctx, callers, func(ctx context.Context, end <-chan struct{}, i int) error {
		for n := 1; ; n++ {
			select {
			case permits <- struct{}{}:
			case <-end:
				return nil
			}
			reply, err := client.Complete(ctx, tenantRequest("plain", i, n))
			<-permits
			if err != nil {
				return err
			}
			plain.count(tenantOf(i), reply.Usage)
		}
	})
	if err = s.pass(ctx, s.span(time.Second)); err == nil {
		plain.set(true)
		x, err = s.during(ctx, j, s.span(5*time.Second))
		plain.set(false)
	}
	return plain, x, errors.Join(err, stop())
}
