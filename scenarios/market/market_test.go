package market

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment/environmenttest"
)

// The world keeps the contract of package environment, and has the properties it declares.
func TestTheSquareKeepsTheContract(t *testing.T) {
	cfg := environmenttest.Config{Agents: []string{"ada", "ben", "buyer"}, Rounds: 30, Seed: 1}
	environmenttest.Check(t, Define(Laws{Tasks: 3, Each: 2, Buyer: "buyer", Rounds: 20}), cfg)
	environmenttest.Check(t, Define(Laws{Tasks: 2, Each: 1, Buyer: "buyer", Rounds: 20, Costs: [][]float64{{1, 2}, {3, 4}}}), cfg)
}

// The optimum is that of trying all divisions.
func TestOptimum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		contractors, each := 1+r.IntN(4), 1+r.IntN(2)
		tasks := 1 + r.IntN(min(5, contractors*each))
		costs := make([][]float64, contractors)
		for i := range costs {
			for range tasks {
				costs[i] = append(costs[i], float64(r.IntN(20)))
			}
		}
		left := make([]int, contractors)
		for i := range left {
			left[i] = each
		}
		var best func(task int) float64
		best = func(task int) float64 {
			if task == tasks {
				return 0
			}
			least := math.Inf(1)
			for i := range costs {
				if left[i] > 0 {
					left[i]--
					least = min(least, costs[i][task]+best(task+1))
					left[i]++
				}
			}
			return least
		}
		if got, want := optimum(costs, each), best(0); math.Abs(got-want) > 1e-9 {
			t.Fatalf("optimum of %v, %d each, is %v, want %v", costs, each, got, want)
		}
		if got := central(costs, each); got < best(0)-1e-9 {
			t.Fatalf("a dispatcher comes to %v, less than the optimum %v", got, best(0))
		}
	}
}

func TestBadOrdersNameWhatIsAccepted(t *testing.T) {
	for _, c := range []struct {
		set   map[string]string
		minds string
		want  string
	}{
		{map[string]string{"protocol": "shout"}, "1*buyer 2*honest", "contract-net or iterated"},
		{map[string]string{"price": "1"}, "1*buyer 2*honest", "accepted are protocol, costs"},
		{map[string]string{"costs": "1,2;3"}, "1*buyer 2*honest", "parameter costs: "},
		{map[string]string{"costs": "1,2;3,-4"}, "1*buyer 2*honest", `row 2, column 2 is "-4"`},
		{map[string]string{"costs": "/nowhere.csv"}, "1*buyer 2*honest", "a file of CSV"},
		{map[string]string{"costs": "testdata/costs.csv"}, "1*buyer 2*honest", "here 4, the rows"},
		{map[string]string{"costs": "testdata/costs.csv", "tasks": "3"}, "1*buyer 4*honest", "accepted is 4, the columns"},
		{map[string]string{"each": "1", "tasks": "3"}, "1*buyer 2*honest", "at least 2"},
		{map[string]string{"bids": "9"}, "1*buyer 2*honest", "from 2 to 5"},
		{nil, "2*buyer 2*honest", "2 agents that buy"},
		{nil, "2*honest", "0 agents that buy"},
		{nil, "1*buyer", "0 contractors"},
		{nil, "1*buyer 1*breaker:200", "breaker:P"},
		{nil, "1*buyer 1*fixed:2", "accepted are buyer, wary"},
	} {
		minds, err := polis.ParseMinds(strings.Fields(c.minds), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Build(polis.Order{Minds: minds, Settings: c.set}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %s: got %v, want %q", c.set, c.minds, err, c.want)
		}
	}
}

func FuzzCosts(f *testing.F) {
	for _, text := range []string{"1,2\n3,4\n", "", "1,x", "1\n1,2", "NaN", "1e400", "\"1", "-1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		costs, err := parseCosts(text)
		if err != nil {
			return
		}
		for _, row := range costs {
			for _, c := range row {
				if len(row) != len(costs[0]) || !(c >= 0 && c <= 1e9) {
					t.Fatalf("%q gave %v", text, costs)
				}
			}
		}
	})
}
