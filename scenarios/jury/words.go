package jury

import (
	"errors"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// Evidence is what a juror tells others that it knows. It is said by inform.
type Evidence struct {
	Case  int    `json:"case"`
	Clues []Clue `json:"clues"`
}

// Opinion is the side that a juror is for at present. It is said by propose: a verdict to be agreed on.
type Opinion struct {
	Case int    `json:"case"`
	For  string `json:"for"`
}

// Names of what is said, as records have them.
const (
	evidenceName = "jury.Evidence"
	opinionName  = "jury.Opinion"
)

func init() {
	actors.Payload[Evidence](evidenceName)
	actors.Payload[Opinion](opinionName)
}

// The ways to speak of those who are asked: the same acts and contents as those of the rules.
type (
	telling struct {
		Facts []int `json:"facts,omitempty" maxlen:"200" doc:"numbers of those of your clues that you tell; left out: all"`
	}
	proposing struct {
		For string `json:"for" enum:"A,B" doc:"the side that you think is right"`
	}
)

// utterances are the ways to speak in these phases of talk.
func utterances(phases []string) []prompted.Utterance {
	if len(phases) == 0 {
		return nil
	}
	return []prompted.Utterance{
		prompted.Speak("tell", "Tell all others clues that you have.", tell, phases...),
		prompted.Speak("propose", "Tell all others which side you are for.", propose, phases...),
	}
}

func tell(v View, o *prompted.Observation, said telling) ([]protocol.Message, error) {
	if err := mayTalk(v, o.Phase); err != nil {
		return nil, err
	}
	clues := v.Clues
	if len(said.Facts) > 0 {
		clues = nil
		for _, fact := range said.Facts {
			i := slices.IndexFunc(v.Clues, func(c Clue) bool { return c.Fact == fact })
			switch {
			case i < 0:
				return nil, fmt.Errorf("you have no clue with the number %d", fact)
			case !slices.Contains(clues, v.Clues[i]):
				clues = append(clues, v.Clues[i])
			}
		}
	}
	return []protocol.Message{inform(v, clues)}, nil
}

func propose(v View, o *prompted.Observation, said proposing) ([]protocol.Message, error) {
	if err := mayTalk(v, o.Phase); err != nil {
		return nil, err
	}
	return []protocol.Message{{Act: protocol.Propose, Receivers: v.Others, Content: Opinion{v.Case, said.For}}}, nil
}

// inform tells clues to all others.
func inform(v View, clues []Clue) protocol.Message {
	return protocol.Message{Act: protocol.Inform, Receivers: v.Others, Content: Evidence{v.Case, clues}}
}

// mayTalk says why a juror must be silent.
func mayTalk(v View, phase string) error {
	switch {
	case len(v.Others) == 0:
		return errors.New("there is nobody to speak to")
	case v.Floor != "" && v.Floor != phase:
		return fmt.Errorf("another has the floor; yours is %s", v.Floor)
	}
	return nil
}
