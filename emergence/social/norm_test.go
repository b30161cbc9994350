package social_test

import (
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func TestCompliance(t *testing.T) {
	kept := []social.Opportunity{{1, true, true}, {1, true, true}, {2, false, true}, {3, true, false}, {4, false, false}, {5, false, false}}
	c, err := social.ComplianceOf(kept)
	if want := (social.Compliance{All: social.Share{Hits: 3, N: 6}, Sanctioned: social.Share{Hits: 2, N: 3}, Unsanctioned: social.Share{Hits: 1, N: 3}}); err != nil || c != want {
		t.Errorf("%+v, %v, want %+v", c, err, want)
	}
	value(t, "rate", 2./3)(c.Sanctioned.Rate())
	refused[social.Compliance](t, "none", "no opportunities")(social.ComplianceOf(nil))
	c, _ = social.ComplianceOf(kept[:3])
	refused[float64](t, "never without sanctions", "0 of 0 opportunities; accepted is a part of 1 or more")(c.Unsanctioned.Rate())
	refused[float64](t, "too many", "3 of 2 opportunities")(social.Share{Hits: 3, N: 2}.Rate())
	refused[float64](t, "too few", "-1 of 2 opportunities")(social.Share{Hits: -1, N: 2}.Rate())
}

func TestPersistence(t *testing.T) {
	kept := []social.Opportunity{{Round: 1, Complied: true}, {Round: 2, Complied: true}, {Round: 3, Complied: true}, {Round: 4}, {Round: 5, Complied: true}, {Round: 6}}
	p, err := social.PersistenceOf(kept, 3)
	if want := (social.Persistence{Before: social.Share{Hits: 2, N: 2}, After: social.Share{Hits: 2, N: 4}}); err != nil || p != want {
		t.Errorf("%+v, %v, want %+v", p, err, want)
	}
	value(t, "ratio", .5)(p.Ratio())
	p.Before.Hits = 1
	value(t, "ratio above 1 and below", 1)(p.Ratio())
	p.Before.Hits = 0
	warned(t, "never kept", 0, "the norm was never kept before")(p.Ratio())
	refused[social.Persistence](t, "left at once", "0 opportunities before round 1 and 6 from it on")(social.PersistenceOf(kept, 1))
	refused[social.Persistence](t, "never left", "6 opportunities before round 7 and 0 from it on")(social.PersistenceOf(kept, 7))
	refused[float64](t, "nothing", "0 of 0 opportunities")(social.Persistence{}.Ratio())
	refused[float64](t, "nothing after", "0 of 0 opportunities")(social.Persistence{Before: social.Share{Hits: 1, N: 1}}.Ratio())
}
