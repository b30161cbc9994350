package screen

import (
	"fmt"
	"strings"
)

// view is how a picture is looked at.
type view struct {
	pen
	columns, lines int
	chosen         int    // the agent that keys are about, counted among all
	help           bool   // instead of the picture
	input          string // the line that is being typed, as it is drawn
}

// layout of a picture in this view.
func (v view) layout(p *picture) layout {
	question := 0
	if p.question != nil {
		question = len(p.question.lines)
	}
	return arrange(v.lines, p.total, len(p.models)+len(p.watches), question)
}

// draw gives the lines of the screen: as many as there are, each at most as wide.
func (v view) draw(p *picture) []string {
	if v.columns < 1 || v.lines < 1 {
		return nil
	}
	l := v.layout(p)
	var out []string
	add := func(n int, lines ...string) {
		for i := range n {
			if i < len(lines) {
				out = append(out, lines[i])
			} else {
				out = append(out, "")
			}
		}
	}
	add(l.title, v.title(p, l.metrics == 0))
	if v.help {
		add(l.above+l.rows+l.below+l.news+l.question+l.models, v.legend(p)...)
	} else {
		add(l.above, v.rule())
		add(l.rows, v.table(p, l)...)
		add(l.below, v.rule())
		add(l.news, v.lately(p, l.news)...)
		add(l.question, v.question(p, l.question)...)
		add(l.models, append(v.services(p), v.watches(p)...)...)
	}
	add(l.metrics, v.measures(p))
	add(l.keys, v.keys(p))
	return out
}

func (v view) rule() string { return faint.Render(strings.Repeat("─", v.columns)) }

// title says what is watched, and how full its gauge is.
func (v view) title(p *picture, decided bool) string {
	round := fmt.Sprintf("%s %d", p.period, p.round)
	if p.rounds > 0 {
		round = fmt.Sprintf("%s %*d/%d", p.period, len(fmt.Sprint(p.rounds)), p.round, p.rounds)
	}
	left := []part{{" " + p.title, bold, 3}, {round, plain, 1}}
	if p.gauge.Name != "" {
		left = append(left, part{p.gauge.Name + " " + gaugeBar(p.gauge, min(max(v.columns/5-4, 6), 20)), water, 2},
			part{number(p.gauge.Value) + "/" + number(p.gauge.Full), bold, 0})
		aside := part{p.gauge.Aside, faint, 4}
		if p.gauge.Over {
			aside = part{"✗ " + p.gauge.Aside, bad, 1}
		}
		left = append(left, aside)
	}
	var right []part
	if p.silent {
		right = append(right, part{" talk cut ", banner, 1})
	}
	switch {
	case p.over:
		right = append(right, part{" ended ", banner, 1})
	case p.ending:
		right = append(right, part{" ending ", banner, 1})
	case p.paused && !p.still:
		right = append(right, part{" pausing ", banner, 1})
	case p.paused:
		right = append(right, part{" paused ", banner, 1})
	}
	right = append(right, part{fmt.Sprintf("seed %d ", p.seed), faint, 5})
	if decided {
		right = append(right, part{strings.TrimPrefix(p.decided, "decided ") + " ", faint, 2})
	}
	return v.line(v.columns, 2, left, right)
}

// measures says what can be said so far, and always who decides.
func (v view) measures(p *picture) string {
	var left []part
	for i, m := range p.metrics {
		text := m.Name + " " + m.Value
		if i == 0 {
			text = " " + text
		}
		left = append(left, part{text, plain, 2 + i})
	}
	return v.line(v.columns, 3, left, []part{{p.decided + " ", faint, 0}})
}

// keys says what can be pressed.
func (v view) keys(p *picture) string {
	if !p.keys {
		return v.line(v.columns, 3, []part{{" no keyboard: ctrl-c ends it and keeps what ran", faint, 0}}, nil)
	}
	if p.question != nil {
		return v.line(v.columns, 3, []part{{" enter answers", faint, 1}, {"ctrl-c quits", faint, 0}}, nil)
	}
	pause, talk, crash := "pause", "cut talk", "crash"
	if p.paused {
		pause = "go on"
	}
	if p.silent {
		talk = "let talk"
	}
	if i := v.chosen - p.first; i >= 0 && i < len(p.rows) {
		crash = "crash " + v.cut(p.rows[i].name, 16)
	}
	var parts []part
	for i, k := range []struct {
		key, does string
		rank      int
	}{{"space", pause, 2}, {"t", talk, 3}, {"g", "greedy newcomer", 4}, {"c", crash, 5}, {"↑↓", "choose", 6}, {"?", "keys", 0}, {"q", "quit", 1}} {
		text := k.key + " " + k.does
		if i == 0 {
			text = " " + text
		}
		parts = append(parts, part{text, faint, k.rank})
	}
	return v.line(v.columns, 3, parts, nil)
}

// legend explains the keys and the signs.
func (v view) legend(p *picture) (lines []string) {
	for _, text := range []string{
		"", " space   pause, and go on", " t       cut the talk, and let them talk again", " g       add a greedy newcomer",
		" c       crash the chosen agent: its supervisor restarts it", " ↑ ↓     choose an agent; PgUp PgDn Home End too",
		" ?       back", " q       end it and keep what ran; again, or ctrl-c again, leaves at once", "",
		fmt.Sprintf(" %s  left at the end of the %s   %s  taken in it   %s  missing to the full", "█", p.period, "▒", "░"),
		" …       has asked a model, and waits", " ✓ ✗     promises kept, of those made; ✗ when one was broken",
		" ↻       crashed, and restarted with its memory", " ✗       something was lost: an event, a memory, an agent",
		" ◌       missed a phase, or passed for want of an answer", " ↓       a rule decided, because the mind could not",
		" ~       its answer had to be mended",
	} {
		lines = append(lines, v.cut(text, v.columns))
	}
	return lines
}
