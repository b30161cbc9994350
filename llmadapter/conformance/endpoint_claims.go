package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/structured"
)

func (s *session) text(ctx context.Context) error {
	reply, err := s.ask(ctx, Talk(1))
	if err != nil {
		s.mute = true
		return err
	}
	s.first = reply
	s.typed = s.tap.kind()
	switch {
	case len(reply.Calls) > 0:
		return fmt.Errorf("no tool was offered, and it calls %q", reply.Calls[0].Name)
	case strings.TrimSpace(reply.Text) == "" && reply.Finish == llmadapter.FinishStop:
		return errors.New("the answer is empty")
	}
	return nil
}

func (s *session) finished(context.Context) error { return CheckReply(s.first) }

func (s *session) streamed(context.Context) error {
	if kind, _, _ := mime.ParseMediaType(s.typed); kind != "text/event-stream" {
		return fmt.Errorf("it comes at once, as %q: whether it is on its way cannot be seen", s.typed)
	}
	return nil
}

func (s *session) used(context.Context) error {
	if u := s.first.Usage; u.Input <= 0 || u.Output <= 0 {
		return fmt.Errorf("it says %d tokens of prompt and %d of answer: what it costs, and limits of tokens, are estimates then", u.Input, u.Output)
	}
	return nil
}

// harvest is what is asked for in each form: the tool of Harvest.
type harvest struct {
	Tons uint8 `json:"tons"`
}

// calling is a claim about one form of asking for calls.
func calling(form llmadapter.Form) func(*session, context.Context) error {
	return func(s *session, ctx context.Context) error {
		plan, err := structured.For[harvest]("harvest", "Take fish out of the lake: 0 to 100 tons.")
		if err != nil {
			return err
		}
		reply, err := s.ask(ctx, plan.Request(Harvest(1)).As(form))
		if failed, ok := errors.AsType[*llmadapter.Error](err); ok && failed.Kind == llmadapter.Invalid && !slices.Contains(s.e.Forms, form) {
			return fmt.Errorf("%w: it does not take them so: %s", ErrNotChecked, failed.Text)
		}
		if err != nil {
			return err
		}
		_, mended, err := plan.Read(reply)
		switch {
		case err != nil:
			return errors.New(structured.Complaint(err))
		case mended && form == llmadapter.FormSchema:
			return errors.New("what it answers is no JSON, and had to be mended")
		}
		s.taken = append(s.taken, form)
		return nil
	}
}

func (s *session) callable(context.Context) error {
	if len(s.taken) == 0 {
		return errors.New("an agent could not act")
	}
	return nil
}

func (s *session) bare(ctx context.Context) error {
	if !slices.Contains(s.taken, llmadapter.FormTools) {
		return fmt.Errorf("%w: it calls no tools", ErrNotChecked)
	}
	rest, err := structured.For[struct{}]("rest", "Do nothing this month.")
	if err != nil {
		return err
	}
	r := rest.Request(Harvest(2))
	r.Messages = []llmadapter.Message{{Role: llmadapter.User, Text: "There are no fish in the lake this month. Rest: call the tool."}}
	reply, err := s.ask(ctx, r)
	if err == nil {
		_, _, err = rest.Read(reply)
	}
	return err
}

// longText is how often the sentence below comes, which has ten words: more than two thousand tokens, which is where servers
// begin to cut prompts off in silence.
const longText = 230

func (s *session) long(ctx context.Context) error {
	r := Talk(3)
	r.MaxTokens = 100
	r.Messages[1].Text = strings.Repeat("The lake is calm, and nobody has caught anything today. ", longText) + "What is this about? Say it in five words."
	reply, err := s.ask(ctx, r)
	if err != nil {
		return err
	}
	if in := reply.Usage.Input; in > 0 && in < 7*longText {
		return fmt.Errorf("a prompt of %d words counts as %d tokens: it was cut, and nobody was told", 10*longText, in)
	}
	return nil
}

func (s *session) scripts(ctx context.Context) error {
	r := Talk(4)
	r.Messages[1].Text = "Repeat this line and say nothing else: Grüße aus 東京 🐟 Привет"
	reply, err := s.ask(ctx, r)
	if err == nil && (!utf8.ValidString(reply.Text) || strings.ContainsRune(reply.Text, utf8.RuneError)) {
		err = fmt.Errorf("a part of it is lost: %q", reply.Text)
	}
	return err
}

// counting is a request whose answer has no end soon.
func counting(tokens int) llmadapter.Request {
	r := Talk(5)
	r.MaxTokens = tokens
	r.Messages[1].Text = "Count from one to five hundred, in words."
	return r
}

func (s *session) limited(ctx context.Context) error {
	const most = 16
	reply, err := s.ask(ctx, counting(most))
	switch {
	case err != nil:
		return err
	case reply.Usage.Output > 2*most: // servers count a little differently
		return fmt.Errorf("of at most %d tokens it answers %d", most, reply.Usage.Output)
	case reply.Finish != llmadapter.FinishLength && len(reply.Text) > 16*most:
		return fmt.Errorf("%d characters of at most %d tokens, and it says that it ended for reason %q", len(reply.Text), most, reply.Finish)
	}
	return nil
}

func (s *session) letGo(ctx context.Context) error {
	s.tap.inner.CloseIdleConnections() // so that the call has a socket of its own
	going, leave := context.WithTimeout(ctx, s.e.Patience)
	defer leave()
	s.tap.tell(leave)
	done := make(chan ended, 1)
	go func() {
		r, err := s.model.Complete(going, counting(400))
		done <- ended{r, err}
	}()
	<-going.Done() // the answer has begun, or nothing has come
	s.tap.tell(nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	timer := time.NewTimer(Soon)
	defer timer.Stop()
	select {
	case e := <-done:
		if e.err == nil {
			return fmt.Errorf("%w: it had answered before anybody could go", ErrNotChecked)
		}
		if err := CheckError(e.err); err != nil {
			return err
		}
	case <-timer.C:
		return fmt.Errorf("the client did not return within %v", Soon)
	}
	if socket := s.tap.newest(); socket != nil {
		select {
		case <-socket.closed:
		case <-timer.C:
			return fmt.Errorf("the socket stayed open for %v, and what it costs may go on", Soon)
		}
	}
	_, err := s.ask(ctx, Talk(6))
	if err != nil {
		return fmt.Errorf("after that it does not answer: %w", err)
	}
	return nil
}

func (s *session) wrongKey(ctx context.Context) error {
	if s.e.Key == "" {
		return fmt.Errorf("%w: it needs none", ErrNotChecked)
	}
	other := s.e
	other.Key = "not-the-key"
	model, err := s.e.Wire(other, s.tap)
	if err != nil {
		return err
	}
	defer closeModel(model)
	ctx, cancel := context.WithTimeout(ctx, s.e.Patience)
	defer cancel()
	_, err = model.Complete(ctx, Talk(7))
	failed, ok := errors.AsType[*llmadapter.Error](err)
	switch {
	case err == nil:
		return errors.New("it answers whatever the key is")
	case !ok || failed.Kind != llmadapter.Unauthorised:
		return fmt.Errorf("it should say that the key is wrong (401), and says: %w", err)
	}
	return nil
}

// maxList is how much of a list is read, in bytes.
const maxList = 8 << 20

func (s *session) lists(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.e.Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(s.e.URL, "/")+"/models", http.NoBody)
	if err != nil {
		return errors.New("the base URL is none")
	}
	s.identify(r)
	resp, err := s.tap.inner.RoundTrip(r) // which follows no redirect
	if err != nil {
		return errors.New("nothing came: the connection ended")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: it has no list (%d)", ErrNotChecked, resp.StatusCode)
	}
	var list struct{ Data []struct{ ID string } }
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxList)).Decode(&list); err != nil {
		return fmt.Errorf("it is no list: %w", err)
	}
	for _, m := range list.Data {
		if m.ID == s.e.Model || strings.HasPrefix(m.ID, s.e.Model+":") || strings.HasPrefix(m.ID, s.e.Model+"-") { // a tag or a date is often left out
			return nil
		}
	}
	return fmt.Errorf("%q is not among the %d models", s.e.Model, len(list.Data))
}

// identify lets a request of ours show the key as the client has shown it, and the version that it speaks.
func (s *session) identify(r *http.Request) {
	model, err := s.e.Wire(s.e, recording(func(sent http.Header) {
		for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "Anthropic-Version"} {
			if v := sent.Get(name); v != "" {
				r.Header.Set(name, v)
			}
		}
	}))
	if err != nil {
		return
	}
	defer closeModel(model)
	_, _ = model.Complete(r.Context(), Talk(8)) // which leaves only its head
}

// recording is a transport that sends nothing.
type recording func(sent http.Header)

// RoundTrip notes how a request begins.
func (f recording) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close() // a transport owes that
	}
	f(r.Header)
	return nil, errors.New("conformance: it is not to be sent")
}
