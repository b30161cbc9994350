package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/journal/audit"
)

// audit looks at the journal alone: was an action lost, or anything done twice? What else the audit finds fails the ordeal.
func (s *siege) audit(ctx context.Context, v *verdict, open opener) (err error) {
	store, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	a, err := audit.Read(ctx, store.Read(ctx, 0))
	if err != nil {
		return err
	}
	v.Turns = int64(a.Turns)
	if !a.Ended {
		return errors.New("the journal does not say that the society has ended")
	}
	for _, f := range a.Findings {
		if err := v.blame(f.String()); err != nil {
			return err
		}
	}
	if rest := a.Found - len(a.Findings); rest > 0 {
		return fmt.Errorf("%d more findings in the journal", rest)
	}
	if !a.Account.Balanced() {
		return fmt.Errorf("the account of the journal does not hold: %+v", a.Account)
	}
	return nil
}

// blame counts a finding as something lost or something done twice; the error is one that is neither.
func (v *verdict) blame(finding string) error {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(finding, w) })
	}
	switch {
	case says("twice", "that nobody has handled", "starts again"):
		v.Twice++
	case says("never", "nothing came of", "missing", "which is not there", "no last event"):
		v.Lost++
	default:
		return fmt.Errorf("the journal is wrong: %s", finding)
	}
	return nil
}
