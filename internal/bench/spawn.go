package bench

import (
	"errors"
	"runtime"
	"sync/atomic"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
)

// openSpawn starts actors in an empty engine; one operation is from the call until the actor has handled Started.
func openSpawn(Options) (rig, error) {
	return rig{run: func(n int) (sample, error) {
		names := names(n)
		e, shutdown := newEngine()
		s, err := measure(n, func() error { return spawn(e, names) })
		return s, errors.Join(err, shutdown())
	}}, nil
}

// openIdle counts what idle agents hold: actor, host and names, with a behavior that has no state.
func openIdle(Options) (rig, error) {
	return rig{run: func(n int) (sample, error) {
		e, shutdown := newEngine()
		before := heapInUse()
		if err := populate(e, names(n)); err != nil {
			return sample{}, errors.Join(err, shutdown())
		}
		s := sample{ops: n, held: heapInUse() - before}
		runtime.KeepAlive(e)
		return s, shutdown()
	}}, nil
}

// populate starts an agent for each name and waits until all have started.
func populate(e *engine.Engine, names []string) error {
	var started atomic.Int64
	done := make(chan error, 1)
	setting := &actors.Setting{Recorder: &journal.Recorder{}}
	idle := actors.BehaviorFunc(func(*actors.Turn, any) error { return nil })
	behavior := func() actors.Behavior {
		if started.Add(1) == int64(len(names)) {
			done <- nil
		}
		return idle
	}
	for _, name := range names {
		agent := name[len("agents/"):]
		if _, err := e.Spawn(engine.Spec{Name: name, Host: actors.NewHost(agent, setting, behavior)}); err != nil {
			return err
		}
	}
	return await(done)
}

// spawn starts an idle actor for each name and waits until all have started.
func spawn(e *engine.Engine, names []string) error {
	var started atomic.Int64
	done := make(chan error, 1)
	idle := engine.ActorFunc(func(_ *engine.Context, msg any) error {
		if _, ok := msg.(engine.Started); ok && started.Add(1) == int64(len(names)) {
			done <- nil
		}
		return nil
	})
	life := func() engine.Actor { return idle }
	for _, name := range names {
		if _, err := e.Spawn(engine.Spec{Name: name, New: life}); err != nil {
			return err
		}
	}
	return await(done)
}
