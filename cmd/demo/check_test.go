package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter/conformance"
)

// "demo model --check SPEC prints a line per claim with its reason, exit 1 on a miss": of a server that is another
// process, in both wire forms.
func TestModelIsChecked(t *testing.T) {
	_, base := served(t, "--scenario", "none", "--latency", "30ms")
	_, bad := served(t, "--scenario", "none", "--faults", "unknown=100%")
	_, narrow := served(t, "--scenario", "none", "--takes", "text")
	n := len(conformance.EndpointClaims())
	for _, c := range []struct {
		spec   string
		code   int
		broken int
		want   []string
		stderr string
	}{
		{"openai:sim-model@" + base, exitDone, 0, []string{"✓ it calls tools\n", "✓ who goes away is let go\n", "– a wrong key is refused: it needs none\n", "at most 11 requests"}, ""},
		{"anthropic:sim-model@" + base, exitDone, 0, []string{"✓ it calls tools\n", "✓ it lists its models\n"}, ""},
		{"openai:sim-model@" + narrow, exitDone, 0, []string{"– it calls tools: it does not take them so: ", "✓ it writes calls that a prompt describes\n"}, ""},
		{"openai:sim-model@" + bad, exitFailed, 4, []string{"✗ it calls tools: there is no tool ", "✗ it can be asked for calls in one of these ways: an agent could not act\n"}, "4 of 15 claims do not hold"},
		{"openai:another@" + base, exitFailed, 1, []string{"✗ it answers with text: invalid (HTTP 404): ", "– it calls tools: it gives no answer\n"}, "1 of 15 claims do not hold"},
		{"openai:sim-model@http://127.0.0.1:1/v1", exitFailed, 1, []string{"✗ it answers with text: unreachable"}, "do not hold"},
		{"nothing", exitUsage, 0, nil, `--check "nothing"; accepted are builtin, openai:MODEL[@BASEURL]`},
		{"openai:gpt-4o", exitUsage, 0, nil, `--check "openai:gpt-4o": a model that is not on this machine needs a key`},
		{"cassette:x", exitUsage, 0, nil, "accepted is a model that can be asked"},
	} {
		var stdout, stderr bytes.Buffer
		p := newProcess(&stdout, &stderr, "model", "--check", c.spec)
		code := p.run(t.Context())
		out := stdout.String()
		if code != c.code || !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 || strings.Count(out, "✗ ") != c.broken {
			t.Errorf("%s: exit %d, %s\n%s", c.spec, code, stderr.String(), out)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", c.spec, want, out)
			}
		}
		if lines := strings.Count(out, "\n"); c.code != exitUsage && lines != n+1 {
			t.Errorf("%s: %d lines of %d claims", c.spec, lines, n)
		}
	}

	var doc checked
	var stdout, stderr bytes.Buffer
	if code := newProcess(&stdout, &stderr, "model", "--check", "builtin", "--addr", "127.0.0.1:0", "--latency", "30ms", "--json").run(t.Context()); code != exitDone {
		t.Fatalf("exit %d, %s", code, stderr.String())
	}
	must(t, json.Unmarshal(stdout.Bytes(), &doc))
	if !doc.Holds || doc.Model != "builtin" || len(doc.Claims) != n || doc.Claims[0].Verdict != "holds" || doc.Claims[0].Took <= 0 {
		t.Errorf("%+v", doc)
	}
}
