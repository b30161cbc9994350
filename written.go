package polis

import (
	"encoding/json"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
)

// Kinds of the society's turns, as they are recorded.
const (
	kindBegun        = "begun"
	kindForked       = "forked"
	kindResumed      = "resumed"
	kindRoundEnded   = "round-ended"
	kindMissed       = "missed"
	kindHurried      = "hurried"
	kindUnkept       = "unkept"
	kindRestored     = "restored"
	kindForgot       = "forgot"
	kindClocked      = "clocked"
	kindUnruled      = "unruled"
	kindFailed       = "failed"
	kindBlocked      = "blocked"
	kindAbandoned    = "abandoned"
	kindIntervened   = "intervened"
	kindRequestEnded = "request-ended"
	kindEnded        = "ended"
	kindInterrupted  = "interrupted"
)

// The written forms, see docs/journal.md. A field that is added later is tagged omitzero.
type (
	writtenBegun struct {
		Config   json.RawMessage   `json:"config"`
		Deciders map[string]string `json:"deciders"`
		From     int               `json:"from,omitzero"` // of a fork: the first round of its own
		Origin   json.RawMessage   `json:"origin"`
		Services []string          `json:"services,omitzero"` // that can be asked
		Versions map[string]string `json:"versions"`
	}
	writtenResumed struct {
		Again    int               `json:"again"`
		Charged  []charge          `json:"charged,omitzero"` // of these
		Round    int               `json:"round"`
		Versions map[string]string `json:"versions"`
	}
	writtenRound struct {
		Agents    []writtenRow   `json:"agents"`
		Now       int64          `json:"now"`
		Round     int            `json:"round"`
		Variables []string       `json:"variables"`
		World     writtenNumbers `json:"world"`
	}
	writtenRow struct {
		Decides   string    `json:"decides,omitzero"`
		Name      string    `json:"name"`
		Reward    *number   `json:"reward,omitzero"`
		Values    []number  `json:"values"`
		Variables *[]string `json:"variables,omitzero"` // nil: those of the round
	}
	writtenNumbers struct {
		Values    []number `json:"values"`
		Variables []string `json:"variables"`
	}
	writtenMissed struct {
		Agent string `json:"agent"`
		Late  bool   `json:"late"`
		Phase string `json:"phase"`
		Round int    `json:"round"`
	}
	writtenHurried struct {
		Phase string `json:"phase"`
		Round int    `json:"round"`
	}
	writtenUnkept struct {
		Agent string `json:"agent"` // "": the world
		Round int    `json:"round"`
		Why   string `json:"why"`
	}
	writtenRestored struct {
		Phase  string `json:"phase"`
		Redone int    `json:"redone"`
		Round  int    `json:"round"`
		Stood  int64  `json:"stood"`
		Turn   uint64 `json:"turn"`
	}
	writtenForgot struct {
		Agent string `json:"agent"`
	}
	writtenClocked struct {
		Agent string `json:"agent"`
		What  string `json:"what"`
	}
	writtenUnruled struct {
		From string `json:"from"`
		To   string `json:"to"`
		Why  string `json:"why"`
	}
	writtenFailed struct {
		Actor       string `json:"actor"`
		Adopted     bool   `json:"adopted,omitzero"` // passed up by a child, whose own failure it was
		After       int64  `json:"after,omitzero"`   // the pause before the next life, in nanoseconds
		Attempt     int    `json:"attempt"`
		Decision    string `json:"decision"`
		Error       string `json:"error"`
		Event       string `json:"event"`
		Quarantined bool   `json:"quarantined,omitzero"`
		Reason      string `json:"reason,omitzero"`
		Scope       int    `json:"scope,omitzero"`
		Turn        uint64 `json:"turn"`
		Wanted      bool   `json:"wanted,omitzero"` // no failure: it wanted to stop
	}
	writtenBlocked struct {
		Actor string `json:"actor"`
		Held  int64  `json:"held"`
	}
	writtenAbandoned struct {
		Actor string `json:"actor"`
		Job   string `json:"job"`
	}
	writtenIntervened struct {
		Agent   string `json:"agent,omitzero"`
		Decides string `json:"decides,omitzero"` // of one who joined
		Mind    string `json:"mind,omitzero"`    // likewise
		Phase   string `json:"phase,omitzero"`
		Round   int    `json:"round"`
		What    string `json:"what"`
	}
	writtenRequest struct {
		Account  llmadapter.Account `json:"account"`        // of the adapter, since the run began: requests that have ended
		Spent    Spending           `json:"spent,omitzero"` // of it, by those of whom it has changed
		Asker    string             `json:"asker"`
		Attempts int                `json:"attempts"`
		Index    int                `json:"index"`
		Input    int                `json:"input_tokens"`
		Kind     string             `json:"kind,omitzero"`
		Outcome  string             `json:"outcome"`
		Output   int                `json:"output_tokens"`
		Reason   string             `json:"reason,omitzero"`
		Service  string             `json:"service"`
		Took     int64              `json:"took"`
		Turn     uint64             `json:"turn"`
		Wait     int64              `json:"wait"`
		Why      string             `json:"why,omitzero"`
	}
	writtenEnd struct {
		Decided      map[string]int                `json:"decided_by"`
		Faults       Faults                        `json:"faults"`
		Hash         string                        `json:"hash"`
		Judged       map[string]int                `json:"judged,omitzero"`
		Marks        map[string]int                `json:"marks"`
		Messages     Account                       `json:"messages"`
		Models       map[string]llmadapter.Account `json:"models"`
		Said         map[string]int                `json:"said,omitzero"`
		Spent        map[string]Spending           `json:"spent,omitzero"`
		NotStopped   bool                          `json:"not_stopped,omitzero"` // something was left behind: some actor's last turns may be missing
		Reproducible bool                          `json:"reproducible"`
		Rounds       int                           `json:"rounds"`
		Wall         int64                         `json:"wall"`
		Why          string                        `json:"why,omitzero"` // it was interrupted
	}
)

// recordPrefix stands before a kind in the name of its payload.
const recordPrefix = "society/"

func init() {
	journal.Register[writtenBegun](recordPrefix + kindBegun)
	journal.Register[writtenResumed](recordPrefix + kindResumed)
	journal.Register[writtenRound](recordPrefix + kindRoundEnded)
	journal.Register[writtenMissed](recordPrefix + kindMissed)
	journal.Register[writtenHurried](recordPrefix + kindHurried)
	journal.Register[writtenUnkept](recordPrefix + kindUnkept)
	journal.Register[writtenRestored](recordPrefix + kindRestored)
	journal.Register[writtenForgot](recordPrefix + kindForgot)
	journal.Register[writtenClocked](recordPrefix + kindClocked)
	journal.Register[writtenUnruled](recordPrefix + kindUnruled)
	journal.Register[writtenFailed](recordPrefix + kindFailed)
	journal.Register[writtenBlocked](recordPrefix + kindBlocked)
	journal.Register[writtenAbandoned](recordPrefix + kindAbandoned)
	journal.Register[writtenIntervened](recordPrefix + kindIntervened)
	journal.Register[writtenRequest](recordPrefix + kindRequestEnded)
	journal.Register[writtenEnd](recordPrefix + kindEnded)
}
