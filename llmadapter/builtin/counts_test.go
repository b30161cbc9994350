package builtin

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// "The most in any 60 s": against the sum over each window by itself, for times that come in bursts.
func TestRollingMinute(t *testing.T) {
	var r rolling
	type event struct {
		at time.Duration
		n  int
	}
	var all []event
	at := time.Duration(0)
	for i := range 3000 {
		at += time.Duration(i*i*7919%1000) * time.Millisecond
		if i%500 == 0 {
			at += 3 * time.Minute
		}
		all = append(all, event{at, i * 31 % 17})
		r.add(at, i*31%17)
	}
	want := 0
	for _, last := range all {
		sum := 0
		for _, e := range all {
			if d := int64(last.at/grain) - int64(e.at/grain); d >= 0 && d < int64(grains) {
				sum += e.n
			}
		}
		want = max(want, sum)
	}
	if r.most != want || want == 0 {
		t.Errorf("the most is %d, want %d", r.most, want)
	}
	r.add(0, 5) // a clock that goes back
	if r.last != int64(at/grain) {
		t.Errorf("%d", r.last)
	}
}

func TestSeconds(t *testing.T) {
	var s seconds
	now := time.Unix(1_000_000, 0)
	if told := s.told(); len(told.Requests) != 0 {
		t.Errorf("%+v", told)
	}
	for i := range 1000 {
		s.at(now.Add(time.Duration(i) * time.Second)).requests = i + 1
	}
	s.at(now).answered = 7 // back: counts as the last
	told := s.told()
	if told.From != 1_000_100 || len(told.Requests) != mostSeconds || told.Requests[0] != 101 || told.Requests[899] != 1000 || told.Answered[899] != 7 {
		t.Errorf("from %d, %d of them", told.From, len(told.Requests))
	}
	s.at(now.Add(1500 * time.Second)).refused = 3 // nothing in between
	told = s.told()
	if told.From != 1_000_601 || len(told.Requests) != mostSeconds || told.Requests[398] != 1000 || told.Requests[399] != 0 || told.Refused[899] != 3 {
		t.Errorf("from %d, %d of them", told.From, len(told.Requests))
	}
	s.at(now.Add(time.Hour)).refused = 4 // nothing that is still told
	if told = s.told(); told.From != 1_003_600 || len(told.Refused) != 1 || told.Refused[0] != 4 {
		t.Errorf("%+v", told)
	}
}

func TestReadMark(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	say := func(role llmadapter.Role, text string) llmadapter.Message {
		return llmadapter.Message{Role: role, Text: text}
	}
	for _, x := range []struct {
		messages []llmadapter.Message
		want     mark
	}{
		{nil, mark{}},
		{[]llmadapter.Message{say(llmadapter.User, "x\nrequest-id: a b\r\ndeadline: 2026-01-02T03:04:05.0000006Z\nrequest-id: c"), say(llmadapter.System, "request-id: s")}, mark{"a b", at}},
		{[]llmadapter.Message{say(llmadapter.User, "request-id: old"), say(llmadapter.User, "new")}, mark{}},
		{[]llmadapter.Message{say(llmadapter.User, "my request-id: a\n deadline: 2026-01-02T03:04:05Z")}, mark{}},
		{[]llmadapter.Message{say(llmadapter.User, "request-id: a\ndeadline: soon")}, mark{id: "a"}},
	} {
		if m := readMark(x.messages); m.id != x.want.id || !m.deadline.Equal(x.want.deadline) {
			t.Errorf("%+v, want %+v", m, x.want)
		}
	}
}

// "Ids answered more than once" are counted exactly, and no more ids are kept than may be.
func TestIDs(t *testing.T) {
	var i ids
	i.answered("never asked")
	for _, id := range []string{"a", "b", "a", "a", "c"} {
		i.asked(id)
	}
	for _, id := range []string{"a", "a", "a", "c"} {
		i.answered(id)
	}
	if want := (IDs{Asked: 3, Answered: 2, AskedTwice: 1, AnsweredTwice: 1}); i.sum != want {
		t.Errorf("%+v, want %+v", i.sum, want)
	}
	for n := range mostIDs {
		i.asked(fmt.Sprint(n))
	}
	i.asked("a") // which is known
	if len(i.times) != mostIDs || i.sum.Untold != 3 || i.sum.Asked != mostIDs {
		t.Errorf("%d are kept: %+v", len(i.times), i.sum)
	}
}

func TestSpread(t *testing.T) {
	var s samples
	if s.spread() != (Spread{}) {
		t.Error("of none")
	}
	for i := range mostSamples + 1000 {
		s.add(time.Duration(i) * time.Millisecond)
	}
	if got, want := s.spread(), (Spread{N: 5096, Median: 3048, P99: 5054, Most: 5095}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What a judge counts by, over HTTP: ids, deadlines, who went and when, the minute, the seconds.
func TestWhatJudgesCountBy(t *testing.T) {
	ended := make(chan Served, 10)
	s, c := started(t, Config{FirstToken: -1, PerToken: time.Hour, Slots: 2, Observe: func(v Served) { ended <- v }}), client(t)
	say := func(id string, deadline time.Time) object {
		text := "Hello\nrequest-id: " + id + "\ndeadline: " + deadline.Format(time.RFC3339Nano)
		return object{"model": s.Name(), "stream": true, "max_tokens": 1, "messages": []object{{"role": "user", "content": text}}}
	}
	soon, passed := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	var prompt int
	for _, id := range []string{"a", "b", "a"} {
		if g := post(t, c, s, say(id, soon)); !g.done {
			t.Errorf("%+v", g)
		}
		v := <-ended
		if prompt += v.Prompt; v.ID != id || v.Begun.IsZero() {
			t.Errorf("%+v", v)
		}
	}
	post(t, c, s, say("c", passed))
	prompt += (<-ended).Prompt
	long := say("d", passed)
	delete(long, "max_tokens") // an answer for hours
	conn := send(t, s, long)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	conn.Close()
	v := <-ended
	post(t, c, s, "{")
	n := s.Counts()
	if want := (IDs{Asked: 4, Answered: 3, AskedTwice: 1, AnsweredTwice: 1}); n.IDs != want {
		t.Errorf("%+v, want %+v", n.IDs, want)
	}
	d := n.Deadlines
	if d.Told != 5 || d.Late != 2 || d.Latest < 3600_000 || d.Latest > 3700_000 || d.GoneBy.N != 1 || d.GoneBy.Most < 3600_000 {
		t.Errorf("%+v", d)
	}
	if n.GoneAfter.N != 1 || n.GoneAfter.Most != milliseconds(v.Took) {
		t.Errorf("%+v, want %v", n.GoneAfter, v.Took)
	}
	if want := (Minute{Requests: 6, Admitted: 5, Tokens: prompt + v.Prompt + 4, Input: prompt + v.Prompt, Output: 4}); n.Minute != want {
		t.Errorf("%+v, want %+v", n.Minute, want)
	}
	sum := [3]int{}
	for i := range n.Seconds.Requests {
		sum[0] += n.Seconds.Requests[i]
		sum[1] += n.Seconds.Answered[i]
		sum[2] += n.Seconds.Refused[i]
	}
	if sum != [3]int{6, 4, 1} {
		t.Errorf("%+v", n.Seconds)
	}
	text, err := json.Marshal(n)
	var again Counts
	if err != nil || json.Unmarshal(text, &again) != nil || again.IDs != n.IDs || again.Seconds.From != n.Seconds.From {
		t.Errorf("%s %v", text, err)
	}
}

// What a judge of a server that is killed goes by: the word that a request came is there before any answer to it.
func TestCameIsToldBeforeTheAnswer(t *testing.T) {
	came := make(chan string, 2)
	s, c := started(t, Config{FirstToken: -1, PerToken: -1, Came: func(id string) { came <- id }}), client(t)
	for _, id := range []string{"a/1", ""} {
		text := "How much?"
		if id != "" {
			text += "\nrequest-id: " + id
		}
		post(t, c, s, object{"model": s.Name(), "messages": []object{{"role": "user", "content": text}}})
		select {
		case got := <-came:
			if got != id {
				t.Errorf("%q came, want %q", got, id)
			}
		default:
			t.Errorf("%q is answered and has not come", id)
		}
	}
}
