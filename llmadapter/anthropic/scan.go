package anthropic

import "github.com/polis-agents/polis/llmadapter/internal/socket"

// scan reads the events that servers usually send without encoding/json. That it never differs where it is sure, a fuzz
// test compares.
type scan struct{ socket.Scan }

// event reads data, which the event shares but for its strings; false: it is not sure, and e is spoilt.
func (s *scan) event(data []byte, e *event) bool {
	s.Scan = socket.NewScan(data)
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "type":
			e.Type = s.word()
		case "index":
			e.Index = s.Int()
		case "message":
			s.message(&e.Message)
		case "content_block":
			s.block(&e.Block)
		case "delta":
			s.delta(&e.Delta)
		case "usage":
			s.usage(&e.Usage)
		default:
			s.Doubt()
		}
	}
	return s.Sure()
}

func (s *scan) message(to *message) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "id":
			to.ID = s.Text()
		case "model":
			to.Model = s.Text()
		case "content":
			to.Content = []block{}
			for l := (socket.List{}); s.Element(&l); {
				s.Doubt() // there is none yet in a stream
			}
		case "stop_reason":
			s.textInto(&to.Stop)
		case "usage":
			s.usage(&to.Usage)
		case "type", "role", "stop_sequence", "stop_details", "container", "context_management":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

func (s *scan) block(b *block) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "type":
			b.Type = s.word()
		case "text":
			b.Text = s.Text()
		case "thinking":
			b.Thinking = s.Text()
		case "name":
			b.Name = s.Text()
		case "input":
			b.Input = s.Skip()
		case "id", "signature", "caller", "citations":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

func (s *scan) delta(d *delta) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "type":
			d.Type = s.word()
		case "text":
			d.Text = s.Text()
		case "partial_json":
			d.JSON = s.Text()
		case "thinking":
			d.Thinking = s.Text()
		case "signature":
			d.Signature = s.Text()
		case "stop_reason":
			s.textInto(&d.Stop)
		case "stop_sequence", "stop_details", "container":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

func (s *scan) usage(u *usage) {
	for m := (socket.List{}); s.Member(&m); {
		switch string(m.Key) {
		case "input_tokens":
			u.Input = count(s.Int())
		case "cache_creation_input_tokens":
			u.Kept = count(s.Int())
		case "cache_read_input_tokens":
			u.Cached = count(s.Int())
		case "output_tokens":
			u.Output = count(s.Int())
		case "cache_creation", "service_tier", "inference_geo", "server_tool_use", "output_tokens_details", "iterations", "speed":
			s.Skip()
		default:
			s.Doubt()
		}
	}
}

// textInto reads a string, or null, which says nothing.
func (s *scan) textInto(t *string) {
	if !s.Null() {
		*t = s.Text()
	}
}

// known are the words that events are full of.
var known = []string{"content_block_delta", "input_json_delta", "text_delta", "content_block_start", "message_delta", "thinking_delta",
	"message_start", "message_stop", "tool_use", "text", "thinking", "signature_delta"}

// word reads a string that is likely to be known.
func (s *scan) word() string {
	w := s.Word()
	for _, k := range known {
		if string(w) == k {
			return k
		}
	}
	return string(w)
}
