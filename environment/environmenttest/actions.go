package environmenttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/journal"
)

// checkActions holds each action's decoder against its schema: what is drawn from the schema is read, written and read
// again as the same; whatever else comes is an action or a refusal, never a panic.
func checkActions(def *environment.Definition, cfg Config) error {
	for _, a := range def.Actions() {
		for _, text := range huge {
			if err := survives(a, text); err != nil {
				return fmt.Errorf("action %q: Decode of %.50q… (%d bytes): %w", a.Name, text, len(text), err)
			}
		}
		r := chance.New(cfg.Seed, "actions/"+a.Name, 1)
		for range 50 {
			action, err := drawAction(r, a, cfg.Agents, false)
			if err == nil {
				err = comesBack(a, action)
			}
			if err != nil {
				return fmt.Errorf("action %q: %w", a.Name, err)
			}
			text, err := json.Marshal(action)
			if err != nil {
				return fmt.Errorf("action %q: %w", a.Name, err)
			}
			for _, hostile := range hostile(string(text), r.IntN(len(text)+1)) {
				if err := survives(a, hostile); err != nil {
					return fmt.Errorf("action %q: Decode of %.200q: %w", a.Name, hostile, err)
				}
			}
		}
	}
	return nil
}

// comesBack says whether an action is the same when it has been written and read, by a model's tool and by a journal.
func comesBack(a *environment.Action, action any) error {
	if err := a.Check(action); err != nil {
		return fmt.Errorf("%s was decoded, and is out of bounds: %w", canonical(action), err)
	}
	text, err := json.Marshal(action)
	if err != nil {
		return err
	}
	again, err := a.Decode(text)
	if err != nil || canonical(again) != canonical(action) {
		return fmt.Errorf("%s is written %s and read %s: %w", canonical(action), text, canonical(again), orDifferent(err))
	}
	name, ok := journal.NameOf(action)
	if !ok {
		return fmt.Errorf("%T is not registered", action)
	}
	recorded, err := journal.Canonical(action)
	if err != nil {
		return err
	}
	if again, err = journal.Decode(name, recorded); err != nil || canonical(again) != canonical(action) {
		return fmt.Errorf("%s is recorded, and read %s: %w", recorded, canonical(again), orDifferent(err))
	}
	return nil
}

var errDifferent = errors.New("not the same")

// orDifferent names what is wrong where no error does.
func orDifferent(err error) error {
	if err == nil {
		return errDifferent
	}
	return err
}

// survives says whether Decode gives an action within bounds or a refusal.
func survives(a *environment.Action, text string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	action, err := a.Decode([]byte(text))
	var r interface{ Reason() string }
	switch {
	case err == nil:
		return a.Check(action)
	case !errors.As(err, &r) || r.Reason() == "":
		return fmt.Errorf("%w: this is no refusal with a Reason", err)
	}
	return nil
}

// hostile makes bad JSON of good JSON. at is a place in it.
func hostile(text string, at int) []string {
	return []string{
		text[:at], text[at:], text + text, text[:at] + "\xff" + text[at:], text[:at] + "null" + text[at:],
		"", "null", "true", "[]", "[" + text + "]", `"` + text + `"`, `{"` + text + `":1}`,
		strings.Replace(text, ":", ":-", 1), strings.Replace(text, ":", ":1e999,", 1), strings.ReplaceAll(text, `":`, `":null,"x":`),
		strings.Replace(text, "{", `{"unknown":1,`, 1), strings.ToUpper(text), strings.ReplaceAll(text, ",", ",,"),
	}
}

// huge texts come from whoever wants to see a program fall over.
var huge = []string{strings.Repeat("[", 50_000), strings.Repeat(`{"a":`, 50_000), `{"a":"` + strings.Repeat("x", 100_000) + `"}`}
