package information_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/polis-agents/polis/emergence/information"
)

// What ann says is what ben says a round later, one time in ten the other way round.
func ExampleTransfer() {
	r := rand.New(rand.NewPCG(1, 0))
	ann, ben := make([]int, 400), make([]int, 400)
	for t := range ann {
		ann[t] = r.IntN(2)
		if t > 0 {
			ben[t] = ann[t-1]
			if r.Float64() < 0.1 {
				ben[t] = 1 - ben[t]
			}
		}
	}
	told, err := information.Transfer(ann, ben, information.History{K: 1, L: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ann to ben: %.3f bits, corrected %.3f, of %d samples\n", told.Bits, told.Corrected(), told.N)

	back, err := information.Transfer(ben, ann, information.History{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ben to ann: %.3f bits, corrected %.3f\n", back.Bits, back.Corrected())
	// Output:
	// ann to ben: 0.479 bits, corrected 0.476, of 399 samples
	// ben to ann: 0.001 bits, corrected -0.002
}

// A distribution that is known and a sample are measured alike.
func ExampleNewOutcomes() {
	coins := []float64{0.25, 0.25, 0.25, 0.25}
	xor, err := information.NewOutcomes(coins, []int{0, 0, 1, 1}, []int{0, 1, 0, 1}, []int{0, 1, 1, 0})
	if err != nil {
		log.Fatal(err)
	}
	o, err := xor.OInformation(nil)
	if err != nil {
		log.Fatal(err)
	}
	atoms, err := xor.PID(information.MMI, nil, []int{0}, []int{1}, []int{2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("O-information %.0f, synergy %.0f, redundancy %.0f\n", o, atoms.Synergistic, atoms.Redundant)
	// Output: O-information -1, synergy 1, redundancy 0
}

// One measure of a target, of its source moved in a circle a thousand times over.
func ExamplePairKernel() {
	r := rand.New(rand.NewPCG(2, 0))
	source, target := make([]uint8, 1000), make([]int, 1000)
	for t := range source {
		source[t] = uint8(r.IntN(2))
		if t > 0 && r.Float64() < 0.4 {
			target[t] = int(source[t-1])
		}
	}
	kernel, err := information.NewTransfer(target, 2, information.History{})
	if err != nil {
		log.Fatal(err)
	}
	observed, asMuch := kernel.Value(source), 0
	for range 999 {
		if kernel.Shifted(source, 100+r.IntN(800)) >= observed {
			asMuch++
		}
	}
	fmt.Printf("%d of 999 moved sources tell as much\n", asMuch)
	// Output: 0 of 999 moved sources tell as much
}
