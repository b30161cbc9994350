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
