package openai

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

const (
	// MaxTexts is how many texts Embed takes at once, as OpenAI does.
	MaxTexts = 2048
	// maxDimensions is how many numbers a vector may have.
	maxDimensions = 16 << 10
	maxNumber     = 24       // bytes of a number as JSON, with what stands around it
	maxVectors    = 64 << 20 // bytes of an answer, however many texts there are
)

// Embed gives the vector of each text, by the client's model, which has to be one for that, and the tokens of the texts. All
// vectors have the same length, at least 1, and no number in them is infinite or none. Every error is a
// *llmadapter.Error; an answer in which anything is missing, twice or of another length is Malformed. As Complete it makes
// one attempt, which may take as long as the first piece of an answer may.
func (c *Client) Embed(ctx context.Context, texts []string) ([][]float32, llmadapter.Tokens, error) {
	if len(texts) == 0 || len(texts) > MaxTexts {
		return nil, llmadapter.Tokens{}, c.at.Unasked(fmt.Errorf("%d texts to embed; accepted is 1 to %d", len(texts), MaxTexts))
	}
	body := socket.NewBuffer()
	if err := json.NewEncoder(body).Encode(wireTexts{c.cfg.Model, texts, "float"}); err != nil {
		socket.Release(body)
		return nil, llmadapter.Tokens{}, c.at.Unasked(err)
	}
	a := c.at.Begin(ctx)
	defer a.End()
	resp, failed := a.Send(c.embeddings, body)
	if failed != nil {
		return nil, llmadapter.Tokens{}, failed
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return nil, llmadapter.Tokens{}, a.Refused(resp)
	}
	answer, failed := a.WholeUpTo(resp, min(maxVectors, 64<<10+len(texts)*maxDimensions*maxNumber))
	if failed != nil {
		return nil, llmadapter.Tokens{}, failed
	}
	vectors, used, err := readVectors(answer, len(texts))
	switch {
	case errors.Is(err, socket.ErrNoJSON):
		if t, ok := readTrouble(answer); ok {
			trouble := t.of(resp.StatusCode)
			return nil, used, a.Failed(trouble.Kind, trouble.Words, nil)
		}
		return nil, used, a.Malformed(resp, answer)
	case err != nil:
		failed = a.Failed(llmadapter.Malformed, err.Error(), nil)
		failed.Usage = used // the texts were read
		return nil, used, failed
	}
	return vectors, used, nil
}

// The wire form of texts and of their vectors.
type (
	wireTexts struct {
		Model  string   `json:"model"`
		Input  []string `json:"input"`
		Format string   `json:"encoding_format"` // not every server knows base64
	}
	wireVectors struct {
		Data []struct {
			Index  *int   `json:"index"`
			Vector vector `json:"embedding"`
		} `json:"data"`
		Usage optional[usage] `json:"usage"`
	}
)

// vector is a list of numbers, or base64 of as many float32, the lowest byte first.
type vector []float32

// UnmarshalJSON reads either form.
func (v *vector) UnmarshalJSON(data []byte) error {
	if data[0] == '[' && bytes.IndexByte(data, 'n') >= 0 { // null, which would be read as 0
		return errors.New("a vector has a number that is none")
	}
	if data[0] != '"' {
		return json.Unmarshal(data, (*[]float32)(v))
	}
	var packed string
	if err := json.Unmarshal(data, &packed); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil || len(raw)%4 != 0 {
		return errors.New("a vector is neither numbers nor base64 of them")
	}
	*v = make(vector, len(raw)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}

// readVectors reads the vectors of so many texts, in the order of the texts.
func readVectors(answer []byte, texts int) ([][]float32, llmadapter.Tokens, error) {
	var w wireVectors
	if err := json.Unmarshal(answer, &w); err != nil || w.Data == nil {
		return nil, llmadapter.Tokens{}, socket.ErrNoJSON
	}
	used := llmadapter.Tokens{Input: int(w.Usage.is.Input)}
	if len(w.Data) != texts {
		return nil, used, fmt.Errorf("there are %d vectors for %d texts", len(w.Data), texts)
	}
	vectors := make([][]float32, texts)
	length := len(w.Data[0].Vector)
	if length == 0 || length > maxDimensions {
		return nil, used, fmt.Errorf("a vector has %d numbers; accepted is 1 to %d", length, maxDimensions)
	}
	for i := range w.Data {
		d := &w.Data[i]
		at := i // where no server says which text it is of
		if d.Index != nil {
			at = *d.Index
		}
		switch {
		case (d.Index == nil) != (w.Data[0].Index == nil):
			return nil, used, errors.New("some vectors have an index, and some have none")
		case at < 0 || at >= texts || vectors[at] != nil:
			return nil, used, fmt.Errorf("the indexes of %d vectors are not those of the texts, each once: %d", texts, at)
		case len(d.Vector) != length:
			return nil, used, fmt.Errorf("vectors have %d and %d numbers", length, len(d.Vector))
		}
		for _, n := range d.Vector {
			if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
				return nil, used, errors.New("a vector has a number that is infinite, or none")
			}
		}
		vectors[at] = d.Vector
	}
	return vectors, used, nil
}
