package polis_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// doomed names, in the environment of the process that is to be killed, the file of its journal.
const doomed = "POLIS_TEST_DOOMED"

// doom lives until it is killed, and says when a round is over.
func doom(path string) error {
	store, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	_, err = polis.Run(context.Background(), village(), polis.Config{Seed: 5, Journal: store, Rounds: 1 << 20, Observe: func(event any) {
		if e, ok := event.(environment.RoundEnded); ok {
			fmt.Println(e.Round)
		}
	}})
	return err
}

// "A kill loses only a suffix": what a process that was killed leaves in SQLite is unbroken, closed under causes, and the
// start of the run that would have been.
func TestKillLeavesAPrefix(t *testing.T) {
	whole := map[string]journal.Digest{}
	for _, after := range []int{1, 7, 60} {
		path := filepath.Join(t.TempDir(), "run.db")
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), doomed+"="+path)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); after > 0 && lines.Scan(); after-- {
		}
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = child.Wait() // it was killed
		store, err := sqlite.Open(t.Context(), path, sqlite.Options{MustExist: true})
		if err != nil {
			t.Fatal(err)
		}
		kept := entries(t, store)
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		rounds := kept[len(kept)-1].Step
		for _, e := range kept {
			rounds = max(rounds, e.Step)
		}
		memory := journal.NewMemory()
		run(t, village(), polis.Config{Seed: 5, Journal: memory, Rounds: int(rounds)})
		for _, e := range entries(t, memory) {
			whole[fmt.Sprint(e.Actor, e.N)] = e.Digest
		}
		for _, e := range kept {
			if e.Actor != "society" && whole[fmt.Sprint(e.Actor, e.N)] != e.Digest {
				t.Fatalf("turn %d of %s, of %d that were kept in %d rounds, is not what it would have been", e.N, e.Actor, len(kept), rounds)
			}
		}
		if len(kept) < 10 || after > 0 {
			t.Errorf("%d turns are kept", len(kept))
		}
	}
}
