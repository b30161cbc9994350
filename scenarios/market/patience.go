package market

import (
	"time"

	"github.com/polis-agents/polis/actors/roles"
)

// library is the protocols, with waits as they are among people who answer in the phase in which they are asked: who was
// awarded a job and has not done it in so many phases does not do it.
var library, errLibrary = roles.Library(map[string]time.Duration{"result": 10 * time.Second})

func newDesk() *roles.Desk {
	if errLibrary != nil {
		panic(errLibrary) // the protocols are part of the program
	}
	return roles.New(roles.Config{Library: library})
}
