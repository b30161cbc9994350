// Package check shows whether the two machines of an interaction protocol fit each other. Check goes through everything that
// can happen between an initiator and a participant: in whatever order the waits end and the messages, some of them on the
// way at once, arrive; where some are lost; and where one side stops. What goes wrong it tells by a shortest sequence of
// steps that leads there.
//
// Pure: nothing runs, no time passes.
package check
