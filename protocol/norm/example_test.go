package norm_test

import (
	"fmt"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/norm"
)

// office has clerks who must answer what clients request within three seconds.
var office = norm.Organisation{
	Name:   "office",
	Roles:  []norm.Role{{Name: "clerk"}, {Name: "client"}},
	Groups: []norm.Group{{Name: "desk", Roles: []norm.Place{{Name: "clerk", Min: 1, Max: 2}, {Name: "client"}}}},
	Norms: []norm.Norm{
		{Name: "ask", Role: "client", Deontic: norm.Permission, Do: &norm.Pattern{Act: protocol.Request, To: "clerk"}},
		{Name: "answer", Role: "clerk", When: &norm.Pattern{Act: protocol.Request, To: norm.Self},
			Do: &norm.Pattern{Act: protocol.Inform, To: norm.Other}, Within: 3 * time.Second,
			Sanction: norm.Sanction{Name: "fine", Amount: 5}},
	},
	Closed: true, // what is not permitted or obliged may not be said
}

func Example() {
	desk, err := norm.Begin(office)
	if err != nil {
		panic(err)
	}
	for _, clerk := range []string{"ann", "bob", "cy"} {
		if _, err := desk.Adopt(clerk, "clerk", "desk"); err != nil {
			fmt.Println(err)
		}
	}
	_, _ = desk.Adopt("dan", "client", "desk")

	rights, _ := desk.Rights() // polis.Society{…, May: rights.May}
	fmt.Println(rights.May(&protocol.Message{Act: protocol.Request, Sender: "ann", Receivers: []string{"bob"}}, "bob"))

	request := protocol.Message{Act: protocol.Request, Sender: "dan", Receivers: []string{"ann", "bob"}, Conversation: "1"}
	answer := protocol.Message{Act: protocol.Inform, Sender: "ann", Receivers: []string{"dan"}, Conversation: "1"}
	for _, signals := range [][]norm.Signal{
		desk.Observe(norm.Said(1*time.Second, &request)),
		desk.Observe(norm.Said(2*time.Second, &answer)),
		desk.Advance(9 * time.Second),
	} {
		for _, s := range signals {
			fmt.Println(s)
		}
	}
	// Output:
	// norm: full: group "desk" has room for 2 in role "clerk"
	// norm: unauthorised: no role of ann lets it say request to bob
	// 1s created answer#1 ann
	// 1s created answer#2 bob
	// 2s fulfilled answer#1 ann
	// 4s unfulfilled answer#2 bob (late)
	// 4s sanctioned answer#2 bob (late): fine 5
}
