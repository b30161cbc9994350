package commitment_test

import (
	"fmt"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/commitment"
	"github.com/polis-agents/polis/protocol/trust"
)

// Quota is what fishers promise each other: to catch no more in a month.
type Quota struct{ Month, Tons int }

// Judge says whether it was kept, by what the lake shows.
func (q Quota) Judge(debtor string, f commitment.Fact) commitment.Verdict {
	switch {
	case f.Name != "catch" || f.Round != q.Month:
		return commitment.Silent
	case f.Value <= float64(q.Tons):
		return commitment.Holds
	}
	return commitment.Fails
}

// Kate and Jack give each other their word. Jack breaks it, and Kate thinks less of him.
func Example() {
	o := commitment.New(commitment.Config{})
	kate := trust.New(trust.Config{})

	quota := Quota{Month: 1, Tons: 10}
	o.Hear(1*time.Second, "kate/1/0", &protocol.Message{Act: protocol.Propose, Sender: "kate", Receivers: []string{"jack"}, Content: quota, Conversation: "quota/1"})
	o.Hear(2*time.Second, "jack/1/0", &protocol.Message{Act: protocol.Agree, Sender: "jack", Receivers: []string{"kate"}, Content: quota, Conversation: "quota/1"})
	for _, c := range o.Open() {
		fmt.Printf("%s owes %s: %v\n", c.Debtor, c.Creditor, c.State)
	}

	o.Fact(3*time.Second, commitment.Fact{Name: "catch", Agent: "kate", Round: 1, Value: 10})
	o.Fact(3*time.Second, commitment.Fact{Name: "catch", Agent: "jack", Round: 1, Value: 14})
	for _, c := range o.All() {
		last := c.History[len(c.History)-1]
		fmt.Printf("%s to %s: %v, by the %s, at %v\n", c.Debtor, c.Creditor, c.State, last.Fact, last.At)
		if c.Creditor == "kate" {
			kate.Observe(last.At, trust.Subject{Agent: c.Debtor, Service: "quota"}, c.State == commitment.Satisfied)
		}
	}
	fmt.Printf("Kate expects Jack to keep his word with probability %.2f\n", kate.Opinion(3*time.Second, trust.Subject{Agent: "jack", Service: "quota"}).Estimate())
	// Output:
	// jack owes kate: detached
	// kate owes jack: detached
	// jack to kate: violated, by the catch, at 3s
	// kate to jack: satisfied, by the catch, at 3s
	// Kate expects Jack to keep his word with probability 0.33
}
