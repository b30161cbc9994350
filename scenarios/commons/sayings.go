package commons

import (
	"slices"
	"strconv"
	"strings"
)

// What the stand-in says, by occasion: $share, $tons, $lake, $who, $caught, $word and $season are filled in.
var (
	offers = []string{
		"If each of us takes more than $tons, we lose it by $season.",
		"$tons each. Nobody gets rich, and nobody goes hungry.",
		"Let us say $tons, and then let us really do $tons.",
		"I counted twice: $tons each, and the lake is as full again next month.",
		"My offer is $tons. I would rather fish in $season than feast today.",
		"$tons tons a head. Write it on the boathouse door.",
	}
	calm = []string{
		"The lake holds $lake tons. That is what patience looks like.",
		"Half of it is ours, the other half is next month.",
		"I heard the fish jump all night. Let them.",
		"Nobody ever starved because he left $share in the water.",
		"What we leave is what we get.",
	}
	worry = []string{
		"Only $lake tons are left. I can see the bottom where I never could.",
		"The nets come up light. Somebody has been fishing in our $season.",
		"If we do not stop now there will be nothing left to stop for.",
		"$share each, this month, or we can sell the boats.",
		"My grandmother spoke of a lake that was emptied in a year. I thought it was a story.",
	}
	thanks = []string{
		"Everybody kept to it. I did not think we could.",
		"Last month we all did what we said. Again?",
		"A word is worth something here. Let us keep it that way.",
		"No surprises on the scales. Thank you.",
		"I checked everybody's catch twice. I should not have worried.",
	}
	blame = []string{
		"$who, you took $caught. We had said $word.",
		"$caught, $who? The lake can count, and so can we.",
		"We agreed on $word. $who brought home $caught. I do not need to say more.",
		"$who, that was not one fish too many, that was our $season.",
		"Last month $who ate at our table. $caught instead of $word.",
	}
	sorry = []string{
		"I took more than I said. It was a good morning, and I was weak.",
		"Yes, it was me. I will make it up.",
		"I owe the lake a few. I will not do it again this month.",
		"Before anybody asks: my nets were fuller than my promise.",
		"I have no excuse. I have a full cellar and a bad conscience.",
	}
	assent = []string{
		"$tons it is. I will hold to it.",
		"Fair enough, $who. $tons.",
		"I can live on $tons, and so can the lake.",
		"Agreed, $who. And we shall see on the scales.",
		"$tons, then. My children will learn to like bread.",
	}
	refusal = []string{
		"$tons is more than the lake can bear, $who. $share, no more.",
		"With $tons each we would be done by $season. No.",
		"I like you, $who, but I cannot agree to $tons.",
		"Count again, $who. The lake gives $share each, not $tons.",
		"$tons, $who? The lake is a lake, not a well-meaning uncle.",
	}
	distrust = []string{
		"You gave your word last month, $who. It did not hold water.",
		"From you, $who, I want to see a small catch first, then a promise.",
		"Not this month, $who. Ask me when the lake has forgotten.",
		"Words are wind, $who. Yours blew the wrong way.",
		"I will promise you something, $who: I will watch the scales.",
	}
)

// saidBefore is how few of one's newest remarks are not said again.
const saidBefore = 24

// say says one of several things.
func (s *standIn) say(templates []string) { s.sayAbout(nil, templates, s.v.Share) }

// sayAbout says one of several things about so many tons: one that it has not said lately, if there is any. It is about
// the first of those who are named, and for all to hear.
func (s *standIn) sayAbout(about, templates []string, tons int) {
	if !s.can["say"] || len(others(s.v)) == 0 {
		return
	}
	who, caught, word := "friend", 0, 0
	if len(about) > 0 {
		who = about[0]
	}
	if len(s.broke) > 0 {
		caught, word = s.broke[0].caught, s.broke[0].word
		if len(about) == 0 {
			who = s.broke[0].who
		}
	}
	fill := strings.NewReplacer("$share", strconv.Itoa(s.v.Share), "$tons", strconv.Itoa(tons), "$lake", strconv.Itoa(s.v.Stock),
		"$who", who, "$caught", strconv.Itoa(caught), "$word", strconv.Itoa(word), "$season", seasonAfter(s.v.Month))
	// Who speaks at the same time says something else, and so does everybody another month, another year.
	first := slices.Index(s.v.Present, s.o.Agent) + s.v.Month + s.v.Stock
	for _, c := range s.v.Catches {
		first += c.Tons
	}
	text := ""
	for i := range templates {
		if text = fill.Replace(templates[(uint(first)+uint(i))%uint(len(templates))]); !s.saidLately(text) {
			break
		}
	}
	s.call("say", map[string]any{"text": text})
}

// saidLately says whether it has just said the same.
func (s *standIn) saidLately(text string) bool {
	lately := slices.Concat(s.o.Memory, s.o.Heard)
	for _, r := range lately[max(0, len(lately)-saidBefore):] {
		if r.From == s.o.Agent && r.Text == text {
			return true
		}
	}
	return false
}

// seasonAfter is the season a quarter of a year after a month; the first is January.
func seasonAfter(month int) string {
	return []string{"winter", "winter", "spring", "spring", "spring", "summer", "summer", "summer", "autumn", "autumn", "autumn", "winter"}[(month%12+2)%12]
}
