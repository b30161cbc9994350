package builtin

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// answer is what is answered, before it is cut into tokens.
type answer struct {
	text     string
	calls    []llmadapter.Call
	finish   llmadapter.Finish
	fault    Fault // made in the content
	thoughts int   // tokens that come first and are not shown
}

// remarks are what it says when no calls are asked for. All say who speaks.
var remarks = []string{
	"This is the stand-in, no language model: I only follow a rule.",
	"A stand-in speaks here, not a language model. I have no opinion on that.",
	"Simulated answer of a stand-in: ask a real model for real words.",
	"I am a stand-in. I hold the place of a language model, and hold my tongue.",
}

// answer decides. It is a function of the request alone.
func (s *Server) answer(a *ask, fault Fault) (out answer, p *problem) {
	r := a.rand()
	if out, p = s.content(a, fault, r); p == nil {
		s.stretch(a, &out, r)
	}
	return out, p
}

// content is what it says, whatever its length.
func (s *Server) content(a *ask, fault Fault, r *rand.Rand) (out answer, p *problem) {
	out.finish = llmadapter.FinishStop
	if len(a.tools) == 0 {
		out.text, p = remark(a, r)
		return out, p
	}
	calls, p := s.decide(a, r)
	if p != nil {
		return out, p
	}
	if fault == FaultUnknown || fault == FaultBounds && len(calls) > 0 {
		calls, out.fault = misdirected(fault, calls, a.tools, r), fault
	}
	switch {
	case a.form != llmadapter.FormTools:
		if out.text = llmadapter.WriteCalls(calls); fault == FaultBadJSON {
			out.text, out.fault = spoiled(out.text, r), fault
		}
	case len(calls) == 0:
		out.text = remarks[r.IntN(len(remarks))]
	default:
		if out.calls, out.finish = calls, llmadapter.FinishCalls; fault == FaultBadJSON {
			calls[0].Arguments, out.fault = spoiled(calls[0].Arguments, r), fault
		}
	}
	return out, nil
}

// remark is the text that is asked for when no tools are.
func remark(a *ask, r *rand.Rand) (string, *problem) {
	text := remarks[r.IntN(len(remarks))]
	var v any
	switch {
	case a.schema != nil:
		var err error
		if v, err = drawFrom(a.schema, r); err != nil {
			return "", badRequest("response_format", "the schema cannot be read: "+shortened(err.Error()))
		}
	case a.object:
		v = map[string]string{"stand_in": text}
	default:
		return text, nil
	}
	written, err := json.Marshal(v)
	if err != nil {
		return "", badRequest("response_format", "nothing can be written that follows the schema")
	}
	return string(written), nil
}

// decide asks the policy, or draws when there is none.
func (s *Server) decide(a *ask, r *rand.Rand) (calls []llmadapter.Call, p *problem) {
	if s.cfg.Policy == nil {
		return drawCall(a.tools, r)
	}
	defer func() {
		if v := recover(); v != nil {
			calls, p = nil, policyFailed(fmt.Sprintf("panicked: %v", v))
		}
	}()
	calls, err := s.cfg.Policy(llmadapter.FindBlock(a.messages), a.tools, r)
	if err != nil {
		return nil, policyFailed(err.Error())
	}
	return append([]llmadapter.Call(nil), calls...), nil // it keeps its own
}

func policyFailed(why string) *problem {
	why, _, _ = strings.Cut(why, "\n")
	return &problem{status: http.StatusInternalServerError, code: "stand_in_failed", text: "the rule of the stand-in failed: " + shortened(why)}
}

// drawCall chooses a tool, and arguments that follow its schema.
func drawCall(tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, *problem) {
	t := tools[r.IntN(len(tools))]
	v, err := drawFrom(t.Schema, r)
	if err != nil {
		return nil, badRequest("tools", fmt.Sprintf("the schema of tool %q cannot be read: %s", shortened(t.Name), shortened(err.Error())))
	}
	if _, ok := v.(map[string]any); !ok {
		v = map[string]any{} // arguments are an object, whatever the schema says
	}
	arguments, err := json.Marshal(v)
	if err != nil {
		return nil, badRequest("tools", fmt.Sprintf("nothing can be written that follows the schema of tool %q", shortened(t.Name)))
	}
	return []llmadapter.Call{{Name: t.Name, Arguments: string(arguments)}}, nil
}
