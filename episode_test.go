package polis_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/episode"
)

// lines exports the episodes of a store, and holds every line to the schema in docs.
func lines(t *testing.T, store journal.Store) []episode.Decision {
	t.Helper()
	text, err := os.ReadFile("docs/episode.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	n, err := episode.Write(&out, episode.Read(t.Context(), store.Read(t.Context(), 0), "run-1"))
	if err != nil {
		t.Fatal(err)
	}
	var all []episode.Decision
	for line := range bytes.Lines(out.Bytes()) {
		var v any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var d episode.Decision
		in := json.NewDecoder(bytes.NewReader(line))
		in.DisallowUnknownFields()
		if err := in.Decode(&d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if len(all) != n {
		t.Errorf("%d lines are written, %d are said to be", len(all), n)
	}
	return all
}

// "One line per decision of an agent", in every pace: steps without a gap, the state before it, what came of it.
func TestEpisodes(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated, environment.Realtime} {
		synctest.Test(t, func(t *testing.T) {
			store := journal.NewMemory()
			r := run(t, crowded(t), polis.Config{Seed: 3, Rounds: 6, Pace: pace, Journal: store, Chaos: polis.Chaos{Agents: 0.1}})
			states := map[string]string{} // by agent and turn
			percepts := 0
			var acts, said, heard int
			for _, e := range entriesOf(t, store) {
				states[fmt.Sprint(e.Actor, e.N)] = e.Digest.String()
				if agent := strings.HasPrefix(e.Actor, "agents/"); agent && e.Kind == "percept" {
					percepts++
				}
				if e.Kind == "message" {
					heard++
				}
				if strings.HasPrefix(e.Actor, "agents/") && e.Kind != "stopping" {
					acts += bytes.Count(e.Effects, []byte(`{"act":{"type"`))
					said += bytes.Count(e.Effects, []byte(`{"send":`))
				}
			}
			all := lines(t, store)
			if len(all) != percepts || percepts < 15 {
				t.Errorf("%s: %d lines, %d percepts", pace, len(all), percepts)
			}
			steps, done := map[string]int{}, map[string]int{}
			for _, d := range all {
				if d.Schema != "polis.episode/1" || d.Run != "run-1" || d.Scenario != "crowded" || d.Seed != "3" || d.DecidedBy != "rules" {
					t.Fatalf("%+v", d)
				}
				if d.Step != steps[d.Agent] || d.Turn < 2 || d.State != states[fmt.Sprint("agents/"+d.Agent, d.Turn-1)] || d.Cut {
					t.Errorf("%s: %+v", pace, d)
				}
				steps[d.Agent]++
				for _, a := range append(slices.Clone(d.Further), deref(d.Action)...) {
					if acts--; a.Name == "" || a.Outcome == nil {
						t.Errorf("%s: nothing came of %+v in %s %d", pace, a, d.Agent, d.Turn)
					}
				}
				said -= len(d.Said)
				heard -= len(d.Messages)
				if d.Done {
					done[d.Agent]++
				}
			}
			if len(done) < 4 || done["ada"] != 1 || done["cleo"] != 1 || r.Rounds != 6 {
				t.Errorf("%s: done %v", pace, done)
			}
			if pace == environment.Rounds && (acts > 8 || said != 0 || heard > 25) { // in the end, when nobody perceives any more
				t.Errorf("%d acts, %d messages said and %d heard are in no line", acts, said, heard)
			}
		})
	}
}

func deref(a *episode.Action) []episode.Action {
	if a == nil {
		return nil
	}
	return []episode.Action{*a}
}

// "Reward where the world gives one": of the round, once; and a run that was cut off says so.
func TestEpisodesOfTheLake(t *testing.T) {
	store := journal.NewMemory()
	_, s := lake(t, 6, "5*sustainable")
	run(t, s, polis.Config{Seed: 1, Rounds: 4, Journal: store})
	rewards, total := 0, 0.0
	for _, d := range lines(t, store) {
		if d.Reward != nil {
			rewards++
			total += *d.Reward
		}
	}
	caught := 0.0
	for event, err := range polis.ReadRecord(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := event.(environment.RoundEnded); ok {
			for _, row := range e.Agents {
				caught += *row.Reward
			}
		}
	}
	if rewards != 4*5 || total != caught || total == 0 {
		t.Errorf("%d rewards of %v tons in all, caught were %v", rewards, total, caught)
	}
	all := entriesOf(t, store)
	cut := 0
	for _, d := range lines(t, prefix(t, all, len(all)/2)) {
		if d.Cut {
			cut++
		}
	}
	if cut != 5 {
		t.Errorf("%d of 5 last lines of a run that was killed say so", cut)
	}
}
