package stream_test

import (
	"fmt"

	"github.com/polis-agents/polis/emergence/stream"
)

// pair is two agents that do the same, in turns.
type pair struct{ round int }

func (*pair) Agents() int                             { return 2 }
func (*pair) Agent(i int) string                      { return []string{"ann", "ben"}[i] }
func (p *pair) Value(int, string) (float64, bool)     { return float64(p.round / 3 % 2), true }
func (p *pair) World(variable string) (float64, bool) { return 0, false }

func Example() {
	watch, err := stream.Parse("mutual-information:act")
	if err != nil {
		panic(err)
	}
	window, err := stream.New(20, []stream.Watch{watch})
	if err != nil {
		panic(err)
	}
	for round := 1; round <= 100; round++ {
		window.End(round, &pair{round})
	}
	reading := window.Frame(&pair{100}).Readings(1)[0]
	fmt.Printf("%.2f bit over rounds %d to %d\n", reading.Estimate.Value, reading.Round-reading.Rounds+1, reading.Round)
	// Output: 0.99 bit over rounds 81 to 100
}
