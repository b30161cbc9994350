package market

import "github.com/polis-agents/polis/actors"

// Job is what a buyer calls for: one of its tasks.
type Job struct {
	Task int `json:"task"`
}

// Bid is what a contractor offers: to do the job at that price.
type Bid struct {
	Price float64 `json:"price"`
}

// Delivery is what comes of a job: the price that was agreed.
type Delivery struct {
	Task  int     `json:"task"`
	Price float64 `json:"price"`
}

func init() {
	actors.Payload[Job]("market.Job")
	actors.Payload[Bid]("market.Bid")
	actors.Payload[Delivery]("market.Delivery")
}
