package monitor_test

import (
	"fmt"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// A call for proposals: bob's comes in time, cy's too late.
func Example() {
	ann := monitor.New(monitor.Config{Self: "ann"})
	call := ann.Open("fipa-contract-net", protocol.CFP, "a roof", "bob", "cy")
	call.ReplyBy = 10 * time.Second
	show(ann.Send(0, &call))

	proposal := func(who string) *protocol.Message {
		return &protocol.Message{Act: protocol.Propose, Sender: who, Receivers: []string{"ann"}, Content: 100,
			Protocol: call.Protocol, Conversation: call.Conversation, InReplyTo: call.ReplyWith, ReplyWith: who + ".1"}
	}
	show(ann.Receive(3*time.Second, proposal("bob")))
	show(ann.Receive(11*time.Second, proposal("cy")))

	fmt.Println("may say", ann.Legal(11*time.Second, call.Conversation, "bob"))
	award, _ := ann.Reply(call.Conversation, "bob", protocol.AcceptProposal, nil)
	show(ann.Send(11*time.Second, &award))

	// Output:
	// accepted
	//   bob: START to CALLED by cfp
	//   cy: START to CALLED by cfp
	// accepted
	//   bob: CALLED to PROPOSED by propose
	// late: propose after [TIMEOUT]
	//   cy: CALLED to [TIMEOUT] by after reply
	//   answer to [cy]: reject-proposal
	// may say [accept-proposal reject-proposal not-understood cancel]
	// accepted
	//   bob: PROPOSED to AWARDED by accept-proposal
}

func show(s monitor.Step) {
	fmt.Print(s.Verdict)
	if s.Reason.Detail != "" {
		fmt.Print(": ", s.Reason.Detail)
	}
	fmt.Println()
	for _, c := range s.Changes {
		fmt.Printf("  %s: %s to %s by %s\n", c.Peer, c.From, c.To, c.By)
	}
	for _, m := range s.Say {
		fmt.Printf("  answer to %v: %s\n", m.Receivers, m.Act)
	}
}
