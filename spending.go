package polis

import (
	"maps"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/llmadapter"
)

// Spending is who has spent what of an adapter's account, since the run began.
type Spending struct {
	Askers map[string]llmadapter.Account `json:"askers"` // by the name of the agent; their sum is the account
	Models map[string]llmadapter.Account `json:"models"` // attempts and answers, by the name under which the model answers; see llmadapter.Adapter.ByModel
}

// and is what was spent together with what was spent since, by those who are named there or here.
func (s Spending) and(askers, models map[string]llmadapter.Account) Spending {
	return Spending{together(s.Askers, askers), together(s.Models, models)}
}

// with is what those have spent who are named there.
func (s Spending) with(askers, models map[string]llmadapter.Account) Spending {
	return Spending{those(s.Askers, askers), those(s.Models, models)}
}

func together(a, b map[string]llmadapter.Account) map[string]llmadapter.Account {
	sum := maps.Clone(a)
	if sum == nil {
		sum = map[string]llmadapter.Account{}
	}
	maps.Copy(sum, those(a, b))
	return sum
}

func those(a, b map[string]llmadapter.Account) map[string]llmadapter.Account {
	sum := make(map[string]llmadapter.Account, len(b))
	for name, account := range b {
		of := a[name]
		of.Add(account)
		sum[name] = of
	}
	return sum
}

// update takes in a statement of all that was spent by those who are named there.
func (p *recollection) update(service string, all llmadapter.Account, s Spending) {
	put(&p.models, service, all)
	of := p.spending[service]
	for name, account := range s.Askers {
		put(&of.Askers, name, account)
	}
	for name, account := range s.Models {
		put(&of.Models, name, account)
	}
	put(&p.spending, service, of)
}

// charge adds what may have been spent besides.
func (p *recollection) charge(c charge) {
	all := p.models[c.Service]
	all.Add(c.Account)
	one := map[string]llmadapter.Account{c.Asker: c.Account}
	p.update(c.Service, all, p.spending[c.Service].with(one, map[string]llmadapter.Account{c.Model: c.Account}))
}

// charge is what a request may have cost that was out when a run was cut off, without anybody having heard of an answer.
type charge struct {
	Account llmadapter.Account `json:"account"`
	Asker   string             `json:"asker"`
	Model   string             `json:"model"`
	Service string             `json:"service"`
}

// endedKept is how many of an agent's requests that have ended are remembered.
const endedKept = 128

// ended is a request that has come to its end.
type ended struct {
	service string
	id      actors.ID
}

// end notes that a request has come to its end: what it has cost is in the account, even if its asker never hears of it.
func (p *recollection) end(e *llmadapter.Ended) {
	of := append(p.ended[e.Asker], ended{e.Service, actors.ID{Turn: e.Turn, Index: e.Index}})
	put(&p.ended, e.Asker, of[max(0, len(of)-endedKept):])
}

// charges are those of the requests that are sent again.
func (r *Running) charges(open map[string][]actors.Asked) (all []charge) {
	for _, asker := range slices.Sorted(maps.Keys(open)) {
		for _, a := range open[asker] {
			cfg, ok := r.society.Models[a.Service]
			request, is := a.Request.(llmadapter.Request)
			if !ok || !is || slices.Contains(r.recalled.ended[asker], ended{a.Service, a.ID}) {
				continue
			}
			all = append(all, charge{cfg.Charge(asker, request), asker, clean(cfg.Name), a.Service})
		}
	}
	return all
}
