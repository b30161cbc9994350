package dilemma

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// ancients are the strategies of Axelrod's first tournament that are not among the others, from their descriptions in
// Axelrod, "Effective Choice in the Prisoner's Dilemma", Journal of Conflict Resolution 24 (1980). Some of them say less
// than a program needs; what is chosen then is what the library Axelrod-Python chooses, and stands beside it.
var ancients = []struct {
	name, doc string
	next      chronic
}{
	{"SteinRapoport", "four C, then tit for tat; D against who seems to play at random, and in the last two turns", steinRapoport},
	{"Tideman", "Tideman and Chieruzzi: tit for tat that answers each run of defections with one more D, and gives fresh starts", tideman},
	{"Nydegger", "decides from the last three turns by a table", nydegger},
	{"Grofman", "C after a turn in which both did the same, else C with probability 2/7", grofman},
	{"Shubik", "answers a defection with D, the next with two, and so on", shubik},
	{"Davis", "C for ten turns, then a Grudger", func(h *History, _ *rand.Rand) string {
		return when(h.Turns >= 10 && strings.Contains(h.Theirs, Defect), Defect, Cooperate)
	}},
	{"Graaskamp", "tit for tat, with a D in turn 51 to see who the other is; later a D now and then", graaskamp},
	{"Downing", "does what seems to bring most, by how the other has answered C and D", downing},
	{"Feld", "tit for tat that answers C with C ever less often, in half of the cases from turn 200 on", func(h *History, r *rand.Rand) string {
		return when(last(h.Theirs) == Defect || h.Turns > 0 && r.Float64() >= max(.5, 1-.5*float64(h.Turns)/200), Defect, Cooperate)
	}},
	{"Joss", "tit for tat that answers one C of ten with D", func(h *History, r *rand.Rand) string {
		return when(last(h.Theirs) == Defect || h.Turns > 0 && r.Float64() >= .9, Defect, Cooperate)
	}},
	{"Tullock", "C for eleven turns, then C a tenth less often than the other in the last ten", func(h *History, r *rand.Rand) string {
		newest := h.Theirs[max(0, len(h.Theirs)-10):]
		return when(h.Turns < 11 || r.Float64() < float64(strings.Count(newest, Cooperate))/10-.1, Cooperate, Defect)
	}},
	{"Anonymous", "cooperates with a probability from 0.3 to 0.7, another in each turn", func(_ *History, r *rand.Rand) string {
		return when(r.Float64() < .3+.4*r.Float64(), Cooperate, Defect) // choice: how it adapted is not known
	}},
}

// titForTat begins with C.
func titForTat(h *History) string { return orFirst(last(h.Theirs), Cooperate) }

// ends says that these are the last two turns: these players were told how long it would last.
func (h *History) ends() bool { return h.Turns >= h.Length-2 }

// atRandom says that moves could be those of who tosses a coin: a chi-squared test of as many C as D, at 5 %.
func atRandom(moves string) bool {
	c, n := float64(strings.Count(moves, Cooperate)), float64(len(moves))
	return n > 0 && (2*c-n)*(2*c-n)/n <= 3.841459
}

func steinRapoport(h *History, _ *rand.Rand) string {
	const every = 15 // turns, of which it looks at all before
	checked := (h.Turns + 1) / every * every
	switch {
	case h.ends():
		return Defect
	case h.Turns < 4:
		return Cooperate
	case checked > 0 && atRandom(h.Theirs[:min(checked-1, len(h.Theirs))]):
		return Defect
	}
	return titForTat(h)
}

func grofman(h *History, r *rand.Rand) string {
	return when(last(h.Mine) == last(h.Theirs) || r.Float64() < 2./7, Cooperate, Defect)
}

// nydegger counts the other's D as 2 and its own as 1, in the last three turns with weights 16, 4, 1, the newest first
// (choice: "in chronological order" could be either).
func nydegger(h *History, _ *rand.Rand) string {
	n := len(h.Mine)
	switch {
	case n == 2 && h.Mine == Cooperate+Defect && h.Theirs == Defect+Cooperate:
		return Defect
	case n < 3:
		return titForTat(h)
	}
	a := 0
	for i, weight := range []int{16, 4, 1} {
		if h.Theirs[n-1-i:n-i] == Defect {
			a += 2 * weight
		}
		if h.Mine[n-1-i:n-i] == Defect {
			a += weight
		}
	}
	return when(slices.Contains([]int{1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61}, a), Defect, Cooperate)
}

// shubik defects k times for the k-th departure of the other from C while it cooperates itself.
func shubik(h *History, _ *rand.Rand) string {
	next, owed, times := Cooperate, 0, 0
	for i := range h.Theirs {
		switch {
		case owed > 0:
			owed, next = owed-1, Defect
		case h.Theirs[i:i+1] == Defect && h.Mine[i:i+1] == Cooperate:
			times++
			owed, next = times-1, Defect
		default:
			next = Cooperate
		}
	}
	return next
}

// downing compares what C and D bring when the other answers each as often with C as it did so far. It begins with two D,
// and takes the other's first move for an answer to C (choice).
func downing(h *History, _ *rand.Rand) string {
	if h.Turns < 2 {
		return Defect
	}
	answered, kind := map[string]float64{}, map[string]float64{}
	before := Cooperate
	for i := range h.Theirs {
		answered[before]++
		if h.Theirs[i:i+1] == Cooperate {
			kind[before]++
		}
		before = h.Mine[i : i+1]
	}
	answered[before]++ // it counts how often it has made each move, the newest too, which nobody has answered yet
	alpha, beta := kind[Cooperate]/max(answered[Cooperate], 1), kind[Defect]/max(answered[Defect], 1)
	good, bad := alpha*Reward+(1-alpha)*Sucker, beta*Temptation+(1-beta)*Punishment
	switch {
	case good > bad:
		return Cooperate
	case good < bad:
		return Defect
	}
	return opposite(last(h.Mine))
}

// graaskamp looks at the other after turn 56: at who plays at random it defects for ever, with tit for tat and with its
// twin it plays tit for tat, and at all others it defects every 5 to 15 turns.
func graaskamp(h *History, r *rand.Rand) string {
	const probe, judged = 50, 56
	n := len(h.Mine)
	switch {
	case h.Turns == probe:
		return Defect
	case n < judged:
		return titForTat(h)
	}
	for seen := judged; seen <= n; seen++ {
		if atRandom(h.Theirs[:seen]) {
			return Defect
		}
	}
	if h.Mine == h.Theirs || h.Mine[:n-1] == h.Theirs[1:] {
		return titForTat(h)
	}
	gap := n - max(judged, strings.LastIndex(h.Mine, Defect))                           // turns since its last D
	return when(gap >= 5 && r.Float64() < 1/float64(max(1, 16-gap)), Defect, Cooperate) // each of 5 to 15 is as likely
}

// tideman answers each run of defections with one more D than the last. Who is 10 points behind and shows good will gets a
// fresh start, at most every 20 turns and not in the last 10, when its defections are not those of a coin.
func tideman(h *History, _ *rand.Rand) string {
	if h.ends() {
		return Defect
	}
	next, lead, started := Cooperate, 0, 0
	var owed, length, defections, fresh int
	for i := range h.Theirs {
		mine, theirs := h.Mine[i:i+1], h.Theirs[i:i+1]
		lead += payoff(mine, theirs) - payoff(theirs, mine)
		if theirs == Defect {
			defections++
		}
		turn, half, three := i+2, float64(i+1)/2, 1.5*math.Sqrt(float64(i+1)) // three: standard deviations
		good := started == 0 || turn-started >= 20
		switch {
		case fresh > 0:
			fresh, next = 0, Cooperate
		case good && lead >= 10 && h.Length-turn >= 10 && theirs == Cooperate && math.Abs(float64(defections)-half) >= three:
			owed, length, defections, fresh, started, next = 0, 0, 0, 1, turn, Cooperate
		case owed > 0:
			owed, next = owed-1, Defect
		case theirs == Defect:
			length++
			owed, next = length-1, Defect
		default:
			next = Cooperate
		}
	}
	return next
}
