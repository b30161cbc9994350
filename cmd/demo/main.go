package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/polis-agents/polis/internal/bench"
)

func main() { os.Exit(thisProcess().main()) }

// thisProcess is the process as the operating system has started it.
func thisProcess() *process {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return &process{
		self: self, program: program(os.Args[0]), args: os.Args[1:], env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		terminal: thisTerminal(),
		watched:  isatty.IsTerminal(os.Stdout.Fd()),
		redraws:  isatty.IsTerminal(os.Stderr.Fd()) && os.Getenv("NO_COLOR") == "",
		now:      time.Now, scenarios: scenarios, bench: bench.Run, ordeals: ordeals(),
	}
}

// main runs the command line. The first interrupt ends what runs and keeps it, the second ends the process.
func (p *process) main() int {
	// A reader that has gone is an error of writing, so that what ran is kept; the default would end the process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	stderr := p.stderr // not what a screen holds back
	context.AfterFunc(ctx, func() {
		stop()
		if !p.watched {
			time.AfterFunc(endingSoon, func() { fmt.Fprintln(stderr, "demo: ending what runs; interrupt again to end at once") })
		}
	})
	return p.run(ctx)
}

// endingSoon is how long an end may take before whoever waits is told how to hurry it.
const endingSoon = 2 * time.Second

// program is how the process was started, as one would type it again in the same directory.
func program(path string) string {
	if strings.Contains(filepath.ToSlash(path), "/go-build") { // where `go run` puts what it builds
		return "go run ./cmd/demo"
	}
	if !filepath.IsAbs(path) {
		return filepath.ToSlash(path)
	}
	return strings.TrimSuffix(filepath.Base(path), ".exe")
}
