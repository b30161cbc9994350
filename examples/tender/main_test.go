package main

import (
	"slices"
	"testing"
)

func TestChaosChangesNothing(t *testing.T) {
	calm, err := run(0)
	if err != nil {
		t.Fatal(err)
	}
	chaos, err := run(0.2)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ben barn", "ben mill", "ben inn"}
	if got := calm.World.(*village).Mended; !slices.Equal(got, want) || len(calm.Judged) > 0 {
		t.Errorf("mended was %v, want %v; judged %v", got, want, calm.Judged)
	}
	if chaos.Hash != calm.Hash || chaos.Faults.Crashes == 0 {
		t.Errorf("with %d crashes the run is %.12s, without %.12s", chaos.Faults.Crashes, chaos.Hash, calm.Hash)
	}
}
