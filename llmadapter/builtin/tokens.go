package builtin

import (
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
)

// bytesPerToken is the length of a token here: about that of a language model's in English.
const bytesPerToken = 4

// countTokens is how many tokens a text has.
func countTokens(text string) int { return (len(text) + bytesPerToken - 1) / bytesPerToken }

// token is a piece of an answer, as it is streamed.
type token struct {
	call int // whose arguments it is a piece of, from 0; -1: of the text
	text string
}

// tokens cuts an answer into tokens, and what goes beyond the limit away.
func (a *answer) tokens(most int) []token {
	var all []token
	cut := func(call int, text string) {
		if text == "" && call >= 0 {
			all = append(all, token{call, ""}) // its name is an answer too
		}
		for len(text) > 0 {
			n := min(bytesPerToken, len(text))
			for n < len(text) && !utf8.RuneStart(text[n]) { // no letter is cut
				n++
			}
			all = append(all, token{call, text[:n]})
			text = text[n:]
		}
	}
	cut(-1, a.text)
	for i, c := range a.calls {
		cut(i, c.Arguments)
	}
	if most > 0 && len(all) > most {
		all = all[:most]
		a.finish = llmadapter.FinishLength
	}
	return all
}

// mostChunks is in how many pieces an answer is streamed: enough to be a stream, few enough to be cheap.
const mostChunks = 12

// chunks joins neighbouring tokens of the same target; of gives how many tokens each has.
func chunks(all []token) (out []token, of []int) {
	size := (len(all) + mostChunks - 1) / mostChunks
	for _, t := range all {
		if n := len(out); n > 0 && out[n-1].call == t.call && of[n-1] < size {
			out[n-1].text += t.text
			of[n-1]++
			continue
		}
		out, of = append(out, t), append(of, 1)
	}
	return out, of
}
