package builtin

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// slots are how many requests are served at once. Others wait in the order in which they came, a bounded number.
type slots struct {
	lag  time.Duration // how much of a timer's lateness is made up for
	most int           // that may wait
	wait time.Duration // for a slot

	mu     sync.Mutex
	size   int
	free   int
	queue  list.List // of chan time.Time: who waits is told from when the slot is theirs
	queued queued
}

// queued is what the slots have counted.
type queued struct {
	peakServed  int // most slots that were taken at once
	peakWaiting int
	waited      int // requests that did not find a slot at once, and were let wait
	busy        int // that were not let wait, or waited too long
}

// errBusy says that as many wait as may.
var errBusy = errors.New("as many requests wait as may")

func newSlots(c Config) *slots {
	s := &slots{lag: c.Service / 2, most: c.QueueLimit, wait: queueWait, size: c.Slots, free: c.Slots}
	if c.Silent {
		s.wait = silentWait
	}
	return s
}

// take waits for a slot, and gives the time from which it has it: errBusy when none may wait any more, or when it took
// too long; else ctx's error. Who waited has the slot from when it became free, even if a timer that was late told so:
// else the slots would serve fewer than they say.
func (s *slots) take(ctx context.Context, now time.Time) (since time.Time, err error) {
	place, err := s.enter()
	if place == nil || err != nil {
		return now, err
	}
	timer := time.NewTimer(s.wait)
	defer timer.Stop()
	select {
	case since = <-turnOf(place):
	case <-timer.C:
		err = errBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.leave(place, errors.Is(err, errBusy))
		return now, err
	}
	for _, t := range []time.Time{time.Now().Add(-s.lag), now} {
		if t.After(since) {
			since = t
		}
	}
	return since, nil
}

// enter takes a free slot, or else a place in the queue.
func (s *slots) enter() (place *list.Element, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.free > 0:
		s.free--
		s.queued.peakServed = max(s.queued.peakServed, s.size-s.free)
	case s.queue.Len() >= s.most:
		s.queued.busy++
		return nil, errBusy
	default:
		s.queued.waited++
		place = s.queue.PushBack(make(chan time.Time, 1))
		s.queued.peakWaiting = max(s.queued.peakWaiting, s.queue.Len())
	}
	return place, nil
}

// leave gives up a place, and the slot that came at the same moment.
func (s *slots) leave(place *list.Element, late bool) {
	s.mu.Lock()
	if late {
		s.queued.busy++
	}
	s.queue.Remove(place)
	s.mu.Unlock()
	select {
	case since := <-turnOf(place):
		s.give(since)
	default:
	}
}

// give puts a slot back that is free since then.
func (s *slots) give(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.queue.Front(); first != nil {
		s.queue.Remove(first)
		turnOf(first) <- since // whose room for one is empty
		return
	}
	s.free++
}

// turnOf is where who waits hears of a slot.
func turnOf(place *list.Element) chan time.Time {
	c, _ := place.Value.(chan time.Time) // all are
	return c
}

// counts is what has been counted so far.
func (s *slots) counts() queued {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queued
}
