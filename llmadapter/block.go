package llmadapter

import (
	"encoding/json"
	"fmt"
	"strings"
)

// blockFence opens the part of a prompt that is for machines as well as for models.
const blockFence = "```observation"

// Block gives what an agent observes as a part of a prompt: JSON that models read, and that a stand-in finds again.
func Block(observation any) (string, error) {
	text, err := json.Marshal(observation) // which writes no newline, and so no line that would end the block
	if err != nil {
		return "", fmt.Errorf("llmadapter: an observation: %w", err)
	}
	return blockFence + "\n" + string(text) + "\n```", nil
}

// FindBlock finds the newest observation in a conversation; nil: there is none.
func FindBlock(messages []Message) json.RawMessage {
	for i := len(messages) - 1; i >= 0; i-- {
		_, after, ok := strings.Cut(messages[i].Text, blockFence+"\n")
		if !ok || messages[i].Role == Assistant {
			continue
		}
		if line, _, ok := strings.Cut(after, "\n"); ok && json.Valid([]byte(line)) {
			return json.RawMessage(line)
		}
	}
	return nil
}
