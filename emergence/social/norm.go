package social

import "fmt"

// Opportunity is one occasion on which a norm asked something of an agent.
type Opportunity struct {
	Round      int
	Complied   bool
	Sanctioned bool // whether to break it could have been punished then
}

// Share is how often something happened, of how often it could have. The two counts are what an interval is made from.
type Share struct{ Hits, N int }

// Rate is Hits/N; without opportunities there is none, and that is an error.
func (s Share) Rate() (float64, error) {
	if s.N < 1 || s.Hits < 0 || s.Hits > s.N {
		return 0, fmt.Errorf("social: %d of %d opportunities; accepted is a part of 1 or more", s.Hits, s.N)
	}
	return float64(s.Hits) / float64(s.N), nil
}

func (s *Share) count(hit bool) {
	s.N++
	if hit {
		s.Hits++
	}
}

// Compliance is how often a norm was kept: in all, and apart for when breaking it could be punished and when not. Only
// the second tells a norm from fear.
type Compliance struct{ All, Sanctioned, Unsanctioned Share }

// ComplianceOf counts opportunities, not agents and not rounds: who never had to comply does not count. O(n).
func ComplianceOf(opportunities []Opportunity) (Compliance, error) {
	var c Compliance
	if len(opportunities) == 0 {
		return c, fmt.Errorf("social: no opportunities; accepted is one or more")
	}
	for _, o := range opportunities {
		c.All.count(o.Complied)
		if o.Sanctioned {
			c.Sanctioned.count(o.Complied)
		} else {
			c.Unsanctioned.count(o.Complied)
		}
	}
	return c, nil
}

// Persistence is how a norm is kept before and after the one who gave it has left.
type Persistence struct{ Before, After Share }

// PersistenceOf counts the opportunities of rounds before left, the round from which on the giver is gone, apart from
// those from it on. It is an error when there are none on one side. O(n).
func PersistenceOf(opportunities []Opportunity, left int) (Persistence, error) {
	var p Persistence
	for _, o := range opportunities {
		if o.Round < left {
			p.Before.count(o.Complied)
		} else {
			p.After.count(o.Complied)
		}
	}
	if p.Before.N == 0 || p.After.N == 0 {
		return Persistence{}, fmt.Errorf("social: %d opportunities before round %d and %d from it on; accepted is one or more of each", p.Before.N, left, p.After.N)
	}
	return p, nil
}

// Ratio is the rate after divided by the rate before: 1 when the norm outlives its giver, 0 when it dies with it. A norm
// that was not kept before has none: 0, with a Warning.
func (p Persistence) Ratio() (float64, error) {
	before, err := p.Before.Rate()
	if err != nil {
		return 0, err
	}
	after, err := p.After.Rate()
	if err != nil {
		return 0, err
	}
	if before == 0 {
		return 0, Warning("the norm was never kept before its giver left: persistence is taken as 0")
	}
	return after / before, nil
}
