package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/internal/bench"
)

// valueOf is the value of a result.
func valueOf(t *testing.T, r *bench.Report, name string) float64 {
	t.Helper()
	i := slices.IndexFunc(r.Results, func(x bench.Result) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("no result %s in %+v", name, r)
	}
	return r.Results[i].Value
}

// "demo bench adapter --endpoint URL --callers N --for D drives any endpoint": what it says and what the server counts is
// the same.
func TestBenchDrivesAnEndpoint(t *testing.T) {
	s, base := served(t, "--scenario", "well", "--slots", "4", "--service", "5ms", "--queue", "0", "--busy", "429", "--faults", "500=5%")
	r := try(t, "bench", "adapter", "--endpoint", base, "--callers", "12", "--for", "700ms", "--priority-share", "25%", "--model-limit", "queue=50", "--json")
	if r.code != exitDone || !strings.Contains(r.stderr, base+": 0 s left") {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	var doc bench.Report
	strict(t, r.stdout, &doc)
	c := countsOf(t, base)
	if a := doc.Account; a == nil || !a.Balanced() || a.Answered == 0 || c.Requests < a.Settled || c.Requests > a.Settled+a.PossiblyBilled || a.Server429 != c.Status["429"] || a.Cancelled != 0 {
		t.Errorf("%+v; the server has counted %+v", a, c)
	}
	if c.IDs.Asked == 0 || c.IDs.AnsweredTwice != 0 || c.IDs.Asked > doc.Account.Requests {
		t.Errorf("ids %+v of %d requests", c.IDs, doc.Account.Requests)
	}
	if doc.Bench != "adapter" || doc.Model != "sim-well" || doc.Endpoint != base || valueOf(t, &doc, "p4_lost") != 0 || valueOf(t, &doc, "p4_twice") != 0 ||
		valueOf(t, &doc, "p1_goodput") <= 0 || valueOf(t, &doc, "p8_amplification") < 1 || valueOf(t, &doc, "latency_p50") < 0.004 || valueOf(t, &doc, "in_flight_peak") < 1 {
		t.Errorf("%+v", doc)
	}
	for _, x := range doc.Results {
		if x.OK != (x.Goal != "") {
			t.Errorf("missed: %+v", x)
		}
	}
	valueOf(t, &doc, "urgent_wait_p99")
	for _, what := range []string{"ratio", "yardstick", `u003e= 0`} {
		if strings.Contains(r.stdout, what) {
			t.Errorf("%s, where nothing is compared: %s", what, r.stdout)
		}
	}

	r = try(t, "bench", "adapter", "--endpoint", base, "--model", "sim-well", "--callers", "2", "--for", "50ms", "--model-limit", "inflight=1")
	if r.code != exitDone || !strings.Contains(r.stdout, "p1_goodput") || strings.Contains(r.stdout, "urgent_wait_p99") || strings.Contains(r.stdout, "×") || !regexp.MustCompile(`p1_goodput +\S+ +1/s +– +one run +– +–\n`).MatchString(r.stdout) {
		t.Errorf("exit %d, %s", r.code, r.stdout)
	}
	must(t, s.Process.Signal(os.Interrupt))
	s.exit(t)
}

// An endpoint that is none is a line that says so.
func TestBenchDrivesNoOther(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	try(t, "bench", "adapter", "--endpoint", s.URL+"/v1", "--for", "1s").oneLine(t, exitUsage, "--endpoint", "404", "accepted is an endpoint that lists its models, or --model NAME")
}

// The server that judges is the binary itself, in a process of its own; "--only" leaves the rest out.
func TestBenchStartsItsOwnJudge(t *testing.T) {
	s := start(t, "bench", "adapter", "--only", "p4_twice,p10_late", "--for", "500ms", "--json")
	out, code := s.exit(t)
	var doc bench.Report
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, s.stderr.String())
	}
	strict(t, out, &doc)
	if len(doc.Results) != 2 || doc.Results[0].Name != "p4_twice" || !doc.Results[0].OK || doc.Results[1].Name != "p10_late" {
		t.Errorf("%+v", doc)
	}
	if said := s.stderr.String(); !strings.Contains(said, "1 of 2: p4_twice") || !strings.Contains(said, "2 of 2: p10_late") {
		t.Errorf("stderr %q", said)
	}
}
