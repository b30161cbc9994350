package emergence

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/polis-agents/polis/emergence/social"
)

// ofRounds is an order parameter: a number of what all agents do in a round, and its mean over rounds.
func ofRounds(m Measure, of func(round []float64) (float64, error)) Measure {
	m.Unit, m.Cost, m.Nulls = "1", "O(T n)", series
	m.Values = []string{"mean", "last"}
	m.Params = []Param{{"columns", "the agents, with commas between them; by default all columns", ""}}
	m.bind = func(in Input, a args) (*bound, error) {
		t, err := in.series(m.Name)
		if err != nil {
			return nil, err
		}
		names, err := t.chosen(a.list("columns"))
		if err != nil {
			return nil, err
		}
		agents, constant := make([][]float64, len(names)), []string(nil)
		for i, name := range names {
			if agents[i], err = t.numbers(name); err != nil {
				return nil, err
			}
			constant = append(constant, constantColumn(name, agents[i])...)
		}
		rounds, err := inRounds(agents, of)
		if err != nil {
			return nil, err
		}
		b := &bound{n: t.Len(), of: strings.Join(names, ", "), ordered: true, within: [2]float64{0, 1},
			values: Values{{"mean", stat.Mean(rounds, nil)}, {"last", rounds[len(rounds)-1]}}}
		b.warnings = constant
		var moved []int
		for i := range agents[1:] { // where one stays, all others lose their place beside it
			moved = append(moved, i+1)
		}
		columns(b, agents, moved, func(agents [][]float64) float64 {
			rounds, err := inRounds(agents, of)
			return orNaN(stat.Mean(rounds, nil), err)
		}, series...)
		rows(b, [][]float64{rounds}, func(rounds [][]float64) float64 { return stat.Mean(rounds[0], nil) })
		return b, nil
	}
	return m
}

func inRounds(agents [][]float64, of func([]float64) (float64, error)) ([]float64, error) {
	rounds, all := make([]float64, len(agents[0])), make([]float64, len(agents))
	for t := range rounds {
		for i := range agents {
			all[i] = agents[i][t]
		}
		x, err := of(all)
		if err != nil && !isWarning(err) {
			return nil, err
		}
		rounds[t] = x
	}
	return rounds, nil
}

var magnetisation = ofRounds(Measure{Name: "magnetisation", Doc: "how far all point the same way: 1 when all do",
	Needs: "a column for each agent of numbers from -1 to 1, a row for each round", Source: "Castellano, Fortunato and Loreto 2009"}, social.Magnetisation)

var kuramoto = ofRounds(Measure{Name: "kuramoto", Doc: "how far phases agree: 1 when all are the same",
	Needs: "a column for each agent of phases in radians, a row for each round", Source: "Kuramoto 1975"}, social.Kuramoto)

var polarisation = ofColumn(Measure{
	Name: "polarisation", Unit: "1", Cost: "O(N log N)", Values: []string{"variance", "bimodality", "esteban-ray", "clusters", "effective_clusters"},
	Doc:    "how far opinions have drawn apart",
	Needs:  "a column of opinions, a row for each agent; or with a column weight of whole numbers",
	Source: "Esteban and Ray 1994; Hegselmann and Krause 2002 (clusters)",
	Params: []Param{{"alpha", "of Esteban and Ray, 0 to 1.6: how much the size of a group counts", "1"}, {"tol", "a wider gap than this parts two clusters", "0.001"}},
}, 1, func(b *bound, x []float64, a args) error {
	variance, err := social.Variance(x)
	if err := b.take("variance", variance, err); err != nil {
		return err
	}
	bimodality, err := social.Bimodality(x)
	if err := b.take("bimodality", bimodality, err); err != nil {
		return err
	}
	alpha, err := a.real("alpha", 0, 1.6)
	if err != nil {
		return err
	}
	sorted := slices.Sorted(slices.Values(x))
	places := slices.Compact(slices.Clone(sorted))
	if len(places) > 10_000 {
		b.warn("esteban-ray is left out: %d different opinions, accepted are up to 10000", len(places))
	} else {
		sizes := make([]int, len(places))
		for _, o := range sorted {
			at, _ := slices.BinarySearch(places, o)
			sizes[at]++
		}
		p, err := social.EstebanRay(sizes, places, alpha)
		if err := b.take("esteban-ray", p, err); err != nil {
			return err
		}
	}
	tol, err := a.real("tol", 0, 1e300)
	if err != nil {
		return err
	}
	clusters, err := social.Clusters(x, tol)
	if err != nil {
		return err
	}
	sizes := make([]int, len(clusters))
	for i, c := range clusters {
		sizes[i] = c.Size
	}
	effective, err := social.EffectiveNumber(sizes)
	b.values = append(b.values, Value{"clusters", float64(len(clusters))})
	return b.take("effective_clusters", effective, err)
}, func(x []float64, _ args) (float64, error) { return social.Variance(x) })

var consensusTime = Measure{
	Name: "consensus-time", Unit: "rounds", Cost: "O(T n)", Values: []string{"time", "censored", "t95", "t95_censored", "share_last", "conventions_last"},
	Plain:  []string{"censored", "t95_censored", "share_last", "conventions_last"},
	Doc:    "the first round in which all agree, and the first in which 95 % do",
	Needs:  "a column for each agent of what it used, a row for each round",
	Source: "Baronchelli et al. 2006; Ashery, Aiello and Baronchelli 2025 (t95)",
	Params: []Param{{"columns", "the agents, with commas between them; by default all columns", ""}, bins},
	bind: func(in Input, a args) (*bound, error) {
		t, err := in.series("consensus-time")
		if err != nil {
			return nil, err
		}
		names, err := t.chosen(a.list("columns"))
		if err != nil {
			return nil, err
		}
		if len(names) < 2 {
			return nil, fmt.Errorf("emergence: consensus-time of %d agents; accepted are 2 or more", len(names))
		}
		b := &bound{n: t.Len(), why: "it is one time of one run; runs make an interval"}
		agents, err := t.oneAlphabet(b, a, names)
		if err != nil {
			return nil, err
		}
		shares, last := make([]float64, t.Len()), social.Convention{}
		round := make([]int, len(agents))
		for i := range shares {
			for j := range agents {
				round[j] = agents[j][i]
			}
			if last, err = social.ConventionOf(round); err != nil {
				return nil, err
			}
			shares[i] = last.Share
		}
		for _, level := range []struct {
			name, censored string
			share          float64
		}{{"time", "censored", 1}, {"t95", "t95_censored", .95}} {
			first, err := social.First(shares, level.share)
			if err != nil {
				return nil, err
			}
			censored := 0.0
			if first.Censored {
				censored = 1
				b.warn("%s is censored: it is later than %d, if ever", level.name, first.At)
			}
			b.values = append(b.values, Value{level.name, float64(first.At)}, Value{level.censored, censored})
		}
		b.values = append(b.values, Value{"share_last", last.Share}, Value{"conventions_last", float64(last.Distinct)})
		return b, nil
	},
}
