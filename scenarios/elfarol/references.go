package elfarol

import (
	"fmt"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	{Name: "bar, 5 strategies", Source: "the rules of El Farol (NetLogo, 2007), by a bare loop, 60 runs", Kind: "scripted", Metrics: map[string]float64{Attendance: 58.6, AttendanceSD: 3.0}},
	{Name: "bar, 10 strategies", Source: "the rules of El Farol (NetLogo, 2007), by a bare loop, 60 runs", Kind: "scripted", Metrics: map[string]float64{Attendance: 57.8, AttendanceSD: 8.9}},
	{Name: "bar, everybody goes with probability 0.6", Source: "exact: binomial", Kind: "random", Metrics: map[string]float64{Attendance: 60, AttendanceSD: 4.90}},
	game(3, 3.166), game(4, 1.595), game(5, .376), game(7, .394), game(8, .575), game(9, .735), game(11, .938), game(12, .965),
	{Name: "minority, everybody by chance", Source: "exact: binomial", Kind: "random", Metrics: map[string]float64{Volatility: 1}},
}

func game(memory int, volatility float64) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("minority, memory %d", memory), Source: "the rules of Challet and Zhang 1997, 101 agents, by a bare loop", Kind: "scripted",
		Metrics: map[string]float64{Volatility: volatility}}
}
