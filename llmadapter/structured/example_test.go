package structured_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/structured"
)

// Plan is an answer as a Go type.
type Plan struct {
	Tons int    `json:"tons" jsonschema:"how much to take this month"`
	Why  string `json:"why,omitempty"`
}

// Check says what no schema can. Its error is what the model is told.
func (p Plan) Check() error {
	if p.Tons > 20 {
		return errors.New("tons is more than 20, which is your share")
	}
	return nil
}

func ExampleForm_Ask() {
	form, err := structured.For[Plan]("plan", "Say what you will take.")
	if err != nil {
		panic(err)
	}
	answers := []string{`{"tons": 4000, "why": null}`, `{tons: 20, why: 'You are right.'}`}
	model := llmadapter.ModelFunc(func(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
		fmt.Println(r.Messages[len(r.Messages)-1].Text)
		next := answers[0]
		answers = answers[1:]
		return llmadapter.Reply{Calls: []llmadapter.Call{{Name: r.Tools[0].Name, Arguments: next}}, Finish: llmadapter.FinishCalls}, nil
	})
	plan, taken, err := form.Ask(context.Background(), model, llmadapter.Request{
		Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "There are 100 tons in the lake. What will you take?"}},
	})
	fmt.Printf("%+v, %v\n%d calls, mended %v\n", plan, err, taken.Calls, taken.Mended)
	// Output:
	// There are 100 tons in the lake. What will you take?
	// That could not be used: plan: tons is more than 20, which is your share. Answer again, in full.
	// {Tons:20 Why:You are right.}, <nil>
	// 2 calls, mended true
}
