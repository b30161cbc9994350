package builtin

import (
	"cmp"
	"net/http"
	"regexp"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// NamePrefix begins the id of every stand-in, so that nobody takes what it says for a model's.
const NamePrefix = "sim-"

// Config says how a stand-in behaves. The zero value is useful.
type Config struct {
	Policy  Policy // decides; nil: seeded choice among what may be called
	Name    string // the id of the model it serves, with NamePrefix; "": sim-model
	Addr    string // where it listens; "": 127.0.0.1:0, any free port
	Exposed bool   // Addr may be other than loopback. Nothing is asked of whoever comes

	Slots      int // requests served at once; 0: 16
	QueueLimit int // requests that wait for a slot, 2 min at most; 0: 256; negative: none
	Busy       int // HTTP status beyond that: 429, 503 or 529; 0: 503

	// Silent lets up to 100,000 requests wait for a slot, an hour at most, and says nothing, as servers do whose queue has
	// no bound that matters. QueueLimit counts for nothing then.
	Silent    bool
	BusyRetry time.Duration // the pause that Busy asks for; 0: 50 ms; negative: it asks for none

	FirstToken time.Duration // from the slot to the first token; 0: 3 ms; negative: none
	PerToken   time.Duration // from token to token; 0: 100 µs; negative: none

	PerPrompt time.Duration // how much later the first token is for each token of the prompt; 0: no later

	// TokenRate is how many tokens a second all answers in progress share in equal parts, as servers do that decode many
	// in one batch; none gets more than one per PerToken. Prompts take nothing from it. 0: each gets its own.
	TokenRate float64
	Lengths   Lengths // of answers

	// Service is how long each answer takes from its slot, all of it at the end: FirstToken, PerToken, PerPrompt and TokenRate count for nothing,
	// and no more and no less than Slots ÷ Service answers a second can be given. 0: as long as its tokens take.
	Service time.Duration

	RPM int // requests a minute; 0: no limit, and no x-ratelimit headers, as with most servers one runs oneself
	TPM int // tokens a minute, of prompts and answers; 0: no limit

	InputTPM  int    // tokens a minute, of prompts alone, as Anthropic has it; 0: no limit
	OutputTPM int    // tokens a minute, of answers alone; 0: no limit
	Window    Window // how a minute is counted; "": WindowBucket

	Takes []llmadapter.Form // the forms of asking for calls that it takes, the others are answered 400; nil: all

	Faults     Faults
	Seed       uint64        // of the faults, and of nothing else
	StallLimit time.Duration // how long a stalled answer is held for a client that does not go; 0: 1 min

	Control bool // POST /control makes an outage, as Outage does: {"mode":"503","for":"30s"}
	Log     int  // how many of the last requests GET /log?after=N tells; 0: none, and there is no such path

	Observe func(Served)    // sees each request at its end; nil: nobody. Called concurrently; must not block
	Came    func(id string) // hears of each request before anything of it is answered, with the id that it bears, "" if none; likewise
}

// Window is how a limit a minute is counted.
type Window string

// The windows. A bucket fills up to the limit within a minute, as those of providers do, so that nearly twice the limit
// goes through in the first minute after a rest. Sliding lets the limit through in every 60 s, and not one more.
const (
	WindowBucket  Window = "bucket"
	WindowSliding Window = "sliding"
)

// The limits that nobody needs to set.
const (
	standardName = NamePrefix + "model"
	queueWait    = 2 * time.Minute  // for a slot
	silentQueue  = 100_000          // requests that wait in silence
	silentWait   = time.Hour        // for a slot, in silence
	bodyWait     = 30 * time.Second // for the body of a request, and for a client to take what is written
	closeWait    = 5 * time.Second  // for connections to end when the server closes
)

var namePattern = regexp.MustCompile(`^sim-[A-Za-z0-9._-]{1,60}$`)

// filled is the configuration with its defaults.
func (c Config) filled() Config {
	c.Name = cmp.Or(c.Name, standardName)
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	c.Slots = cmp.Or(c.Slots, 16)
	c.QueueLimit = max(cmp.Or(c.QueueLimit, 256), 0)
	if c.Silent {
		c.QueueLimit = silentQueue
	}
	c.Busy = cmp.Or(c.Busy, http.StatusServiceUnavailable)
	c.BusyRetry = max(cmp.Or(c.BusyRetry, faultRetry), 0)
	c.FirstToken = max(cmp.Or(c.FirstToken, 3*time.Millisecond), 0)
	c.PerToken = max(cmp.Or(c.PerToken, 100*time.Microsecond), 0)
	c.Window = cmp.Or(c.Window, WindowBucket)
	c.StallLimit = cmp.Or(c.StallLimit, time.Minute)
	if c.Takes == nil {
		c.Takes = llmadapter.Forms
	}
	return c
}
