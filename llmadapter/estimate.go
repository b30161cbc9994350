package llmadapter

import "math"

// What is supposed of a model that has not answered yet.
const (
	firstTokensPerByte = 0.25
	firstOutput        = 1024.0
	leastTokensPerByte = 0.02
	mostTokensPerByte  = 4.0
	perMessage         = 8 // bytes that the wire form, and the template of the model, add to each message or tool
)

// estimate guesses the tokens of a request from its bytes, and those of an answer from the answers before it. What it
// learns are moving averages over some sixteen answers.
type estimate struct {
	perByte float64 // tokens; 0: not known
	output  float64 // tokens of an answer; 0: not known
	spread  float64 // how far answers are from that
}

// bytesOf is the length of a request, as far as it is prompt.
func bytesOf(r *Request) int {
	n := 0
	for i := range r.Messages {
		m := &r.Messages[i]
		n += len(m.Text) + perMessage
		for j := range m.Calls {
			n += len(m.Calls[j].Name) + len(m.Calls[j].Arguments) + perMessage
		}
	}
	for i := range r.Tools {
		n += len(r.Tools[i].Name) + len(r.Tools[i].Doc) + len(r.Tools[i].Schema) + perMessage
	}
	return n
}

// guess gives the tokens that are to be expected: of the prompt and of the answer.
func (g *estimate) guess(bytes, most int) (input, output int) {
	perByte, out := g.perByte, g.output
	if perByte == 0 {
		perByte = firstTokensPerByte
	}
	if out == 0 {
		out = firstOutput
	}
	input, output = int(perByte*float64(bytes))+1, int(out)+1
	if most > 0 {
		output = min(output, most)
	}
	return input, output
}

// reserve gives the tokens that are held for a call: with some more than is to be expected, and all that may be answered.
func (g *estimate) reserve(bytes, most int) (input, output int) {
	input, output = g.guess(bytes, 0)
	if g.output > 0 {
		output = int(math.Ceil(g.output + 3*g.spread))
	}
	if most > 0 {
		output = most
	}
	return input + input/10 + 1, output
}

// learn takes in what an answer was.
func (g *estimate) learn(bytes int, used Tokens) {
	if used.Input > 0 && bytes > 0 {
		perByte := min(max(float64(used.Input)/float64(bytes), leastTokensPerByte), mostTokensPerByte)
		if g.perByte == 0 {
			g.perByte = perByte
		}
		g.perByte += (perByte - g.perByte) / 16
	}
	if used.Output > 0 {
		out := float64(used.Output)
		if g.output == 0 {
			g.output, g.spread = out, out/4
		}
		g.spread += (math.Abs(out-g.output) - g.spread) / 16
		g.output += (out - g.output) / 16
	}
}
