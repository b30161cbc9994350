package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter/builtin"
)

// serverVariable, in the environment, makes a process of the test binary a stand-in.
const serverVariable = "POLIS_BENCH_SERVER"

// TestMain lets tests start the stand-in as a process of its own: it is the test binary.
func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		if err := serve(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// testServer is the command of the stand-in that tests have.
func testServer(flags ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self, flags...)
	cmd.Env = append(os.Environ(), serverVariable+"=1")
	return cmd
}

// serve is as much of `demo model` as judges ask for.
func serve(args []string) error {
	var c builtin.Config
	set := flag.NewFlagSet("model", flag.ContinueOnError)
	set.StringVar(&c.Addr, "addr", "", "")
	set.String("scenario", "none", "")
	set.StringVar(&c.Name, "name", "", "")
	set.IntVar(&c.Slots, "slots", 0, "")
	set.DurationVar(&c.Service, "service", 0, "")
	set.IntVar(&c.QueueLimit, "queue", 256, "")
	set.BoolVar(&c.Silent, "silent", false, "")
	set.BoolVar(&c.Control, "control", false, "")
	set.IntVar(&c.Busy, "busy", 0, "")
	set.DurationVar(&c.BusyRetry, "busy-retry", 50*time.Millisecond, "")
	set.IntVar(&c.TPM, "tpm", 0, "")
	faults := set.String("faults", "", "")
	level := set.String("log-level", "", "")
	if err := set.Parse(args); err != nil {
		return err
	}
	if c.QueueLimit == 0 {
		c.QueueLimit = -1
	}
	if c.BusyRetry == 0 {
		c.BusyRetry = -1
	}
	if *faults != "" {
		var err error
		if c.Faults, err = builtin.ParseFaults(*faults); err != nil {
			return err
		}
	}
	var one sync.Mutex
	say := func(format string, args ...any) {
		one.Lock()
		defer one.Unlock()
		fmt.Fprintf(os.Stderr, format, args...)
	}
	if *level == "debug" {
		c.Observe = func(v builtin.Served) { say("00:00:00 INF request outcome=%s id=%s\n", v.Outcome, v.ID) }
		c.Came = func(id string) { say("00:00:00 DBG came id=%s\n", id) }
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := builtin.Start(ctx, c)
	if err != nil {
		return err
	}
	fmt.Println("stand-in at", s.URL())
	<-ctx.Done()
	return s.Close()
}
