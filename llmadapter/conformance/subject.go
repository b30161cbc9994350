package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
)

// Subject makes models to be checked. Only Model is required; what is not there is not checked.
type Subject struct {
	Model  func() llmadapter.Model // one that answers
	Forms  []llmadapter.Form       // in which it can be asked for calls; nil: tools
	Seeded bool                    // the same request with the same seed gets the same answer
	Silent func() llmadapter.Model // one that would not answer for minutes
	Gone   func() llmadapter.Model // one whose attempts all fail
}

// Soon is how long after the end of its ctx a model may take to return. It is generous: what is checked is that it
// comes back at all.
const Soon = 5 * time.Second

// patience is for one answer.
const patience = 2 * time.Minute

// ErrNotChecked says that a claim does not concern a subject, or an endpoint.
var ErrNotChecked = errors.New("not checked")

// Claim is one thing that every model does.
type Claim struct {
	Name  string
	check func(ctx context.Context, m Subject) error
}

// Check says what a model does that is against the claim. ErrNotChecked is no breach.
func (c Claim) Check(ctx context.Context, m Subject) error { return c.check(ctx, m) }

// Claims are what every llmadapter.Model does.
var Claims = []Claim{
	{"it answers with text", text},
	{"it calls tools in every form", calls},
	{"a request stays as it was", untouched},
	{"many may ask at once", together},
	{"the same seed gives the same answer", seeded},
	{"who is gone already gets an error", goneAlready},
	{"it returns soon after its caller goes", cancelled},
	{"it returns soon after a deadline", tooLate},
	{"an error says what became of the attempt", failing},
	{"a request without sense is survived", senseless},
}

// Talk is a request for text.
func Talk(seed uint64) llmadapter.Request {
	return llmadapter.Request{MaxTokens: 200, Seed: seed, Messages: []llmadapter.Message{
		{Role: llmadapter.System, Text: "You fish from a lake that others fish from, too."},
		{Role: llmadapter.User, Text: "Say in one short sentence what you are."},
	}}
}

// Harvest is a request for calls, with all roles in its conversation.
func Harvest(seed uint64) llmadapter.Request {
	return llmadapter.Request{MaxTokens: 400, Seed: seed, Messages: []llmadapter.Message{
		{Role: llmadapter.System, Text: "You fish from a lake that others fish from, too. Decide by calling a tool."},
		{Role: llmadapter.User, Text: "There are 100 tons in the lake. What do you do?"},
		{Role: llmadapter.Assistant, Calls: []llmadapter.Call{{Name: "harvest", Arguments: `{"tons":4000}`}}},
		{Role: llmadapter.Result, Text: "tons is 4000, which is more than 100. Decide again."},
	}, Tools: []llmadapter.Tool{
		{Name: "harvest", Doc: "Take fish out of the lake.", Schema: json.RawMessage(`{"type":"object","properties":{` +
			`"tons":{"type":"integer","minimum":0,"maximum":100}},"required":["tons"],"additionalProperties":false}`)},
		{Name: "pass", Doc: "Do nothing.", Schema: json.RawMessage(`{"type":"object","properties":{},"required":[],"additionalProperties":false}`)},
	}}
}

// ask asks with a limit, so that no check waits for ever.
func ask(ctx context.Context, m llmadapter.Model, r llmadapter.Request) (llmadapter.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return m.Complete(ctx, r)
}

// CheckReply says what of an answer is against the contract.
func CheckReply(r llmadapter.Reply) error {
	switch {
	case !slices.Contains([]llmadapter.Finish{llmadapter.FinishStop, llmadapter.FinishCalls, llmadapter.FinishLength, llmadapter.FinishFilter}, r.Finish):
		return fmt.Errorf("it ended for reason %q, which is none", r.Finish)
	case r.Usage.Input < 0 || r.Usage.Output < 0 || r.Usage.Cached < 0 || r.Usage.Cached > r.Usage.Input:
		return fmt.Errorf("a usage of %+v", r.Usage)
	}
	return nil
}

// CheckError says what of a failed attempt's error is against the contract.
func CheckError(err error) error {
	var e *llmadapter.Error
	kinds := []llmadapter.Kind{llmadapter.Invalid, llmadapter.Refused, llmadapter.Unauthorised, llmadapter.RateLimited, llmadapter.Overloaded, llmadapter.Transient,
		llmadapter.Unreachable, llmadapter.Broken, llmadapter.Truncated, llmadapter.Stalled, llmadapter.Malformed, llmadapter.Cancelled}
	switch {
	case err == nil:
		return errors.New("there is no error")
	case !errors.As(err, &e):
		return fmt.Errorf("the error is %T, not *llmadapter.Error: %w", err, err)
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("kind %q of the error is none", e.Kind)
	case e.Fate > llmadapter.Unsent:
		return fmt.Errorf("fate %d of the error is none", e.Fate)
	case e.Kind == llmadapter.Unreachable && e.Fate != llmadapter.Unsent:
		return errors.New("nobody was reached, and yet something was sent")
	case e.Status != 0 && e.Fate != llmadapter.Settled:
		return fmt.Errorf("an answer began, with status %d, and the attempt is not settled", e.Status)
	case e.RetryAfter < 0:
		return fmt.Errorf("come back in %v", e.RetryAfter)
	case e.Text == "" || utf8.RuneCountInString(e.Text) > 200 || strings.ContainsFunc(e.Text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("the text of the error is not one line of 1 to 200 printable characters: %q", e.Text)
	}
	return nil
}

func text(ctx context.Context, m Subject) error {
	r, err := ask(ctx, m.Model(), Talk(1))
	switch {
	case err != nil:
		return err
	case len(r.Calls) > 0:
		return fmt.Errorf("no tool was offered, and it calls %s", r.Calls[0].Name)
	case strings.TrimSpace(r.Text) == "" && r.Finish == llmadapter.FinishStop:
		return errors.New("the answer is empty")
	}
	return CheckReply(r)
}

func calls(ctx context.Context, m Subject) error {
	forms := m.Forms
	if forms == nil {
		forms = []llmadapter.Form{llmadapter.FormTools}
	}
	model := m.Model()
	for _, form := range forms {
		if err := callsIn(ctx, model, form); err != nil {
			return fmt.Errorf("form %s: %w", form, err)
		}
	}
	return nil
}

func callsIn(ctx context.Context, model llmadapter.Model, form llmadapter.Form) error {
	request := Harvest(1)
	reply, err := ask(ctx, model, request.As(form))
	if err != nil {
		return err
	}
	if err := CheckReply(reply); err != nil {
		return err
	}
	called, err := llmadapter.ReadCalls(reply)
	if err != nil {
		return err
	}
	for _, call := range called {
		if !slices.ContainsFunc(request.Tools, func(tool llmadapter.Tool) bool { return tool.Name == call.Name }) {
			return fmt.Errorf("it calls %q, which was not offered", call.Name)
		}
		var arguments map[string]any
		if err := json.Unmarshal([]byte(call.Arguments), &arguments); err != nil {
			return fmt.Errorf("the arguments of %s are no object of JSON: %w", call.Name, err)
		}
	}
	return nil
}

func untouched(ctx context.Context, m Subject) error {
	model := m.Model()
	for _, request := range []func(uint64) llmadapter.Request{Talk, Harvest} {
		given := request(1)
		if _, err := ask(ctx, model, given); err != nil {
			return err
		}
		if !reflect.DeepEqual(given, request(1)) {
			return errors.New("the model changed the request, which is read-only")
		}
	}
	return nil
}
