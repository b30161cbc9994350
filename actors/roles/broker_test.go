package roles_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

type trade struct{ Name string }

func init() { actors.Payload[trade]("roles_test.trade") }

// asking is a principal that sends one errand when it starts, and cancels it at a percept.
type asking struct {
	errand  roles.Errand[trade]
	recruit bool
	to      string
	limits  monitor.Config
	library *monitor.Library
	heard   []string
}

// ask is an errand for a job.
func ask(n, most int) roles.Errand[trade] {
	return roles.Errand[trade]{For: trade{"smith"}, Most: most, Message: protocol.Message{Act: protocol.Request, Content: job{n}}}
}

func (a *asking) live() (*roles.Desk, actors.Behavior) {
	d := roles.New(roles.Config{Limits: a.limits, Library: a.library})
	p := roles.AddPrincipal(d, roles.Principal[trade]{
		Told: func(_ *actors.Turn, r roles.Reply) error {
			a.heard = append(a.heard, fmt.Sprintf("%s %s %v", r.From, r.Act, r.Content))
			return nil
		},
		Ended: func(_ *actors.Turn, e roles.Ended[roles.Errand[trade]]) error {
			line := fmt.Sprintf("%s %v %s at %v", e.End, e.Value, e.Reason.Code, e.When.Round(time.Second))
			if e.Call.For.Name != a.errand.For.Name || e.Call.Message.Content != a.errand.Message.Content {
				line += fmt.Sprintf(" of %+v", e.Call)
			}
			a.heard = append(a.heard, line)
			return nil
		},
	})
	return d, actors.BehaviorFunc(func(t *actors.Turn, event any) (err error) {
		switch event.(type) {
		case actors.Started:
			if a.recruit {
				_, err = p.Recruit(t, a.errand, 5*time.Second, a.to)
			} else {
				_, err = p.Broker(t, a.errand, 5*time.Second, a.to)
			}
		case actors.Percept:
			for _, s := range d.Sessions() {
				err = errors.Join(err, p.Cancel(t, s.Conversation()))
			}
		}
		return err
	})
}

// finding is a broker that finds the names given. It looks them up at once; later, when it is given a percept.
type finding struct {
	names   []string
	err     error
	later   bool
	refer   []string
	agree   error
	agrees  bool // it is asked, and agrees
	limits  monitor.Config
	library *monitor.Library
	own     bool // it also requests and serves jobs itself
	asked   int
	kept    []roles.At
}

func (f *finding) find(_ *actors.Turn, e roles.Errand[trade]) ([]string, error) {
	f.asked++
	if e.For.Name != "smith" {
		return nil, nil
	}
	if f.later {
		f.kept = append(f.kept, e.At)
		return nil, roles.ErrLater
	}
	return f.names, f.err
}

func (f *finding) asBroker() (*roles.Desk, actors.Behavior) {
	d := roles.New(roles.Config{Limits: f.limits, Library: f.library})
	of := roles.Broker[trade]{Find: f.find}
	if f.agree != nil {
		of.Agree = func(*actors.Turn, roles.Errand[trade]) error { return f.agree }
	}
	if f.refer != nil {
		of.Refer = func(*actors.Turn, roles.Errand[trade]) []string { return f.refer }
	}
	if f.own {
		roles.AddClient(d, func(*actors.Turn, roles.Ended[job]) error { return errors.New("it has asked for nothing itself") })
	}
	return d, f.look(roles.AddBroker(d, of))
}

func (f *finding) asRecruiter() (*roles.Desk, actors.Behavior) {
	d := roles.New(roles.Config{Limits: f.limits, Library: f.library})
	of := roles.Recruiter[trade]{Find: f.find}
	if f.agree != nil || f.agrees {
		of.Agree = func(*actors.Turn, roles.Errand[trade]) error { return f.agree }
	}
	return d, f.look(roles.AddRecruiter(d, of))
}

func (f *finding) look(found *roles.Finder) actors.Behavior {
	return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		if _, ok := event.(actors.Percept); !ok {
			return nil
		}
		var err error
		for _, at := range f.kept {
			err = errors.Join(err, found.Found(t, at, f.names), found.Found(t, at, f.names)) // twice is once
		}
		return err
	})
}

// clear says that nobody speaks any more and every message was legal where it came, but for those named.
func (w *town) clear(judged ...string) {
	w.t.Helper()
	w.over()
	for _, line := range w.log {
		if strings.Contains(line, " is ") && !slices.ContainsFunc(judged, func(j string) bool { return strings.Contains(line, j) }) {
			w.t.Errorf("%s; %s", line, strings.Join(w.log, "\n"))
		}
	}
}

func same(t testing.TB, what string, got, want []string, log []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%q, want\n%q\n%s", what, got, want, strings.Join(log, "\n"))
	}
}

// Every way in which a brokering ends. "A forwarded reply has the conversation-id of the proxy and in-reply-to = its reply-with;
// sender is K"; "K always closes with inform-done(proxy) holding the counts, or with failure(brokering)".
func TestBrokering(t *testing.T) {
	for name, c := range map[string]struct {
		errand roles.Errand[trade]
		broker finding
		deaf   string
		gone   string
		want   []string
	}{
		"one":             {ask(4, 0), finding{names: []string{"bob"}}, "", "", []string{"bob inform {8}", "DONE {1 1}  at 0s"}},
		"several":         {ask(4, 0), finding{names: []string{"bob", "cy", "bob", "ann", "ken", ""}}, "", "", []string{"bob inform {8}", "cy inform {8}", "DONE {2 2}  at 0s"}},
		"as many":         {ask(4, 1), finding{names: []string{"bob", "cy"}}, "", "", []string{"bob inform {8}", "DONE {1 1}  at 0s"}},
		"own client":      {ask(4, 1), finding{names: []string{"bob", "cy"}, own: true}, "", "", []string{"bob inform {8}", "DONE {1 1}  at 0s"}},
		"all refuse":      {ask(-1, 0), finding{names: []string{"bob", "cy"}}, "", "", []string{"bob refuse {refused too little}", "cy refuse {refused too little}", "FAILED <nil> brokering at 0s"}},
		"it fails":        {ask(13, 0), finding{names: []string{"bob"}}, "", "", []string{"bob failure {failed broken}", "FAILED <nil> brokering at 0s"}},
		"one is silent":   {ask(4, 0), finding{names: []string{"bob", "cy"}}, "bob", "", []string{"cy inform {8}", "DONE {2 1}  at 30s"}},
		"all are silent":  {ask(4, 0), finding{names: []string{"bob"}}, "bob", "", []string{"FAILED <nil> brokering at 30s"}},
		"one is gone":     {ask(4, 0), finding{names: []string{"bob", "cy"}}, "", "bob", []string{"cy inform {8}", "DONE {2 1}  at 0s"}},
		"all are gone":    {ask(4, 0), finding{names: []string{"bob"}}, "", "bob", []string{"FAILED <nil> brokering at 0s"}},
		"the next":        {ask(4, 1), finding{names: []string{"bob", "cy"}}, "bob", "", []string{"cy inform {8}", "DONE {2 1}  at 30s"}},
		"dies after":      {ask(101, 1), finding{names: []string{"bob"}}, "", "", []string{"bob agree <nil>", "FAILED <nil> brokering at 1m0s"}},
		"other trade":     {roles.Errand[trade]{For: trade{"x"}, Message: ask(4, 0).Message}, finding{names: []string{"bob"}}, "", "", []string{"NO_MATCH <nil> no-match at 0s"}},
		"nobody":          {ask(4, 0), finding{}, "", "", []string{"NO_MATCH <nil> no-match at 0s"}},
		"only itself":     {ask(4, 0), finding{names: []string{"ken", "ann"}}, "", "", []string{"NO_MATCH <nil> no-match at 0s"}},
		"cannot look":     {ask(4, 0), finding{err: errors.New("no book")}, "", "", []string{"FAILED <nil> failed at 0s"}},
		"will not":        {ask(4, 0), finding{agree: errors.New("closed")}, "", "", []string{"REFUSED <nil> refused at 0s"}},
		"does not answer": {ask(4, 0), finding{}, "ken", "", []string{"TIMEOUT <nil>  at 5s"}},
		"is gone":         {ask(4, 0), finding{}, "", "ken", []string{"UNDELIVERABLE <nil>  at 0s"}},
		"never finds":     {ask(4, 0), finding{later: true}, "", "", []string{"TIMEOUT <nil>  at 2m0s"}},
		"telling": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Inform, Content: job{1}}},
			finding{names: []string{"bob", "cy"}}, "", "", []string{"DONE {2 2}  at 0s"}},
		"a contract net": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.CFP, Protocol: "fipa-contract-net", Content: job{1}}},
			finding{names: []string{"bob"}}, "", "", []string{"REFUSED <nil> unsupported-protocol at 0s"}},
		"no such protocol": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Request, Protocol: "guild-request", Content: job{1}}},
			finding{names: []string{"bob"}}, "", "", []string{"REFUSED <nil> unsupported-protocol at 0s"}},
		"what begins nothing": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Agree, Protocol: "fipa-request", Content: job{1}}},
			finding{names: []string{"bob"}}, "", "", []string{"REFUSED <nil> unsupported-protocol at 0s"}},
		"a proposal": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Propose, Protocol: "fipa-propose", Content: job{1}}},
			finding{names: []string{"bob"}}, "", "", []string{"REFUSED <nil> unsupported-protocol at 0s"}},
		"in no protocol": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Agree, Content: job{1}}},
			finding{names: []string{"bob"}}, "", "", []string{"REFUSED <nil> unsupported-protocol at 0s"}},
		"a question": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.QueryRef, Content: topic{"tide"}}},
			finding{names: []string{"bob"}}, "", "", []string{"bob inform {4}", "DONE {1 1}  at 0s"}},
		"in so much time": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Request, ReplyBy: 7 * time.Second, Content: job{1}}},
			finding{names: []string{"bob"}}, "bob", "", []string{"FAILED <nil> brokering at 7s"}},
		"in words": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.QueryRef, Language: protocol.Natural, Content: protocol.Text("How high?")}},
			finding{names: []string{"bob"}}, "", "", []string{"bob inform {very}", "DONE {1 1}  at 0s"}},
	} {
		a := asking{errand: c.errand, to: "ken"}
		w := newTown(t)
		var routes []string
		w.said = func(m *protocol.Message) {
			if m.Sender == "ken" && m.Receivers[0] == "ann" {
				routes = append(routes, m.Conversation+" "+m.InReplyTo)
			}
			if m.Sender == "ann" {
				routes = append(routes, m.Conversation+" "+m.ReplyWith)
			}
			if m.Sender == "ken" && m.Receivers[0] != "ann" && m.Protocol != "" && m.Conversation[:4] != "ken/" {
				t.Errorf("%s: %s asks in conversation %q", name, m.Sender, m.Conversation)
			}
		}
		w.settle("ann", a.live)
		w.settle("ken", c.broker.asBroker)
		w.settle("bob", answering)
		w.settle("cy", answering)
		for _, who := range []string{"ann", "ken", "bob", "cy"} {
			w.agents[who].deaf, w.agents[who].gone = who == c.deaf, who == c.gone
		}
		w.give("ann", actors.Started{})
		w.live()
		w.clear("m0.000000001s") // two deadlines at once: what is said at the later one is late
		slices.Sort(a.heard[:max(0, len(a.heard)-1)])
		same(t, name, a.heard, c.want, w.log)
		if said := strings.Join(w.log, "\n"); name == "telling" && (!strings.Contains(said, "ken>bob inform") || !strings.Contains(said, "ken>cy inform")) {
			t.Errorf("%s: %s", name, said)
		}
		if len(slices.Compact(routes)) != 1 {
			t.Errorf("%s: what ken says to ann is in %q", name, routes)
		}
	}
}

// answering is a server that also answers questions.
func answering() (*roles.Desk, actors.Behavior) {
	d := roles.New(roles.Config{Limits: monitor.Config{Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" }}})
	addServer(d)
	roles.AddAnswerer(d, func(_ *actors.Turn, _ string, q topic) (any, error) { return news{len(q.Name)}, nil })
	roles.AddAnswerer(d, func(_ *actors.Turn, _ string, q protocol.Text) (any, error) {
		return protocol.Done{Action: "very"}, nil
	})
	return d, nil
}

// Every way in which a recruiting ends. "Zero result messages traverse R; no match gives exactly one failure(no-match)."
func TestRecruiting(t *testing.T) {
	for name, c := range map[string]struct {
		errand roles.Errand[trade]
		by     finding
		deaf   string
		gone   string
		want   []string
	}{
		"one":             {ask(4, 0), finding{names: []string{"bob"}}, "", "", []string{"bob inform {8}", "DONE {[bob]}  at 2s"}},
		"several":         {ask(4, 0), finding{names: []string{"bob", "cy", "ann", "ron", "bob"}}, "", "", []string{"bob inform {8}", "cy inform {8}", "DONE {[bob cy]}  at 2s"}},
		"as many":         {ask(4, 1), finding{names: []string{"bob", "cy"}}, "", "", []string{"bob inform {8}", "DONE {[bob]}  at 2s"}},
		"all refuse":      {ask(-1, 0), finding{names: []string{"bob", "cy"}}, "", "", []string{"bob refuse {refused too little}", "cy refuse {refused too little}", "DONE {[bob cy]}  at 2s"}},
		"one is silent":   {ask(4, 0), finding{names: []string{"bob", "cy"}}, "bob", "", []string{"cy inform {8}", "DONE {[bob cy]}  at 2m2s"}},
		"one is gone":     {ask(4, 0), finding{names: []string{"bob", "cy"}}, "", "bob", []string{"cy inform {8}", "DONE {[cy]}  at 2s"}},
		"all are gone":    {ask(4, 0), finding{names: []string{"bob"}}, "", "bob", []string{"FAILED <nil> unreachable at 0s"}},
		"takes long":      {ask(101, 0), finding{names: []string{"bob"}}, "", "", []string{"bob agree <nil>", "DONE {[bob]}  at 1m0s"}},
		"nobody":          {ask(4, 0), finding{}, "", "", []string{"NO_MATCH <nil> no-match at 0s"}},
		"only itself":     {ask(4, 0), finding{names: []string{"ron", "ann"}}, "", "", []string{"NO_MATCH <nil> no-match at 0s"}},
		"cannot look":     {ask(4, 0), finding{err: errors.New("no book")}, "", "", []string{"FAILED <nil> failed at 0s"}},
		"will not":        {ask(4, 0), finding{agree: errors.New("closed")}, "", "", []string{"REFUSED <nil> refused at 0s"}},
		"does not answer": {ask(4, 0), finding{}, "ron", "", []string{"TIMEOUT <nil>  at 5s"}},
		"is gone":         {ask(4, 0), finding{}, "", "ron", []string{"UNDELIVERABLE <nil>  at 0s"}},
		"never finds":     {ask(4, 0), finding{later: true}, "", "", []string{"TIMEOUT <nil>  at 2m0s"}},
		"telling": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Inform, Content: job{1}}},
			finding{names: []string{"bob", "cy"}}, "", "cy", []string{"DONE {[bob]}  at 2s"}},
		"to the recruiter": {roles.Errand[trade]{For: trade{"smith"}, Receiver: "ron", Message: ask(4, 0).Message}, finding{names: []string{"bob"}}, "", "",
			[]string{"REFUSED <nil> unsupported-protocol at 0s"}},
		"no such protocol": {roles.Errand[trade]{For: trade{"smith"}, Message: protocol.Message{Act: protocol.Request, Protocol: "guild-request", Content: job{1}}},
			finding{names: []string{"bob"}}, "", "", []string{"REFUSED <nil> unsupported-protocol at 0s"}},
	} {
		a := asking{errand: c.errand, to: "ron", recruit: true}
		w := newTown(t)
		w.said = func(m *protocol.Message) {
			if m.Receivers[0] == "ron" && m.Sender != "ann" {
				t.Errorf("%s: %s says %s to the recruiter", name, m.Sender, m.Act)
			}
		}
		w.settle("ann", a.live)
		w.settle("ron", c.by.asRecruiter)
		w.settle("bob", answering)
		w.settle("cy", answering)
		for _, who := range []string{"ann", "ron", "bob", "cy"} {
			w.agents[who].deaf, w.agents[who].gone = who == c.deaf, who == c.gone
		}
		w.give("ann", actors.Started{})
		w.live()
		w.clear("m0.000000001s", "1m0.")
		slices.Sort(a.heard[:max(0, len(a.heard)-1)])
		same(t, name, a.heard, c.want, w.log)
	}
}
