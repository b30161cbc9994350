package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// "Exit code 2: bad usage or configuration (one line that names the thing and what it accepts)." And nothing is left
// behind.
func TestBadInputIsOneLineAndLeavesNothing(t *testing.T) {
	for _, c := range []struct{ args, names string }{
		{"run comons", `unknown scenario "comons", did you mean "commons"? accepted: well, commons`},
		{"comons", `unknown command "comons"; accepted: run, report, inspect, fork, replay, quarantine, episodes, sweep, known, list, measure, protocol, node, model, chaos, bench, version`},
		{"benchh engine", `unknown command "benchh", did you mean "bench"?`},
		{"run commons other", `unexpected argument other; usage: demo run [<scenario>] [flags]`},
		{"list --plain", `unknown flag --plain; accepted: --help, --log-level, --json`},
		{"--bogus", "unknown flag --bogus; accepted: --help, --log-level, --agents, --rounds"},
		{"--seeds 3", "unknown flag --seeds, did you mean --seed?"},
		{"-seed 3", "unknown flag -seed, did you mean --seed?"},
		{"--seed -3", `--seed: "-3"; accepted is a whole number from 0`},
		{"--seed", `--seed`},
		{"--agents 0", `--agents: "0"; accepted is a whole number from 1 to 1000000`},
		{"--agents 1000001", `--agents: "1000001"; accepted`},
		{"--rounds -3", `--rounds: "-3"; accepted is a whole number from 1`},
		{"--rounds 2.5", `--rounds: "2.5"; accepted`},
		{"--runs 0", `--runs: "0"; accepted is a whole number from 1`},
		{"--runs 2 --seed 18446744073709551615", "--seed 18446744073709551615 with --runs 2"},
		{"--pace hurried", `pace "hurried"; accepted are rounds, sequential, simulated, realtime`},
		{"--pace=", `pace ""; accepted`},
		{"--mind greddy", `unknown mind "greddy", did you mean "greedy"? accepted: fixed:N, sustainable`},
		{"--mind 3*greedy --agents 5", "sum to 3, the agents are 5"},
		{"--mind 3*greedy --mind 3*fixed:1 --agents 5", "sum to 6, the agents are 5"},
		{"--mind 0*greedy", `count "0"; accepted`},
		{"--mind greedy --mind fixed:1", "two without a count"},
		{"--mind fixed:many", `mind "fixed:many"`},
		{"--mind fixed:", `mind "fixed:"; accepted is NAME or NAME:ARG`},
		{"--set talk", `--set "talk"; accepted is NAME=VALUE`},
		{"--set =true", `--set "=true"`},
		{"--set talc=true", `unknown parameter "talc", did you mean "talk"?`},
		{"--set talk=maybe", `parameter talk is "maybe"; accepted is true or false`},
		{"run well --set litres=many", `parameter litres is "many"; accepted is a number from 0 to 1000`},
		{"run well --agents 9", "9 agents; accepted are 5 at most"},
		{"--null chanel-cut", `null "chanel-cut"; commons offers channel-cut, memory-off, public-signal-only`},
		{"--null isolated", `null "isolated"; commons offers channel-cut, memory-off, public-signal-only`},
		{"run well --null memory-off", `null "memory-off"; well offers none`},
		{"--chaos agent:150%", `chaos "agent:150%"; accepted`},
		{"--chaos=", `chaos ""; accepted`},
		{"--chaos wrld:2", `chaos "wrld:2"; accepted are agent:P%`},
		{"--chaos adapter:3%", `--chaos "adapter:3%": nobody is asked; accepted is adapter:P% with --mind model`},
		{"--chaos journal:slow --journal none", `--chaos "journal:slow": the run keeps no journal`},
		{"--chaos journal:full --journal memory", `--chaos "journal:full": the journal is in memory`},
		{"--chaos process:3 --journal memory", `--chaos "process:3": nothing would be left`},
		{"--chaos agent:kate=always", `"kate", did you mean "Kate"?`},
		{"--chaos model:fire=3%", `--chaos: model: fault "fire=3%": no such fault`},
		{"--chaos agent:20%,model:429=200%", `fault "429=200%"`},
		{"--mind model --chaos model:429=3% --model openai:x@http://127.0.0.1:1/v1", `with --model "openai:x@http://127.0.0.1:1/v1"; accepted is model:… with --model builtin only`},
		{"--model gpt", `--model "gpt"; accepted are builtin, openai:MODEL[@BASEURL], anthropic:MODEL[@BASEURL] and cassette:FILE`},
		{"--model openai:", `--model "openai:" names no model`},
		{"--model openai:x@here", `the base URL begins with http:// or https://`},
		{"--mind model --model openai:gpt-4o", "OPENAI_API_KEY"},
		{"--mind model --model openai:x@http://10.0.0.1/v1", "OPENAI_API_KEY"},
		{"--mind model --model openai:x@http://127.0.0.1:1/v1", `nobody answers at http://127.0.0.1:1/v1 (connection refused); accepted is the base URL of a server that is running`},
		{"--model-limit inflight=0", `--model-limit "inflight=0"; accepted is a whole number from 1`},
		{"--model-limit inflight=1000001", `accepted is a whole number from 1 to 1000000`},
		{"--model-limit rpm=1.5", `--model-limit "rpm=1.5"; accepted is a whole number from 1 to 1000000000`},
		{"--model-limit inflight=4,inflight=5", `--model-limit "inflight=4,inflight=5": inflight twice; accepted is each once`},
		{"--log-level debug lst", `unknown command "lst", did you mean "list"?`},
		{"--log-level=debug report nowhere", `"nowhere": accepted is the directory of a kept run`},
		{"--model-limit many=4", `--model-limit "many=4"; accepted are inflight=N, rpm=N, tpm=N, itpm=N, otpm=N and queue=N`},
		{"--mind person --runs 2", "--runs 2 with a person among the minds; accepted is 1"},
		{"--tick 5", `--tick: "5"; accepted is a duration above 0`},
		{"--deadline 0s", `--deadline: "0s"; accepted is a duration above 0`},
		{"--delay -1s", `--delay: "-1s"; accepted is a duration from 0`},
		{"--journal sqlit", `unknown journal "sqlit", did you mean "sqlite"? accepted: sqlite, postgres:DSN, memory, none`},
		{"--journal postgres", `--journal "postgres" names no database; accepted is postgres:DSN`},
		{"--journal postgres:host=/nowhere --out none", `--journal postgres with --out none; accepted is a directory for it`},
		{"--journal postgresql://user:secret@host/x", `unknown journal "postgresql", did you mean "postgres:DSN"?`},
		{"--journal memory:x", `--journal memory takes nothing after it`},
		{"--resume nowhere", `"nowhere": accepted is the directory of a kept run, which holds a run.db`},
		{"--resume full", `"full": accepted is the directory of a kept run`},
		{"replay nowhere", `"nowhere": accepted is the directory of a kept run`},
		{"--journal sqlite --out none", `--journal sqlite with --out none; accepted is a directory for it, or --journal memory or none`},
		{"--log-level loud", `--log-level: "loud"; accepted are debug, info, warn, error, off`},
		{"--json=perhaps", `--json`},
		{"--out=", `--out ""`},
		{"--out full", `--out "full": it is not empty: there is file`},
		{"--out full/file", `--out "full/file": full/file is not a directory; accepted is a new or empty directory`},
		{"--out full/file/below", `--out "full/file/below": not a directory`},
		{"--out new/with\x00nul", `--out "new/with\x00nul": invalid argument`},
		{"--runs 3 --out full", `--out "full"`},
		{"bench", "bench needs a NAME; accepted: adapter, emergence, engine, journal"},
		{"bench engin", `unknown benchmark "engin", did you mean "engine"?`},
		{"bench adapter --only p3_memori", `unknown result "p3_memori", did you mean "p3_memory"?`},
		{"bench engine --only tell,p3_memory", `unknown result "p3_memory"; accepted: tell, round_trip`},
		{"bench adapter --for 0s", `--for: "0s"; accepted is a duration above 0`},
		{"bench adapter --callers 3", "--callers is about an endpoint of your own; it needs --endpoint URL"},
		{"bench adapter --model-limit rpm=3", "--model-limit is about an endpoint of your own"},
		{"bench engine --endpoint http://127.0.0.1:9/v1", "--endpoint is for bench adapter, not for engine"},
		{"bench adapter --endpoint http://127.0.0.1:9/v1 --only p3_memory", "--only and --endpoint: accepted is one of them"},
		{"bench adapter --endpoint http://127.0.0.1:1/v1", `--endpoint "http://127.0.0.1:1/v1": nobody answers there`},
		{"bench adapter --endpoint ftp://127.0.0.1/v1", "accepted is http://HOST:PORT/PATH, or https"},
		{"bench adapter --endpoint http://models.example/v1", "a model that is not on this machine needs a key: set OPENAI_API_KEY"},
		{"bench adapter --endpoint http://127.0.0.1:1/v1 --callers 0", `--callers: "0"; accepted is a whole number from 1`},
		{"bench adapter --endpoint http://127.0.0.1:1/v1 --callers 100001", `--callers 100001; accepted is a whole number from 1 to 100000`},
		{"bench adapter --endpoint http://127.0.0.1:1/v1 --model-limit fast=1", `--model-limit "fast=1"; accepted are inflight=N`},
		{"bench adapter --endpoint http://127.0.0.1:1/v1 --priority-share 0.1", `--priority-share "0.1"; accepted is P% with P from 0 to 100`},
		{"bench adapter --endpoint http://127.0.0.1:1/v1 --priority-share 101%", `--priority-share "101%"`},
		{"report", `expected "<dir>"`},
		{"report nowhere", `"nowhere": accepted is the directory of a kept run, which holds a manifest.json`},
		{"report full", `"full": accepted is the directory of a kept run`},
		{"report full/file", `"full/file": accepted is the directory of a kept run`},
		{"report full again", "unexpected argument again"},
		{"version please", "unexpected argument please"},
		{"protocol", `expected one of "list", "check", "draw"`},
		{"protocol show", `unexpected argument show`},
		{"protocol list --plain", `unknown flag --plain; accepted: --help, --log-level, --json`},
		{"protocol check reqest", `unknown protocol "reqest", did you mean "request"? accepted: request, query,`},
		{"protocol check request reqest", `unknown protocol "reqest"`},
		{"protocol check full", "full: is a directory; accepted is a protocol file"},
		{"protocol check no.yaml", "no.yaml: no such file or directory; accepted is a protocol file, or one of request, query"},
		{"protocol check full/file", `full/file: `},
		{"protocol check request --queue 25", "--queue 25; accepted is a whole number from 1 to 24"},
		{"protocol check request --queue 0", `--queue: "0"; accepted is a whole number from 1`},
		{"protocol check request --states few", `--states: "few"; accepted is a whole number from 1`},
		{"protocol draw", `expected "<protocol>"`},
		{"protocol draw reqest", `unknown protocol "reqest", did you mean "request"?`},
		{"protocol draw request --role broker", `unknown role "broker"; accepted: initiator, participant`},
		{"model --addr 0.0.0.0:8081", `address "0.0.0.0:8081" is not this machine's own; accepted is 127.0.0.1:PORT`},
		{"model --addr here", `address "here"; accepted is HOST:PORT`},
		{"model --addr 127.0.0.1:123456", `--addr: address "127.0.0.1:123456": `},
		{"model --scenario comons", `unknown scenario "comons", did you mean "commons"?`},
		{"model --name gpt-4o", `name "gpt-4o"; accepted is sim- followed by`},
		{"model --slots 0", `--slots: "0"; accepted is a whole number from 1`},
		{"model --latency -1s", `--latency: "-1s"; accepted is a duration from 0`},
		{"model --rpm few", `--rpm: "few"; accepted`},
		{"model --takes tools,xml", `--takes: form "xml"; accepted are tools, json_schema, text`},
		{"model --faults 429", `--faults: fault "429": no share; accepted is NAME=P%,… with P from 0 to 100, in all at most, and a NAME of 429, 500, 503, error, cut`},
		{"model --faults fire=3%", `--faults: fault "fire=3%": no such fault`},
		{"model --seed -1", `--seed: "-1"; accepted`},
		{"model x", "unexpected argument x"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			must(t, os.Mkdir("full", 0o777), os.WriteFile("full/file", nil, 0o666))
			try(t, strings.Fields(c.args)...).oneLine(t, exitUsage, c.names)
			if found := tree(t, "."); !slices.Equal(found, []string{"full", "full/file"}) {
				t.Errorf("left behind: %q", found)
			}
		})
	}
}

func TestOutThatCannotBeWrittenIsRefused(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("everything can be written by root")
	}
	t.Chdir(t.TempDir())
	must(t, os.Mkdir("locked", 0o555))
	try(t, "--out", "locked").oneLine(t, exitUsage, `--out "locked": permission denied`)
	try(t, "--out", "locked/new/below").oneLine(t, exitUsage, `--out "locked/new/below": permission denied`)
}

// "What is not built yet is absent from --help and answered as unknown."
func TestWhatIsNotBuiltIsUnknown(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, command := range []string{"profile", "serve"} {
		try(t, command, "x").oneLine(t, exitUsage, `unknown command "`+command+`"`)
	}
	for _, flag := range []string{"--ui"} {
		try(t, "run", flag, "x").oneLine(t, exitUsage, "unknown flag "+flag)
	}
	try(t, "--model", "gemini:x").oneLine(t, exitUsage, `--model "gemini:x"; accepted are builtin, openai:MODEL[@BASEURL], anthropic:MODEL[@BASEURL] and cassette:FILE`)
	try(t, "--model-limit", "tps=5").oneLine(t, exitUsage, `--model-limit "tps=5"; accepted are inflight=N, rpm=N, tpm=N, itpm=N, otpm=N and queue=N`)
}

var typable = regexp.MustCompile(`--[a-z][a-z-]*`)

// The contract's flags of this stage, and no other.
func TestHelpListsWhatThereIs(t *testing.T) {
	flags := func(text string) []string {
		found := typable.FindAllString(text, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	help := try(t, "run", "--help").ok(t)
	want := []string{"--agents", "--budget", "--ca", "--cert", "--certs", "--chaos", "--cluster", "--deadline", "--delay", "--events", "--help", "--journal", "--json", "--key", "--log-level", "--metrics", "--mind", "--model", "--model-limit", "--null",
		"--otel", "--otel-content", "--out", "--pace", "--plain", "--prices", "--quiet", "--record", "--resume", "--rounds", "--runs", "--second-model", "--second-model-limit", "--seed", "--set", "--tick", "--watch"}
	if got := flags(help); !slices.Equal(got, want) {
		t.Errorf("run --help has the flags %q, want %q", got, want)
	}
	help = try(t, "--help").ok(t)
	_, commands, _ := strings.Cut(help, "Commands:")
	commands, _, _ = strings.Cut(commands, "\n\n")
	var names []string
	for line := range strings.Lines(commands) {
		if command, is := strings.CutPrefix(line, "  "); is && !strings.HasPrefix(command, " ") { // else the sentence goes on
			names = append(names, strings.Fields(command)[0])
		}
	}
	if !slices.Equal(names, []string{"run", "report", "inspect", "fork", "replay", "quarantine", "episodes", "sweep", "known", "list", "measure", "protocol", "protocol", "protocol", "node", "node", "model", "chaos", "bench", "version"}) {
		t.Errorf("--help has the commands %q", names)
	}
	for _, absent := range []string{"person"} {
		if text := try(t, "run", "-h").ok(t); strings.Contains(text, absent) {
			t.Errorf("run --help offers %q", absent)
		}
	}
}

// "`demo` with no arguments, or with run's flags directly: `demo --plain --seed 7` is `demo run commons …`."
func TestRunIsTheDefaultAndCommonsItsScenario(t *testing.T) {
	want := try(t, "run", "commons", "--plain", "--seed", "7", "--out", "none").ok(t)
	for _, args := range [][]string{{"--plain", "--seed", "7", "--out", "none"}, {"run", "--seed=7", "--out=none"}} {
		if got := try(t, args...).ok(t); got != want {
			t.Errorf("%q gives\n%s\nwant\n%s", args, got, want)
		}
	}
	t.Chdir(t.TempDir())
	if got := try(t).ok(t); !strings.HasPrefix(got, "commons: ") || !strings.Contains(got, "seed 1\n") {
		t.Errorf("without arguments: %s", got)
	}
}

// "A panic in our code: one line and exit 1."
func TestPanicIsOneLine(t *testing.T) {
	p := newProcess(nil, nil, "list")
	p.stdout, p.stderr = panicking{}, &strings.Builder{}
	if code := p.run(t.Context()); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if got := p.stderr.(*strings.Builder).String(); got != "demo: internal error: no paper\n" {
		t.Errorf("stderr %q", got)
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("no paper") }

func TestNearest(t *testing.T) {
	names := []string{"sustainable", "greedy", "fixed:N"}
	for name, want := range map[string]string{"greddy": "greedy", "Greedy": "greedy", "sustanable": "sustainable", "xyz": "", "": ""} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
}

// must fails the test at the first error.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tree lists everything below a directory.
func tree(t testing.TB, root string) (paths []string) {
	t.Helper()
	must(t, filepath.Walk(root, func(path string, _ os.FileInfo, err error) error {
		if path != root {
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	}))
	return paths
}

// What may be a secret in an address is not shown.
func TestAddressWithASecret(t *testing.T) {
	for _, address := range []string{"http://user:sk-SECRET@127.0.0.1:1/v1", "http://127.0.0.1:1/v1?key=sk-SECRET", "http://127.0.0.1:1/v1#sk-SECRET"} {
		r := try(t, "--mind", "model", "--out", "none", "--model", "openai:m@"+address)
		r.oneLine(t, exitUsage, `--model "openai:m@…"`)
		if strings.Contains(r.stderr, "SECRET") {
			t.Errorf("%s", r.stderr)
		}
	}
}
