package screen

// layout is how many lines each part of the screen has. They fill it exactly.
type layout struct {
	title    int
	above    int // rule above the agents
	rows     int // agents, with the line that counts those not shown
	below    int // rule below them
	news     int // what happened, beside the curve of the gauge
	question int // with the line to type on
	models   int
	metrics  int
	keys     int
}

// arrange shares out the height: what matters most is there even in a few lines.
func arrange(height, agents, models, question int) (l layout) {
	left := height
	take := func(n int) int {
		n = max(min(n, left), 0)
		left -= n
		return n
	}
	l.title = take(1)
	if height >= 4 {
		l.keys = take(1)
	}
	if question > 0 {
		l.question = take(min(question+2, max(left*2/3, 1))) // with a rule, and one line to type on
	}
	if height >= 6 {
		l.metrics = take(1)
	}
	l.models = take(min(models, height/8))
	if left >= 8 {
		l.above, l.below = take(1), take(1)
	}
	least := min(left/4, 6)
	if left >= 3 {
		least = max(least, 1)
	}
	l.rows = take(min(agents, left-least))
	l.news = left
	return l
}

// seen is how many agents have a row of their own.
func (l layout) seen(agents int) int {
	if agents > l.rows && l.rows > 1 {
		return l.rows - 1 // one line counts the others
	}
	return l.rows
}
