package screen

import (
	"fmt"

	"charm.land/lipgloss/v2"
)

// columns of the agents' table; 0: it is left out.
type columns struct{ name, mind, value, spark, text, word int }

// table has a line for each agent that fits, and one that counts the others.
func (v view) table(p *picture, l layout) (lines []string) {
	rows := p.rows[:min(l.seen(p.total), len(p.rows))]
	c := v.columnsFor(rows)
	for i := range rows {
		lines = append(lines, v.row(p, &rows[i], c, p.first+i == v.chosen))
	}
	if hidden := p.total - len(rows); hidden > 0 && l.rows > 1 {
		text := fmt.Sprintf("  %d to %d of %d agents", p.first+1, p.first+len(rows), p.total)
		if above := p.first; above > 0 {
			text += fmt.Sprintf("   ↑ %d", above)
		}
		if below := hidden - p.first; below > 0 {
			text += fmt.Sprintf("   ↓ %d", below)
		}
		lines = append(lines, faint.Render(v.cut(text, v.columns)))
	}
	return lines
}

// columnsFor shares out the width: what agents say has what is left.
func (v view) columnsFor(rows []row) (c columns) {
	promised := false
	for i := range rows {
		c.name, c.mind = max(c.name, v.measure(rows[i].name)), max(c.mind, v.measure(rows[i].mind))
		promised = promised || rows[i].words > 0
	}
	c.name, c.mind, c.value = min(c.name, 14), min(c.mind, 12), 5
	switch w := v.columns; {
	case w >= 100:
		c.spark = 12
	case w >= 60:
		c.spark = 8
	case w >= 44:
		c.spark = 5
	default:
		c.name = min(c.name, 10)
	}
	if v.columns < 72 {
		c.mind = 0
	}
	if promised && v.columns >= 56 {
		c.word = 7
		if v.columns >= 84 {
			c.word = 16
		}
	}
	c.text = v.columns - 2 - c.name - c.value
	for _, w := range []int{c.mind, c.spark, c.word} {
		if w > 0 {
			c.text -= w + 2
		}
	}
	c.text = max(c.text-2, 0)
	return c
}

// row is one agent's line.
func (v view) row(p *picture, r *row, c columns, chosen bool) string {
	mark, name := "  ", plain
	if chosen {
		mark, name = "▸ ", bold
	}
	line := accent.Render(v.cut(mark, v.columns)) + name.Render(v.fit(r.name, c.name))
	if c.mind > 0 {
		line += "  " + faint.Render(v.fit(r.mind, c.mind))
	}
	value := "–"
	if r.valued {
		value = number(r.value)
	}
	line += bold.Render(v.right(value, c.value))
	if c.spark > 0 {
		n := min(r.n, c.spark)
		line += "  " + water.Render(v.fit(sparkline(r.last[spark-n:], p.top), c.spark))
	}
	if c.text > 0 {
		line += "  " + v.remarks(p, r, c.text)
	}
	if c.word > 0 {
		text, style := v.promises(r, c.word)
		line += "  " + style.Render(v.fit(text, c.word))
	}
	return v.cut(line, v.columns)
}

// remarks says how an agent fares, when that is news, and what it said. A sign stands before both.
func (v view) remarks(p *picture, r *row, width int) string {
	sign, fares, how := " ", "", plain
	said, style := v.said(p, r)
	switch {
	case r.asked:
		sign, fares, how = "?", "thinking, at the keyboard", accent
	case r.state.text != "" && r.state.round >= p.round:
		sign, fares, how = signs[r.state.kind], r.state.text, r.state.kind.style()
	}
	line := how.Render(sign)
	if r.thinks != (askID{}) && !r.asked {
		line = accent.Render("…")
		if fares == "" && !r.spoke(p.round) {
			said, style = "thinking", faint
		}
	}
	width -= 2
	if width < 1 {
		return line + " "
	}
	if fares == "" {
		return line + " " + style.Render(v.fit(said, width))
	}
	room := width
	if said != "" && width >= 60 {
		room = min(v.measure(fares), width/2)
	}
	line += " " + how.Render(v.fit(fares, room))
	if room+2 < width {
		line += "  " + style.Render(v.fit(said, width-room-2))
	}
	return line
}

func (v view) said(p *picture, r *row) (string, lipgloss.Style) {
	switch {
	case p.round > 0 && !r.present && r.n > 0:
		return "gone", faint
	case r.n == 0 && r.from > max(p.round, 1):
		return fmt.Sprintf("joins in %s %d", p.period, r.from), faint
	case r.spoke(p.round) && r.said.quote:
		return "“" + r.said.text + "”", plain
	case r.spoke(p.round):
		return r.said.text, plain
	case p.talked && r.n > 0:
		return "silent", faint
	}
	return "", faint
}

// promises says how many of its promises an agent has kept.
func (v view) promises(r *row, width int) (string, lipgloss.Style) {
	sign, style := "✓", good
	if r.kept < r.words {
		sign, style = "✗", bad
	}
	switch {
	case r.words == 0:
		return "", faint
	case width < 16:
		return fmt.Sprintf("%s %d/%d", sign, r.kept, r.words), style
	}
	return fmt.Sprintf("%s kept %d of %d", sign, r.kept, r.words), style
}
