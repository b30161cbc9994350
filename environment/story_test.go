package environment_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

var update = flag.Bool("update", false, "write what the stories tell into their files")

// TestStories plays every story of testdata: a society, and the trace it must leave. The prose on top says which claim
// the story guards.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			prose, rest, ok := strings.Cut(string(text), "-- society --\n")
			script, want, ok2 := strings.Cut(rest, "-- trace --\n")
			if !ok || !ok2 {
				t.Fatal("want prose, -- society -- and -- trace --")
			}
			var got string
			synctest.Test(t, func(t *testing.T) {
				s := readStory(t, script)
				s.run(t)
				got = s.told(t)
			})
			if got == want {
				return
			}
			if !*update {
				t.Fatalf("the story goes (-update writes it down):\n%s\nit should go:\n%s", got, want)
			}
			if err := os.WriteFile(file, []byte(prose+"-- society --\n"+script+"-- trace --\n"+got), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// told is the whole trace of a society: the world's turns, what agents and observers saw, and the sums.
func (s *society) told(t *testing.T) string {
	var b strings.Builder
	lines := s.trace(t)
	for _, e := range s.fails {
		if !strings.HasPrefix(e, "supervision.Restart") {
			lines = append(lines, e)
		}
	}
	lines = append(lines, s.events...)
	for _, p := range s.players {
		lines = append(lines, p.name+" has seen:")
		for _, d := range p.diary {
			lines = append(lines, "      "+d)
		}
	}
	switch {
	case s.fatal != nil:
		text, _, _ := strings.Cut(s.fatal.Error(), "\n")
		lines = append(lines, "fatal: "+text)
	case s.result != nil:
		r := s.result
		state, _ := environment.State(r.World)
		lines = append(lines, fmt.Sprintf("rounds %d, missed %d, late %v, decided %d, world %s", r.Rounds, r.Missed, r.Late, r.Decided["test"], state))
	}
	a := s.Account
	lines = append(lines, fmt.Sprintf("sent %d = handled %d + refused %d + dead %d + quarantined %d", a.Sent, a.Handled, a.Refused, a.Dead, a.Quarantined))
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// readStory reads a script:
//
//	world fish=12 phases=fish,talk regrow=3 done=0 next=ben,ada/ada
//	config pace=rounds rounds=2 seed=1 shuffle actions=1 deadline=1m tick=1s delay=1s log=64 takes=300ms,50ms,10ms
//	                           takes: in the simulated pace, for thinking, speaking and perceiving
//	fault tick 3: 1,2 error; … the first and second attempt at the third tick give a plain error; "panic"; "1-5", "2-"
//	agent ada from=2: take 3; say hi + take 2; after 90s take 1; never; pass; nothing; miss; leave; forge ben take 3
//	agent ben takes=2s,0s,0s: … his own latencies
//	agent eve joins: …         she is not there when it begins
//	end 90s                    End is sent then
//	paused                     it begins with a pause
//	wish 90s pause             likewise: pause, resume, quiet, speech, join eve; "wish after 2 …": when round 2 is over
func readStory(t *testing.T, script string) *society {
	t.Helper()
	l, s := lake{phases: []string{"fish"}, done: -1}, &society{}
	next := false
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		words := strings.Fields(line)
		switch words[0] {
		case "world":
			for _, w := range words[1:] {
				key, value, _ := strings.Cut(w, "=")
				switch key {
				case "fish":
					l.Fish = count(t, value)
				case "phases":
					l.phases = strings.Split(value, ",")
				case "regrow":
					l.regrow = count(t, value)
				case "done":
					l.done = count(t, value)
				case "next":
					next = true
					for _, names := range strings.Split(value, "/") {
						l.turns = append(l.turns, strings.FieldsFunc(names, func(r rune) bool { return r == ',' }))
					}
				default:
					t.Fatalf("world %s", w)
				}
			}
		case "config":
			readConfig(t, &s.cfg, words[1:])
		case "fault":
			l.faults = readFault(t, strings.TrimPrefix(line, "fault "))
		case "end":
			s.endAt = wait(t, words[1])
		case "paused":
			s.wished.Pause = true
		case "wish":
			w, words := wish{}, words[1:]
			if words[0] == "after" {
				w.round, words = count(t, words[1]), words[1:]
			} else {
				w.at = wait(t, words[0])
			}
			if w.what = words[1]; w.what == "join" {
				w.who = words[2]
			}
			s.wishes = append(s.wishes, w)
		case "agent":
			s.players = append(s.players, readPlayer(t, strings.TrimPrefix(line, "agent ")))
		default:
			t.Fatalf("%q", line)
		}
	}
	s.def = lakeOf(l)
	if next {
		s.def = turnLakeOf(l)
	}
	return s
}

func readConfig(t *testing.T, c *environment.Config, words []string) {
	t.Helper()
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "pace":
			p, err := environment.ParsePace(value)
			if err != nil {
				t.Fatal(err)
			}
			c.Pace = p
		case "rounds":
			c.Rounds = count(t, value)
		case "seed":
			c.Seed = uint64(count(t, value))
		case "shuffle":
			c.Shuffle = true
		case "actions":
			c.Actions = count(t, value)
		case "deadline":
			c.Deadline = wait(t, value)
		case "tick":
			c.Tick = wait(t, value)
		case "delay":
			c.Delay = wait(t, value)
		case "takes":
			c.Latency = takes(t, value)
		case "log":
			c.Recorder = &journal.Recorder{Digest: true, Log: count(t, value)}
		default:
			t.Fatalf("config %s", w)
		}
	}
}

func readFault(t *testing.T, text string) *faults {
	t.Helper()
	return &faults{hit: func(_ int, what string, nth int) error {
		for _, fault := range strings.Split(text, ";") {
			name, which, _ := strings.Cut(strings.TrimSpace(fault), ":")
			which, how, _ := strings.Cut(strings.TrimSpace(which), " ")
			hit := false
			for _, x := range strings.Split(which, ",") {
				from, to, span := strings.Cut(x, "-")
				hit = hit || count(t, from) == nth || span && count(t, from) <= nth && (to == "" || nth <= count(t, to))
			}
			switch {
			case name != what || !hit:
			case how == "panic":
				panic(errBroken)
			default:
				return errBroken
			}
		}
		return nil
	}}
}

func readPlayer(t *testing.T, line string) *player {
	t.Helper()
	head, script, ok := strings.Cut(line, ":")
	if !ok {
		t.Fatalf("agent %q", line)
	}
	words := strings.Fields(head)
	p := &player{name: words[0]}
	for _, w := range words[1:] {
		if w == "joins" {
			p.joins = true
			continue
		}
		if value, ok := strings.CutPrefix(w, "takes="); ok {
			p.takes = takes(t, value)
			continue
		}
		p.from = count(t, strings.TrimPrefix(w, "from="))
	}
	var moves []move
	for _, text := range strings.Split(script, ";") {
		moves = append(moves, readMove(t, strings.Fields(text)))
	}
	p.moves = func(environment.Percept) move {
		if len(moves) == 0 {
			return move{}
		}
		m := moves[0]
		moves = moves[1:]
		return m
	}
	return p
}

// takes reads latencies that are always the same.
func takes(t *testing.T, text string) environment.Latencies {
	t.Helper()
	words := strings.Split(text, ",")
	if len(words) != 3 {
		t.Fatalf("takes %q", text)
	}
	fixed := func(i int) environment.Latency {
		return environment.Latency{Shape: environment.Fixed, Mean: wait(t, words[i])}
	}
	return environment.Latencies{Thinking: fixed(0), Speaking: fixed(1), Perceiving: fixed(2)}
}

func readMove(t *testing.T, words []string) (m move) {
	t.Helper()
	for i := 0; i < len(words); i++ {
		arg := func() string {
			if i++; i >= len(words) {
				t.Fatalf("move %q", words)
			}
			return words[i]
		}
		switch words[i] {
		case "take":
			m.acts = append(m.acts, take{count(t, arg())})
		case "say":
			m.acts = append(m.acts, say{arg()})
		case "odd":
			m.acts = append(m.acts, odd{count(t, arg())})
		case "pass":
			m.acts = append(m.acts, environment.Pass{})
		case "after":
			m.after = wait(t, arg())
		case "early":
			m.early = true
		case "never":
			m.never = true
		case "miss":
			m.missed = true
		case "leave":
			m.leaves = true
		case "twice":
			m.twice = true
		case "forge":
			m.forge = arg()
		case "nothing", "+":
		default:
			t.Fatalf("move %q", words)
		}
	}
	return m
}

func count(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wait(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
