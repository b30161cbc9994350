// Package anthropicsdk is a llmadapter.Model on the provider's own library for the Anthropic wire form. It is a rival and
// an oracle, not for use: it does not say what a failed attempt may have cost.
package anthropicsdk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/polis-agents/polis/llmadapter"
)

// New is the model of that name at a base URL, such as http://127.0.0.1:8081/v1.
func New(url, name string) llmadapter.Model {
	c := anthropic.NewClient(option.WithBaseURL(strings.TrimSuffix(url, "v1")), option.WithAPIKey("none"), option.WithMaxRetries(0))
	return llmadapter.ModelFunc(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
		p, err := params(name, r)
		if err != nil {
			return llmadapter.Reply{}, err
		}
		stream := c.Messages.NewStreaming(ctx, p)
		defer stream.Close()
		var all anthropic.Message
		for stream.Next() {
			if err := all.Accumulate(stream.Current()); err != nil {
				return llmadapter.Reply{}, err
			}
		}
		if err := stream.Err(); err != nil {
			return llmadapter.Reply{}, err
		}
		out := llmadapter.Reply{ID: all.ID, Model: all.Model, Finish: finishes[all.StopReason],
			Usage: llmadapter.Tokens{Input: int(all.Usage.InputTokens + all.Usage.CacheCreationInputTokens + all.Usage.CacheReadInputTokens),
				Output: int(all.Usage.OutputTokens), Cached: int(all.Usage.CacheReadInputTokens)}}
		for _, block := range all.Content {
			switch block.Type {
			case "text":
				out.Text += block.Text
			case "tool_use":
				out.Calls = append(out.Calls, llmadapter.Call{Name: block.Name, Arguments: string(block.Input)})
			}
		}
		return out, nil
	})
}

var finishes = map[anthropic.StopReason]llmadapter.Finish{
	anthropic.StopReasonEndTurn: llmadapter.FinishStop, anthropic.StopReasonToolUse: llmadapter.FinishCalls,
	anthropic.StopReasonMaxTokens: llmadapter.FinishLength, anthropic.StopReasonRefusal: llmadapter.FinishFilter,
}

// params gives a request the library's form.
func params(name string, r llmadapter.Request) (p anthropic.MessageNewParams, err error) {
	p.Model, p.MaxTokens = name, int64(r.MaxTokens)
	var open []string
	for i, m := range r.Messages {
		switch m.Role {
		case llmadapter.System:
			p.System = append(p.System, anthropic.TextBlockParam{Text: m.Text})
		case llmadapter.Assistant:
			var blocks []anthropic.ContentBlockParamUnion
			if m.Text != "" {
				blocks = append(blocks, anthropic.NewTextBlock(m.Text))
			}
			open = nil
			for j, call := range m.Calls {
				open = append(open, fmt.Sprintf("call_%d_%d", i, j))
				blocks = append(blocks, anthropic.NewToolUseBlock(open[j], json.RawMessage(call.Arguments), call.Name))
			}
			p.Messages = append(p.Messages, anthropic.NewAssistantMessage(blocks...))
		case llmadapter.Result:
			var blocks []anthropic.ContentBlockParamUnion
			for _, id := range open {
				blocks = append(blocks, anthropic.NewToolResultBlock(id, m.Text, false))
			}
			p.Messages = append(p.Messages, anthropic.NewUserMessage(blocks...))
		default:
			p.Messages = append(p.Messages, anthropic.NewUserMessage(anthropic.NewTextBlock(m.Text)))
		}
	}
	for _, t := range r.Tools {
		var schema anthropic.ToolInputSchemaParam
		if err := json.Unmarshal(t.Schema, &schema); err != nil {
			return p, err
		}
		tool := anthropic.ToolUnionParamOfTool(schema, t.Name)
		tool.OfTool.Description = anthropic.String(t.Doc)
		p.Tools = append(p.Tools, tool)
		p.ToolChoice.OfAny = &anthropic.ToolChoiceAnyParam{}
	}
	return p, nil
}
