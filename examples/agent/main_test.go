package main

import (
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/protocol"
)

func TestAWarnedNeighbourIsModest(t *testing.T) {
	p := actorstest.New(t, &neighbour{others: []string{"ben"}}, actorstest.Config{Self: "ada", Seed: 1})
	p.Give(&protocol.Message{Act: protocol.Inform, Sender: "ben", Receivers: []string{"ada"}, Content: low{50}})
	effects := p.Give(actors.Percept{View: 50, Round: 2, Phase: "round", Choice: true})
	if len(effects) != 2 || effects[0].Kind != actors.Send || effects[1].Value != (draw{3}) {
		t.Errorf("she wants %v", effects)
	}
}

func TestANeighbourIsSound(t *testing.T) {
	actorstest.Check(t, func() actors.Behavior { return &neighbour{others: []string{"ben"}} },
		actors.Started{},
		actors.Percept{View: 100, Round: 1, Phase: "round", Choice: true},
		&protocol.Message{Act: protocol.Inform, Sender: "ben", Receivers: []string{"ada"}, Content: low{40}},
		actors.Percept{View: 40, Round: 2, Phase: "round", Choice: true},
		actors.Percept{View: 50, Round: 3, Phase: "round", Choice: true},
	)
}

func TestChaosChangesNothing(t *testing.T) {
	calm, err := run(0)
	if err != nil {
		t.Fatal(err)
	}
	chaos, err := run(0.2)
	if err != nil {
		t.Fatal(err)
	}
	_, calmly, _ := strings.Cut(calm, " crashes, ")
	crashes, chaotically, _ := strings.Cut(chaos, " crashes, ")
	if calmly != chaotically || crashes == "0" || !strings.Contains(calmly, "litres left") {
		t.Errorf("calm ended in %q, chaos in %q", calm, chaos)
	}
}
