package interaction_test

import (
	"fmt"
	"log"
	"os"

	"github.com/polis-agents/polis/protocol/interaction"
)

func ExampleRead() {
	text, err := os.ReadFile("../../scenarios/auction/sealed.yaml")
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := interaction.Read(text)
	if err != nil {
		log.Fatal(err) // interaction: line 12: state "CALLED" of the initiator, move 1: to "SEELED"; accepted is …
	}
	for trace := range sealed.Traces(interaction.Participant, 3) {
		if trace.Ended() {
			fmt.Println(trace)
		}
	}
	// Output:
	// ?cfp !propose ?reject-proposal [LOST]
	// ?cfp !propose @outcome [LOST]
	// ?cfp !refuse [OUT]
	// ?cfp !not-understood [NU]
	// ?cfp @reply [OUT]
}
