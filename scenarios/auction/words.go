package auction

import (
	_ "embed"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Call calls for sealed bids.
type Call struct {
	Lot string `json:"lot"`
}

// Bid is a sealed bid.
type Bid struct {
	Lot   string  `json:"lot"`
	Price float64 `json:"price"`
}

// Bids are all bids for a lot, opened, the highest first.
type Bids struct {
	Lot string `json:"lot"`
	All []Bid  `json:"bids"`
}

// Kind is "bids".
func (Bids) Kind() string { return "bids" }

// Award says what the winner pays.
type Award struct {
	Lot   string  `json:"lot"`
	Price float64 `json:"price"`
}

func init() {
	actors.Payload[Call]("auction.Call")
	actors.Payload[Bid]("auction.Bid")
	actors.Payload[Bids]("auction.Bids")
	actors.Payload[Award]("auction.Award")
}

//go:embed sealed.yaml
var sealedFile []byte

//go:embed vickrey.yaml
var vickreyFile []byte

// Protocols are the two that are written here: sealed-bid and vickrey.
func Protocols() ([]*interaction.Protocol, error) {
	var all []*interaction.Protocol
	for _, file := range [][]byte{sealedFile, vickreyFile} {
		p, err := interaction.Read(file)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}
