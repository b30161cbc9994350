package audit_test

import (
	"context"
	"fmt"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/audit"
)

// A journal from which an action was taken, and chained again: the turn of the world about it is left without a cause.
func ExampleRead() {
	ctx, store := context.Background(), journal.NewMemory()
	for _, e := range play() {
		if e.Actor == "agents/kate" && e.Kind == "percept" {
			e.Effects = []byte("[]")
			e.Digest = e.Sum(play()[3].Digest)
		}
		if err := store.Append(ctx, []journal.Entry{e}); err != nil {
			panic(err)
		}
	}
	a, err := audit.Read(ctx, store.Read(ctx, 0))
	if err != nil {
		panic(err)
	}
	fmt.Println(a.Sound())
	for _, f := range a.Findings {
		fmt.Println(f)
	}
	// Output:
	// false
	// world turn 3: it is about effect 0 of turn 2 of agents/kate, which is no act for world that nobody has handled
	// agents/ben turn 3: it is about effect 1 of turn 2 of agents/kate, which is no message for agents/ben that nobody has handled
	// agents/kate turn 3: it is altered: its digest is not that of its content and of the turn before
}
