package llmadapter

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/internal/wire"
)

var sharing = func() Request { r := hello; r.Shared = true; return r }()

// One call answers all that ask the same while it is out, once each, and nobody else.
func TestIdenticalRequestsShareACall(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 10})
	one := p.asks("ann", time.Minute, sharing)
	two := p.asks("ben", time.Minute, sharing)
	alone := p.asks("cleo", time.Minute, hello)
	other := sharing
	other.MaxTokens = 7
	third := p.asks("dan", time.Minute, other)
	if len(p.out) != 3 || two.state != following || one.request.Seed != two.request.Seed || one.request.Seed == 0 || third.request.Seed == one.request.Seed {
		t.Fatalf("%d are out", len(p.out))
	}
	p.returns(one, nil)
	if one.how != endAnswered || two.how != endAnswered || two.attempts != 0 || !two.ended.Shared || one.ended.Shared || alone.how != "" {
		t.Errorf("%+v %+v", one.ended, two.ended)
	}
	p.check()
	if p.d.ledger.Shared != 1 || p.d.ledger.Attempts != 3 {
		t.Errorf("%+v", p.d.ledger)
	}
	late := p.asks("ben", time.Minute, sharing)
	if late.state != out || late.request.Seed != one.request.Seed {
		t.Error("nothing was out that it could share, and it is to be answered the same")
	}
}

// Who began a call and goes leaves it to those who share it; the deadline is theirs from then on.
func TestASharedCallOutlivesWhoBeganIt(t *testing.T) {
	for _, inFlight := range []int{1, 2} { // in the queue, or out
		p := stagePlay(t, Config{InFlight: inFlight})
		p.asks("busy", 0, hello)
		short := sharing
		one := p.asks("ann", 10*time.Second, short)
		p.asks("ben", time.Minute, sharing)
		p.asks("cleo", 2*time.Minute, sharing)
		p.passes(10 * time.Second)
		p.check()
		if len(p.ends) != 1 || p.ends[0].key.asker != "ann" || p.cut != 0 {
			t.Fatalf("%v, %d cut", names(p.ends), p.cut)
		}
		if ann := p.ends[0]; inFlight == 1 && rejection(ann) != TooLate ||
			inFlight == 2 && (failure(ann) != Stalled || ann.value.(Failed).Attempts != 1 || ann.ended.Billed != 1) { // what was sent is not rejected
			t.Errorf("%+v %+v", ann.value, ann.ended)
		}
		p.d.cancel(p.now, one) // which is ben's now
		p.settle()
		p.check()
		if len(p.ends) != 2 || p.ends[1].key.asker != "ben" || p.ends[1].how != endCancelled || p.cut != 0 {
			t.Fatalf("%v, %d cut", names(p.ends), p.cut)
		}
		for len(p.out) > 0 {
			p.answers()
		}
		if last := p.ends[len(p.ends)-1]; last.key.asker != "cleo" || last.how != endAnswered || len(p.d.open) != 0 || len(p.d.flights) != 0 {
			t.Errorf("%v %s", names(p.ends), last.how)
		}
		if !p.d.ledger.Balanced() {
			t.Errorf("%+v", p.d.ledger)
		}
	}
}

// Whoever shares a call that waits, and is more urgent, moves it forward; the limits of its asker, and a pause that is too long
// for that one, are not theirs.
func TestWhoSharesACallHasLimitsOfItsOwn(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1})
	p.fills()
	for range 5 {
		p.asks("dan", 0, hello)
	}
	one := p.asks("ann", 5*time.Second, sharing)
	urgent := sharing
	urgent.Priority = 9
	p.asks("ben", 5*time.Minute, urgent)
	p.check()
	if next := p.d.queue.peek(); next != one {
		t.Errorf("%v is next", next.key)
	}
	p.returns(p.out[0], &Error{Kind: RateLimited, Fate: Settled, RetryAfter: 20 * time.Second})
	p.check()
	if len(p.ends) == 0 || p.ends[0].key.asker != "ann" || rejection(p.ends[0]) != TooLate || one.key.asker != "ben" || one.state != waiting {
		t.Errorf("%v", names(p.ends))
	}
}

// A call that fails fails for all, and is tried again once for all.
func TestASharedCallFailsForAll(t *testing.T) {
	p := stagePlay(t, Config{})
	one, two := p.asks("ann", time.Minute, sharing), p.asks("ben", time.Minute, sharing)
	gone := p.asks("cleo", time.Minute, sharing)
	p.d.cancel(p.now, gone)
	p.returns(one, &Error{Kind: Broken, Fate: PossiblyBilled, Text: "no"})
	if failure(one) != Broken || failure(two) != Broken || gone.how != endCancelled || two.ended.Billed != 0 || one.ended.Billed != 1 {
		t.Errorf("%+v %+v %+v", one.value, two.value, gone.value)
	}
	if p.d.ledger.Attempts != 1 || !p.d.ledger.Balanced() {
		t.Errorf("%+v", p.d.ledger)
	}
}

// The call that is out is read by its caller while another asker takes its place: -race would say if both touched the same.
func TestACallIsHandedOverWhileItIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{InFlight: 1, Model: ModelFunc(func(ctx context.Context, r Request) (Reply, error) {
			time.Sleep(100 * time.Millisecond)
			return Reply{Text: r.Messages[0].Text, Finish: FinishStop}, nil
		})})
		ann := &askingActor{answers: make(chan *wire.Answer, 4)}
		ref := ann.spawn(t, s, "agents/ann")
		one, two := s.question("ann", 60*time.Millisecond, sharing), s.question("ann", time.Minute, sharing)
		_ = s.engine.Tell(ref, one, 1)
		_ = s.engine.Tell(ref, two, 1)
		first, second := <-ann.answers, <-ann.answers
		if first.N != one.N || first.Error == "" || second.N != two.N || second.Error != "" {
			t.Errorf("%+v, %+v", first, second)
		}
		if acc := s.close(t); acc.Attempts != 1 || acc.Answered != 1 || acc.Failed != 1 || !acc.Balanced() {
			t.Errorf("%+v", acc)
		}
	})
}
