package scenariostest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/supervision"
)

// Play runs a society, for five minutes at most, and checks what must hold for every run: it comes to its end, every message
// is accounted for, and nothing is left behind.
func Play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	r, err := polis.Run(ctx, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() || r.NotStopped != nil {
		t.Fatalf("the account is %+v; left behind: %v", r.Messages, r.NotStopped)
	}
	return r
}

// Hurried lets the agents of a society come back without a pause.
func Hurried(s polis.Society) polis.Society {
	for i := range s.Agents {
		s.Agents[i].Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
	}
	return s
}

// SameHash plays a society on 1, 2 and 8 threads, undisturbed and with every fifth attempt of its agents crashing: the hash
// must always be the same, and nothing quarantined. anew makes the society each time.
func SameHash(t *testing.T, anew func() polis.Society, cfg polis.Config) {
	t.Helper()
	want := ""
	for _, threads := range []int{1, 2, 8} {
		for _, chaos := range []float64{0, .2} {
			before := runtime.GOMAXPROCS(threads)
			cfg.Chaos.Agents = chaos
			r := Play(t, Hurried(anew()), cfg)
			runtime.GOMAXPROCS(before)
			if want == "" {
				want = r.Hash
			}
			if r.Hash != want || chaos > 0 && r.Faults.Crashes == 0 || r.Faults.Quarantined > 0 {
				t.Errorf("%d threads, chaos %v: hash %.12s, want %.12s; %+v", threads, chaos, r.Hash, want, r.Faults)
			}
		}
	}
}
