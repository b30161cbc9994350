package engine

// Context is what an actor may do while it handles a message. It is valid until Receive returns, and only on the
// goroutine that called it.
type Context struct {
	ref    *Ref
	worker *worker
	cur    *item
	kept   bool // the caller was taken by Caller: the answer comes later
	again  bool // the message was offered before
}

// Self is the actor itself.
func (c *Context) Self() *Ref { return c.ref }

// Sender is the actor that sent the message; nil when it came from outside.
func (c *Context) Sender() *Ref {
	if c.cur.gen != 0 {
		return nil
	}
	return c.cur.from
}

// Engine gives access to the locator and to spawning.
func (c *Context) Engine() *Engine { return c.ref.engine }

// Send puts a message that weighs n into another actor's mailbox, or says why that refused it.
func (c *Context) Send(to *Ref, msg any, n int) error {
	err := to.post(item{msg: msg, from: c.ref, n: int32(n)}, c.worker)
	c.ref.account.Sent += int64(n)
	return err
}

// Begin says that turn n, about an event of that kind, begins. Hosts call it; whoever is waiting to be woken by what
// the turn before has sent is woken now, since this turn may take long.
func (c *Context) Begin(n uint64, kind string) {
	c.ref.turn, c.ref.event = n, kind
	c.worker.moved()
	c.worker.flush()
}

// Attempt is 1 when the turn that began runs for the first time, 2 after its first failure; in Started it counts the
// lives that failed to start.
func (c *Context) Attempt() int {
	switch t := c.ref.trouble; {
	case t == nil:
		return 1
	case c.ref.starting:
		return t.starts + 1
	case t.turn == c.ref.turn:
		return t.attempt + 1
	default:
		return 1
	}
}

// Attempts is how often one event is offered before it is quarantined.
func (c *Context) Attempts() int { return c.ref.policy.Limit() }

// Handled counts n handled; for hosts.
func (c *Context) Handled(n int) { c.ref.account.Handled += int64(n) }

// Dead counts n that were waiting when the actor stopped; for hosts.
func (c *Context) Dead(n int) { c.ref.account.Dead += int64(n) }

// Quarantined counts n set aside; for hosts.
func (c *Context) Quarantined(n int) { c.ref.account.Quarantined += int64(n) }

// Refused counts n that this actor itself had no room for; for hosts.
func (c *Context) Refused(n int) { c.ref.account.Refused += int64(n) }

// Sent counts n that were sent to nobody who could take them; for hosts, together with Refused.
func (c *Context) Sent(n int) { c.ref.account.Sent += int64(n) }

// Stop stops the actor when Receive returns; what waits in its mailbox is dead.
func (c *Context) Stop() { c.ref.postSystem(stopMessage) }

// Again says that the message was offered before, to an earlier life: a host has taken it in and goes on with it.
func (c *Context) Again() bool { return c.again }
