package builtin

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

func TestConfigThatMakesNoSense(t *testing.T) {
	for names, c := range map[string]Config{
		`name "gpt-4o"; accepted is sim- followed by`:              {Name: "gpt-4o"},
		`name "sim-"; accepted`:                                    {Name: "sim-"},
		`name "sim-a b"; accepted`:                                 {Name: "sim-a b"},
		`address "0.0.0.0:1" is not this machine's own; accepted`:  {Addr: "0.0.0.0:1"},
		`address ":80" is not`:                                     {Addr: ":80"},
		`address "example.org:80" is not`:                          {Addr: "example.org:80"},
		`address "here"; accepted is HOST:PORT`:                    {Addr: "here"},
		`address "here"; accepted`:                                 {Addr: "here", Exposed: true},
		"token rate -1; accepted":                                  {TokenRate: -1},
		"token rate NaN; accepted":                                 {TokenRate: math.NaN()},
		"a log of -1; accepted":                                    {Log: -1},
		"lengths of -1 tokens":                                     {Lengths: Lengths{Median: -1}},
		"lengths of 5 tokens with sigma 9; accepted":               {Lengths: Lengths{Median: 5, Sigma: 9}},
		"time for each token of a prompt -1s; accepted":            {PerPrompt: -time.Second},
		"slots -1; accepted":                                       {Slots: -1},
		"requests a minute -1; accepted":                           {RPM: -1},
		"tokens a minute -1; accepted":                             {TPM: -1},
		"busy status 500; accepted are 429, 503 and 529":           {Busy: 500},
		"service time -1s; accepted is a duration from 0":          {Service: -1e9},
		"input tokens a minute -1; accepted":                       {InputTPM: -1},
		"output tokens a minute -1; accepted":                      {OutputTPM: -1},
		`window "wide"; accepted are bucket and sliding`:           {Window: "wide"},
		"stall limit -1s; accepted":                                {StallLimit: -time.Second},
		"it takes no form; accepted are tools, json_schema, text":  {Takes: []llmadapter.Form{}},
		`takes: llmadapter: form "xml"; accepted are tools`:        {Takes: []llmadapter.Form{"xml"}},
		`fault "fire" with a share of 0.1; accepted are ["429"`:    {Faults: Faults{"fire": 0.1}},
		`fault "cut" with a share of 2; accepted`:                  {Faults: Faults{FaultCut: 2}},
		"the shares of the faults sum to 1.2; accepted is 1 at mo": {Faults: Faults{FaultCut: 0.6, Fault429: 0.6}},
	} {
		s, err := Start(t.Context(), c)
		if s != nil || err == nil || !strings.HasPrefix(err.Error(), "builtin: "+names) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, names)
		}
	}
	for _, c := range []Config{{}, {Addr: "localhost:0"}, {Addr: "[::1]:0"}, {Addr: "0.0.0.0:0", Exposed: true}, {Name: "sim-a.B_c-1"}} {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

// Two cannot listen on one address, and the second says so.
func TestAddressTaken(t *testing.T) {
	s := started(t, fast())
	_, err := Start(t.Context(), Config{Addr: s.addr})
	if err == nil || !strings.HasPrefix(err.Error(), `builtin: address "`+s.addr+`": `) || !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Error(err)
	}
}
