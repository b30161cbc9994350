// Command sdk measures the providers' own libraries beside the clients of this repository: bytes, allocations and time of
// a call to the stand-in on loopback, and what each adds to a program. Its tests hold the stand-in against the libraries.
// It is a module of its own, so that nobody who imports polis gets the libraries. See docs/decisions/0024.
//
//	cd tools/sdk && go run .        # the calls
//	cd tools/sdk && go run . weigh  # what they add to a program: it builds four, which takes minutes
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/tools/sdk/anthropicsdk"
	"github.com/polis-agents/polis/tools/sdk/openaigo"
)

func main() {
	log.SetFlags(0)
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "serve":
		err = serve()
	case len(os.Args) == 2 && os.Args[1] == "weigh":
		err = weigh()
	case len(os.Args) == 1:
		err = measure()
	default:
		log.Fatal("usage: sdk [weigh]")
	}
	if err != nil {
		log.Fatal(err)
	}
}

// serve is the stand-in in a process of its own, until standard input ends. It takes no time for an answer.
func serve() error {
	s, err := builtin.Start(context.Background(), builtin.Config{FirstToken: -1, PerToken: -1})
	if err != nil {
		return err
	}
	fmt.Println(s.URL(), s.Name())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// client is one that is measured.
type client struct {
	name  string
	model llmadapter.Model
	took  []time.Duration
}

// clients are all, ours before each rival.
func clients(url, name string) ([]*client, error) {
	o, err := openai.New(openai.Config{Model: name, BaseURL: url})
	if err != nil {
		return nil, err
	}
	a, err := anthropic.New(anthropic.Config{Model: name, BaseURL: url})
	if err != nil {
		return nil, err
	}
	return []*client{{name: "llmadapter/openai", model: o}, {name: "openai-go", model: openaigo.New(url, name)},
		{name: "llmadapter/anthropic", model: a}, {name: "anthropic-sdk-go", model: anthropicsdk.New(url, name)}}, nil
}

const (
	warm  = 200
	calls = 2000
)

func measure() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	server := exec.Command(self, "serve")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		_ = in.Close()
		_ = server.Wait() // it ends with its input
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return err
	}
	url, name, _ := strings.Cut(strings.TrimSpace(line), " ")
	all, err := clients(url, name)
	if err != nil {
		return err
	}
	for i := range warm + calls { // by turns, so that a busy machine is busy for all
		for _, c := range all {
			start := time.Now()
			if err := one(c); err != nil {
				return err
			}
			if i >= warm {
				c.took = append(c.took, time.Since(start))
			}
		}
	}
	fmt.Printf("%-22s %10s %12s %12s\n", "one call, one caller", "p50", "bytes", "allocations")
	for _, c := range all {
		slices.Sort(c.took)
		bytes, mallocs, err := allocated(c)
		if err != nil {
			return err
		}
		fmt.Printf("%-22s %10v %12d %12d\n", c.name, c.took[len(c.took)/2].Round(time.Microsecond), bytes, mallocs)
	}
	return nil
}

func one(c *client) error {
	r, err := c.model.Complete(context.Background(), llmadaptertest.Harvest(1))
	if err == nil {
		_, err = llmadapter.ReadCalls(r)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

// allocated is what a call allocates, of which the server has no part.
func allocated(c *client) (bytes, mallocs uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		if err := one(c); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / calls, (after.Mallocs - before.Mallocs) / calls, nil
}
