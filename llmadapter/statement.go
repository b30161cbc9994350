package llmadapter

// Statement is what requests that have ended have cost, and what is known of those that have not: attempts that are out are
// not in it. A record keeps statements: who takes them in, the newest of each, has the account exactly.
type Statement struct {
	All    Account
	Askers map[string]Account // since the last Statement, by the asker's name
	Models map[string]Account // likewise, by the name of the model: attempts, and what came of them
}

// Statement says what has changed since it was asked last. It is for the one who keeps the record.
func (a *Adapter) Statement() Statement {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.core.ledger.statement()
}

func (l *ledger) statement() Statement {
	s := Statement{All: l.closed(), Askers: changed(l.changedAskers), Models: changed(l.changedModels)}
	l.changedAskers, l.changedModels = l.changedAskers[:0], l.changedModels[:0]
	return s
}

func changed(purses []*purse) map[string]Account {
	of := make(map[string]Account, len(purses))
	for i, p := range purses {
		of[p.name] = p.closed()
		p.changed, purses[i] = false, nil
	}
	return of
}

// Accounts are what each asker has asked and spent so far, by its name. The sum of them is Account. So many askers have one
// of their own; those beyond 131,072 share that of "".
func (a *Adapter) Accounts() map[string]Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	of := make(map[string]Account, len(a.core.ledger.askers))
	for _, p := range a.core.ledger.askers {
		of[p.name] = p.Account
	}
	return of
}

// ByModel are the attempts at each model, what they have cost, and how many requests it has answered, by the name under
// which it answers; attempts that were not answered are those of the model that is asked for, Config.Name. Models beyond
// 64, and those without a name, share that of "".
func (a *Adapter) ByModel() map[string]Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	of := make(map[string]Account, len(a.core.ledger.models))
	for name, m := range a.core.ledger.models {
		if m.Account != (Account{}) {
			of[name] = m.Account
		}
	}
	return of
}

// Charge books, before the adapter begins, a request that was out when a run was cut off and is to be sent again: its
// attempt may have been billed, and the account has it at the highest it may cost.
func (c *Config) Charge(asker string, r Request) Account {
	l := newLedger(&Config{Name: c.Name, Prices: c.Prices, Budget: c.Budget, AgentBudget: c.AgentBudget})
	t := &tab{asker: l.of(asker)}
	l.fit(t, &r)
	if t.answer < leastAnswer && r.MaxTokens <= 0 {
		t.answer = leastAnswer
	}
	l.attempt(t)
	return l.Account
}
