// Package openaigo is a llmadapter.Model on the provider's own library for the OpenAI wire form. It is a rival and an
// oracle, not for use: it does not say what a failed attempt may have cost, and a stream that is cut looks complete to it.
package openaigo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/polis-agents/polis/llmadapter"
)

// New is the model of that name at a base URL, such as http://127.0.0.1:8081/v1.
func New(url, name string) llmadapter.Model {
	c := openai.NewClient(option.WithBaseURL(url+"/"), option.WithAPIKey("none"), option.WithMaxRetries(0))
	return llmadapter.ModelFunc(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
		p, err := params(name, r)
		if err != nil {
			return llmadapter.Reply{}, err
		}
		stream := c.Chat.Completions.NewStreaming(ctx, p)
		defer stream.Close()
		var all openai.ChatCompletionAccumulator
		for stream.Next() {
			if !all.AddChunk(stream.Current()) {
				return llmadapter.Reply{}, errors.New("openaigo: a chunk that does not fit the others")
			}
		}
		if err := stream.Err(); err != nil {
			return llmadapter.Reply{}, err
		}
		if len(all.Choices) != 1 {
			return llmadapter.Reply{}, fmt.Errorf("openaigo: %d choices", len(all.Choices))
		}
		answer := all.Choices[0]
		out := llmadapter.Reply{Text: answer.Message.Content, Finish: llmadapter.Finish(answer.FinishReason), ID: all.ID, Model: all.Model,
			Usage: llmadapter.Tokens{Input: int(all.Usage.PromptTokens), Output: int(all.Usage.CompletionTokens)}}
		for _, call := range answer.Message.ToolCalls {
			out.Calls = append(out.Calls, llmadapter.Call{Name: call.Function.Name, Arguments: call.Function.Arguments})
		}
		return out, nil
	})
}

// params gives a request the library's form.
func params(name string, r llmadapter.Request) (p openai.ChatCompletionNewParams, err error) {
	p.Model = name
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	if r.MaxTokens > 0 {
		p.MaxTokens = openai.Int(int64(r.MaxTokens))
	}
	if r.Seed != 0 {
		p.Seed = openai.Int(int64(r.Seed))
	}
	open := ""
	for i, m := range r.Messages {
		switch m.Role {
		case llmadapter.System:
			p.Messages = append(p.Messages, openai.SystemMessage(m.Text))
		case llmadapter.Assistant:
			said := openai.ChatCompletionAssistantMessageParam{}
			if m.Text != "" {
				said.Content.OfString = openai.String(m.Text)
			}
			for j, call := range m.Calls {
				open = fmt.Sprintf("call_%d_%d", i, j)
				said.ToolCalls = append(said.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
					ID: open, Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: call.Name, Arguments: call.Arguments}}})
			}
			p.Messages = append(p.Messages, openai.ChatCompletionMessageParamUnion{OfAssistant: &said})
		case llmadapter.Result:
			p.Messages = append(p.Messages, openai.ToolMessage(m.Text, open))
		default:
			p.Messages = append(p.Messages, openai.UserMessage(m.Text))
		}
	}
	for _, t := range r.Tools {
		var schema map[string]any
		if err := json.Unmarshal(t.Schema, &schema); err != nil {
			return p, err
		}
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
			Name: t.Name, Description: openai.String(t.Doc), Parameters: schema}))
		p.ToolChoice.OfAuto = openai.String("required")
	}
	return p, nil
}
