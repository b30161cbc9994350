package environmenttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis/environment"
)

// Config of a check. The zero value is useful.
type Config struct {
	Agents []string // who lives in the world; nil: ada, ben and cleo, or ada alone in a single-agent world
	Rounds int      // to be played, in as many runs as it takes; 0: 50
	Seed   uint64   // of what the agents do and of the world's chance
}

// Check tests a world against the contract of package environment, a subtest for each claim.
func Check(t *testing.T, def *environment.Definition, cfg Config) {
	t.Helper()
	for _, f := range examine(def, cfg, t.Logf) {
		t.Run(strings.ReplaceAll(f.claim, " ", "-"), func(t *testing.T) {
			if f.err != nil {
				t.Errorf("%s: %v", f.claim, f.err)
			}
		})
	}
}

// finding is what became of one claim.
type finding struct {
	claim string
	err   error
}

// claims are checked on every run, in this order; after one about failing the rest would say the same again.
var claims = []struct {
	name  string
	check func(c *course) error
}{
	{"the same seed gives the same world", (*course).sameAgain},
	{"perceiving changes nothing", (*course).perceivingChangesNothing},
	{"a refusal changes nothing", (*course).refusalsChangeNothing},
	{"accepted actions and ticks alone make the world", (*course).rebuilt},
	{"a snapshot is the whole state", (*course).restored},
	{"agents that are missing are survived", (*course).missingAgents},
	{"names never seen are survived", (*course).strangers},
	{"what was handed out stays as it was", (*course).handedOut},
	{"phases are always the same", (*course).phasesStay},
	{"fully observable", (*course).fullyObservable},
	{"deterministic", (*course).deterministic},
	{"episodic", (*course).episodic},
	{"static", (*course).static},
	{"discrete", (*course).discrete},
	{"single-agent", (*course).singleAgent},
}

// examine checks all claims. log is told what could not be checked.
func examine(def *environment.Definition, cfg Config, log func(format string, args ...any)) (found []finding) {
	if len(cfg.Agents) == 0 {
		cfg.Agents = []string{"ada", "ben", "cleo"}
		if def.Properties.SingleAgent {
			cfg.Agents = cfg.Agents[:1]
		}
	}
	if cfg.Rounds <= 0 {
		cfg.Rounds = 50
	}
	found = append(found, finding{"actions are what their schema says", checkActions(def, cfg)})
	accepted := map[string]int{}
	var courses []*course
	err := func() error {
		for left := cfg.Rounds; left > 0 && len(courses) < cfg.Rounds; {
			c, err := newCourse(def, cfg, cfg.Seed+uint64(len(courses)), left, accepted)
			if err != nil {
				return err
			}
			courses = append(courses, c)
			left -= c.rounds
		}
		return nil
	}()
	found = append(found, finding{"the world does not fail", err})
	if err != nil || found[0].err != nil {
		return found
	}
	for _, claim := range claims {
		f := finding{claim: claim.name}
		for _, c := range courses {
			if err := claim.check(c); err != nil {
				f.err = fmt.Errorf("%w (seed %d)", err, c.seed)
				break
			}
		}
		found = append(found, f)
	}
	for _, a := range def.Actions() {
		if accepted[a.Name] == 0 {
			log("action %q was never accepted: what it does is not checked", a.Name)
		}
	}
	return found
}
