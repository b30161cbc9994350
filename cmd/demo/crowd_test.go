package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// "The commons with 50 model minds against a server that allows 4 at once and 60 requests a minute, realtime pace: nobody
// hangs, agents that were rejected act by their fallback, the report shows it, the server never sees a fifth call." The
// server is another process and answers 429 to a fifth call at once, and to the 61st of a minute; it counts.
// POLIS_TEST_LONG takes three minutes, in which the limit is used again.
func TestFiftyMindsAndSixtyRequestsAMinute(t *testing.T) {
	t.Chdir(t.TempDir())
	const agents, rpm = 50, 60
	tick, rounds := 400*time.Millisecond, 10
	if os.Getenv("POLIS_TEST_LONG") != "" {
		tick, rounds = 15*time.Second, 12
	}
	_, base := served(t, "--slots", "4", "--queue", "0", "--busy", "429", "--busy-retry", "1s", "--rpm", fmt.Sprint(rpm), "--window", "sliding", "--latency", "20ms")
	began := time.Now()
	var doc contract
	try(t, "--agents", fmt.Sprint(agents), "--mind", "50*model:sustainable", "--set", "talk=false", "--pace", "realtime", "--tick", tick.String(), "--rounds", fmt.Sprint(rounds),
		"--model", "openai:sim-commons@"+base, "--model-limit", fmt.Sprintf("inflight=4,rpm=%d", rpm), "--out", "kept", "--json").into(t, &doc)
	took, long := time.Since(began), time.Duration(rounds)*tick
	if took > 2*long+20*time.Second { // a loaded machine
		t.Errorf("it took %v, of which its clock is %v", took, long)
	}
	c := countsOf(t, base)
	within(t, doc.Usage, c.Requests)
	if c.Peak > 4 || c.Status["429"] > 0 || doc.Usage.Server429 > 0 || c.Minute.Requests > rpm {
		t.Errorf("the server counted at most %d at once, %d a minute, and answered %v", c.Peak, c.Minute.Requests, c.Status)
	}
	if least := rpm * 3 / 4; c.Answered < least || took > 2*time.Minute && c.Answered < 2*least {
		t.Errorf("of %d requests a minute it answered %d in %v", rpm, c.Answered, took)
	}
	if doc.Faults["abandoned"] > 0 || doc.Faults["crashes"] > 0 || doc.Usage.Rejected == 0 || doc.Marks["fallback"] == 0 || doc.DecidedBy["stand-in"] == 0 || doc.DecidedBy["rules"] == 0 {
		t.Errorf("faults %v, usage %+v, marks %v, decided by %v", doc.Faults, doc.Usage, doc.Marks, doc.DecidedBy)
	}
	decisions := doc.DecidedBy["stand-in"] + doc.DecidedBy["rules"]
	if decisions < agents*rounds*3/4 || decisions > agents*rounds {
		t.Errorf("%d decisions of %d agents in %d rounds", decisions, agents, rounds)
	}
	page, d := reportsOf(t, "kept")
	if want := fmt.Sprintf("Decided by rules (%d of %d) and the stand-in (%d of %d), no language model.", doc.DecidedBy["rules"], decisions, doc.DecidedBy["stand-in"], decisions); d.Decided != want {
		t.Errorf("the report says %q, not %q", d.Decided, want)
	}
	marks := map[string]int{}
	for _, m := range d.Marks {
		marks[m.Name] = m.N
	}
	if marks["fallback"] != doc.Marks["fallback"] || !strings.Contains(page, "rejected") {
		t.Errorf("the report has marks %v, the run %v", marks, doc.Marks)
	}
	t.Logf("%v: %d requests, %d of a minute, peak %d, answered %d, rejected %d, decided by %v", took.Round(time.Millisecond), c.Requests, c.Minute.Requests, c.Peak, c.Answered, doc.Usage.Rejected, doc.DecidedBy)
}
