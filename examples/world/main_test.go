package main

import (
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment/environmenttest"
)

func TestStreetKeepsTheContract(t *testing.T) {
	environmenttest.Check(t, define(12), environmenttest.Config{})
}

func TestBakersEarn(t *testing.T) {
	var hashes [2]string
	for i := range hashes {
		report, err := polis.Run(t.Context(), society(), polis.Config{Seed: 1, Rounds: 30})
		if err != nil {
			t.Fatal(err)
		}
		hashes[i] = report.Hash
		if coins := report.World.(*street).Coins; coins["ada"] == 0 || coins["ben"] == 0 || coins["cleo"] == 0 {
			t.Error(coins)
		}
	}
	if hashes[0] != hashes[1] {
		t.Error(hashes)
	}
}
