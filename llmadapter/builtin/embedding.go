package builtin

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/polis-agents/polis/internal/chance"
)

// What may be embedded at most.
const (
	mostInputs     = 2048    // OpenAI's own limit
	mostInput      = 8192    // tokens of one, as with OpenAI
	mostInputAll   = 300_000 // and of all of them
	usualDimension = 16
	mostDimension  = 1024
)

// embedded is a request for vectors, in OpenAI's form. They are no model's: each word has a direction by chance, drawn
// from its letters alone, and a text has that of the sum of its words. So the same text has the same vector on every
// machine, and texts are near to each other that share words. It means nothing else.
type embedded struct {
	openAI
}

// embedAsk is what is embedded, and how it is told.
type embedAsk struct {
	texts      []string
	dimensions int
	base64     bool
}

func (embedded) name() string { return "embeddings" }

func (embedded) read(body []byte) (*ask, *problem) {
	var w struct {
		Model      string          `json:"model"`
		Input      json.RawMessage `json:"input"`
		Dimensions *int            `json:"dimensions"`
		Encoding   string          `json:"encoding_format"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, badRequest("", "the body is not the JSON of a request for embeddings: "+shortened(err.Error()))
	}
	e := &embedAsk{dimensions: value(w.Dimensions, usualDimension), base64: w.Encoding == "base64"}
	a := &ask{model: w.Model, embed: e}
	switch {
	case w.Model == "":
		return nil, badRequest("model", "you must provide a model parameter")
	case e.dimensions < 1 || e.dimensions > mostDimension:
		return nil, badRequest("dimensions", fmt.Sprintf("dimensions is %d; accepted is a number from 1 to %d", e.dimensions, mostDimension))
	case w.Encoding != "" && w.Encoding != "float" && w.Encoding != "base64":
		return nil, badRequest("encoding_format", "accepted are float and base64")
	}
	var ok bool
	if e.texts, a.prompt, ok = inputs(w.Input); !ok {
		return nil, badRequest("input", fmt.Sprintf("accepted is a text that is not empty, a list of tokens, or a list of 1 to %d of them, of %d tokens at most each", mostInputs, mostInput))
	}
	if a.prompt > mostInputAll {
		return nil, badRequest("input", fmt.Sprintf("%d tokens; accepted are %d in all", a.prompt, mostInputAll))
	}
	return a, a.stamp()
}

// inputs reads a text, texts, tokens, or lists of tokens, and counts their tokens. A token is a word like any other.
func inputs(raw json.RawMessage) (texts []string, tokens int, ok bool) {
	list := []json.RawMessage{raw}
	if _, _, ok := input(raw); !ok && json.Unmarshal(raw, &list) != nil || len(list) == 0 || len(list) > mostInputs {
		return nil, 0, false
	}
	for _, item := range list {
		text, n, ok := input(item)
		if !ok || n > mostInput {
			return nil, 0, false
		}
		texts, tokens = append(texts, text), tokens+n
	}
	return texts, tokens, true
}

// input reads one of them.
func input(raw json.RawMessage) (text string, tokens int, ok bool) {
	if json.Unmarshal(raw, &text) == nil {
		return text, countTokens(text), text != ""
	}
	text, ok = tokenText(raw)
	return text, strings.Count(text, " ") + 1, ok
}

// tokenText gives tokens as words.
func tokenText(raw json.RawMessage) (string, bool) {
	var ids []int
	if json.Unmarshal(raw, &ids) != nil || len(ids) == 0 {
		return "", false
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.Itoa(id)
	}
	return strings.Join(words, " "), true
}

// vector has length 1.
func vector(text string, dimensions int) []float64 {
	v := make([]float64, dimensions)
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) == 0 {
		words = []string{text} // of signs alone
	}
	for _, word := range words {
		r := chance.New(0, "word/"+word, 0)
		for i := range v {
			v[i] += r.NormFloat64()
		}
	}
	var square float64
	for _, x := range v {
		square += x * x
	}
	for i := range v {
		v[i] /= math.Sqrt(square)
	}
	return v
}

func (embedded) voice(t *told) voice { return &embedding{told: t} }

// embedding is an answer told as vectors. It is never streamed.
type embedding struct{ *told }

func (*embedding) begin() []byte            { return nil }
func (*embedding) piece(token, bool) []byte { return nil }
func (*embedding) finish() []byte           { return nil }

func (e *embedding) whole() []byte {
	asked := e.ask.embed
	data := []any{}
	for i, text := range asked.texts {
		v := vector(text, asked.dimensions)
		var told any = v
		if asked.base64 {
			var raw []byte
			for _, x := range v {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(x)))
			}
			told = base64.StdEncoding.EncodeToString(raw)
		}
		data = append(data, doc{"object": "embedding", "index": i, "embedding": told})
	}
	text, _ := json.Marshal(doc{"object": "list", "data": data, "model": e.s.cfg.Name, "system_fingerprint": fingerprint,
		"usage": doc{"prompt_tokens": e.ask.prompt, "total_tokens": e.ask.prompt}}) // of texts and numbers, which have a JSON form
	return text
}
