package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/environment"
)

// ordeals are all faults there are.
func ordeals() []ordeal {
	flagged := func(chaos string, minds func(*siege) []string) ordeal {
		return ordeal{name: chaos, bring: func(ctx context.Context, s *siege, v *verdict) error {
			return s.flagged(ctx, v, minds(s), chaos)
		}}
	}
	failing := func(chaos string) ordeal {
		return ordeal{name: chaos, bring: func(ctx context.Context, s *siege, v *verdict) error {
			return s.failing(ctx, v, chaos)
		}}
	}
	ended := func(name string, end func(*prey)) ordeal {
		return ordeal{name: name, bring: func(ctx context.Context, s *siege, v *verdict) error {
			dir := s.place()
			return s.killed(ctx, v, s.society(s.rules()), dir, nil, inDir(dir), end)
		}}
	}
	return []ordeal{
		flagged("agent:20%", (*siege).rules),
		flagged("world:3", (*siege).rules),
		flagged("adapter:5%", (*siege).models),
		flagged("journal:slow=20ms", (*siege).rules),
		failing("journal:full"),
		failing("journal:error"),
		ended("interrupt", func(p *prey) { p.signal(os.Interrupt) }),
		ended("kill -9", (*prey).kill),
		{name: "process:3", bring: suicidal},
		{name: "kill -9 with a model", bring: killedAsking},
		{name: "kill -9 on PostgreSQL", needs: noDatabase, bring: func(ctx context.Context, s *siege, v *verdict) error {
			return s.killedIn(ctx, v, s.env(databaseVariable), (*prey).kill)
		}},
		{name: "PostgreSQL killed", needs: noServer, bring: serverKilled},
	}
}

// flagged runs a society to its end with faults made within its process.
func (s *siege) flagged(ctx context.Context, v *verdict, minds []string, chaos string) error {
	hash, err := s.undisturbed(ctx, s.society(minds))
	if err != nil {
		return err
	}
	dir := s.place()
	told, err := s.whole(ctx, s.society(minds, "--chaos", chaos, "--out", dir, "--events")...)
	if err != nil {
		return err
	}
	v.Injected, v.Same = max(told.Faults.Crashes, 1), told.Hash == hash
	if told.Faults.Quarantined > 0 {
		return fmt.Errorf("%d events were set aside", told.Faults.Quarantined)
	}
	if u := told.Usage; u.Requests != u.Attempts || u.Requests != u.Answered {
		return fmt.Errorf("%d requests, %d attempts, %d answers", u.Requests, u.Attempts, u.Answered)
	} else if u.Requests > 0 {
		v.Note = fmt.Sprintf("%d requests, each asked once and answered", u.Requests)
	}
	if err := v.restored(filepath.Join(dir, "events.jsonl")); err != nil {
		return err
	}
	return s.audit(ctx, v, inDir(dir))
}

// failing lets a run fail with its journal, and takes it up again.
func (s *siege) failing(ctx context.Context, v *verdict, chaos string) error {
	args := s.society(s.rules())
	hash, err := s.undisturbed(ctx, args)
	if err != nil {
		return err
	}
	dir := s.place()
	p, err := s.start(ctx, append(args, "--chaos", chaos, "--out", dir)...)
	if err != nil {
		return err
	}
	if code := p.code(); code != exitFailed {
		return fmt.Errorf("it ended with exit %d: %s", code, p.stderr.String())
	}
	why := strings.TrimSpace(p.stderr.String())
	if !strings.Contains(why, "kept ") {
		return fmt.Errorf("it does not say what was kept: %s", why)
	}
	v.Injected = 1
	n, err := turnsIn(ctx, inDir(dir))
	if err != nil {
		return err
	}
	return s.resumed(ctx, v, dir, inDir(dir), n, hash)
}

// resumed takes a run up again, and lets it end.
func (s *siege) resumed(ctx context.Context, v *verdict, dir string, open opener, from uint64, hash string) error {
	p, err := s.start(ctx, "run", "--resume", dir, "--json", "--log-level", "error")
	if err != nil {
		return err
	}
	if took, grew := p.grown(ctx, open, from); grew {
		v.Recovery = append(v.Recovery, milliseconds(took))
	}
	told, err := p.told()
	if err != nil {
		return err
	}
	v.Same = told.Hash == hash
	return s.audit(ctx, v, open)
}

// killed ends a run again and again, at random moments after its journal has begun, and takes it up again each time.
// journal are the flags that say where turns are kept, if not in dir.
func (s *siege) killed(ctx context.Context, v *verdict, args []string, dir string, journal []string, open opener, end func(*prey)) error {
	hash, err := s.undisturbed(ctx, args)
	if err != nil {
		return err
	}
	told, err := s.hunt(ctx, v, append(args, "--out", dir), journal, dir, open, end)
	if err != nil {
		return err
	}
	v.Same = told.Hash == hash
	return s.audit(ctx, v, open)
}

// hunt starts a run, ends it as often as was ordered, and lets it end by itself then.
func (s *siege) hunt(ctx context.Context, v *verdict, args, journal []string, dir string, open opener, end func(*prey)) (*ended, error) {
	kills, delay := int(s.order.Kills), time.Duration(s.order.Delay).String()
	life := time.Duration(s.order.Delay) * time.Duration(s.order.Rounds) / time.Duration(kills+2) // on average
	draw, n := s.draw(v.Fault), uint64(0)
	more := append(slices.Clone(journal), "--delay", delay)
	p, err := s.start(ctx, slices.Concat(args, more)...)
	for err == nil {
		took, grew := p.grown(ctx, open, n)
		if grew && v.Injected > 0 {
			v.Recovery = append(v.Recovery, milliseconds(took))
		}
		if !grew || v.Injected == kills || !p.lives(ctx, time.Duration(min(draw.ExpFloat64(), 3)*float64(life))) {
			return p.told()
		}
		end(p)
		if p.code() == exitDone { // just before
			return p.told()
		}
		v.Injected++
		if n, err = turnsIn(ctx, open); err != nil {
			return nil, err
		}
		p, err = s.start(ctx, append([]string{"run", "--resume", dir, "--json", "--log-level", "error"}, more...)...)
	}
	return nil, err
}

// suicidal takes a run up again until it has stopped to kill itself.
func suicidal(ctx context.Context, s *siege, v *verdict) error {
	args := s.society(s.rules())
	hash, err := s.undisturbed(ctx, args)
	if err != nil {
		return err
	}
	dir := s.place()
	p, err := s.start(ctx, append(args, "--chaos", "process:3", "--out", dir)...)
	for n := uint64(0); err == nil; {
		took, grew := p.grown(ctx, inDir(dir), n)
		if grew && v.Injected > 0 {
			v.Recovery = append(v.Recovery, milliseconds(took))
		}
		if p.code() != -1 {
			told, err := p.told()
			if err != nil {
				return err
			}
			v.Same = told.Hash == hash
			return s.audit(ctx, v, inDir(dir))
		}
		if v.Injected++; v.Injected > 3 {
			return fmt.Errorf("it has killed itself more than 3 times")
		}
		if n, err = turnsIn(ctx, inDir(dir)); err == nil {
			p, err = s.start(ctx, "run", "--resume", dir, "--json", "--log-level", "error")
		}
	}
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// restored reads from a file of events how long the world did not stand.
func (v *verdict) restored(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		var e record
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return err
		}
		if e.Event == "restored" && e.Actor == environment.Name {
			v.Recovery = append(v.Recovery, milliseconds(e.Held))
		}
	}
	return nil
}
