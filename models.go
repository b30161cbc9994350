package polis

import "github.com/polis-agents/polis/llmadapter"

// Loads tells how busy the adapters are, by their names.
func (r *Running) Loads() map[string]llmadapter.Load {
	loads := make(map[string]llmadapter.Load, len(r.adapters))
	for name, adapter := range r.adapters {
		loads[name] = adapter.Load()
	}
	return loads
}

// Accounts tells what the adapters were asked so far, and what became of it, by their names. Requests that are still open
// have no end in it yet.
func (r *Running) Accounts() map[string]llmadapter.Account {
	accounts := make(map[string]llmadapter.Account, len(r.adapters))
	for name, adapter := range r.adapters {
		accounts[name] = adapter.Account()
	}
	return accounts
}

// onModel is what an adapter tells: the society, and whoever else wants to see it. nil: nobody.
func (r *Running) onModel(other func(any)) func(any) {
	switch {
	case other == nil && r.cfg.Observe == nil && r.annals == nil:
		return nil
	case other == nil:
		return r.tell
	case r.annals == nil:
		return other
	}
	return func(event any) {
		r.watch.Lock()
		r.note(event)
		r.watch.Unlock()
		other(event)
	}
}
