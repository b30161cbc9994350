package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Who decides without being a language model.
var notModels = map[string]string{
	"rules": "rules", "stand-in": "the stand-in", "person": "a person", "cassette": "a cassette of recorded answers",
}

// aModel says whether a language model decided at least once. One that never answered decided nothing, though what its
// agents did is counted as its own: they passed.
func aModel(deciders map[string]int, u Usage) bool {
	for who, n := range deciders {
		if notModels[who] == "" && n > 0 {
			return u.Answered > 0
		}
	}
	return false
}

// decidedBy says in sentences who decided, given what was asked of adapters. What nobody decided is told by the
// configuration's words.
func decidedBy(deciders map[string]int, u Usage, otherwise string) string {
	all, sum := counts(deciders), 0
	for _, c := range all {
		sum += c.N
	}
	var parts, silent []string
	for _, c := range all {
		if c.N == 0 {
			continue
		}
		text := cmp.Or(notModels[c.Name], printable(c.Name, longName))
		if notModels[c.Name] == "" && u.Answered < 1 {
			silent = append(silent, text)
			continue
		}
		if c.N < sum {
			text += fmt.Sprintf(" (%d of %d)", c.N, sum)
		}
		parts = append(parts, text)
	}
	never := neverAnswered(silent, u)
	if len(parts) == 0 && never != "" {
		return never
	}
	if len(parts) == 0 {
		if otherwise = strings.TrimSpace(printable(otherwise, MaxText)); otherwise == "" {
			return "Nothing was decided."
		}
		return "Nothing was decided; it would have been " + strings.TrimSuffix(otherwise, ".") + "."
	}
	text := "Decided by " + and(parts)
	if !aModel(deciders, u) && deciders["cassette"] == 0 {
		text += ", no language model"
	}
	return strings.TrimSpace(text + ". " + never)
}

// neverAnswered tells of models that were asked in vain; "": there are none.
func neverAnswered(names []string, u Usage) string {
	switch {
	case len(names) == 0:
		return ""
	case u.Requests < 1:
		return fmt.Sprintf("No answer of %s is counted.", and(names))
	}
	times, whose := plural(u.Requests, "time"), "its"
	if u.Requests == 1 {
		times = "once"
	}
	text := and(names) + " was asked "
	if len(names) > 1 {
		text, whose = and(names)+" were asked ", "their"
	}
	return sentence(text + times + " and never answered; " + whose + " agents passed")
}

// printable is a text on one line, with a mark for every character that cannot be seen or that turns the direction of
// writing, and of bounded length: what sentences of this program are made from.
func printable(text string, most int) string {
	letters := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "))
	if len(letters) > most {
		letters = append(letters[:most-1], '…')
	}
	for i, r := range letters {
		if !unicode.IsPrint(r) {
			letters[i] = '·'
		}
	}
	return string(letters)
}

// counts lists a map, the most first.
func counts(m map[string]int) []Count {
	all := []Count{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		all = append(all, Count{name, m[name]})
	}
	slices.SortStableFunc(all, func(a, b Count) int { return cmp.Compare(b.N, a.N) })
	return all
}

// and lists texts in words: "a, b and c".
func and(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// plural counts things: "1 month", "12 months".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// short is a number as people read it: few digits, no zeros at the end.
func short(x float64) string {
	a := math.Abs(x)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case a >= 1e15 || a != 0 && a < 0.001:
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	digits := 3
	if a >= 100 {
		digits = 1
	} else if a >= 10 {
		digits = 2
	}
	text := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return strings.Replace(text, "-", "−", 1)
}

// rough is a number to compare others with at a glance: three digits.
func rough(x float64) string {
	if a := math.Abs(x); a != 0 && a < 1e15 {
		unit := math.Pow(10, math.Floor(math.Log10(a))-2)
		x = math.Round(x/unit) * unit
	}
	return short(x)
}

// plain is a name without the marks that programs write.
func plain(name string) string {
	return strings.TrimSpace(strings.NewReplacer("_", " ", ".", " ").Replace(name))
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// optional is a number that may be missing.
func optional(x *float64) string {
	if x == nil {
		return "–"
	}
	return short(*x)
}

// longSentence is how many letters of a sentence the page shows in a table.
const longSentence = 300

// words are a sentence on one line.
func words(text string) string { return printable(text, longSentence) }
