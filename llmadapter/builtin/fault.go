package builtin

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/polis-agents/polis/internal/chance"
)

// Fault is a way in which endpoints fail, made on purpose.
type Fault string

// The faults. Those of the content (badjson, unknown, bounds) are made only where calls are answered.
const (
	Fault429       Fault = "429"       // rate limited, with retry-after
	Fault500       Fault = "500"       // the server failed
	Fault503       Fault = "503"       // overloaded, with retry-after
	Fault529       Fault = "529"       // overloaded, as some say it, without retry-after
	FaultHang      Fault = "hang"      // not even a head, until the client goes
	FaultError     Fault = "error"     // an error event in mid-stream; 500 when nothing is streamed
	FaultOverload  Fault = "overload"  // an error event that says overloaded; 503 when nothing is streamed
	FaultCut       Fault = "cut"       // a clean end in mid-answer
	FaultReset     Fault = "reset"     // the connection is reset in mid-answer
	FaultStall     Fault = "stall"     // silence in mid-answer, until the client goes
	FaultKeepalive Fault = "keepalive" // the same under keep-alive comments
	FaultSlow      Fault = "slow"      // a quarter of a second late, and ten times slower
	FaultBadJSON   Fault = "badjson"   // calls that are no JSON
	FaultUnknown   Fault = "unknown"   // a call of a tool that there is not
	FaultBounds    Fault = "bounds"    // arguments beyond their bounds
	FaultHTML      Fault = "html"      // a page in place of an answer
)

// allFaults in the order in which they are drawn.
var allFaults = []Fault{Fault429, Fault500, Fault503, FaultError, FaultCut, FaultReset, FaultStall, FaultKeepalive, FaultSlow,
	FaultBadJSON, FaultUnknown, FaultBounds, FaultHTML, Fault529, FaultHang, FaultOverload}

// Faults are shares of the requests that fail, from 0 to 1 each and 1 in all at most. The zero value makes none.
type Faults map[Fault]float64

// ParseFaults reads a list such as "429=30%,cut=5%,stall=2%".
func ParseFaults(spec string) (Faults, error) {
	names := make([]string, len(allFaults))
	for i, f := range allFaults {
		names[i] = string(f)
	}
	wrong := func(part, what string) error {
		return fmt.Errorf("builtin: fault %q: %s; accepted is NAME=P%%,… with P from 0 to 100, in all at most, and a NAME of %s", part, what, strings.Join(names, ", "))
	}
	f := Faults{}
	for part := range strings.SplitSeq(spec, ",") {
		part = strings.TrimSpace(part)
		name, rate, _ := strings.Cut(part, "=")
		percent, isShare := strings.CutSuffix(rate, "%")
		share, err := strconv.ParseFloat(percent, 64)
		_, twice := f[Fault(name)]
		switch {
		case !slices.Contains(names, name):
			return nil, wrong(part, "no such fault")
		case !isShare || err != nil || !(share >= 0 && share <= 100):
			return nil, wrong(part, "no share")
		case twice:
			return nil, wrong(part, "named twice")
		}
		f[Fault(name)] = share / 100
	}
	if f.sum() > 1 {
		return nil, wrong(spec, "more than all")
	}
	return f, nil
}

// String is the form that ParseFaults reads; "": none.
func (f Faults) String() string {
	var parts []string
	for _, name := range allFaults {
		if share := f[name]; share > 0 {
			parts = append(parts, fmt.Sprintf("%s=%s%%", name, strconv.FormatFloat(share*100, 'g', 12, 64)))
		}
	}
	return strings.Join(parts, ",")
}

// Check says what of the faults makes no sense, and what is accepted.
func (f Faults) Check() error {
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if share := f[name]; !slices.Contains(allFaults, name) || !(share >= 0 && share <= 1) {
			return fmt.Errorf("builtin: fault %q with a share of %v; accepted are %q with a share from 0 to 1", name, share, allFaults)
		}
	}
	if sum := f.sum(); sum > 1 {
		return fmt.Errorf("builtin: the shares of the faults sum to %v; accepted is 1 at most", sum)
	}
	return nil
}

// sum forgives what rounding adds to shares that are all.
func (f Faults) sum() (sum float64) {
	for _, name := range allFaults {
		sum += f[name]
	}
	if sum > 1 && sum < 1+1e-9 {
		return 1
	}
	return sum
}

// draw gives the fault of a request that was seen so many times before; "": none. Another seed, another request or
// another time draws anew, so that trying again can help.
func (f Faults) draw(seed uint64, digest string, before int) Fault {
	if len(f) == 0 {
		return ""
	}
	u := chance.Float(seed, "fault/"+digest, uint64(before))
	for _, name := range allFaults {
		if u < f[name] {
			return name
		}
		u -= f[name]
	}
	return ""
}

// recent counts how often each of the requests seen last was seen.
type recent struct {
	mu    sync.Mutex
	times map[string]int
	ring  []string // in the order in which they were first seen
	next  int
}

func newRecent(size int) *recent {
	return &recent{times: map[string]int{}, ring: make([]string, 0, size)}
}

// again counts a request, and gives how often it was counted before.
func (r *recent) again(digest string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.times[digest]
	switch {
	case known:
	case len(r.ring) < cap(r.ring):
		r.ring = append(r.ring, digest)
	default:
		delete(r.times, r.ring[r.next])
		r.ring[r.next] = digest
		r.next = (r.next + 1) % len(r.ring)
	}
	r.times[digest] = before + 1
	return before
}
