package commons

import "github.com/polis-agents/polis/protocol/commitment"

// Judge says whether a cap was kept: by what somebody has asked for in its month, which only the lake knows.
func (c Cap) Judge(_ string, f commitment.Fact) commitment.Verdict {
	switch {
	case f.Name != varAsked || f.Round != c.Month:
		return commitment.Silent
	case f.Value <= float64(c.Tons):
		return commitment.Holds
	}
	return commitment.Fails
}
