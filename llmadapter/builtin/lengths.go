package builtin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/internal/chance"
)

// mostLong is how long an answer is drawn at most, in tokens.
const mostLong = 32_768

// Lengths are how long answers are, drawn from the request and its seed: lognormal, as those of models are roughly. The
// zero value draws none: an answer is as long as what it says.
//
// A free text is made as long by more of the same words. An answer that has a form, such as calls, stays what it is: what
// is drawn beyond its length are thoughts, which come first, are not shown, take their time, and are counted as tokens of
// the answer, as models do that reason.
type Lengths struct {
	Median int     // tokens
	Sigma  float64 // of the logarithm; 0: all have the median
}

// ParseLengths reads "200" or "200:0.6", the median and sigma.
func ParseLengths(text string) (Lengths, error) {
	median, sigma, has := strings.Cut(text, ":")
	n, err := strconv.Atoi(median)
	l := Lengths{Median: n}
	if err == nil && has {
		l.Sigma, err = strconv.ParseFloat(sigma, 64)
	}
	if err != nil || n < 1 || l.Check() != nil {
		return Lengths{}, fmt.Errorf("builtin: lengths %q; accepted is MEDIAN[:SIGMA], such as 200:0.6, with 1 to %d tokens and a sigma from 0 to 3", text, mostLong)
	}
	return l, nil
}

// Check says what of them makes no sense, and what is accepted.
func (l Lengths) Check() error {
	if l.Median < 0 || l.Median > mostLong || !(l.Sigma >= 0 && l.Sigma <= 3) {
		return fmt.Errorf("builtin: lengths of %d tokens with sigma %v; accepted are 1 to %d and 0 to 3", l.Median, l.Sigma, mostLong)
	}
	return nil
}

// draw is the length of the answer to a request.
func (l Lengths) draw(a *ask) int {
	r := chance.New(a.seed, "length/"+a.digest, 0)
	n := math.Round(float64(l.Median) * math.Exp(l.Sigma*r.NormFloat64()))
	return int(min(max(n, 1), mostLong))
}

// stretch gives an answer its length: a text as long as that, or thoughts beside what has a form.
func (s *Server) stretch(a *ask, out *answer, r *rand.Rand) {
	if s.cfg.Lengths.Median == 0 {
		return
	}
	n := s.cfg.Lengths.draw(a)
	if len(out.calls) > 0 || a.form != "" || a.schema != nil || a.object {
		has := countTokens(out.text)
		for _, c := range out.calls {
			has += max(countTokens(c.Arguments), 1)
		}
		if a.most > 0 {
			n = min(n, a.most) // what is shown is cut only for its own length
		}
		out.thoughts = max(n-has, 0)
		return
	}
	var text strings.Builder
	text.WriteString(out.text)
	for text.Len() < n*bytesPerToken {
		text.WriteString(" " + remarks[r.IntN(len(remarks))])
	}
	out.text = text.String()[:n*bytesPerToken] // of ASCII: no letter is cut
}
