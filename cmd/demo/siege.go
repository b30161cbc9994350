package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// siege brings faults upon societies that live in processes of their own.
type siege struct {
	order *chaosCommand
	self  string // the binary
	dir   string // for runs
	env   func(string) string
	calm  map[string]string // hashes of undisturbed runs, by what they were run with
	runs  int
}

// ordeal is one fault, and how it is brought about.
type ordeal struct {
	name  string
	needs func(s *siege) string // why it cannot be tried here; "" or nil: it can
	bring func(ctx context.Context, s *siege, v *verdict) error
}

// longestOrdeal is how long one fault may take.
const longestOrdeal = 10 * time.Minute

// endure tries one fault.
func (s *siege) endure(ctx context.Context, o ordeal) verdict {
	v := verdict{Fault: o.name}
	if o.needs != nil {
		if v.Skipped = o.needs(s); v.Skipped != "" {
			return v
		}
	}
	ctx, cancel := context.WithTimeout(ctx, longestOrdeal)
	defer cancel()
	if err := o.bring(ctx, s, &v); err != nil {
		v.Failed = shortened(cleaned(err.Error()), 300)
	}
	slices.Sort(v.Recovery)
	v.OK = v.Failed == "" && v.Same && v.Lost == 0 && v.Twice == 0
	return v
}

// society is the command line of the society that meets the faults: some talk, some decide by chance, some by a model.
func (s *siege) society(minds []string, more ...string) []string {
	args := []string{"run", "commons", "--agents", strconv.Itoa(int(s.order.Agents.count)), "--rounds", strconv.Itoa(int(s.order.Rounds)),
		"--seed", strconv.FormatUint(uint64(s.order.Seed), 10), "--json", "--log-level", "error"}
	for _, m := range minds {
		args = append(args, "--mind", m)
	}
	return append(args, more...)
}

// rules are the minds of a society decided by rules.
func (s *siege) rules() []string {
	n := int(s.order.Agents.count)
	talkers := min(max(1, n/10), 5)
	return []string{fmt.Sprintf("%d*covenant", talkers), fmt.Sprintf("%d*random:0-1", (n-talkers+1)/2), "sustainable"}
}

// models are the minds of a society of which a quarter is decided by a model.
func (s *siege) models() []string {
	n := int(s.order.Agents.count)
	return []string{fmt.Sprintf("%d*model:sustainable", max(1, n/4)), "random:0-1"}
}

// place is a directory for one more run.
func (s *siege) place() string {
	s.runs++
	return filepath.Join(s.dir, fmt.Sprintf("run-%d", s.runs))
}

// draw gives the chance of one ordeal.
func (s *siege) draw(name string) *rand.Rand {
	var sum uint64
	for _, b := range []byte(name) {
		sum = 31*sum + uint64(b)
	}
	return rand.New(rand.NewPCG(uint64(s.order.Seed), sum))
}

// undisturbed gives the hash of a run that meets no fault.
func (s *siege) undisturbed(ctx context.Context, args []string) (string, error) {
	key := strings.Join(args, " ")
	if hash, known := s.calm[key]; known {
		return hash, nil
	}
	told, err := s.whole(ctx, append(slices.Clone(args), "--out", nowhere)...)
	if err != nil {
		return "", fmt.Errorf("undisturbed: %w", err)
	}
	s.calm[key] = told.Hash
	return told.Hash, nil
}

// ended is what a run says of itself at its end, as far as it matters here.
type ended struct {
	Hash   string `json:"hash"`
	Faults struct {
		Crashes, Restarts, Quarantined int
	} `json:"faults"`
	Usage struct {
		Requests, Answered, Attempts int
	} `json:"model_usage"`
}

// whole runs to the end.
func (s *siege) whole(ctx context.Context, args ...string) (*ended, error) {
	p, err := s.start(ctx, args...)
	if err != nil {
		return nil, err
	}
	return p.told()
}

// prey is a process with a society in it.
type prey struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	begun          time.Time
	gone           chan struct{} // closed when it has ended
	err            error         // of its end
}

// start starts the binary.
func (s *siege) start(ctx context.Context, args ...string) (*prey, error) {
	p := &prey{cmd: exec.CommandContext(ctx, s.self, args...), begun: time.Now(), gone: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = s.dir, &p.stdout, &p.stderr, time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

// kill is kill -9. It waits until the process is no more.
func (p *prey) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.gone
}

// signal asks it to end, and waits until it has.
func (p *prey) signal(sig os.Signal) {
	_ = p.cmd.Process.Signal(sig)
	<-p.gone
}

// alive says whether it has not ended.
func (p *prey) alive() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// code is its exit code; -1: a signal has ended it.
func (p *prey) code() int {
	<-p.gone
	return p.cmd.ProcessState.ExitCode()
}

// told waits for its end and gives what it said.
func (p *prey) told() (*ended, error) {
	<-p.gone
	if p.err != nil {
		return nil, fmt.Errorf("%w: %s", p.err, strings.TrimSpace(p.stderr.String()))
	}
	e := &ended{}
	if err := json.Unmarshal(p.stdout.Bytes(), e); err != nil {
		return nil, fmt.Errorf("its report: %w", err)
	}
	return e, nil
}

// opener opens the journal of a run for reading.
type opener func(ctx context.Context) (journal.Store, error)

// inDir opens the journal that stands in the directory of its run.
func inDir(dir string) opener {
	return func(ctx context.Context) (journal.Store, error) {
		return sqlite.Open(ctx, filepath.Join(dir, journalFile), sqlite.Options{ReadOnly: true})
	}
}

// turnsIn counts the turns of a journal.
func turnsIn(ctx context.Context, open opener) (n uint64, err error) {
	store, err := open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	heads, err := store.Heads(ctx)
	for _, h := range heads {
		n += h.Count
	}
	return n, err
}

// lookEvery is how often a journal is looked at for new turns: what recovery times are exact to.
const lookEvery = 2 * time.Millisecond

// grown waits until a journal has more turns than that, and says how long it took since the process began; false: the
// process has ended before.
func (p *prey) grown(ctx context.Context, open opener, than uint64) (time.Duration, bool) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var store journal.Store
	defer func() {
		if store != nil {
			_ = store.Close() // of a reader: nothing is lost
		}
	}()
	for {
		select {
		case <-p.gone:
			return 0, false
		case <-ctx.Done():
			return 0, false
		case <-look.C:
		}
		if store == nil {
			var err error
			if store, err = open(ctx); err != nil { // it is not there yet
				store = nil
				continue
			}
		}
		heads, err := store.Heads(ctx)
		if err != nil {
			continue
		}
		n := uint64(0)
		for _, h := range heads {
			n += h.Count
		}
		if n > than {
			return time.Since(p.begun), true
		}
	}
}

// lives waits for a time, or the end of the process, and says whether it is still there.
func (p *prey) lives(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return p.alive()
	case <-p.gone:
	case <-ctx.Done():
	}
	return false
}
