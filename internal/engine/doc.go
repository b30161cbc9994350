// Package engine runs actors. It is protoactor-go made safe, and the only place that knows of it: outside, an actor
// is its name and a Ref, never a PID.
//
// What it adds to the library, file by file: a mailbox that is bounded, refuses with an answer and accounts for every
// message (mailbox.go); workers that are reused instead of a goroutine per activation, with more of them while some
// are blocked (workers.go, watchdog.go); requests with a context instead of futures (request.go); timers and jobs
// that end with their actor (timer.go, job.go); failures that keep the failed message and offer it again, as package
// supervision decides (supervise.go); a stop that cannot be undone and a shutdown that is ordered (shutdown.go); the
// library's log through zerolog (logging.go).
//
// It knows nothing of agents, worlds or turns. An actor that handles several events in one message, as agents and the
// world do, is a Host: it names the turn it is in, and keeps its own account.
package engine
