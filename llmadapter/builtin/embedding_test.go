package builtin

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// vectors asks for embeddings.
func vectors(t *testing.T, s *Server, body object) (status int, out [][]float64, prompt int, text string) {
	t.Helper()
	all := object{"model": s.Name()}
	for k, v := range body {
		all[k] = v
	}
	encoded, _ := json.Marshal(all)
	resp, err := client(t).Post(s.URL()+"/embeddings", "application/json", strings.NewReader(string(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	g := readAnswer(t, resp)
	var doc struct {
		Object string
		Data   []struct {
			Object    string
			Index     int
			Embedding json.RawMessage
		}
		Model string
		Print string `json:"system_fingerprint"`
		Usage struct {
			Prompt int `json:"prompt_tokens"`
			Total  int `json:"total_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(g.body), &doc); err != nil {
		t.Fatal(err, g.body)
	}
	if g.status == 200 && (doc.Object != "list" || doc.Model != s.Name() || !strings.Contains(doc.Print, "stand-in") || doc.Usage.Total != doc.Usage.Prompt) {
		t.Errorf("%s", g.body)
	}
	for i, d := range doc.Data {
		var v []float64
		if err := json.Unmarshal(d.Embedding, &v); err != nil {
			var in string
			_ = json.Unmarshal(d.Embedding, &in)
			raw, _ := base64.StdEncoding.DecodeString(in)
			for ; len(raw) >= 4; raw = raw[4:] {
				v = append(v, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
			}
		}
		if d.Index != i || d.Object != "embedding" {
			t.Errorf("%+v", d)
		}
		out = append(out, v)
	}
	return g.status, out, doc.Usage.Prompt, g.body
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// "Deterministic seeded unit vectors of a few dimensions (hash of words, honest label), usage."
func TestEmbeddings(t *testing.T) {
	cfg := fast()
	cfg.RPM = 60
	s := started(t, cfg)
	other := started(t, fast())
	_, one, n, _ := vectors(t, s, object{"input": "The fish in the lake"})
	if len(one) != 1 || len(one[0]) != usualDimension || math.Abs(dot(one[0], one[0])-1) > 1e-9 || n != 5 {
		t.Errorf("%v, %d tokens", one, n)
	}
	_, all, n, _ := vectors(t, other, object{"input": []string{"the FISH, in the lake!", "fish of the lake", "seven dull accountants", "?!"}})
	if n != 6+4+6+1 || len(all) != 4 || math.Abs(dot(one[0], all[0])-1) > 1e-9 {
		t.Errorf("the same words differ: %v, %v, %d tokens", one, all, n)
	}
	if near, far := dot(all[0], all[1]), dot(all[0], all[2]); near < far+0.2 || math.Abs(dot(all[3], all[3])-1) > 1e-9 {
		t.Errorf("shared words: %v, none: %v", near, far)
	}
	_, same, _, _ := vectors(t, s, object{"input": "the fish in the lake", "encoding_format": "base64"})
	if math.Abs(dot(one[0], same[0])-1) > 1e-6 {
		t.Errorf("%v, %v", one, same)
	}
	_, wide, n, _ := vectors(t, s, object{"input": [][]int{{1, 2, 3}, {3, 2, 1}}, "dimensions": 100})
	if len(wide) != 2 || len(wide[0]) != 100 || n != 6 || math.Abs(dot(wide[0], wide[1])-1) > 1e-9 {
		t.Errorf("%v, %d tokens", wide, n)
	}
	if _, tokens, n, _ := vectors(t, s, object{"input": []int{1, 2, 3}, "dimensions": 100}); len(tokens) != 1 || n != 3 || math.Abs(dot(tokens[0], wide[0])-1) > 1e-9 {
		t.Errorf("%v", tokens)
	}
	if c := s.Counts(); c.Answered != 4 || c.CompletionTokens != 0 || c.Minute.Requests != 4 || c.Requests != 4 {
		t.Errorf("%+v", c)
	}
}

func TestEmbeddingsThatMakeNoSense(t *testing.T) {
	s := started(t, fast())
	for _, x := range []struct {
		body   object
		status int
		names  string
	}{
		{object{}, 400, "accepted is a text"}, {object{"input": ""}, 400, "accepted is a text"}, {object{"input": []string{}}, 400, "accepted is a text"},
		{object{"input": nil}, 400, "accepted is a text"}, {object{"input": []any{"x", ""}}, 400, "accepted is a text"}, {object{"input": object{}}, 400, "accepted is a text"},
		{object{"input": make([]string, 3000)}, 400, "accepted is a text"}, {object{"input": strings.Repeat("x", 4*mostInput+1)}, 400, "8192 tokens at most"},
		{object{"input": []any{1, "x"}}, 400, "accepted is a text"},
		{object{"input": []string{strings.Repeat("x", 4*mostInput)}, "model": "ada"}, 404, "is not served"},
		{object{"input": "x", "model": ""}, 400, "model"},
		{object{"input": "x", "dimensions": 0}, 400, "dimensions is 0; accepted"}, {object{"input": "x", "dimensions": 5000}, 400, "accepted is a number from 1"},
		{object{"input": "x", "encoding_format": "xml"}, 400, "accepted are float and base64"}, {object{"input": "x", "dimensions": "x"}, 400, "the body is not"},
	} {
		if status, _, _, text := vectors(t, s, x.body); status != x.status || !strings.Contains(text, x.names) {
			t.Errorf("%.80v: %d %s", x.body, status, text)
		}
	}
	many := make([]string, 40)
	for i := range many {
		many[i] = strings.Repeat("x", 4*mostInput)
	}
	if status, _, _, text := vectors(t, s, object{"input": many}); status != 400 || !strings.Contains(text, "accepted are 300000 in all") {
		t.Errorf("%d %s", status, text)
	}
	s = started(t, always(Fault503))
	if status, _, _, text := vectors(t, s, object{"input": "x"}); status != 503 {
		t.Errorf("%d %s", status, text)
	}
}
