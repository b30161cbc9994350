package llmadaptertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/conformance"
)

// Maker makes models to be checked. Only Model is required; what is not there is not checked.
type Maker struct {
	Model  func(t *testing.T) llmadapter.Model // one that answers
	Forms  []llmadapter.Form                   // in which it can be asked for calls; nil: tools
	Seeded bool                                // the same request with the same seed gets the same answer
	Silent func(t *testing.T) llmadapter.Model // one that would not answer for minutes
	Gone   func(t *testing.T) llmadapter.Model // one whose attempts all fail
}

// Soon is how long after the end of its ctx a model may take to return, see conformance.Soon.
const Soon = conformance.Soon

// Check tests a model against the contract of llmadapter.Model, a subtest for each of conformance.Claims.
func Check(t *testing.T, m Maker) {
	t.Helper()
	if m.Model == nil {
		t.Fatal("llmadaptertest: a Maker without Model")
	}
	for _, c := range conformance.Claims {
		t.Run(strings.ReplaceAll(c.Name, " ", "-"), func(t *testing.T) {
			with := func(open func(*testing.T) llmadapter.Model) func() llmadapter.Model {
				if open == nil {
					return nil
				}
				return func() llmadapter.Model { return open(t) }
			}
			judge(t, c.Name, c.Check(t.Context(), conformance.Subject{Model: with(m.Model), Forms: m.Forms, Seeded: m.Seeded,
				Silent: with(m.Silent), Gone: with(m.Gone)}))
		})
	}
}

// CheckEndpoint tests an endpoint, a subtest for each of conformance.EndpointClaims. It asks the endpoint
// conformance.MostCalls times at most.
func CheckEndpoint(t *testing.T, e conformance.Endpoint) {
	t.Helper()
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	for v := range conformance.CheckEndpoint(t.Context(), e) {
		t.Run(strings.ReplaceAll(v.Claim, " ", "-"), func(t *testing.T) { judge(t, v.Claim, v.Err) })
	}
}

// judge ends the subtest of a claim.
func judge(t *testing.T, claim string, err error) {
	t.Helper()
	if errors.Is(err, conformance.ErrNotChecked) {
		t.Skip(err)
	} else if err != nil {
		t.Errorf("%s: %v", claim, err)
	}
}

// Talk is a request for text.
func Talk(seed uint64) llmadapter.Request { return conformance.Talk(seed) }

// Harvest is a request for calls, with all roles in its conversation.
func Harvest(seed uint64) llmadapter.Request { return conformance.Harvest(seed) }

// CheckReply says what of an answer is against the contract.
func CheckReply(r llmadapter.Reply) error { return conformance.CheckReply(r) }

// CheckError says what of a failed attempt's error is against the contract.
func CheckError(err error) error { return conformance.CheckError(err) }
