package builtin

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// The lines of the last message of a user that a judge counts by.
const (
	idLine       = "request-id: "
	deadlineLine = "deadline: " // of RFC 3339, with as many decimals as one likes
)

// mark is what a request says about itself to whoever judges.
type mark struct {
	id       string    // "": none
	deadline time.Time // zero: none
}

// readMark finds it. Of several lines of a kind the first counts, and a deadline that is none is none.
func readMark(messages []llmadapter.Message) (m mark) {
	for _, said := range slices.Backward(messages) {
		if said.Role != llmadapter.User {
			continue
		}
		if !strings.Contains(said.Text, idLine) && !strings.Contains(said.Text, deadlineLine) {
			return m
		}
		for line := range strings.Lines(said.Text) {
			line = strings.TrimRight(line, "\r\n")
			if id, ok := strings.CutPrefix(line, idLine); ok && m.id == "" {
				m.id = id
			}
			if text, ok := strings.CutPrefix(line, deadlineLine); ok && m.deadline.IsZero() {
				m.deadline, _ = time.Parse(time.RFC3339Nano, text)
			}
		}
		return m
	}
	return m
}

// mostIDs is how many ids are told apart, at about 40 bytes each.
const mostIDs = 1 << 20

// IDs is what there was of requests that bear a line "request-id: X" in the last message of a user.
type IDs struct {
	Asked         int `json:"asked"`          // ids that came
	Answered      int `json:"answered"`       // of these, wholly answered
	AskedTwice    int `json:"asked_twice"`    // of these, came more than once
	AnsweredTwice int `json:"answered_twice"` // of these, wholly answered more than once
	Untold        int `json:"untold"`         // requests whose id was not kept, since there were 1,048,576 before
}

// ids counts them. An id is kept as the half of its SHA-256.
type ids struct {
	times map[[16]byte]times
	sum   IDs
}

// times is how often an id came and was answered, 2 for more.
type times struct{ asked, answered uint8 }

func digestOf(id string) (d [16]byte) {
	sum := sha256.Sum256([]byte(id))
	copy(d[:], sum[:])
	return d
}

func (i *ids) asked(id string) {
	d := digestOf(id)
	v, known := i.times[d]
	if !known && len(i.times) >= mostIDs {
		i.sum.Untold++
		return
	}
	switch v.asked {
	case 0:
		v.asked = 1
		i.sum.Asked++
	case 1:
		v.asked = 2
		i.sum.AskedTwice++
	default:
		return
	}
	if i.times == nil {
		i.times = map[[16]byte]times{}
	}
	i.times[d] = v
}

func (i *ids) answered(id string) {
	d := digestOf(id)
	v, known := i.times[d]
	switch {
	case !known || v.answered > 1:
		return
	case v.answered == 0:
		i.sum.Answered++
	default:
		i.sum.AnsweredTwice++
	}
	v.answered++
	i.times[d] = v
}

// Deadlines is what there was of requests that bear a line "deadline: T" in the last message of a user, T as RFC 3339
// has it.
type Deadlines struct {
	Told   int     `json:"told"`    // requests that bore one
	Late   int     `json:"late"`    // of these, came after it
	Latest float64 `json:"latest"`  // ms after it, of the one that was latest; 0: none was
	GoneBy Spread  `json:"gone_by"` // how long after it those were gone whose client left before the end; negative: before it
}
