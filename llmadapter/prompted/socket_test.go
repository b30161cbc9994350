package prompted_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// silence is an endpoint that takes requests and never answers: it notes when each came, and when its socket was closed.
type silence struct {
	mu     sync.Mutex
	came   []time.Time
	closed []time.Time
	seen   chan struct{} // one for every request
	over   chan struct{} // and for every socket that was closed
}

func (s *silence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	note := func(list *[]time.Time, tell chan struct{}) {
		s.mu.Lock()
		*list = append(*list, time.Now())
		s.mu.Unlock()
		tell <- struct{}{}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_ = http.NewResponseController(w).Flush() // the head is out: the model thinks
	note(&s.came, s.seen)
	<-r.Context().Done()
	note(&s.closed, s.over)
}

// witness counts what reaches an agent while its model thinks, and answers requests.
type witness struct {
	mu       *sync.Mutex
	percepts *int
}

func (witness) Stateless() {}
func (w witness) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		w.mu.Lock()
		*w.percepts++
		w.mu.Unlock()
	case *protocol.Message:
		return nod{}.Receive(t, e)
	}
	return nil
}

// prodder waits until ann's model has thought for a while, asks her something, and then says what makes her drop it.
type prodder struct {
	said   chan time.Time
	agreed chan struct{}
}

func (prodder) Stateless() {}
func (p prodder) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		switch e.Round {
		case 3:
			t.Send(protocol.Message{Act: protocol.Request, Receivers: []string{"ann"}})
		case 4:
			p.said <- time.Now()
			t.Send(protocol.Message{Act: protocol.Refuse, Receivers: []string{"ann"}})
		}
	case *protocol.Message:
		if e.Act == protocol.Agree {
			p.agreed <- struct{}{}
		}
	}
	return nil
}

// "In realtime pace an agent keeps perceiving and answering while its model thinks: a message makes it drop the thought;
// the socket is closed within 100 ms." Client, adapter and socket are the real ones.
func TestADroppedThoughtClosesItsSocket(t *testing.T) {
	endpoint := &silence{seen: make(chan struct{}, 16), over: make(chan struct{}, 16)}
	server := httptest.NewServer(endpoint)
	defer server.Close()
	client, err := openai.New(openai.Config{Model: "silent", BaseURL: server.URL + "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	var mu sync.Mutex
	percepts := 0
	c := config()
	c.Definition = wellOf(50)
	c.Patient = true
	c.Drop = func(m *protocol.Message) bool { return m.Act == protocol.Refuse }
	p := prodder{make(chan time.Time, 4), make(chan struct{}, 64)}
	var ends []string
	r := run(t, polis.Society{Name: "village", World: c.Definition,
		Models: map[string]llmadapter.Config{"model": {Model: client}},
		Agents: []polis.Agent{
			{Name: "ann", Model: "model", Behavior: func() actors.Behavior {
				return actors.Compose(actors.Layers{Deliberation: prompted.New(c), Roles: []actors.Behavior{witness{&mu, &percepts}}})
			}},
			{Name: "ben", Behavior: func() actors.Behavior { return p }},
		}}, polis.Config{Pace: environment.Realtime, Overtake: true, Rounds: 6, Tick: 100 * time.Millisecond, Observe: func(event any) {
		if e, ok := event.(llmadapter.Ended); ok {
			ends = append(ends, e.Outcome)
		}
	}})
	<-endpoint.seen
	<-endpoint.over
	endpoint.mu.Lock()
	came, closed := slices.Clone(endpoint.came), slices.Clone(endpoint.closed)
	endpoint.mu.Unlock()
	said := <-p.said
	took := closed[0].Sub(said)
	t.Logf("the socket was closed %v after the message was sent", took)
	if took < 0 || took > 100*time.Millisecond {
		t.Errorf("the socket was closed %v after the message was sent", took)
	}
	if len(came) < 2 || came[1].Before(said) || said.Sub(came[0]) < 500*time.Millisecond {
		t.Errorf("asked at %v, the message was sent at %v", came, said)
	}
	if len(p.agreed) == 0 {
		t.Error("it did not answer while its model was thinking")
	}
	mu.Lock()
	defer mu.Unlock()
	if percepts < 12 { // of 18 phases
		t.Errorf("it perceived %d phases in all", percepts)
	}
	u := r.Models["model"]
	if !u.Balanced() || u.Cancelled != u.Requests || u.Settled != u.Attempts || ends[0] != "cancelled" {
		t.Errorf("account %+v, ends %q", u, ends)
	}
}
