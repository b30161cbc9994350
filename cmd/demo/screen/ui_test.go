package screen

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// key is a key as a terminal reports it.
func key(name string) tea.KeyPressMsg {
	special := map[string]tea.Key{"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "enter": {Code: tea.KeyEnter}, "backspace": {Code: tea.KeyBackspace},
		"ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "space": {Code: tea.KeySpace, Text: " "}, "esc": {Code: tea.KeyEscape}, "ctrl+v": {Code: 'v', Mod: tea.ModCtrl}}
	if k, ok := special[name]; ok {
		return tea.KeyPressMsg(k)
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// seat is a ui before a board, as the program puts them together.
type seat struct {
	ui
	board    *board
	question *asked
}

func sit(b *board, columns, lines int) *seat {
	s := &seat{ui: newUI(), board: b}
	s.does(tea.WindowSizeMsg{Width: columns, Height: lines})
	return s
}

func (s *seat) does(msg tea.Msg) []order {
	u, orders := s.update(msg)
	p := s.board.picture(u.first, u.lines)
	p.keys, p.question = true, s.question
	s.ui = u.show(p)
	return orders
}

func (s *seat) types(keys ...string) (all []order) {
	for _, k := range keys {
		all = append(all, s.does(key(k))...)
	}
	return all
}

func TestKeysGiveOrders(t *testing.T) {
	s := sit(lived().board, 100, 30)
	for k, want := range map[string][]order{"space": {{what: pause}}, "t": {{what: talk}}, "T": {{what: talk}}, "g": {{what: newcomer}}, "c": {{what: crash}},
		"q": {{what: quit}}, "ctrl+c": {{what: quit}}, "x": nil, "enter": nil, "esc": nil, "ü": nil} {
		if got := s.types(k); !slices.Equal(got, want) {
			t.Errorf("%s gives %+v, want %+v", k, got, want)
		}
	}
	if got := s.types("down", "down", "up", "c"); !slices.Equal(got, []order{{what: crash, agent: 1}}) {
		t.Errorf("the second is crashed by %+v", got)
	}
	s.types("?")
	if text := strings.Join(s.draw(&s.picture), "\n"); !strings.Contains(text, "add a greedy newcomer") {
		t.Errorf("? explains nothing:\n%s", text)
	}
	if got := s.types("c"); got != nil || s.help { // any key leads back, and does nothing else
		t.Errorf("%+v, help %v", got, s.help)
	}
	s.types("?")
	if got := s.types("q"); !slices.Equal(got, []order{{what: quit}}) {
		t.Errorf("q under the help gives %+v", got)
	}
}

// The chosen agent is always in view, and those not shown are counted.
func TestScrolling(t *testing.T) {
	s := sit(crowd(300).board, 100, 20)
	check := func(chosen int) {
		t.Helper()
		if s.chosen != chosen {
			t.Fatalf("chosen is %d, want %d", s.chosen, chosen)
		}
		lines, marked := s.draw(&s.picture), ""
		for _, line := range lines {
			if line = ansi.Strip(line); strings.HasPrefix(line, "▸") {
				marked += line
			}
		}
		if want := s.board.rows[chosen].name; strings.Count(marked, "▸") != 1 || !strings.Contains(marked, want) {
			t.Fatalf("in view is %q, want %s", marked, want)
		}
		rows := s.layout(&s.picture).seen(300)
		above, below := s.first, 300-s.first-rows
		text := ansi.Strip(lines[slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "of 300 agents") })])
		if above > 0 != strings.Contains(text, "↑ ") || below > 0 != strings.Contains(text, "↓ ") {
			t.Fatalf("%d above, %d below: %q", above, below, text)
		}
	}
	check(0)
	s.types("up")
	check(0)
	s.types("pgdown")
	check(10)
	s.types("pgdown", "down")
	check(21)
	s.types("end", "down")
	check(299)
	s.types("pgup")
	check(289)
	for i := range 100 {
		s.types("up")
		check(288 - i)
	}
	s.does(tea.WindowSizeMsg{Width: 60, Height: 9})
	check(189)
	s.does(tea.WindowSizeMsg{Width: 200, Height: 60})
	check(189)
	s.types("home")
	check(0)
	s.board = crowd(3).board
	s.chosen = 200
	s.types("x")
	s.types("x") // a picture later
	if s.chosen != 2 {
		t.Errorf("of three the %dth is chosen", s.chosen+1)
	}
}

// "other keys don't fire while typing": what is typed is a line, and enter answers with it.
func TestTyping(t *testing.T) {
	s := sit(lived().board, 100, 30)
	s.question = &asked{lines: []string{"Kate, round 3"}, reply: make(chan string, 1)}
	s.does(nil)
	if got := s.types("h", "a", "r", "v", "e", "s", "t", "space", "q", "backspace", "6", "?", "backspace"); got != nil {
		t.Errorf("typing gives %+v", got)
	}
	if text := ansi.Strip(strings.Join(s.draw(&s.picture), "\n")); !strings.Contains(text, "> harvest 6") || s.help || strings.Contains(text, "space pause") {
		t.Errorf("%s", text)
	}
	s.types("up", "down", "end", "home", "pgdown", "ctrl+v")
	got := s.types("enter")
	if len(got) != 1 || got[0].what != answer || got[0].line != "harvest 6" || got[0].to.reply != s.question.reply {
		t.Fatalf("%+v", got)
	}
	if s.editor.Value() != "" {
		t.Errorf("left over: %q", s.editor.Value())
	}
	s.types("x")
	s.question = &asked{lines: []string{"John"}, reply: make(chan string, 1)} // the next one begins empty
	s.does(nil)
	s.does(tea.PasteMsg{Content: "say we\x1b[31m need\r\na cap"})
	if got := s.types("enter"); len(got) != 1 || got[0].line != "say we[31m need a cap" {
		t.Errorf("%+v", got)
	}
	s.does(tea.PasteMsg{Content: strings.Repeat("a", maxLine)})
	s.types("b", "b")
	if n := len(s.editor.Value()); n > maxLine {
		t.Errorf("%d characters", n)
	}
	if got := s.types("ctrl+c"); !slices.Equal(got, []order{{what: quit}}) {
		t.Errorf("ctrl-c gives %+v", got)
	}
	s.question = nil
	s.does(nil)
	if got := s.types("q"); !slices.Equal(got, []order{{what: quit}}) {
		t.Errorf("after the question q gives %+v", got)
	}
	if got := s.does(tea.PasteMsg{Content: "qqq"}); got != nil { // nothing is asked: what is pasted is no key
		t.Errorf("%+v", got)
	}
}

// A terminal that says how it measures signs of several signs is believed.
func TestWidthFollowsTheTerminal(t *testing.T) {
	s := sit(wide(), 100, 20)
	for _, c := range []struct {
		msg  tea.ModeReportMsg
		want ansi.Method
	}{
		{tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeNotRecognized}, ansi.WcWidth},
		{tea.ModeReportMsg{Mode: ansi.ModeSynchronizedOutput, Value: ansi.ModeReset}, ansi.WcWidth},
		{tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset}, ansi.GraphemeWidth},
	} {
		if s.does(c.msg); s.width != c.want {
			t.Errorf("after %+v it measures by %v", c.msg, s.width)
		}
	}
	for _, line := range s.draw(&s.picture) {
		if w := ansi.StringWidth(line); w > 100 {
			t.Errorf("%d columns: %q", w, line)
		}
	}
}
