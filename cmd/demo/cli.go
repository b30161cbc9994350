package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/internal/bench"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// process is what the binary knows of the outside. Tests make their own.
type process struct {
	self           string // the binary, to start it again
	program        string // how it was started, for the command that repeats a run
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	watched        bool      // stdout is a terminal: somebody reads while it runs
	redraws        bool      // stderr is a terminal whose lines may be drawn again
	terminal       *terminal // to draw on; nil: there is none
	now            func() time.Time
	scenarios      []polis.Scenario
	ordeals        []ordeal // that demo chaos knows
	bench          func(context.Context, string, bench.Options) (*bench.Report, error)
}

// usageError is a mistake of whoever typed the command: one line that names the thing, the value and what is accepted.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func badUsage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// errInterrupted says that the run ended because its context did. What ran is kept.
var errInterrupted = errors.New("interrupted")

// commandLine is all that can be typed.
type commandLine struct {
	LogLevel logLevel `placeholder:"LEVEL" help:"Log to stderr from debug, info, warn or error on, or off (default warn; error where it is told anyway)."`

	Run        runCommand        `cmd:"" help:"Run a society, once or many times."`
	Report     reportCommand     `cmd:"" help:"Write report.html and report.json again from a kept run."`
	Inspect    inspectCommand    `cmd:"" help:"Show what reached an actor of a kept run, what it did, and why."`
	Fork       forkCommand       `cmd:"" help:"Go on from a round of a kept run with something changed."`
	Replay     replayCommand     `cmd:"" help:"Do a kept run again from its journal: is it the same?"`
	Quarantine quarantineCommand `cmd:"" help:"Show the events of a kept run that crashed their receiver."`
	Episodes   episodesCommand   `cmd:"" help:"Write the decisions of a kept run as lines of JSON."`
	Sweep      sweepCommand      `cmd:"" help:"Run parameters, arms and seeds from a file; hold hypotheses against them."`
	Known      knownCommand      `cmd:"" help:"Hold the scenarios against what is known of them: ours, theirs, the difference, the verdict."`
	List       listCommand       `cmd:"" help:"List the scenarios: parameters, minds, metrics."`
	Measure    measureCommand    `cmd:"" help:"Apply a measure to one's own data, against a null."`
	Protocol   protocolCommand   `cmd:"" help:"List, check and draw interaction protocols, also one's own."`
	Node       nodeCommand       `cmd:"" help:"Be a member of a cluster, or make its certificates."`
	Model      modelCommand      `cmd:"" help:"Serve the stand-in for a language model alone, on loopback."`
	Chaos      chaosCommand      `cmd:"" help:"Bring faults upon societies; show what held."`
	Bench      benchCommand      `cmd:"" help:"Measure polis beside a yardstick, in the same run."`
	Version    versionCommand    `cmd:"" help:"Print version, Go and revision."`
}

const description = `Societies of agents, run and measured. Without a command it runs the commons, decided by rules; flags of run
may follow directly, as in: demo --plain --seed 7`

// run parses and carries out the command line, and gives the exit code. Errors are one line on stderr.
func (p *process) run(ctx context.Context) (code int) {
	defer func() {
		if v := recover(); v != nil {
			code = p.complain(fmt.Errorf("internal error: %v", v))
		}
	}()
	return p.complain(p.command(ctx))
}

// complain writes an error as one line and gives its exit code.
func (p *process) complain(err error) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(p.stderr, "demo: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	return exitFailed
}

// command parses the command line and carries it out.
func (p *process) command(ctx context.Context) error {
	_, parsed, err := p.parse(ctx)
	if err != nil || parsed == nil {
		return err
	}
	return parsed.Run()
}

// parse reads the command line. The context is nil when help was asked for, and printed.
func (p *process) parse(ctx context.Context) (*commandLine, *kong.Context, error) {
	line := &commandLine{}
	helped := false
	parser, err := kong.New(line, kong.Name("demo"), kong.Vars{"benches": listed(bench.Names())}, kong.Description(description),
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}), kong.WithHyphenPrefixedParameters(true),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p), kong.Bind(&line.LogLevel))
	if err != nil {
		return nil, nil, err
	}
	args, err := withCommand(p.args, commandNames(parser))
	if err != nil {
		return nil, nil, err
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return line, nil, nil
	case err != nil:
		return nil, nil, refused(err, args)
	}
	return line, parsed, checkEmpty(parsed)
}

// neverEmpty are flags that say nothing when they are typed with nothing, as a shell does of a variable that is not set. To
// fork such is to leave off what the run had.
var neverEmpty = []string{"model-limit", "prices", "budget", "record"}

func checkEmpty(parsed *kong.Context) error {
	for _, at := range parsed.Path {
		if at.Flag == nil || !slices.Contains(neverEmpty, at.Flag.Name) {
			continue
		}
		if text, is := parsed.FlagValue(at.Flag).(string); is && text == "" {
			return badUsage("--%s \"\"; accepted is %s, or to leave it off", at.Flag.Name, at.Flag.PlaceHolder)
		}
	}
	return nil
}

// logLevelFlag is the only flag that all commands have.
const logLevelFlag = "--log-level"

// withCommand puts in the default command, whose flags may follow directly.
func withCommand(args, commands []string) ([]string, error) {
	first := 0 // after the flags of all commands
	for first < len(args) && (args[first] == logLevelFlag || strings.HasPrefix(args[first], logLevelFlag+"=")) {
		if args[first] == logLevelFlag {
			first++
		}
		first++
	}
	switch {
	case first >= len(args) || strings.HasPrefix(args[first], "-") && args[first] != "-h" && args[first] != "--help":
		return slices.Concat([]string{"run"}, args), nil
	case !strings.HasPrefix(args[first], "-") && !slices.Contains(commands, args[first]):
		return nil, unknown("command", args[first], commands)
	}
	return args, nil
}

func commandNames(parser *kong.Kong) (names []string) {
	for _, node := range parser.Model.Children {
		names = append(names, node.Name)
	}
	return names
}

// refused says what is wrong with a command line, and what is accepted.
func refused(err error, args []string) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil || parse.Context.Selected() == nil {
		return usageError{err.Error()}
	}
	command := parse.Context.Selected()
	flag, isFlag := strings.CutPrefix(err.Error(), "unknown flag ")
	if !isFlag {
		if strings.HasPrefix(err.Error(), "unexpected argument") {
			text := err.Error()
			for i, arg := range args {
				if i > 0 && args[i-1] == otelFlag && strings.HasSuffix(text, " "+arg) {
					text += ", and --otel takes " + acceptedCollector
				}
			}
			return badUsage("%s; usage: demo %s", text, command.Summary())
		}
		return usageError{err.Error()}
	}
	flag, _, _ = strings.Cut(flag, ",") // the parser's own suggestion: half of them are of two letters
	if !strings.HasPrefix(flag, "--") {
		for _, arg := range args {
			if strings.HasPrefix(arg, flag) {
				flag, _, _ = strings.Cut(arg, "=") // -seed, of which the parser names the s
			}
		}
	}
	var accepted []string
	for _, group := range command.AllFlags(true) {
		for _, f := range group {
			accepted = append(accepted, "--"+f.Name)
		}
	}
	if meant := nearest("--"+strings.TrimLeft(flag, "-"), accepted); meant != "" {
		return badUsage("unknown flag %s, did you mean %s?", flag, meant)
	}
	return badUsage("unknown flag %s; accepted: %s", flag, strings.Join(accepted, ", "))
}
