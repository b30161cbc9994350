package protocol_test

import (
	"errors"
	"fmt"

	"github.com/polis-agents/polis/protocol"
)

func ExampleMessage_Check() {
	m := protocol.Message{Act: protocol.Refuse, Receivers: []string{"bob"}, Protocol: "fipa-request", Conversation: "bob/1"}
	err := m.Check()
	if why, ok := errors.AsType[*protocol.Malformed](err); ok {
		fmt.Println(why.Parameter, why.Code)
	}
	m.Content = protocol.Reason{Code: "overloaded"}
	fmt.Println(m.Check())
	// Output:
	// content missing-parameter
	// <nil>
}

func ExampleParseKQML() {
	m, err := protocol.ParseKQML(`(askOne :sender ann :receiver bob :language AgentSpeak :content "price(X)")`, nil)
	fmt.Println(m, err)
	_, err = protocol.ParseKQML(`(tellHow :sender ann :receiver bob)`, nil)
	fmt.Println(err)
	// Output:
	// (query-ref :sender ann :receiver bob :language AgentSpeak :content "price(X)") <nil>
	// protocol: at byte 1: tellHow of KQML has no equivalent in FIPA; accepted are tell, untell, achieve, unachieve, askOne and askAll
}
