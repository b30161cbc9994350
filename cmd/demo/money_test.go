package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
)

// simPrices are made up: a dollar for a million tokens of a prompt, four for those of an answer.
const simPrices = `{"prices":{"sim-*":{"input":1,"output":4}}}`

// nanoUSD is an amount in billionths of a dollar.
func nanoUSD(usd float64) int { return int(usd*1e9 + 0.5) }

// bill is what a stand-in wants at those prices for what it has read and written.
func bill(c builtin.Counts) int { return 1000*c.PromptTokens + 4000*c.CompletionTokens }

func TestMoneyThatMakesNoSense(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("sim.json", []byte(simPrices), 0o666), os.WriteFile("bad.json", []byte("{\"prices\":{\n\"a\":{\"input\":1}}}"), 0o666),
		os.WriteFile("other.json", []byte(`{"prices":{"gpt*":{"input":1,"output":2}}}`), 0o666))
	for _, c := range []struct{ args, names string }{
		{"--prices none.json", `--prices "none.json": no such file or directory; accepted is a file such as docs/prices.example.json`},
		{"--prices .", `--prices ".": is a directory`},
		{"--prices bad.json", `--prices "bad.json": prices: line 2: "a" has no output; accepted is 0 where nothing is to be paid`},
		{"--prices other.json", `--prices "other.json" has no price of model "sim-commons"; accepted is one, with 0 where nothing is to be paid; there are "gpt*"`},
		{"--budget usd=1", `--budget "usd=1" without --prices; accepted is US dollars with a file of prices, and tokens without`},
		{"--budget agent-usd=1,tokens=5", `without --prices`},
		{"--budget eur=1", `--budget "eur=1"; accepted are usd=AMOUNT, tokens=N, agent-usd=AMOUNT and agent-tokens=N`},
		{"--budget 5", `--budget "5"; accepted are`},
		{"--budget agent-agent-usd=5", `accepted are usd=AMOUNT`},
		{"--budget tokens=1,tokens=2", `tokens twice; accepted is each once`},
		{"--budget tokens=0", `accepted is a whole number of tokens from 1`},
		{"--budget tokens=1.5", `accepted is a whole number of tokens from 1`},
		{"--budget usd=NaN", `accepted is an amount of US dollars above 0`},
		{"--budget usd=-1", `accepted is an amount of US dollars above 0`},
		{"--budget usd=0", `accepted is an amount of US dollars above 0`},
		{"--budget usd=1e10", `accepted is an amount of US dollars above 0, 1000000000 at most`},
	} {
		try(t, append([]string{"--mind", "model", "--out", "none"}, strings.Fields(c.args)...)...).oneLine(t, exitUsage, c.names)
	}
	try(t, "run", "--resume", "x", "--budget", "tokens=5").oneLine(t, exitUsage, "--budget beside --resume")
}

// What would change nothing is refused, also of a fork, unless it has it from its run. The stand-in may be named.
func TestNoAgentAsksAModel(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("sim.json", []byte(simPrices), 0o666))
	for args, names := range map[string]string{
		"--model openai:gpt-4o@https://user:hunter2@host": `--model "openai:gpt-4o@…"`,
		"--model-limit rpm=5":                             `--model-limit "rpm=5"`,
		"--prices sim.json":                               `--prices "sim.json"`,
		"--budget tokens=5":                               `--budget "tokens=5"`,
		"--budget tokens=5 --mind 5*greedy":               `--budget "tokens=5"`,
	} {
		try(t, append([]string{"--out", "none"}, strings.Fields(args)...)...).oneLine(t, exitUsage, names+": no agent asks a model; accepted is with --mind model")
	}
	try(t, "--model", "builtin", "--rounds", "1", "--out", "none", "--quiet").ok(t)
	try(t, "--mind", "5*model", "--model-limit", "rpm=5000", "--prices", "sim.json", "--budget", "usd=5", "--rounds", "2", "--out", "was", "--quiet").ok(t)
	try(t, "fork", "was", "--at", "1", "--mind", "5*greedy", "--out", "is", "--quiet").ok(t)
	for _, flag := range []string{"--model=openai:x", "--model-limit=rpm=5", "--prices=sim.json", "--budget=tokens=5"} {
		name, _, _ := strings.Cut(flag, "=")
		try(t, "fork", "was", "--at", "1", "--mind", "5*greedy", flag, "--out", "not").oneLine(t, exitUsage, name+` "`, "no agent asks a model")
	}
}

// A flag with nothing, as a shell types it of a variable that is not set.
func TestFlagsThatSayNothing(t *testing.T) {
	for _, flag := range []string{"--model-limit", "--prices", "--budget", "--record"} {
		try(t, "--mind", "model", "--out", "none", flag, "").oneLine(t, exitUsage, flag+` ""; accepted is `)
		try(t, "--mind", "model", "--out", "none", flag+"=").oneLine(t, exitUsage, flag+` ""; accepted is `)
	}
	try(t, "bench", "adapter", "--endpoint", "http://127.0.0.1:1", "--model-limit", "").oneLine(t, exitUsage, `--model-limit ""; accepted is K=V,…, or to leave it off`)
}

// The example that the guide names can be used as it is.
func TestExampleOfPrices(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "prices.example.json")
	var doc contract
	try(t, "--mind", "model", "--rounds", "1", "--prices", file, "--json", "--out", "none").into(t, &doc)
	if u := doc.Usage; u.CostUSD != float64(1000*u.InputTokens+4000*u.OutputTokens)/1e9 || u.CostUSD == 0 {
		t.Errorf("%+v", u)
	}
}

// "Without --prices outputs must not say 0 USD as if known"; what the run says it has cost is what its files say.
func TestCostIsTold(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("sim.json", []byte(simPrices), 0o666))
	if out := try(t, "--mind", "model", "--rounds", "2", "--out", "none").ok(t); strings.Contains(out, "USD") || shown(out, "cost") != "" {
		t.Error(out)
	}
	out := try(t, "--mind", "3*model", "--mind", "2*sustainable", "--rounds", "2", "--prices", "sim.json", "--budget", "usd=5", "--out", "kept").ok(t)
	var m manifest
	read(t, filepath.Join("kept", "manifest.json"), &m)
	u := m.ModelUsage
	if want := dollars(u.CostUSD) + " USD; budget usd=5"; shown(out, "cost") != want || u.CostUSD == 0 || nanoUSD(u.CostUSD) != 1000*u.InputTokens+4000*u.OutputTokens {
		t.Errorf("cost %q, want %q", shown(out, "cost"), want)
	}
	if m.Prices["sim-*"] != (llmadapter.Price{Input: 1, Output: 4}) || m.Budget != "usd=5" || !strings.Contains(m.Command, "--prices sim.json --budget usd=5") {
		t.Errorf("%v, %q, %s", m.Prices, m.Budget, m.Command)
	}
	spent := m.Record.Spending[modelName]
	sum := 0
	for _, a := range spent.Askers {
		sum += nanoUSD(a.CostUSD)
	}
	if len(spent.Askers) != 3 || sum != nanoUSD(u.CostUSD) || spent.Models["sim-commons"].CostUSD != u.CostUSD {
		t.Errorf("%+v", spent)
	}
	_, d := reportsOf(t, "kept")
	if len(d.Models) != 1 || d.Models[0].CostUSD != u.CostUSD || len(d.Models[0].Askers) != 3 || len(d.Models[0].Answering) != 1 {
		t.Errorf("%+v", d.Models)
	}
}

// "A society with a budget that ends mid-run: agents fall back, account exact, never over": by the server's own count.
func TestBudgetThatEnds(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("sim.json", []byte(simPrices), 0o666))
	_, base := served(t)
	var doc contract
	try(t, "--mind", "5*model:sustainable", "--model", "openai:sim-commons@"+base, "--prices", "sim.json", "--budget", "usd=0.1", "--out", "none", "--json").into(t, &doc)
	u, counts := doc.Usage, countsOf(t, base)
	if u.Rejected == 0 || u.Answered < 10 || u.Answered+u.Rejected != u.Requests || doc.Marks["fallback"] != u.Rejected || doc.DecidedBy["rules"] == 0 || doc.DecidedBy["stand-in"] == 0 {
		t.Errorf("%+v, marks %v, decided by %v", u, doc.Marks, doc.DecidedBy)
	}
	if bill(counts) != nanoUSD(u.CostUSD) || u.PossiblyUSD != 0 || u.CostUSD > 0.1 || counts.PromptTokens != u.InputTokens {
		t.Errorf("the server bills %d, of %+v; the account is %+v", bill(counts), counts, u)
	}
	within(t, u, counts.Requests)
}

// "After kill -9 and resume as well": with the prices and the budget that the run began with, and what was out when it was
// killed counted at the highest it may cost.
func TestBudgetOutlivesAKill(t *testing.T) {
	t.Parallel()
	_, base := served(t, "--slots", "2")
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "sim.json"), []byte(simPrices), 0o666))
	k := startIn(t, dir, "run", "--mind", "5*model:sustainable", "--model", "openai:sim-commons@"+base, "--prices", "sim.json", "--budget", "usd=0.15,agent-tokens=40000",
		"--delay", "5ms", "--plain", "--out", "kept")
	for at := range 3 {
		k.until(t, fmt.Sprintf("month %2d ", 1+at))
		must(t, k.Process.Kill())
		k.exit(t)
		if at == 0 {
			must(t, os.Remove(filepath.Join(dir, "sim.json"))) // whoever goes on has them
		}
		k = startIn(t, dir, "run", "--resume", "kept", "--plain", "--delay", "5ms")
	}
	if _, code := k.exit(t); code != exitDone {
		t.Fatal(k.stderr.String())
	}
	var m manifest
	read(t, filepath.Join(dir, "kept", "manifest.json"), &m)
	u, counts := m.ModelUsage, countsOf(t, base)
	if n := bill(counts); n < nanoUSD(u.CostUSD) || n > nanoUSD(u.CostUSD)+nanoUSD(u.PossiblyUSD) || n > nanoUSD(0.15) {
		t.Errorf("the server bills %d, of %+v; the account is %+v", n, counts, u)
	}
	if u.Rejected == 0 || m.Resumed != 3 {
		t.Errorf("resumed %d times, %+v", m.Resumed, u)
	}
	within(t, u, counts.Requests)
	var sum llmadapter.Account
	for who, a := range m.Record.Spending[modelName].Askers {
		sum.Add(llmadapter.Account(a))
		if a.InputTokens+a.OutputTokens+a.PossiblyTokens > 40_000 {
			t.Errorf("%s: %+v", who, a)
		}
	}
	if sum != u {
		t.Errorf("askers %+v, all %+v", sum, u)
	}
}

func TestDollars(t *testing.T) {
	for usd, want := range map[float64]string{0: "0", 12.34567: "12.3457", 5: "5", 0.01: "0.01", 0.0000075: "0.0000075", 0.00123456: "0.00123456"} {
		if got := dollars(usd); got != want {
			t.Errorf("%v: %q", usd, got)
		}
	}
}
