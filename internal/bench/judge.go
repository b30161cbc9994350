package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter/builtin"
)

// judge is a stand-in in a process of its own: whoever is judged neither counts for it nor shares its memory.
type judge struct {
	serve func(flags ...string) *exec.Cmd
	flags []string
	cmd   *exec.Cmd
	done  chan error // the process has ended
	url   string     // with /v1
	said  tail       // on stderr
	heard func(line string)
	http  http.Client
}

// serving is how a judge serves.
type serving struct {
	slots   int
	service time.Duration
	queue   int    // requests that wait for a slot; 0: none; negative: any number, in silence
	busy    int    // HTTP status beyond that; 0: 429
	faults  string // as --faults takes them
	tpm     int
	more    []string
}

// capacity is how many answers a second it can give.
func (v serving) capacity() float64 { return float64(v.slots) / v.service.Seconds() }

// flags of `demo model`.
func (v serving) flags() []string {
	flags := []string{"--scenario", "none", "--name", judgeName, "--slots", strconv.Itoa(v.slots), "--service", v.service.String()}
	switch {
	case v.queue < 0:
		flags = append(flags, "--silent")
	default:
		flags = append(flags, "--queue", strconv.Itoa(v.queue), "--busy-retry", "0s")
	}
	if v.queue >= 0 {
		busy := v.busy
		if busy == 0 {
			busy = http.StatusTooManyRequests
		}
		flags = append(flags, "--busy", strconv.Itoa(busy))
	}
	if v.faults != "" {
		flags = append(flags, "--faults", v.faults)
	}
	if v.tpm > 0 {
		flags = append(flags, "--tpm", strconv.Itoa(v.tpm))
	}
	return append(flags, v.more...)
}

// judgeName is the name of the model that judges serve.
const judgeName = builtin.NamePrefix + "bench"

// judge starts one.
func (s *setting) judge(ctx context.Context, v serving) (*judge, error) {
	return s.judgeHeard(ctx, v, nil)
}

// judgeHeard starts one to whose stderr somebody listens, line by line.
func (s *setting) judgeHeard(ctx context.Context, v serving, heard func(line string)) (*judge, error) {
	if s.Serve == nil {
		return nil, errors.New("a server is needed: Options.Serve")
	}
	j := &judge{serve: s.Serve, flags: v.flags(), heard: heard}
	j.http.Transport = &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}
	return j, j.start(ctx, "127.0.0.1:0")
}

// start starts the process, and waits until it listens.
func (j *judge) start(ctx context.Context, addr string) error {
	cmd := j.serve(append([]string{"--addr", addr}, j.flags...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	complaints, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	hello, read, done := make(chan string, 1), make(chan struct{}), make(chan error, 1)
	j.cmd, j.done = cmd, done
	go func() {
		defer close(read)
		lines := bufio.NewScanner(complaints)
		for lines.Scan() {
			if j.said.add(lines.Text()); j.heard != nil {
				j.heard(lines.Text())
			}
		}
		_, _ = io.Copy(io.Discard, complaints) // after a line that is too long
	}()
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		hello <- line
		_, _ = io.Copy(io.Discard, r)
		<-read // all of it before Wait, which closes the pipes
		done <- cmd.Wait()
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case line := <-hello:
		i := strings.Index(line, "http://")
		if i < 0 {
			return fmt.Errorf("the server says %q and %q; it ends with %w", line, &j.said, j.stop())
		}
		j.url = strings.TrimSpace(line[i:])
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), j.kill())
	case <-late.C:
		return errors.Join(fmt.Errorf("the server does not listen after %v", patience), j.kill())
	}
}

// again starts it again, where it was.
func (j *judge) again(ctx context.Context) error { return j.start(ctx, j.host()) }

// host is where it listens: HOST:PORT.
func (j *judge) host() string {
	return strings.TrimSuffix(strings.TrimPrefix(j.url, "http://"), "/v1")
}

// stop lets it end, and waits for that. It may be called when it has ended.
func (j *judge) stop() error {
	j.http.CloseIdleConnections()
	return j.end(j.cmd.Process.Signal(os.Interrupt))
}

// kill ends it as kill -9 does.
func (j *judge) kill() error {
	j.http.CloseIdleConnections()
	if err := j.end(j.cmd.Process.Kill()); err != nil && j.cmd.ProcessState == nil {
		return err
	}
	return nil
}

// end waits for the end of the process.
func (j *judge) end(failed error) error {
	if j.done == nil {
		return nil
	}
	if failed != nil && !errors.Is(failed, os.ErrProcessDone) {
		return failed
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-j.done:
		j.done = nil
		return err
	case <-late.C:
		return errors.Join(fmt.Errorf("the server does not end within %v", patience), j.cmd.Process.Kill())
	}
}

// counts is what it has counted, itself.
func (j *judge) counts(ctx context.Context) (c builtin.Counts, err error) {
	err = j.get(ctx, "/counts", func(body io.Reader) error { return json.NewDecoder(body).Decode(&c) })
	return c, err
}

// quiet is what it has counted when nothing more comes: what was sent by those who have gone since is among it.
func (j *judge) quiet(ctx context.Context) (c builtin.Counts, err error) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for same := 0; same < 5; {
		select {
		case <-look.C:
		case <-ctx.Done():
			return c, fmt.Errorf("the server does not come to rest: %w", ctx.Err())
		}
		now, err := j.counts(ctx)
		if err != nil {
			return c, err
		}
		if same++; now.Open > 0 || now.Requests != c.Requests {
			same = 0
		}
		c = now
	}
	return c, nil
}

// get reads one of its pages.
func (j *judge) get(ctx context.Context, path string, read func(io.Reader) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+j.host()+path, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := j.http.Do(r)
	if err != nil {
		return fmt.Errorf("the server's %s: %w", path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server's %s: %s", path, resp.Status)
	}
	return read(resp.Body)
}

// tail is the last that was said.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines = append(t.lines, line); len(t.lines) > 5 {
		t.lines = append(t.lines[:0], t.lines[1:]...)
	}
}

// String is all of it on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "; ")
}
