package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
)

// databaseVariable names a PostgreSQL that may be written to, as the tests of its journal have it.
const databaseVariable = "POLIS_TEST_POSTGRES"

// noDatabase says why no run can be kept in a database.
func noDatabase(s *siege) string {
	if s.env(databaseVariable) == "" {
		return databaseVariable + " names no server"
	}
	return ""
}

// inServer opens the journal of a run in a database, by the name that stands in its directory.
func inServer(dsn, dir string) opener {
	return func(ctx context.Context) (journal.Store, error) {
		name, err := nameIn(filepath.Join(dir, databaseFile))
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, dsn, name, postgres.Options{ReadOnly: true})
	}
}

// killedIn ends a run whose turns are kept in a database.
func (s *siege) killedIn(ctx context.Context, v *verdict, dsn string, end func(*prey)) error {
	dir := s.place()
	return s.killed(ctx, v, s.society(s.rules()), dir, []string{"--journal", inDatabase + ":" + dsn}, inServer(dsn, dir), end)
}

// serverKilled kills not the run but the server that keeps its turns, and starts that again.
func serverKilled(ctx context.Context, s *siege, v *verdict) (err error) {
	db, err := s.newServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	args := s.society(s.rules())
	hash, err := s.undisturbed(ctx, args)
	if err != nil {
		return err
	}
	dir, delay := s.place(), time.Duration(s.order.Delay)
	open := inServer(db.dsn(), dir)
	p, err := s.start(ctx, append(args, "--out", dir, "--journal", inDatabase+":"+db.dsn(), "--delay", delay.String())...)
	if err != nil {
		return err
	}
	kills := min(int(s.order.Kills), 3) // a server takes its time to start
	life := delay * time.Duration(s.order.Rounds) / time.Duration(kills+3)
	draw := s.draw(v.Fault)
	if _, grew := p.grown(ctx, open, 0); !grew {
		_, err := p.told()
		return fmt.Errorf("it has kept nothing: %w", err)
	}
	for v.Injected < kills && p.lives(ctx, time.Duration((0.5+draw.Float64())*float64(life))) {
		n, err := turnsIn(ctx, open)
		if err == nil {
			err = db.kill()
		}
		if err == nil {
			err = db.start(ctx)
		}
		if err != nil {
			return err
		}
		v.Injected++
		p.begun = time.Now()
		if took, grew := p.grown(ctx, open, n); grew {
			v.Recovery = append(v.Recovery, milliseconds(took))
		}
	}
	v.Note = "the run lives on; from when the server is there again"
	if p.code() == exitFailed && strings.Contains(p.stderr.String(), "kept ") { // it was at its end, and waited for the server as long as an end may take
		v.Note = "the run lives on, but for one that was at its end: that was taken up again"
		if p, err = s.start(ctx, "run", "--resume", dir, "--journal", inDatabase+":"+db.dsn(), "--json", "--log-level", "error"); err != nil {
			return err
		}
	}
	told, err := p.told()
	if err != nil {
		return err
	}
	v.Same = told.Hash == hash
	return s.audit(ctx, v, open)
}
