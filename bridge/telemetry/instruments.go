package telemetry

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/polis-agents/polis/llmadapter"
)

// instruments are all metrics. Their attributes are from small sets: names of adapters, models, outcomes, reasons. An agent's
// name is in none of them.
type instruments struct {
	duration, firstChunk, wait                              metric.Float64Histogram
	tokens                                                  metric.Int64Histogram
	requests, rejections, attempts, retries, billed, shared metric.Int64Counter
	rounds, messages, failures, missed, abandoned, marks    metric.Int64Counter
	cost                                                    metric.Float64Counter
	queue, inFlight, limit, credits, breaker                metric.Int64ObservableGauge
	cooldown, rate                                          metric.Float64ObservableGauge
}

// newInstruments makes them. loads is asked whenever somebody looks.
func newInstruments(m metric.Meter, loads func() map[string]llmadapter.Load) (*instruments, error) {
	in := &instruments{}
	var errs []error
	seconds := func(name, says string) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(says), metric.WithExplicitBucketBoundaries(boundsSeconds...))
		errs = append(errs, err)
		return h
	}
	count := func(name, unit, says string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(says))
		errs = append(errs, err)
		return c
	}
	level := func(name, unit, says string) metric.Int64ObservableGauge {
		g, err := m.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(says))
		errs = append(errs, err)
		return g
	}
	left := func(name, says string) metric.Float64ObservableGauge {
		g, err := m.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(says))
		errs = append(errs, err)
		return g
	}
	in.duration = seconds(nameDuration, "GenAI operation duration: from the first attempt to the end, retries included.")
	in.firstChunk = seconds(nameFirstChunk, "Time to the first chunk of the attempt that was answered.")
	in.wait = seconds(nameWait, "How long a request waited for its first attempt, or for its end if there was none.")
	var err error
	in.tokens, err = m.Int64Histogram(nameTokens, metric.WithUnit("{token}"), metric.WithDescription("Number of input and output tokens used."), metric.WithExplicitBucketBoundaries(boundsTokens...))
	errs = append(errs, err)
	in.cost, err = m.Float64Counter(nameCost, metric.WithUnit("{USD}"), metric.WithDescription("What is settled has cost, as far as prices are known."))
	errs = append(errs, err)
	in.requests = count(nameRequests, "{request}", "Requests that have come to their end.")
	in.rejections = count(nameRejections, "{request}", "Requests that the adapter did not take, by reason.")
	in.attempts = count(nameAttempts, "{attempt}", "Attempts at requests that have come to their end.")
	in.retries = count(nameRetries, "{attempt}", "Of them, those after the first at their request.")
	in.billed = count(nameBilled, "{attempt}", "Attempts that may have been billed without an answer.")
	in.shared = count(nameShared, "{request}", "Requests that the call of another has answered.")
	in.rounds = count(nameRounds, "{round}", "Rounds played.")
	in.messages = count(nameMessages, "{message}", "Messages that agents have sent to each other.")
	in.failures = count(nameFailures, "{failure}", "Turns that failed, by what supervision decided.")
	in.missed = count(nameMissed, "{decision}", "Decisions that agents have missed.")
	in.abandoned = count(nameAbandoned, "{job}", "Jobs that ignored the end of their context.")
	in.marks = count(nameMarks, "{decision}", "Decisions that were not made as usual: fallback, unusable, repaired.")
	in.queue = level(nameQueue, "{request}", "Requests that wait.")
	in.inFlight = level(nameInFlight, "{request}", "Calls that are out.")
	in.limit = level(nameLimit, "{request}", "Calls that may be out.")
	in.credits = level(nameCredits, "{request}", "Requests that would still be let in.")
	in.breaker = level(nameBreaker, "{state}", "1 for the state in which the breaker is, 0 for the others.")
	in.cooldown = left(nameCooldown, "How long nothing is sent, since the endpoint asked for a pause.")
	in.rate = left(nameRate, "How long the first in the queue waits for a limit of requests or tokens a minute.")
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	_, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		in.look(o, loads())
		return nil
	}, in.queue, in.inFlight, in.limit, in.credits, in.breaker, in.cooldown, in.rate)
	return in, err
}

// look reads the levels.
func (in *instruments) look(o metric.Observer, loads map[string]llmadapter.Load) {
	for _, name := range slices.Sorted(maps.Keys(loads)) {
		load, service := loads[name], attribute.String(keyService, name)
		at := metric.WithAttributeSet(attribute.NewSet(service))
		o.ObserveInt64(in.queue, int64(load.Queued), at)
		o.ObserveInt64(in.inFlight, int64(load.InFlight), at)
		o.ObserveInt64(in.limit, int64(load.Limit), at)
		o.ObserveInt64(in.credits, int64(load.Credits), at)
		o.ObserveFloat64(in.cooldown, load.Cooldown.Seconds(), at)
		o.ObserveFloat64(in.rate, load.Rate.Seconds(), at)
		if load.Breaker == "" {
			continue
		}
		for _, state := range []llmadapter.Breaker{llmadapter.BreakerClosed, llmadapter.BreakerHalfOpen, llmadapter.BreakerOpen} {
			is := int64(0)
			if load.Breaker == state {
				is = 1
			}
			o.ObserveInt64(in.breaker, is, metric.WithAttributeSet(attribute.NewSet(service, attribute.String(keyState, string(state)))))
		}
	}
}

// ended counts the end of a request at a model; answered is who did, as it is told apart.
func (in *instruments) ended(e *llmadapter.Ended, m *Model, answered string) {
	ctx := context.Background()
	with := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(more, attribute.String(keyService, e.Service), attribute.String(keyLabel, m.Label))...))
	}
	plain := with()
	outcome := with(attribute.String(keyOutcome, e.Outcome))
	in.requests.Add(ctx, 1, outcome)
	in.wait.Record(ctx, e.Wait.Seconds(), outcome)
	in.attempts.Add(ctx, int64(e.Attempts), plain)
	in.retries.Add(ctx, int64(max(e.Attempts-1, 0)), plain)
	in.billed.Add(ctx, int64(e.Billed), plain)
	if e.Reason != "" {
		in.rejections.Add(ctx, 1, with(attribute.String(keyReason, string(e.Reason))))
	}
	if e.Shared {
		in.shared.Add(ctx, 1, plain)
	}
	if e.CostUSD > 0 {
		in.cost.Add(ctx, e.CostUSD, plain)
	}
	if !m.asked(e) {
		return
	}
	convention := append(m.attributes(), attribute.String(keyService, e.Service), attribute.String(keyLabel, m.Label))
	if answered != "" {
		convention = append(convention, attribute.String(keyAnswerModel, answered))
	}
	model := metric.WithAttributeSet(attribute.NewSet(convention...))
	took := model
	if failed := errorType(e); failed != "" {
		took = metric.WithAttributeSet(attribute.NewSet(append(slices.Clip(convention), attribute.String(keyError, failed))...))
	}
	in.duration.Record(ctx, e.Took.Seconds(), took)
	if e.FirstToken > 0 {
		in.firstChunk.Record(ctx, e.FirstToken.Seconds(), model)
	}
	for _, used := range []struct {
		kind string
		n    int
	}{{tokensIn, e.Usage.Input}, {tokensOut, e.Usage.Output}} {
		if used.n > 0 {
			in.tokens.Record(ctx, int64(used.n), metric.WithAttributeSet(attribute.NewSet(append(slices.Clip(convention), attribute.String(keyTokenType, used.kind))...)))
		}
	}
}

// asked says whether a request was a call of a model: what was rejected, shared, or answered by a person was none.
func (m *Model) asked(e *llmadapter.Ended) bool {
	return e.Attempts > 0 && m.Label != llmadapter.Person
}

// errorType is the class of what a request ended with; "": it was answered.
func errorType(e *llmadapter.Ended) string {
	switch {
	case e.Outcome == answered:
		return ""
	case e.Kind != "":
		return string(e.Kind)
	}
	return e.Outcome
}

// attributes are those of the conventions that say who is asked.
func (m *Model) attributes() []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, 12)
	all = append(all, attribute.String(keyOperation, chat), attribute.String(keyProvider, m.Provider))
	if m.Name != "" {
		all = append(all, attribute.String(keyRequestModel, m.Name))
	}
	if m.Address != "" {
		all = append(all, attribute.String(keyAddress, m.Address), attribute.Int(keyPort, m.Port))
	}
	return all
}
