package environment

import (
	"fmt"
	"math"
	"time"

	"github.com/polis-agents/polis/internal/chance"
)

// Shape is the form of a distribution of latencies.
type Shape string

const (
	// Fixed takes the mean every time.
	Fixed Shape = "fixed"
	// Exponential is without memory: most are short, a few are several times the mean.
	Exponential Shape = "exponential"
	// LogNormal has a hump and a long tail, as times that people and models take to answer.
	LogNormal Shape = "log-normal"
)

// Latency is how much logical time something takes in the simulated pace, drawn anew each time. The zero value is the
// default of what it is for, see Latencies; what takes no time at all is Latency{Shape: Fixed}.
type Latency struct {
	Shape  Shape         `json:"shape"`  // "": Exponential
	Mean   time.Duration `json:"mean"`   // of all that is drawn, Floor included
	Floor  time.Duration `json:"floor"`  // nothing is shorter
	Spread float64       `json:"spread"` // of LogNormal: the standard deviation of the logarithm above the floor; 0: 0.5
}

// Latencies are what an agent's doings take in the simulated pace. The defaults are parts of a phase, so that most
// agents decide once in each, and few are late. All are whole parts of the grain, a thousandth of a phase, and
// nothing takes less than one.
type Latencies struct {
	Thinking   Latency `json:"thinking"`   // from an event to an action decided in its turn; from an ask or a job to what comes of it. Zero: log-normal, a quarter of a phase, at least a twentieth
	Speaking   Latency `json:"speaking"`   // from sending to hearing, for all receivers at once. Zero: exponential, a twentieth of a phase, at least a hundredth
	Perceiving Latency `json:"perceiving"` // from being free, in a phase not yet looked at, to the percept. Zero: exponential, a fiftieth of a phase
}

const (
	grains        = 1000               // in a phase
	longest       = 10_000 * time.Hour // that a mean may be
	mostMeans     = 100                // that a draw may be: a log-normal tail has no end
	defaultSpread = 0.5
	widestSpread  = 5
)

// grainOf is the shortest time that passes in phases of this length.
func grainOf(phase time.Duration) time.Duration { return max(phase/grains, 1) }

// Check says what of the latencies makes no sense.
func (l Latencies) Check() error {
	for _, of := range []struct {
		what string
		Latency
	}{{"Thinking", l.Thinking}, {"Speaking", l.Speaking}, {"Perceiving", l.Perceiving}} {
		if err := of.check(); err != nil {
			return fmt.Errorf("environment: latency of %s: %w", of.what, err)
		}
	}
	return nil
}

func (l Latency) check() error {
	switch l.Shape {
	case "", Fixed, Exponential, LogNormal:
	default:
		return fmt.Errorf("shape %q; accepted are %s, %s, %s", l.Shape, Fixed, Exponential, LogNormal)
	}
	switch {
	case l.Mean < 0 || l.Mean > longest:
		return fmt.Errorf("mean %v; accepted is 0s to %v", l.Mean, longest)
	case l.Floor < 0 || l.Floor > l.Mean:
		return fmt.Errorf("floor %v; accepted is 0s to the mean, %v", l.Floor, l.Mean)
	case !(l.Spread >= 0 && l.Spread <= widestSpread):
		return fmt.Errorf("spread %v; accepted is 0 to %d", l.Spread, widestSpread)
	case l.Spread != 0 && l.Shape != LogNormal:
		return fmt.Errorf("spread %v; only %s has one", l.Spread, LogNormal)
	}
	return nil
}

// Filled gives the latencies as they are used in phases of this length: those that are zero are taken from the other,
// and then from the defaults.
func (l Latencies) Filled(phase time.Duration, other Latencies) Latencies {
	return Latencies{
		Thinking:   l.Thinking.or(other.Thinking, Latency{LogNormal, phase / 4, phase / 20, defaultSpread}),
		Speaking:   l.Speaking.or(other.Speaking, Latency{Exponential, phase / 20, phase / 100, 0}),
		Perceiving: l.Perceiving.or(other.Perceiving, Latency{Exponential, phase / 50, 0, 0}),
	}
}

// or is the first latency that is not zero, with what it leaves out.
func (l Latency) or(others ...Latency) Latency {
	for _, o := range others {
		if l == (Latency{}) {
			l = o
		}
	}
	if l.Shape == "" {
		l.Shape = Exponential
	}
	if l.Shape == LogNormal && l.Spread == 0 {
		l.Spread = defaultSpread
	}
	return l
}

// draw is one latency, drawn from (seed, name, n) and rounded up to whole grains.
func (l Latency) draw(seed uint64, name string, n uint64, grain time.Duration) time.Duration {
	above := float64(l.Mean - l.Floor)
	switch {
	case above == 0:
	case l.Shape == Exponential:
		above *= chance.New(seed, name, n).ExpFloat64()
	case l.Shape == LogNormal: // its mean is exp(mu + s²/2)
		s := l.Spread
		above *= math.Exp(float64(s*chance.New(seed, name, n).NormFloat64()) - float64(s*s)/2)
	}
	d := l.Floor + time.Duration(min(above, mostMeans*float64(l.Mean)))
	return (d + grain - 1) / grain * grain
}
