package screen

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/supervision"
)

// A word is given when a proposal is agreed to: it binds both, the lowest counts, and the catch keeps it or not.
func TestPromises(t *testing.T) {
	v := newVillage(12, "John covenant", "Kate covenant", "Jack greedy")
	held := func(who string, kept, words int) {
		t.Helper()
		if r := v.row(who); r.kept != kept || r.words != words {
			t.Errorf("%s kept %d of %d, want %d of %d", who, r.kept, r.words, kept, words)
		}
	}
	v.proposes(1, "John", 6)
	v.month(1, 100, 9, 9, 9) // nobody agreed: nobody promised
	held("John", 0, 0)
	v.proposes(2, "John", 6)
	v.proposes(2, "Kate", 5)
	v.agrees(2, "Kate", "John", 6)
	v.agrees(2, "Jack", "Kate", 5)
	v.agrees(2, "Jack", "Jack", 6) // who has proposed nothing
	v.agrees(2, "Jack", "John", 3) // what was not proposed
	v.month(2, 100, 6, 6, 5)       // John 6 of 6, Kate 6 of 5, Jack 5 of 5
	held("John", 1, 1)
	held("Kate", 0, 1)
	held("Jack", 1, 1)
	v.month(3, 100, 50, 6, 6) // of last month, no word is left
	held("John", 1, 1)
	v.proposes(3, "John", 1) // too late for the third, and not of the fourth
	v.agrees(4, "Kate", "John", 1)
	v.month(4, 100, 9, 9, 9)
	held("Kate", 0, 1)
	v.refuses(5, "Kate", "John", 3)
	v.month(5, 100, 9, 9, 9)
	held("Kate", 0, 1)
	if text := told(v.board); !strings.Contains(text, "2 ✗ Kate broke a promise of 5: 6") || strings.Count(text, "✗") != 1 {
		t.Errorf("%s", text)
	}
}

// told are all the news as text.
func told(b *board) string {
	var out strings.Builder
	for _, e := range b.news {
		fmt.Fprintf(&out, "%d %s %s %s\n", e.round, signs[e.kind], e.names(), e.what)
	}
	return out.String()
}

// An agent's own words stay in view before the acts of the same round; older ones make room.
func TestWordsComeBeforeActs(t *testing.T) {
	v := newVillage(12, "John covenant", "Kate covenant")
	v.says(1, "John", "first")
	v.says(1, "John", "second")
	v.proposes(1, "John", 6)
	if r := v.row("John"); r.said.text != "second" || !r.said.quote {
		t.Errorf("%+v", r.said)
	}
	v.month(1, 100, 6, 6)
	if lines := strings.Join(drawn(v.board, 100, 20, nil), "\n"); !strings.Contains(lines, "“second”") || !strings.Contains(lines, "silent") {
		t.Errorf("after the month: %s", lines)
	}
	v.proposes(2, "John", 5)
	if r := v.row("John"); r.said.text != "proposes a cap of 5" {
		t.Errorf("%+v", r.said)
	}
	v.month(2, 100, 6, 6)
	v.month(3, 100, 6, 6)
	if lines := strings.Join(drawn(v.board, 100, 20, nil)[2:4], "\n"); strings.Contains(lines, "proposes") || strings.Count(lines, "silent") != 2 {
		t.Errorf("two months later: %s", lines)
	}
}

func TestWhoComesAndGoes(t *testing.T) {
	v := newVillage(12, "John covenant", "Kate covenant")
	v.month(1, 100, 6, 6)
	v.settle(Agent{Name: "Mia", Mind: "greedy", From: 2}) // as invited
	v.names = append(v.names, "Mia", "Noah")              // Noah comes unannounced
	v.month(2, 100, 6, 6, 20, 1)
	v.names = v.names[:1]
	v.month(3, 50, 6)
	text := told(v.board)
	if !strings.Contains(text, "2 » Mia, Noah: joined") || strings.Contains(text, "John joined") || strings.Count(text, "joined") != 1 {
		t.Errorf("%s", text)
	}
	if lines := strings.Join(drawn(v.board, 100, 20, nil), "\n"); strings.Count(lines, "gone") != 3 {
		t.Errorf("%s", lines)
	}
}

// Who decides is always said, and a stand-in is never shown as a model.
func TestWhoDecides(t *testing.T) {
	for _, c := range []struct {
		who  []string
		want string
	}{
		{[]string{"rules"}, "decided by rules, no language model"},
		{[]string{"rules", "stand-in"}, "decided by rules, a stand-in, no language model"},
		{[]string{"person"}, "decided by a person, no language model"},
		{[]string{"cassette"}, "decided by cassette, no language model"},
		{[]string{"model gpt-4o", "rules"}, "decided by model gpt-4o, rules"},
	} {
		if got := decidedBy(c.who); got != c.want {
			t.Errorf("%q: %q, want %q", c.who, got, c.want)
		}
	}
	v := newVillage(12, "John model:sustainable stand-in")
	for range 2 {
		for size := 1; size < 140; size++ {
			text := strings.ReplaceAll(strings.Join(drawn(v.board, size, 24, nil), "\n"), "no language model", "")
			if strings.Contains(text, "model") {
				t.Fatalf("a stand-in is called a model:\n%s", text)
			}
			if size > 40 && !strings.Contains(text, "stand-in") {
				t.Fatalf("at %d columns the stand-in is not named:\n%s", size, text)
			}
		}
		v.month(1, 100, 6)
		v.see(llmadapter.Ended{Service: "model", Outcome: "answered"})
	}
}

// Everything that is bounded stays so, however long it goes on.
func TestBoardIsBounded(t *testing.T) {
	v := newVillage(0, "John covenant", "Kate covenant")
	for m := 1; m <= 3000; m++ {
		v.says(m, "John", fmt.Sprint("month ", m))
		v.month(m, 100, float64(m%9), 6)
	}
	for i := range 1000 {
		v.see(polis.Abandoned{Actor: fmt.Sprint("services/", i), Job: "think"})
	}
	if len(v.news) > maxNews || len(v.history) > maxHistory || v.row("John").n != spark || len(v.index) != 2 {
		t.Errorf("%d news, %d of history, %d values, %d agents", len(v.news), len(v.history), v.row("John").n, len(v.index))
	}
	if last := v.news[len(v.news)-1]; !slices.Equal(last.who, []string{"services/999"}) && last.more == 0 {
		t.Errorf("the newest is not among the news: %+v", last)
	}
	p := v.picture(0, 40)
	if len(p.news) > 40 || len(p.history) > maxBars || p.began != 3000-maxBars+1 {
		t.Errorf("%d news, %d of history from %d", len(p.news), len(p.history), p.began)
	}
}

// A picture is a copy: what happens later does not change it.
func TestPictureIsACopy(t *testing.T) {
	v := lived()
	for _, who := range []string{"Kate", "Jack", "Luke"} { // three names leave room in the entry for a fourth
		v.crashes(who, "percept")
	}
	p := v.picture(0, 30)
	before := fmt.Sprintf("%+v", p)
	v.crashes("Emma", "percept") // joins the names of an entry in the picture
	v.month(8, 100, 1, 2, 3, 4, 5)
	v.says(9, "Kate", "later")
	v.see(llmadapter.Ended{Service: "model", Outcome: "answered"})
	if after := fmt.Sprintf("%+v", p); after != before {
		t.Errorf("a picture has changed:\n%s\n%s", before, after)
	}
}

// Nothing that anybody writes, as a name, a remark, an error or a reason, reaches the terminal as anything but signs.
func TestHostileTexts(t *testing.T) {
	for text := range hostile {
		plan := Plan{Name: text, Look: Look{Title: text, Period: text, Gauge: func(environment.RoundEnded) Gauge { return Gauge{Name: text, Value: 1, Full: 2, Aside: text} },
			Words: func(m *protocol.Message) string {
				if m.Act == protocol.Request {
					return ""
				}
				return text
			},
			Metrics: func() func(environment.RoundEnded) []Metric {
				return func(environment.RoundEnded) []Metric { return []Metric{{text, text}} }
			}},
			Agents: []Agent{{Name: text, Mind: text}, {Name: "b", Decides: text}}, Models: map[string]string{text: text}}
		b := newBoard(plan)
		f := &supervision.Failure{Actor: "agents/" + text, Event: text, Err: errors.New(text)}
		tell := protocol.Say(text, "b")
		tell.Sender = text
		for _, event := range []any{
			actors.Said{Round: 1, Message: &tell},
			actors.Said{Round: 1, Message: &protocol.Message{Act: protocol.Act(text), Sender: "b", Receivers: []string{text}, Content: text}},
			actors.Said{Round: 1, Message: &protocol.Message{Act: protocol.Request, Sender: "b", Receivers: []string{text}, Content: commons.Objection{Reason: text}}},
			environment.Missed{Round: 1, Agent: text, Phase: text},
			actors.Marked{Agent: "b", Mark: actors.Fallback, Why: text}, actors.Marked{Agent: text, Mark: actors.Repaired, Why: text},
			actors.Marked{Agent: text, Mark: actors.Unusable, Why: text},
			polis.Failed{Decision: supervision.Quarantine{Failure: f}}, polis.Failed{Decision: supervision.Stop{Failure: f}},
			polis.Failed{Decision: supervision.Restart{Failure: f}}, polis.Failed{Decision: supervision.Escalate{Failure: f}},
			polis.Abandoned{Actor: text, Job: text}, actors.Unkept{Agent: text, Why: text}, actors.Unruled{From: "b", To: text, Why: text}, environment.Unkept{Why: text}, polis.Blocked{Actor: text, Stack: text}, actors.Forgot{Agent: text},
			llmadapter.Ended{Service: text, Outcome: text, Why: text},
			environment.RoundEnded{Round: 1, World: []environment.Variable{{Name: text, Value: 1}},
				Agents: []environment.AgentRow{{Name: text, Decides: text, Variables: []environment.Variable{{Name: text, Value: math.NaN()}}}, {Name: text + "2"}}},
		} {
			b.see(event)
		}
		b.does(text)
		question := func(u *ui, p *picture) {
			p.question = &asked{lines: cleanLines(text+"\n"+text, maxQuestion), reply: make(chan string, 1)}
		}
		for _, change := range []func(*ui, *picture){nil, question, func(u *ui, _ *picture) { u.help = true }} {
			for i, line := range drawn(b, 150, 60, change) {
				if what := harmless(line); what != "" || ansi.StringWidthWc(line) > 150 {
					t.Fatalf("%q: line %d is %q: %s", text, i, line, what)
				}
			}
		}
	}
}

// Who has asked a model and has no answer yet, thinks.
func TestThinking(t *testing.T) {
	v := newVillage(12, "John model stand-in", "Kate model stand-in")
	v.month(1, 100, 6, 6)
	for _, c := range []struct {
		event any
		want  bool
	}{
		{llmadapter.Asked{Asker: "John", Turn: 4, Index: 0}, true},
		{llmadapter.Ended{Asker: "Kate", Turn: 4, Index: 0}, true},
		{llmadapter.Ended{Asker: "John", Turn: 3, Index: 0}, true},
		{llmadapter.Ended{Asker: "John", Turn: 4, Index: 0}, false},
		{llmadapter.Asked{Asker: "nobody", Turn: 4}, false},
	} {
		v.see(c.event)
		if line := drawn(v.board, 100, 20, nil)[2]; strings.Contains(line, "… thinking") != c.want {
			t.Errorf("%+v: %q", c.event, line)
		}
	}
	v.says(2, "John", "Six each.")
	v.see(llmadapter.Asked{Asker: "John", Turn: 5})
	if line := drawn(v.board, 100, 20, nil)[2]; !strings.Contains(line, "… “Six each.”") {
		t.Errorf("%q", line)
	}
}

// What is said while talk is cut binds nobody.
func TestUnheard(t *testing.T) {
	v := newVillage(12, "John covenant", "Kate covenant")
	v.proposes(1, "John", 6)
	v.see(actors.Said{Round: 1, Unheard: true, Message: &protocol.Message{Act: protocol.Agree, Sender: "Kate", Receivers: []string{"John"}, Content: commons.Cap{Month: 1, Tons: 6}}})
	if text := drawn(v.board, 100, 20, nil)[3]; !strings.Contains(text, "nobody hears") {
		t.Errorf("%q", text)
	}
	v.month(1, 100, 6, 6)
	if r := v.row("John"); r.words != 0 {
		t.Errorf("%+v", r)
	}
}

// What failed is told with what became of it.
func TestFailures(t *testing.T) {
	v := newVillage(12, "John covenant", "Kate covenant")
	v.month(1, 100, 6, 6)
	f := func(actor string) *supervision.Failure {
		return &supervision.Failure{Actor: actor, Event: "outcome", Attempt: 5, Err: errors.New("no paper")}
	}
	for _, c := range []struct {
		event any
		row   string // what John's says
		news  string
	}{
		{polis.Failed{Decision: supervision.Restart{Failure: f("agents/John")}}, "↻ restarted: crashed on an outcome", "2 ↻ John restarted"},
		{polis.Failed{Decision: supervision.Quarantine{Failure: f("agents/John")}}, "✗ an outcome was set aside after 5 attempts: no paper", "set aside"},
		{polis.Failed{Decision: supervision.Stop{Failure: f("agents/John")}}, "✗ stopped: crashed on an outcome: no paper", "stopped"},
		{polis.Failed{Decision: supervision.Escalate{Failure: f("agents/John")}}, "✗ crashed on an outcome, for its parent to decide: no paper", "parent"},
		{polis.Failed{Decision: supervision.Restart{Failure: f("world")}}, "", "2 ↻ world restarted: crashed on an outcome"},
		{environment.Missed{Round: 2, Phase: "harvest", Agent: "John", Late: true}, "◌ missed harvest: too late", "missed"},
		{environment.Missed{Round: 2, Phase: "harvest", Agent: "John"}, "◌ missed harvest: percept set aside", "missed"},
		{actors.Forgot{Agent: "John"}, "✗ restarted without its memory", "without"},
		{actors.Marked{Agent: "John", Round: 2, Mark: actors.Fallback, Why: "rejected"}, "↓ a rule decided: rejected", "rule"},
		{actors.Marked{Agent: "John", Round: 2, Mark: actors.Unusable, Why: "no call"}, "◌ passed: no call", "passed"},
		{actors.Marked{Agent: "John", Round: 2, Mark: actors.Repaired, Why: "no comma"}, "~ answer mended: no comma", ""},
		{actors.Unkept{Agent: "John", Why: "no form"}, "◌ its memory could not be kept: no form", "2 ◌ John its memory"},
		{actors.Unruled{From: "John", To: "Kate", Why: "no rule"}, "◌ was not let speak to Kate: no rule", "2 ◌ John was not"},
		{environment.Unkept{Round: 2, Why: "no form"}, "", "2 ◌ world its state could not be kept: no form"},
		{polis.Blocked{Actor: "agents/John", Held: 1500 * time.Millisecond}, "◌ has held its turn for 1.5 s", "held"},
		{polis.Abandoned{Actor: "agents/John", Job: "decide"}, "✗ its decide does not end and is left behind", "left behind"},
	} {
		v.news, v.row("John").state = nil, state{}
		v.see(c.event)
		lines := drawn(v.board, 130, 24, nil)
		if c.row != "" && !strings.Contains(lines[2], c.row) {
			t.Errorf("%T: %q, want %q", c.event, lines[2], c.row)
		}
		if text := told(v.board); c.news == "" && text != "" || !strings.Contains(text, c.news) {
			t.Errorf("%T: news %q, want %q", c.event, text, c.news)
		}
	}
	v.month(2, 100, 6, 6) // of the month that has just ended it is still news
	if line := drawn(v.board, 130, 24, nil)[2]; !strings.Contains(line, "left behind") {
		t.Errorf("%q", line)
	}
	v.month(3, 100, 6, 6)
	if line := drawn(v.board, 130, 24, nil)[2]; strings.Contains(line, "left behind") {
		t.Errorf("%q", line)
	}
}

// What the screen says of the lake so far is what the scenario measures.
func TestLakeMetricsAreTheScenarios(t *testing.T) {
	society, err := commons.Build(polis.Order{Minds: must(polis.ParseMinds([]string{"2*covenant", "1*fixed:14", "2*random:0-20"}, 0, 5)), Rounds: 12})
	if err != nil {
		t.Fatal(err)
	}
	b := newBoard(Plan{Name: "commons", Look: Looks["commons"]})
	report, err := polis.Run(t.Context(), society, polis.Config{Seed: 3, Rounds: 12, Observe: b.see})
	if err != nil {
		t.Fatal(err)
	}
	m := commons.Measure(report)
	want := []Metric{{"gain", number(m["gain"])}, {"equality", fmt.Sprintf("%.2f", m["equality"])}, {"overuse", fmt.Sprintf("%.0f %%", 100*m["overuse"])}}
	if !slices.Equal(b.shown, want) {
		t.Errorf("%v, want %v", b.shown, want)
	}
	if b.round != report.Rounds || !b.talked || b.row("John").words == 0 {
		t.Errorf("round %d of %d; %+v", b.round, report.Rounds, b.row("John"))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
