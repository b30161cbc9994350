package screen

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// ui is what whoever watches has chosen: a state that keys and pictures change. What a key wants of the society comes
// out as orders.
type ui struct {
	view
	picture picture
	first   int // agent in the first row
	editor  textinput.Model
	asked   *asked // for which the editor was cleared
}

// order is what a key wants of the society.
type order struct {
	what  errand
	agent int    // its place among all
	line  string // that was typed
	to    *asked // as the answer to this
}

type errand uint8

const (
	pause errand = iota // or go on
	talk                // cut it, or let them talk
	newcomer
	crash
	quit
	answer
)

// maxLine is how many characters can be typed.
const maxLine = 1000

func newUI() ui {
	e := textinput.New()
	e.Prompt, e.CharLimit = "> ", maxLine
	styles := e.Styles()
	styles.Cursor.Blink = false
	styles.Focused.Prompt = accent
	e.SetStyles(styles)
	e.Focus()
	return ui{editor: e, view: view{pen: pen{ansi.WcWidth}}}
}

// update takes in what has come from the terminal.
func (u ui) update(msg tea.Msg) (ui, []order) {
	var orders []order
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		u.columns, u.lines = msg.Width, msg.Height
		u.editor.SetWidth(max(msg.Width-12, 1))
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeUnicodeCore && !msg.Value.IsNotRecognized() && !msg.Value.IsPermanentlyReset() {
			u.width = ansi.GraphemeWidth
		}
	case tea.PasteMsg:
		if u.picture.question != nil {
			u.editor, _ = u.editor.Update(tea.PasteMsg{Content: clean(msg.Content)})
		}
	case tea.KeyPressMsg:
		u, orders = u.press(msg)
	}
	return u.follow(), orders
}

// show takes in a new picture.
func (u ui) show(p picture) ui {
	u.picture = p
	if p.question != nil && p.question.reply != u.reply() {
		u.editor.Reset()
		u.asked = p.question
	} else if p.question == nil {
		u.asked = nil
	}
	return u.follow()
}

// reply names the question that the editor is for.
func (u ui) reply() chan string {
	if u.asked == nil {
		return nil
	}
	return u.asked.reply
}

// press takes in a key.
func (u ui) press(k tea.KeyPressMsg) (ui, []order) {
	key := k.String()
	if key == "ctrl+c" {
		return u, []order{{what: quit}}
	}
	if u.picture.question != nil {
		return u.typed(k, key)
	}
	if u.help && key != "q" {
		u.help = false
		return u, nil
	}
	page := max(u.layout(&u.picture).seen(u.picture.total)-1, 1)
	switch strings.ToLower(key) {
	case "space", " ":
		return u, []order{{what: pause}}
	case "t":
		return u, []order{{what: talk}}
	case "g":
		return u, []order{{what: newcomer}}
	case "c":
		return u, []order{{what: crash, agent: u.chosen}}
	case "q":
		return u, []order{{what: quit}}
	case "?", "h":
		u.help = true
	case "up", "k":
		u.chosen--
	case "down", "j":
		u.chosen++
	case "pgup":
		u.chosen -= page
	case "pgdown":
		u.chosen += page
	case "home":
		u.chosen = 0
	case "end":
		u.chosen = u.picture.total - 1
	}
	return u, nil
}

// typed takes in a key while a question waits: it types, and does nothing else.
func (u ui) typed(k tea.KeyPressMsg, key string) (ui, []order) {
	if key == "enter" {
		o := order{what: answer, line: u.editor.Value(), to: u.picture.question}
		u.editor.Reset()
		return u, []order{o}
	}
	u.editor, _ = u.editor.Update(k) // it may want to ask the clipboard: what the terminal pastes comes by itself
	return u, nil
}

// follow keeps the chosen agent among those there are, and in view.
func (u ui) follow() ui {
	total := u.picture.total
	u.chosen = max(min(u.chosen, total-1), 0)
	rows := max(u.layout(&u.picture).seen(total), 1)
	u.first = max(min(u.first, total-rows), 0)
	if u.chosen < u.first {
		u.first = u.chosen
	} else if u.chosen >= u.first+rows {
		u.first = u.chosen - rows + 1
	}
	u.input = u.editor.View()
	return u
}
