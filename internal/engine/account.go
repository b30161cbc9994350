package engine

// Account counts what was addressed to actors and what became of it. Sent is counted by the sender, the rest by the
// receiver; after Shutdown, Sent = Handled + Refused + Dead + Quarantined. The unit is what messages weigh.
type Account struct {
	Sent        int64 // given to a mailbox or refused by it
	Handled     int64 // the receiver's turn was committed
	Refused     int64 // the mailbox was full or closed
	Dead        int64 // waiting when the receiver stopped
	Quarantined int64 // failed to the last attempt
}

func (a *Account) add(b Account) {
	a.Sent += b.Sent
	a.Handled += b.Handled
	a.Refused += b.Refused
	a.Dead += b.Dead
	a.Quarantined += b.Quarantined
}

// Balanced says whether the account holds exactly.
func (a Account) Balanced() bool { return a.Sent == a.Handled+a.Refused+a.Dead+a.Quarantined }

// Account of all actors that have stopped, and of what was sent from outside. It is whole after Shutdown.
func (e *Engine) Account() Account {
	e.mu.RLock()
	defer e.mu.RUnlock()
	a := e.settled
	a.Sent += e.outside.Load()
	for _, r := range e.refs {
		r.mu.Lock()
		a.Sent += r.told
		r.mu.Unlock()
	}
	a.Refused += e.late.Load()
	a.Dead += e.lost.Load()
	return a
}
