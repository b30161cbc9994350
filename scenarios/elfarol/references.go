package elfarol

import (
	"fmt"
	"math"
	"strconv"

	"github.com/polis-agents/polis"
)

// references are known results, to stand beside ours.
var references = []polis.Reference{
	crowd("5", 58.6, 1.9, 3.0), crowd("10", 57.8, 1.2, 8.9),
	{Name: "bar, everybody goes with probability 0.6", Source: "exact: binomial", Kind: "random", Metrics: map[string]float64{Attendance: 60, AttendanceSD: math.Sqrt(24)},
		Known: &polis.Known{Minds: []string{"random:0.6"}, SD: map[string]float64{Attendance: math.Sqrt(24. / 500), AttendanceSD: math.Sqrt(24. / 1000)}, Quick: 4, Long: 60}},
	game(3, 3.166, .509, 32, 2, 32), game(4, 1.595, .344, 32, 0, 32), game(5, .376, .224, 32, 0, 32), game(7, .394, .037, 32, 0, 8), game(8, .575, .037, 32, 0, 4),
	game(9, .735, .033, 32, 0, 2), game(11, .938, .014, 12, 0, 2), game(12, .965, .014, 12, 0, 2),
	{Name: "minority, everybody by chance", Source: "exact: binomial", Kind: "random", Metrics: map[string]float64{Volatility: 1},
		Known: &polis.Known{Rounds: 2001, Minds: []string{"random:0.5"}, Settings: map[string]string{"model": minority}, SD: map[string]float64{Volatility: math.Sqrt(2. / 1000)}, Quick: 2, Long: 20}},
}

// crowd is the bar. How much the deviation within a run varies from run to run is not known.
func crowd(strategies string, attendance, sd, within float64) polis.Reference {
	return polis.Reference{Name: "bar, " + strategies + " strategies", Source: "the rules of El Farol (NetLogo, 2007), by a bare loop, 60 runs", Kind: "scripted",
		Metrics: map[string]float64{Attendance: attendance, AttendanceSD: within},
		Known:   &polis.Known{Settings: map[string]string{"strategies": strategies}, N: 60, SD: map[string]float64{Attendance: sd}, Quick: 20, Long: 60}}
}

func game(memory int, volatility, sd float64, theirs, quick, long int) polis.Reference {
	return polis.Reference{Name: fmt.Sprintf("minority, memory %d", memory), Source: "the rules of Challet and Zhang 1997, 101 agents, by a bare loop", Kind: "scripted",
		Metrics: map[string]float64{Volatility: volatility},
		Known: &polis.Known{Settings: map[string]string{"model": minority, "memory": strconv.Itoa(memory)}, N: theirs,
			SD: map[string]float64{Volatility: sd}, Quick: quick, Long: long}}
}
