package telemetry

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// answered is the outcome of requests that were; see llmadapter.Ended.
const answered = "answered"

// longModel is how much of a model's name metrics have, in letters; mostModels are told apart among those that answer in one run: a server may name itself as it likes.
const (
	longModel  = 80
	mostModels = 16
)

// Society is what can be asked of a society that runs; *polis.Running is one.
type Society interface {
	Loads() map[string]llmadapter.Load
}

// Run is one run that is shown. Several may live at once.
type Run struct {
	telemetry *Telemetry
	about     []attribute.KeyValue

	mu      sync.Mutex // guards what follows
	society Society
	last    map[string]llmadapter.Load // as the last of its requests left it
	models  []string                   // that have answered, and are told apart
	round   int                        // the one in progress
	context context.Context            // of its span
	span    trace.Span                 // nil: none was begun
	over    bool
}

// Run begins to show a run, of which about says more in the spans of its rounds, such as polis.seed. Its End ends it.
func (t *Telemetry) Run(about map[string]string) *Run {
	r := &Run{telemetry: t, last: map[string]llmadapter.Load{}, round: 1, context: context.Background()}
	for _, name := range slices.Sorted(maps.Keys(about)) {
		r.about = append(r.about, attribute.String(name, short(about[name])))
	}
	t.mu.Lock()
	t.runs = append(t.runs, r)
	t.mu.Unlock()
	return r
}

// Watch hands over the society, whose adapters are looked at whenever somebody wants to know how busy they are. Without it
// that is known as of the last request that ended.
func (r *Run) Watch(s Society) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.society = s
}

// End ends the round in progress.
func (r *Run) End() {
	t := r.telemetry
	t.mu.Lock()
	t.runs = slices.DeleteFunc(t.runs, func(other *Run) bool { return other == r })
	t.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	r.endRound(t.cfg.Clock())
}

func (r *Run) loads() map[string]llmadapter.Load {
	r.mu.Lock()
	society, last := r.society, r.last
	if society == nil {
		defer r.mu.Unlock()
		return maps.Clone(last)
	}
	r.mu.Unlock()
	return society.Loads() // which takes locks of its own
}

// Observe sees one event of polis.Config.Observe, or of llmadapter.Config.Observe. It waits for nobody.
func (r *Run) Observe(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	ctx, in := context.Background(), r.telemetry.metrics
	if resumed, is := event.(polis.Resumed); is {
		r.round = max(r.round, resumed.Round)
		return
	}
	if r.telemetry.tracer != nil && r.span == nil {
		r.beginRound(r.telemetry.cfg.Clock())
	}
	switch e := event.(type) {
	case llmadapter.Ended:
		r.ended(&e)
	case environment.RoundEnded:
		in.rounds.Add(ctx, 1)
		r.round = e.Round
		r.endRound(r.telemetry.cfg.Clock())
		r.round++
	case actors.Said:
		in.messages.Add(ctx, 1)
	case actors.Marked:
		in.marks.Add(ctx, 1, metric.WithAttributes(attribute.String(keyMark, e.Mark.String())))
	case environment.Missed:
		in.missed.Add(ctx, 1)
	case polis.Failed:
		in.failures.Add(ctx, 1, metric.WithAttributes(attribute.String(keyDecision, e.Decision.Name())))
	case polis.Abandoned:
		in.abandoned.Add(ctx, 1)
	}
}

// beginRound begins the span of the round in progress, which those of its requests are below.
func (r *Run) beginRound(at time.Time) {
	r.context, r.span = r.telemetry.tracer.Start(context.Background(), spanRound, trace.WithNewRoot(), trace.WithTimestamp(at),
		trace.WithAttributes(append(slices.Clip(r.about), attribute.Int(keyRound, r.round))...))
}

func (r *Run) endRound(at time.Time) {
	if r.span != nil {
		r.span.SetAttributes(attribute.Int(keyRound, r.round)) // what was resumed may have been between two
		r.span.End(trace.WithTimestamp(at))
		r.span, r.context = nil, context.Background()
	}
}

// ended shows the end of a request.
func (r *Run) ended(e *llmadapter.Ended) {
	e.Service = short(e.Service)
	r.last[e.Service] = e.Load
	m := r.telemetry.endpoint(e.Service)
	r.telemetry.metrics.ended(e, &m, r.model(short(e.Model)))
	if r.telemetry.tracer == nil || !m.asked(e) {
		return
	}
	end := e.At
	if end.IsZero() {
		end = r.telemetry.cfg.Clock()
	}
	name := spanChat
	if m.Name != "" {
		name += " " + m.Name
	}
	_, span := r.telemetry.tracer.Start(r.context, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-e.Took)),
		trace.WithAttributes(append(m.attributes(), r.about...)...))
	span.SetAttributes(described(e, &m)...)
	if failed := errorType(e); failed != "" {
		why := "" // the words of a server may be those of the request
		if r.telemetry.cfg.Content {
			why = short(e.Why)
		}
		span.SetAttributes(attribute.String(keyError, failed))
		span.SetStatus(codes.Error, why)
	}
	if r.telemetry.cfg.Content && e.Content != nil {
		span.SetAttributes(contentOf(e.Content)...)
	}
	span.End(trace.WithTimestamp(end))
}

// described is what a span says of a request.
func described(e *llmadapter.Ended, m *Model) []attribute.KeyValue {
	all := []attribute.KeyValue{
		attribute.String(keyAgent, short(strings.TrimPrefix(e.Asker, "agents/"))), attribute.String(keyService, e.Service), attribute.String(keyLabel, m.Label),
		attribute.String(keyOutcome, e.Outcome), attribute.Int64(keyTurn, int64(e.Turn)), attribute.Int(keyAsk, e.Index),
		attribute.Int(keyAttempts, e.Attempts), attribute.Int(keyBilled, e.Billed), attribute.Float64(keyWait, e.Wait.Seconds()),
		attribute.Int(keyInputTokens, e.Usage.Input), attribute.Int(keyOutputTokens, e.Usage.Output),
	}
	for _, text := range []struct{ key, is string }{{keyAnswerModel, e.Model}, {keyAnswerID, e.ID}} {
		if text.is != "" {
			all = append(all, attribute.String(text.key, short(text.is)))
		}
	}
	if e.Finish != "" {
		all = append(all, attribute.StringSlice(keyFinish, []string{short(string(e.Finish))}))
	}
	if e.FirstToken > 0 {
		all = append(all, attribute.Bool(keyStream, true), attribute.Float64(keyFirstChunk, e.FirstToken.Seconds()))
	}
	if e.CostUSD > 0 {
		all = append(all, attribute.Float64(keyCost, e.CostUSD))
	}
	return all
}

// model is a model's name as metrics have it: of very many only the first are told apart.
func (r *Run) model(name string) string {
	if letters := []rune(name); len(letters) > longModel {
		name = string(letters[:longModel])
	}
	switch {
	case name == "" || slices.Contains(r.models, name):
		return name
	case len(r.models) >= mostModels:
		return otherModels
	}
	r.models = append(r.models, name)
	return name
}

// longText is how much of a text from elsewhere is kept, in letters.
const longText = 200

// short is a text from elsewhere on one line, of bounded length, of what can be printed.
func short(text string) string {
	if len(text) > 8*longText {
		text = text[:8*longText]
	}
	letters := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(letters) > longText {
		letters = append(letters[:longText-1], '…')
	}
	for i, r := range letters {
		if !unicode.IsPrint(r) {
			letters[i] = ' '
		}
	}
	return string(letters)
}
