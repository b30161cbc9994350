package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// effect is what a turn wants, as it is written.
type effect struct {
	Act     json.RawMessage
	Send    json.RawMessage
	Percept json.RawMessage
	Outcome json.RawMessage
	To      string // of a percept or an outcome
	Ask     *wanted
	Do      *wanted
	After   *wanted
	Cancel  string
	Stop    bool
}

// wanted is an ask, a job or a timer.
type wanted struct {
	ID      string
	Service string
	Job     string
	Delay   time.Duration
}

// effects reads those of a turn; nil and no error: there are none. A turn in which the world names who perceives has a list
// of names in place of each.
func effects(text []byte) ([]effect, error) {
	if string(text) == "[]" || bytes.HasPrefix(text, []byte("[[")) || bytes.HasPrefix(text, []byte("[null")) {
		return nil, nil
	}
	var all []effect
	err := json.Unmarshal(text, &all)
	return all, err
}

// receivers of a message.
func receivers(message []byte) ([]string, error) {
	var m struct{ Receivers []string }
	err := json.Unmarshal(message, &m)
	return m.Receivers, err
}

// tried is an action, as the world's turn about it is written.
type tried struct {
	Action string
	Agent  string
	Value  json.RawMessage
}

// at is the phase of a percept, or of a turn of the world.
type at struct {
	Phase string
	Round int
}

// aside is an event that was set aside.
type aside struct {
	Event json.RawMessage
	Kind  string
}

// answered is an answer, a result, or a timer.
type answered struct {
	ID         string
	Service    string
	Job        string
	Unanswered string
	Unserved   bool
}

// returned is a message that came back.
type returned struct {
	Message json.RawMessage
	To      string
}

// late is what an agent is told when a service has not answered in time: it may have had the request.
const late = "no answer within the limit"

// id names an ask, a job or a timer.
func id(n uint64, index int) string { return fmt.Sprintf("%d.%d", n, index) }
