package structured

import (
	"slices"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/plain"
)

// echoed is how many characters of a wrong answer the model gets to see again.
const echoed = 2000

// Complaint is what is wrong with an answer, as a model is told: one short line.
func Complaint(err error) string { return plain.Part(err.Error()) }

// Exchange is an answer that could not be used, and the complaint about it: what a request goes on with when it is asked
// again.
func Exchange(r llmadapter.Reply, complaint string) []llmadapter.Message {
	answer := llmadapter.Message{Role: llmadapter.Assistant, Text: plain.Shortened(r.Text, echoed)}
	for _, c := range r.Calls[:min(len(r.Calls), maxCalls)] {
		answer.Calls = append(answer.Calls, llmadapter.Call{Name: plain.Shortened(c.Name, 64), Arguments: plain.Shortened(c.Arguments, echoed)})
	}
	reply := llmadapter.Message{Role: llmadapter.User, Text: "That could not be used: " + complaint + ". Answer again, in full."}
	if len(answer.Calls) > 0 {
		reply.Role = llmadapter.Result
	}
	return []llmadapter.Message{answer, reply}
}

// Again is the request that asks once more, with the answer that could not be used and the complaint about it. The
// request that was asked stays as it is.
func Again(r llmadapter.Request, answer llmadapter.Reply, err error) llmadapter.Request {
	r.Messages = append(slices.Clip(r.Messages), Exchange(answer, Complaint(err))...)
	return r
}
