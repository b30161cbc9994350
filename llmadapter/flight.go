package llmadapter

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"
)

// flight is the content of a request that may share its call; zero: it may not.
type flight [sha256.Size]byte

// flightOf gives what requests of the same content have in common.
func flightOf(r Request) flight {
	r.Priority, r.Repeatable, r.Shared = 0, false, false
	text, err := json.Marshal(r)
	if err != nil { // a tool whose schema is no JSON: it goes alone
		return flight{}
	}
	return sha256.Sum256(text)
}

// seed is that of all requests of the same content: the answer is the same whether they have met or not.
func (f flight) seed() uint64 { return binary.BigEndian.Uint64(f[:]) >> 11 }

// flights are the requests whose call others may share, by their content.
type flights map[flight]*entry

// lead lets others share the call of an entry.
func (f *flights) lead(e *entry) {
	if e.flight == (flight{}) {
		return
	}
	if *f == nil {
		*f = flights{}
	}
	(*f)[e.flight] = e
}

// land ends that.
func (f flights) land(e *entry) {
	if e.flight != (flight{}) && f[e.flight] == e {
		delete(f, e.flight)
	}
}

// follow lets a request wait for the call of another with the same content, if there is one.
func (d *admission) follow(e *entry) bool {
	if !e.request.Shared {
		return false
	}
	e.flight = flightOf(e.request)
	e.request.Seed = e.flight.seed()
	leader := d.flights[e.flight]
	if leader == nil || e.flight == (flight{}) || d.stopped {
		return false
	}
	d.name(e)
	e.state, e.leader = following, leader
	leader.followers = append(leader.followers, e)
	d.alarms.set(e, e.deadline)
	if e.request.Priority > leader.request.Priority { // it would have been served before
		waits := leader.state == waiting
		if waits {
			d.queue.remove(leader)
		}
		if leader.request.Priority = e.request.Priority; waits {
			d.queue.add(leader)
		}
	}
	return true
}

// leave takes a follower out.
func (e *entry) leave(f *entry) {
	e.followers = slices.DeleteFunc(e.followers, func(other *entry) bool { return other == f })
}

// share ends a request with the end of the one that it followed.
func (d *admission) share(now time.Duration, f, leader *entry) {
	f.state, f.reply = held, leader.reply // it has no place to be taken from
	switch v := leader.value.(type) {
	case Reply:
		f.value = v
		d.ledger.share(&f.tab)
		d.finish(now, f, endAnswered, "")
	case Rejected:
		d.reject(now, f, v)
	default:
		f.value = v
		d.finish(now, f, endFailed, leader.why)
	}
}

// handOver lets a request that others follow end alone, for a reason of its own: the first of them takes its place, and
// its call goes on. It gives the part that is to end; nil: nobody follows.
func (d *admission) handOver(e *entry) (own *entry) {
	if len(e.followers) == 0 {
		return nil
	}
	next := e.followers[0]
	if e.state == waiting {
		d.queue.remove(e)
	}
	d.alarms.clear(e)
	d.alarms.clear(next)
	part := *e // with what it has had so far
	own = &part
	own.state, own.alarm, own.place, own.share, own.asker, own.followers, own.flight = held, -1, -1, nil, nil, nil, flight{}
	own.tab = tab{asker: e.tab.asker, cost: e.tab.cost}
	if e.state == out {
		own.billed++
	}
	e.tab.asker, e.tab.cost = next.tab.asker, 0 // who began the call that is out pays for it
	e.key, e.to, e.seed, e.named = next.key, next.to, next.seed, next.named
	e.number, e.came, e.deadline = next.number, next.came, next.deadline
	e.request.Priority, e.request.Repeatable = next.request.Priority, next.request.Repeatable
	e.usage, e.billed = Tokens{}, 0
	e.followers = e.followers[1:]
	if e.named {
		d.open[e.key] = e
	}
	switch e.state {
	case waiting:
		d.wait(e)
	case out:
		d.alarms.set(e, d.dueOf(e))
	default: // until it may be tried again
		d.alarms.set(e, min(e.due, e.deadline))
	}
	return own
}

// name lets a request be found by its key.
func (d *admission) name(e *entry) {
	if _, taken := d.open[e.key]; !taken {
		d.open[e.key], e.named = e, true
	}
}
