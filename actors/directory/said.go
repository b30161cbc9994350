package directory

import "github.com/polis-agents/polis/actors"

// What is said to a directory by fipa-request, and what it answers. D is Description for the DF and Agent for the AMS.

// Register enters an agent. The answer is Granted.
type Register[D Entry[D]] struct {
	Entry D `json:"entry"`
}

// Modify puts an entry in the place of another, with a lease of its own: so it is renewed, too. The answer is Granted.
type Modify[D Entry[D]] struct {
	Entry D `json:"entry"`
}

// Deregister takes an entry out. The answer says that it is done.
type Deregister[D Entry[D]] struct {
	Name string `json:"name"`
}

// Search asks for the entries that match a template. The answer is Found, which may be empty.
type Search[D Entry[D]] struct {
	Template    D           `json:"template"`
	Constraints Constraints `json:"constraints"`
}

// Watch is subscribed to: the entries that match a template. Found is told first, then every Change.
type Watch[D Entry[D]] struct {
	Template D `json:"template"`
}

// Granted is an entry as it was taken, with the lease that was granted.
type Granted[D Entry[D]] struct {
	Entry D `json:"entry"`
}

// Found is the entries that match, by name.
type Found[D Entry[D]] struct {
	Entries []D `json:"entries,omitempty"`
	// Ways are, for each entry, how it has come; nil: the directory that was asked holds them all.
	Ways []Way `json:"ways,omitempty"`
	// Missing are the directories of a federation that were not asked or have not answered: what only they hold is not here.
	Missing []string `json:"missing,omitempty"`
	// More says that this is not all that a subscription finds at first: another Found goes on with it.
	More bool `json:"more,omitempty"`
}

// Way is how an entry has come.
func (f Found[D]) Way(entry int) (w Way) {
	if entry < len(f.Ways) {
		w = f.Ways[entry]
	}
	return w
}

// Way is where an entry comes from: who says so, and, as it says, how far away it is.
type Way struct {
	Via  string `json:"via,omitempty"`  // the federated directory that gave it; "": the one that was asked holds it
	Hops int    `json:"hops,omitempty"` // how many directories further it is held
}

// GetDescription asks the AMS what it is an AMS of. The answer is Platform.
type GetDescription struct{}

// Platform is what an AMS says of its society.
type Platform struct {
	AMS    string `json:"ams"`
	Agents int    `json:"agents"` // how many are registered
}

func init() {
	payloads[Description]("df")
	payloads[Agent]("ams")
	actors.Payload[GetDescription]("directory.GetDescription")
	actors.Payload[Platform]("directory.Platform")
}

func payloads[D Entry[D]](of string) {
	actors.Payload[D]("directory." + of + ".Entry") // whom a broker is asked for
	actors.Payload[Register[D]]("directory." + of + ".Register")
	actors.Payload[Modify[D]]("directory." + of + ".Modify")
	actors.Payload[Deregister[D]]("directory." + of + ".Deregister")
	actors.Payload[Search[D]]("directory." + of + ".Search")
	actors.Payload[Watch[D]]("directory." + of + ".Watch")
	actors.Payload[Granted[D]]("directory." + of + ".Granted")
	actors.Payload[Found[D]]("directory." + of + ".Found")
	actors.Payload[Change[D]]("directory." + of + ".Change")
}
