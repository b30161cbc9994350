package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter/builtin"
)

// standIn is the stand-in in a process of its own, and what it counts.
type standIn struct {
	cmd *exec.Cmd
	url string
}

// serve starts a stand-in that takes its time.
func (s *siege) serve(ctx context.Context) (*standIn, error) {
	m := &standIn{cmd: exec.CommandContext(ctx, s.self, "model", "--addr", "127.0.0.1:0", "--latency", "10ms", "--log-level", "error")}
	m.cmd.WaitDelay = time.Second
	out, err := m.cmd.StdoutPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if i := strings.Index(line, "http://"); err == nil && i >= 0 {
		m.url = strings.TrimSpace(line[i:])
		return m, nil
	}
	m.close()
	return nil, fmt.Errorf("the stand-in says %q, %w", line, err)
}

func (m *standIn) close() {
	_ = m.cmd.Process.Signal(os.Interrupt)
	_ = m.cmd.Wait()
}

// settled asks how much it was asked, when nothing more comes of what those who are gone have left in their sockets.
func (m *standIn) settled(ctx context.Context) (c builtin.Counts, err error) {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for same := 0; same < 3; {
		<-look.C
		now, err := m.counts(ctx)
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

// counts asks how much it was asked.
func (m *standIn) counts(ctx context.Context) (c builtin.Counts, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(m.url, "/v1")+"/counts", http.NoBody)
	if err != nil {
		return c, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return c, err
	}
	defer resp.Body.Close()
	return c, json.NewDecoder(resp.Body).Decode(&c)
}

// questions counts the questions and the answers in a journal.
func questions(ctx context.Context, open opener) (asks, answers int, err error) {
	store, err := open(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	for e, err := range store.Read(ctx, 0) {
		if err != nil {
			return 0, 0, err
		}
		if e.Kind == "answer" {
			answers++
		}
		var effects []struct{ Ask json.RawMessage }
		if strings.HasPrefix(e.Actor, "agents/") {
			if err := json.Unmarshal(e.Effects, &effects); err != nil {
				return 0, 0, err
			}
		}
		for _, f := range effects {
			if f.Ask != nil {
				asks++
			}
		}
	}
	return asks, answers, nil
}

// killedAsking is kill -9 where a model decides, which is another process: an answer that was kept is not asked for
// again, and a replay asks nothing.
func killedAsking(ctx context.Context, s *siege, v *verdict) error {
	m, err := s.serve(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	args := s.society(s.models(), "--model", "openai:"+builtin.NamePrefix+"commons@"+m.url)
	dir := s.place()
	open := inDir(dir)
	type moment struct{ requests, answers int }
	var kills []moment
	hash, err := s.undisturbed(ctx, args)
	if err != nil {
		return err
	}
	told, err := s.hunt(ctx, v, append(args, "--out", dir), nil, dir, open, func(p *prey) {
		p.kill()
		c, failed := m.settled(ctx)
		_, answers, unread := questions(ctx, open)
		if err = errors.Join(err, failed, unread); err == nil {
			kills = append(kills, moment{c.Requests, answers})
		}
	})
	c, failed := m.settled(ctx)
	asks, _, unread := questions(ctx, open)
	if err = errors.Join(err, failed, unread); err != nil {
		return err
	}
	v.Same = told.Hash == hash
	kills = append(kills, moment{requests: c.Requests})
	for i := range len(kills) - 1 {
		was, is := kills[i], kills[i+1]
		most := asks - was.answers
		if n := is.requests - was.requests; n > most || i == len(kills)-2 && n != most {
			return fmt.Errorf("after kill %d the model was asked %d times, and %d answers were missing", i+1, n, most)
		}
	}
	p, err := s.start(ctx, "replay", dir, "--json")
	if err != nil {
		return err
	}
	if _, err := p.told(); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	after, err := m.settled(ctx)
	if err != nil {
		return err
	}
	if after.Requests != c.Requests {
		return fmt.Errorf("the replay asked the model %d times", after.Requests-c.Requests)
	}
	v.Note = fmt.Sprintf("%d answers; asked again after a kill: only what was not kept; a replay asked nothing", asks)
	return s.audit(ctx, v, open)
}
