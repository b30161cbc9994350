package openai

import "github.com/polis-agents/polis/llmadapter/internal/socket"

// scan reads the chunks that servers usually send without encoding/json. That it never differs where it is sure, a fuzz
// test compares.
type scan struct {
	socket.Scan

	id, model string // of the chunk before: they are the same in all
	// What a chunk points to.
	choices [1]choice
	calls   [1]callPiece
	index   int
	used    usage
}

// chunk reads data, which the strings of the chunk do not share. The chunk is good until the call after.
func (s *scan) chunk(data []byte) (c chunk, ok bool) {
	*s = scan{Scan: socket.NewScan(data), id: s.id, model: s.model}
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "id":
			c.ID = s.Again(&s.id)
		case "model":
			c.Model = s.Again(&s.model)
		case "choices":
			c.Choices = s.choices[:0]
			for l := (socket.List{}); s.Element(&l); {
				if l.N > 1 {
					s.Doubt()
				}
				c.Choices = s.choices[:1]
				s.choice(&s.choices[0])
			}
		case "usage":
			if !s.Null() {
				c.Usage = &s.used
				s.usage()
			}
		case "object", "created", "system_fingerprint", "service_tier", "obfuscation":
			s.Skip()
		default:
			s.Doubt()
		}
	}
	return c, s.Sure()
}

func (s *scan) choice(c *choice) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "index":
			c.Index = s.Int()
		case "delta":
			s.delta(&c.Delta)
		case "finish_reason":
			if !s.Null() {
				c.Finish = s.Text()
			}
		case "logprobs", "stop_reason", "native_finish_reason":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

func (s *scan) delta(p *piece) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "content":
			s.textInto(&p.Content)
		case "refusal":
			s.textInto(&p.Refusal)
		case "reasoning_content":
			s.textInto(&p.Thought)
		case "reasoning":
			s.textInto(&p.Reasoning)
		case "role":
			s.Skip()
		case "tool_calls":
			p.Calls = s.calls[:0]
			for l := (socket.List{}); s.Element(&l); {
				if l.N > 1 {
					s.Doubt()
				}
				p.Calls = s.calls[:1]
				s.call(&s.calls[0])
			}
		default:
			s.Doubt()
		}
	}
}

func (s *scan) call(c *callPiece) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "index":
			s.index = s.Int()
			c.Index = &s.index
		case "id":
			c.ID = s.Text()
		case "type":
			s.Skip()
		case "function":
			s.function(c)
		default:
			s.Doubt()
		}
	}
}

func (s *scan) function(c *callPiece) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "name":
			c.Function.Name = s.Text()
		case "arguments":
			s.textInto(&c.Function.Arguments)
		default:
			s.Doubt()
		}
	}
}

func (s *scan) usage() {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "prompt_tokens":
			s.used.Input = count(s.Int())
		case "completion_tokens":
			s.used.Output = count(s.Int())
		case "prompt_tokens_details":
			s.used.Detail.is.Cached = 0
			if !s.Null() {
				s.cached()
			}
		case "total_tokens", "completion_tokens_details":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

func (s *scan) cached() {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "cached_tokens":
			s.used.Detail.is.Cached = count(s.Int())
		case "audio_tokens", "text_tokens", "image_tokens":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

// textInto reads a string, or null, which says nothing.
func (s *scan) textInto(t *text) {
	if !s.Null() {
		*t = text(s.Text())
	}
}
