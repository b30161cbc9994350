package llmadapter

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// cheap is the price of these tests: a token of a prompt is a millionth of a dollar, one of an answer four.
var cheap = Prices{"m*": {Input: 1, Output: 4, Cached: 0.5}}

// gets ends the call of an entry with a reply, or an error.
func (p *play) gets(e *entry, reply Reply, err *Error) {
	p.t.Helper()
	for i, x := range p.out {
		if x == e {
			p.out = append(p.out[:i:i], p.out[i+1:]...)
			p.d.returned(p.now, e, outcome{reply: reply, err: err})
			p.settle()
			return
		}
	}
	p.t.Fatalf("the call of %v is not out", e.key)
}

func answer(model string, input, output int) Reply {
	return Reply{Text: "yes", Finish: FinishStop, Model: model, Usage: Tokens{Input: input, Output: output}}
}

// prompt is a request of so many bytes, as the budget counts them.
func prompt(n, most int) Request {
	return Request{Messages: []Message{{Role: User, Text: strings.Repeat("x", n-perRequestBytes-perMessageBytes)}}, MaxTokens: most}
}

// "A budget counts what is settled, what is out at its highest, and what may have been billed; what could go beyond is
// rejected."
func TestBudgetRefusesBeforeItIsOverspent(t *testing.T) {
	p := stagePlay(t, Config{Name: "m", Prices: cheap, Budget: Budget{USD: 0.02}, InFlight: 8})
	r := prompt(2000, 1000) // at most 0.006
	a, b, c := p.asks("ann", 0, r), p.asks("ben", 0, r), p.asks("cleo", 0, r)
	d := p.asks("dan", 0, r)
	if len(p.out) != 3 || d.state != waiting {
		t.Fatalf("%d are out, the fourth is %v", len(p.out), d.state)
	}
	if acc := p.d.ledger.Account; acc.CostUSD != 0 || acc.PossiblyUSD != 0.018 || acc.PossiblyTokens != 9000 || acc.PossiblyBilled != 3 {
		t.Errorf("%+v", acc)
	}
	p.gets(a, answer("m-1", 500, 100), nil) // 0.0009: there is room for the fourth
	if len(p.out) != 3 || d.state != out {
		t.Fatalf("%d are out", len(p.out))
	}
	p.gets(b, Reply{}, &Error{Kind: Broken, Fate: PossiblyBilled}) // 0.006, for all that is known
	p.gets(c, answer("m-1", 2000, 1000), nil)                      // 0.006
	p.gets(d, answer("m-1", 400, 0), nil)                          // 0.0004
	if acc := p.d.ledger.Account; acc.CostUSD != 0.0073 || acc.PossiblyUSD != 0.006 || acc.PossiblyBilled != 1 || acc.InputTokens != 2900 || acc.OutputTokens != 1100 {
		t.Errorf("%+v", acc)
	}
	e := p.asks("ann", 0, r) // 0.0133 and 0.006
	if e.state != out {
		t.Error("what fits is refused")
	}
	p.gets(e, answer("m-1", 2000, 1000), nil)
	e = p.asks("ann", 0, r)
	if no := e.value.(Rejected); no.Reason != OverBudget || no.RetryAfter != 0 || no.Text != "it could cost 0.006 USD, and 0.0007 are left of 0.02" {
		t.Errorf("%+v", e.value)
	}
	if e = p.asks("ann", 0, Request{Messages: hello.Messages}); rejection(e) != OverBudget {
		t.Errorf("what does not say how much it wants: %+v", e.value)
	}
	if p.d.ledger.Rejected != 2 || p.d.out != 0 {
		t.Errorf("%+v", p.d.ledger.Account)
	}
}

// A budget of tokens needs no prices; one of each asker is its own.
func TestEachAskerHasABudget(t *testing.T) {
	p := stagePlay(t, Config{AgentBudget: Budget{Tokens: 4000}, InFlight: 8})
	r := prompt(2000, 1000)
	a := p.asks("ann", 0, r)
	if no := p.asks("ann", 0, r); rejection(no) != OverBudget {
		t.Errorf("its second, beside the first: %+v", no.value)
	}
	b := p.asks("ben", 0, r)
	p.gets(a, answer("", 500, 500), nil)
	p.gets(b, answer("", 2000, 1000), nil)
	if e := p.asks("ann", 0, r); e.state != out {
		t.Errorf("%+v", e.value)
	}
	e := p.asks("ben", 0, r)
	if no, _ := e.value.(Rejected); no.Reason != OverBudget || no.Text != "it could take 3000 tokens, and 1000 are left of its own 4000" {
		t.Errorf("%+v", e.value)
	}
}

// "A request without MaxTokens under a budget gets a cap, less if less is left, refused below some least", and what the
// asker named stays.
func TestAnswersAreCapped(t *testing.T) {
	one := func(budget, most int) *entry {
		p := stagePlay(t, Config{Budget: Budget{Tokens: budget}})
		return p.asks("ann", 0, prompt(2000, most))
	}
	for _, c := range []struct{ budget, most, cap int }{
		{2000 + 4096, 0, 4096}, {2000 + 4095, 0, 2048}, {2000 + 1024, 0, 1024}, {2000 + 511, 0, 256}, {1_000_000, 0, 4096},
		{2000 + 4096, 4096, 0}, {2000 + 5, 5, 0}, {1_000_000, 100_000, 0},
	} {
		if e := one(c.budget, c.most); e.state != out || e.tab.most != c.cap {
			t.Errorf("%+v: %v, capped at %d", c, e.state, e.tab.most)
		}
	}
	for _, c := range [][2]int{{2000 + 255, 0}, {2000 + 4, 5}, {1, 0}, {2000 + 4095, 4096}, {1 << 40, math.MaxInt}} {
		if e := one(c[0], c[1]); c[0] < 1<<40 && rejection(e) != OverBudget || c[0] == 1<<40 && e.state != out {
			t.Errorf("%v: %+v", c, e.value)
		}
	}
	p := stagePlay(t, Config{Prices: cheap})
	if e := p.asks("ann", 0, prompt(2000, 0)); e.tab.most != 0 || p.d.ledger.PossiblyTokens != 2000+4096 {
		t.Errorf("without a budget: %d, %+v", e.tab.most, p.d.ledger.Account)
	}
}

// What is sent says how long the answer may be, and what is recorded does not.
func TestTheCapIsStampedOnWhatIsSent(t *testing.T) {
	sent := make(chan int, 1)
	model := ModelFunc(func(_ context.Context, r Request) (Reply, error) {
		sent <- r.MaxTokens
		return Reply{Text: "yes", Finish: FinishStop}, nil
	})
	s := open(t, Config{Model: model, Budget: Budget{Tokens: 5000}, Content: true})
	ask := s.question("ann", time.Minute, hello)
	if a := s.ask(t, ask); a.Error != "" || want(t, sent) != 2048 {
		t.Errorf("%+v", a)
	}
	if r := ask.Request.(Request); r.MaxTokens != 0 {
		t.Error("what was asked has changed")
	}
}

// What was spent before a run was taken up again counts, and what may have been billed then as well.
func TestWhatWasSpentBeforeCounts(t *testing.T) {
	r := prompt(2000, 1000)
	for _, c := range []struct {
		cfg Config
		out bool
	}{
		{Config{Spent: Account{CostUSD: 0.004}}, true},
		{Config{Spent: Account{CostUSD: 0.004000001}}, false},
		{Config{Spent: Account{CostUSD: 0.002, PossiblyUSD: 0.0021}}, false},
		{Config{Spent: Account{InputTokens: 3000, OutputTokens: 3000, PossiblyTokens: 1000}}, true},
		{Config{Spent: Account{InputTokens: 3000, OutputTokens: 3000, PossiblyTokens: 1001}}, false},
		{Config{SpentBy: map[string]Account{"ann": {OutputTokens: 5001}}}, false},
		{Config{SpentBy: map[string]Account{"ben": {OutputTokens: 5001}}}, true},
		{Config{SpentBy: map[string]Account{"ann": {CostUSD: 0.003}}}, false},
	} {
		c.cfg.Name, c.cfg.Prices, c.cfg.Budget, c.cfg.AgentBudget = "m", cheap, Budget{0.01, 10_000}, Budget{0.008, 8000}
		p := stagePlay(t, c.cfg)
		if e := p.asks("ann", 0, r); (e.state == out) != c.out {
			t.Errorf("%+v: %+v", c.cfg.Spent, e.value)
		}
		if p.d.ledger.CostUSD != 0 {
			t.Error("what was spent before is not of this account")
		}
	}
}

// An attempt that was retried is paid for twice, and only what can still be paid is retried.
func TestRetriesAreBudgeted(t *testing.T) {
	p := stagePlay(t, Config{Name: "m", Prices: cheap, Budget: Budget{USD: 0.013}})
	r := prompt(2000, 1000)
	r.Repeatable = true
	e := p.asks("ann", time.Minute, r)
	p.gets(e, Reply{}, &Error{Kind: Truncated, Fate: Settled, Status: 200, Usage: Tokens{Input: 1000}})
	if acc := p.d.ledger.Account; acc.CostUSD != 0.001 || acc.PossiblyUSD != 0.005 {
		t.Errorf("%+v", acc)
	}
	p.passes(time.Second)
	if e.state != out {
		t.Fatalf("it is not tried again: %v", e.value)
	}
	p.gets(e, Reply{}, &Error{Kind: Broken, Fate: PossiblyBilled})
	p.passes(time.Minute)
	if failure(e) != Broken || e.billed != 1 || p.d.ledger.Attempts != 2 {
		t.Errorf("%+v, %+v", e.value, p.d.ledger.Account)
	}
	if got := p.ends[0].ended; got.CostUSD != 0.001 || got.Billed != 1 {
		t.Errorf("%+v", got)
	}
}

// What costs nothing is given back: what was never sent, and what was refused.
func TestRefusalsCostNothing(t *testing.T) {
	for _, c := range []struct {
		err  Error
		held bool
	}{
		{Error{Kind: Unreachable, Fate: Unsent}, false}, {Error{Kind: Transient, Fate: Settled, Status: 500}, false},
		{Error{Kind: Invalid, Fate: Settled, Status: 400}, false}, {Error{Kind: Refused, Fate: Settled, Status: 403}, false},
		{Error{Kind: RateLimited, Fate: Settled}, false}, {Error{Kind: Unauthorised, Fate: Settled, Status: 401}, false},
		{Error{Kind: Transient, Fate: Settled, Status: 504}, true}, {Error{Kind: Stalled, Fate: Settled, Status: 200}, true},
		{Error{Kind: Overloaded, Fate: Settled, Status: 200}, true}, {Error{Kind: Broken, Fate: PossiblyBilled}, true},
		{Error{Kind: Invalid, Fate: PossiblyBilled}, true},
	} {
		p := stagePlay(t, Config{Name: "m", Prices: cheap, Attempts: 1})
		e := p.asks("ann", time.Second, prompt(2000, 1000))
		p.gets(e, Reply{}, &c.err)
		if acc := p.d.ledger.Account; (acc.PossiblyUSD == 0.006) != c.held || acc.CostUSD != 0 || !c.held && acc.PossiblyTokens != 0 {
			t.Errorf("%+v: %+v", c.err, acc)
		}
	}
	p := stagePlay(t, Config{Name: "m", Prices: cheap})
	p.gets(p.asks("ann", 0, prompt(2000, 1000)), answer("m", 0, 0), nil)
	if acc := p.d.ledger.Account; acc.PossiblyUSD != 0.006 || acc.CostUSD != 0 || acc.PossiblyBilled != 0 {
		t.Errorf("an answer that does not say what it cost: %+v", acc)
	}
}

// Accounts by asker and by model are parts of the whole. Names that models give themselves are not believed.
func TestAccountsByAskerAndByModel(t *testing.T) {
	p := stagePlay(t, Config{Name: "m", Prices: Prices{"m": {Input: 1}, "m-2*": {Input: 2}}})
	l := &p.d.ledger
	for i, model := range []string{"m-2024", "m", "", "elsewhere", "m-2024"} {
		p.gets(p.asks(fmt.Sprint("a", i%2), 0, hello), answer(model, 1_000_000, 0), nil)
	}
	p.gets(p.asks("a0", 0, hello), Reply{}, &Error{Kind: Refused, Fate: Settled, Status: 403})
	for name, wantUSD := range map[string]float64{"m": 2, "m-2024": 4, "elsewhere": 1} { // what has no price costs what was asked for
		if got := l.models[name]; got == nil || got.CostUSD != wantUSD {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if m := l.models["m"]; m.Attempts != 3 || m.Answered != 2 || m.Settled != 3 {
		t.Errorf("%+v", m.Account)
	}
	if a, b := l.askers["a0"].Account, l.askers["a1"].Account; a.CostUSD != 5 || b.CostUSD != 2 || a.Requests != 4 || a.Failed != 1 {
		t.Errorf("%+v, %+v", a, b)
	}
	for i := range 3 * mostModels {
		long := strings.Repeat("é\n\xff", 60+i) + fmt.Sprint(i)
		p.gets(p.asks("ann", 0, hello), answer(long, 1, 0), nil)
		p.gets(p.asks("ann", 0, hello), answer(fmt.Sprint("x", i), 1, 0), nil)
	}
	if len(l.models) > mostModels+2 {
		t.Errorf("%d models", len(l.models))
	}
	for name := range l.models {
		if len(name) > longModel || line(name) != name {
			t.Errorf("a model is named %q", name)
		}
	}
	sumsUp(t, p)
}

// sumsUp checks that the parts are the whole.
func sumsUp(t *testing.T, p *play) {
	t.Helper()
	l := &p.d.ledger
	var askers, models Account
	for _, a := range l.askers {
		askers.Add(a.Account)
	}
	for _, m := range l.models {
		models.Add(m.Account)
	}
	if askers != l.Account {
		t.Errorf("askers %+v, all %+v", askers, l.Account)
	}
	whole := l.Account
	whole.Requests, whole.Rejected, whole.Failed, whole.Cancelled, whole.Shared = 0, 0, 0, 0, 0
	models.Answered = whole.Answered // late answers count there too
	if models != whole {
		t.Errorf("models %+v, all %+v", models, whole)
	}
}

// "Property: random outcomes, sum over askers = total, never above the budget for honest servers, exact to the cent": an
// honest server bills no more input than there are bytes, no more output than it was allowed, and may bill what it never
// answered.
func FuzzBudget(f *testing.F) {
	for seed := range uint64(12) {
		f.Add(seed, uint32(20_000), uint32(9_000))
	}
	f.Fuzz(func(t *testing.T, seed uint64, usd, tokens uint32) {
		r := rand.New(rand.NewPCG(seed, 7))
		cfg := Config{Name: "m", Prices: Prices{"m*": {Input: 0.15, Output: 0.6, Cached: 0.075}}, InFlight: 1 + r.IntN(8), Queue: 6,
			Budget: Budget{USD: float64(usd) / 1e6}, AgentBudget: Budget{Tokens: int(tokens)}}
		if r.IntN(3) == 0 {
			cfg.Budget.Tokens = int(usd)
		}
		p := stagePlay(t, cfg)
		true1 := map[string]*sum{"": {}} // what the server has billed
		statements := map[string]Account{}
		for i := range 400 {
			step(t, p, r, true1)
			l := &p.d.ledger
			if all := true1[""]; cfg.Budget.USD > 0 && all.usd > nanos(cfg.Budget.USD) || cfg.Budget.Tokens > 0 && all.tokens > cfg.Budget.Tokens {
				t.Fatalf("billed %+v of %+v", *all, cfg.Budget)
			}
			for asker, of := range true1 {
				mine := l.askers[asker]
				if asker == "" {
					mine = &l.purse
				} else if cfg.AgentBudget.Tokens > 0 && of.tokens > cfg.AgentBudget.Tokens {
					t.Fatalf("%s billed %+v", asker, *of)
				}
				if most := mine.spent(true); of.usd > most.usd || of.tokens > most.tokens {
					t.Fatalf("%q billed %+v, the account says at most %+v", asker, *of, most)
				}
			}
			if r.IntN(5) == 0 {
				s := l.statement()
				for asker, a := range s.Askers {
					statements[asker] = a
				}
				var sum Account
				for _, a := range statements {
					sum.Add(a)
				}
				if sum != s.All || !s.All.Balanced() {
					t.Fatalf("statements of askers %+v, of all %+v", sum, s.All)
				}
			}
			if i%20 == 0 {
				sumsUp(t, p)
			}
		}
		p.d.stop(p.now)
		p.settle()
		for len(p.out) > 0 {
			p.gets(p.out[0], Reply{}, &Error{Kind: Cancelled, Fate: PossiblyBilled})
		}
		if l := &p.d.ledger; !l.Balanced() || l.closed() != l.Account || l.calls != 0 || l.out != (sum{}) {
			t.Errorf("%+v, closed %+v, out %+v", l.Account, l.closed(), l.out)
		}
		sumsUp(t, p)
	})
}

// step lets something happen.
func step(t *testing.T, p *play, r *rand.Rand, billed map[string]*sum) {
	bill := func(e *entry, used Tokens) {
		price := Price{Input: 0.15, Output: 0.6, Cached: 0.075}.rate()
		for _, who := range []string{"", e.tab.payer.name} {
			if billed[who] == nil {
				billed[who] = &sum{}
			}
			*billed[who] = billed[who].plus(sum{price.cost(used), used.Input + used.Output})
		}
	}
	p.now += time.Duration(r.IntN(300)) * time.Millisecond
	p.settle()
	switch n := r.IntN(10); {
	case n < 4 || len(p.out) == 0:
		q := prompt(perRequestBytes+perMessageBytes+r.IntN(2000), []int{0, 0, 50, 900}[r.IntN(4)])
		q.Repeatable = r.IntN(2) == 0
		if r.IntN(3) == 0 {
			q = prompt(1500, 300)
			q.Shared = true
		}
		p.asks(fmt.Sprint("a", r.IntN(4)), time.Duration(1+r.IntN(60))*time.Second, q)
	case n == 4:
		if e := p.out[r.IntN(len(p.out))]; e.state == out {
			p.d.cancel(p.now, e)
			p.settle()
		}
	default:
		e := p.out[r.IntN(len(p.out))]
		most := max(e.request.MaxTokens, e.tab.most)
		used := Tokens{Input: 1 + r.IntN(len(e.request.Messages[0].Text)+10), Output: r.IntN(most + 1)}
		used.Cached = r.IntN(used.Input + 1)
		switch r.IntN(7) {
		case 0:
			bill(e, used)
			p.gets(e, Reply{}, &Error{Kind: Broken, Fate: PossiblyBilled})
		case 1:
			bill(e, used)
			p.gets(e, Reply{}, &Error{Kind: Truncated, Fate: Settled, Status: 200, Usage: Tokens{Input: used.Input, Cached: used.Cached}})
		case 2:
			p.gets(e, Reply{}, &Error{Kind: Transient, Fate: Settled, Status: 500})
		case 3:
			p.gets(e, Reply{}, &Error{Kind: Unreachable, Fate: Unsent})
		case 4:
			bill(e, used)
			p.gets(e, answer("m-"+fmt.Sprint(r.IntN(3)), 0, 0), nil) // it does not say
		default:
			bill(e, used)
			reply := answer("m-"+fmt.Sprint(r.IntN(3)), used.Input, used.Output)
			reply.Usage.Cached = used.Cached
			p.gets(e, reply, nil)
		}
	}
}

// Whatever a server says, no sum is negative and the parts are the whole, as long as nothing has reached the end of numbers.
func TestLiesAreBounded(t *testing.T) {
	p := stagePlay(t, Config{Name: "m", Prices: cheap})
	for _, u := range []Tokens{{-5, -5, -5}, {math.MaxInt, math.MaxInt, math.MaxInt}, {10, 10, 1 << 40}, {math.MinInt, 3, 7}} {
		p.gets(p.asks("ann", 0, hello), Reply{Model: "m", Usage: u}, nil)
	}
	a := p.d.ledger.Account
	if a.InputTokens != mostTokens+10 || a.OutputTokens != mostTokens+13 || !(a.CostUSD > 0) {
		t.Errorf("%+v", a)
	}
	sumsUp(t, p)
}

// "Bounded number of askers remembered": the rest share one account.
func TestAskersBeyondTheMostShareAnAccount(t *testing.T) {
	l := newLedger(&Config{})
	for i := range mostAskers + 100 {
		l.request(&tab{}, fmt.Sprint(i))
	}
	if len(l.askers) != mostAskers+1 || l.askers[""].Requests != 100 || l.Requests != mostAskers+100 {
		t.Errorf("%d askers, %+v", len(l.askers), l.askers[""])
	}
}

func TestBudgetsAreChecked(t *testing.T) {
	for want, c := range map[string]Config{
		"Budget.USD 1 without Prices":                      {Budget: Budget{USD: 1}},
		"AgentBudget.USD 1 without Prices":                 {AgentBudget: Budget{USD: 1}},
		`without a price of model "gpt"; there are ["m*"]`: {Budget: Budget{USD: 1}, Prices: cheap, Name: "gpt"},
		"Budget.USD NaN":                                   {Budget: Budget{USD: math.NaN()}, Prices: cheap},
		"Budget.USD -1":                                    {Budget: Budget{USD: -1}, Prices: cheap},
		"Budget.USD +Inf":                                  {Budget: Budget{USD: math.Inf(1)}, Prices: cheap},
		"AgentBudget.Tokens -1":                            {AgentBudget: Budget{Tokens: -1}},
		"input is -1":                                      {Prices: Prices{"m": {Input: -1}}},
	} {
		c.Model = yes
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
	ok := Config{Model: yes, Budget: Budget{USD: 1}, Prices: cheap} // a name that is not known: the dearest price holds
	if err := ok.Check(); err != nil {
		t.Error(err)
	}
}

// Where nothing is priced and nothing is bounded, the accounts cost no allocation.
func TestAccountsAreCheap(t *testing.T) {
	l := newLedger(&Config{})
	o := outcome{reply: answer("m", 10, 2)}
	e := &tab{}
	if n := testing.AllocsPerRun(1000, func() { charge(&l, e, o) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// charge is all that the accounts have to do with one request.
func charge(l *ledger, t *tab, o outcome) {
	*t = tab{}
	l.request(t, "ann")
	l.fit(t, &hello)
	l.attempt(t)
	l.settle(t, &o)
	l.end(t, endAnswered)
}

func BenchmarkLedger(b *testing.B) {
	for name, c := range map[string]Config{"bare": {}, "priced": {Name: "m", Prices: cheap, Budget: Budget{USD: 1e6}}} {
		b.Run(name, func(b *testing.B) {
			l := newLedger(&c)
			o := outcome{reply: answer("m", 10, 2)}
			e := &tab{}
			b.ReportAllocs()
			for b.Loop() {
				charge(&l, e, o)
			}
		})
	}
}

// "Bytes of the prompt and tools as an upper bound of input tokens", in whichever form it is sent: names, documents and
// schemas that grow when they are written into text included.
func TestMostInputIsTheMost(t *testing.T) {
	long := strings.Repeat(`<"&">`, 500)
	tools := []Tool{{Name: "draw" + long, Doc: "Draws.", Schema: []byte(`{}`)}, {Name: "say", Doc: long, Schema: []byte(`{"type":"object"}`)},
		{Name: "sell", Schema: []byte(`{"type":"object","description":"` + strings.Repeat("<&>", 900) + `"}`)}}
	for i, r := range []Request{
		hello, {Messages: []Message{{Role: User, Text: long}}}, {Messages: hello.Messages, Tools: tools[:1]}, {Messages: hello.Messages, Tools: tools[1:2]},
		{Messages: hello.Messages, Tools: tools[2:]}, {Messages: hello.Messages, Tools: tools},
		{Messages: []Message{{Role: Assistant, Calls: []Call{{Name: "say", Arguments: strings.Repeat(`"`, 3000)}}}}, Tools: tools},
		{Messages: []Message{{Role: Assistant, Calls: []Call{{Name: "say", Arguments: strings.Repeat("\xff<", 3000)}}}}, Tools: tools},
		{Messages: []Message{{Role: Assistant, Calls: []Call{{Name: long, Arguments: `{}`}}}}, Tools: tools[1:2]},
	} {
		for _, f := range Forms {
			as := r.As(f)
			n := 0
			for _, m := range as.Messages {
				n += len(m.Text)
				for _, c := range m.Calls {
					n += len(c.Name) + len(c.Arguments)
				}
			}
			for _, tool := range as.Tools {
				n += len(tool.Name) + len(tool.Doc) + len(tool.Schema)
			}
			if as.Schema != nil {
				n += len(as.Schema.Schema)
			}
			if most := mostInput(&r); n > most {
				t.Errorf("request %d as %s has %d bytes, and is said to have at most %d", i, f, n, most)
			}
		}
	}
}

// What an attempt may cost at most is that of the dearest, where nobody knows which model it is, or whether it is cached.
func TestTheDearestPriceHolds(t *testing.T) {
	for _, c := range []struct {
		name   string
		prices Prices
		want   rate
	}{
		{"m", Prices{"m": {Input: 1, Output: 2, Cached: 3}}, rate{3e6, 2e6, 3e6}},
		{"", Prices{"a": {Input: 1, Output: 9}, "b": {Input: 5, Output: 2}, "c": {Cached: 4}}, rate{5e6, 9e6, 0}},
		{"", Prices{"a": {Input: 1, Output: 9, Cached: 7}, "b": {Input: 5, Output: 2}}, rate{7e6, 9e6, 0}},
		{"x", nil, rate{}},
	} {
		for range 8 { // maps have no order
			if got := highestRate(c.prices, c.name); got != c.want {
				t.Errorf("%q: %v, want %v", c.name, got, c.want)
			}
		}
	}
	p := stagePlay(t, Config{Name: "m", Prices: cheap})
	p.gets(p.asks("ann", 0, hello), Reply{Usage: Tokens{Input: 100, Cached: 1 << 40}}, nil)
	if p.d.ledger.CostUSD != 0.00005 {
		t.Errorf("more is cached than was read: %v", p.d.ledger.CostUSD)
	}
}

// A statement is of what has ended: not of requests that are open, nor of their attempts.
func TestStatements(t *testing.T) {
	p := stagePlay(t, Config{Name: "m", Prices: cheap})
	r := prompt(2000, 1000)
	p.gets(p.asks("ann", 0, r), answer("m", 100, 0), nil)
	e := p.asks("ben", 0, r)
	s := p.d.ledger.statement()
	if s.All != (Account{Requests: 1, Answered: 1, Attempts: 1, Settled: 1, InputTokens: 100, CostUSD: 0.0001}) || s.Askers["ann"] != s.All || s.Askers["ben"] != (Account{}) {
		t.Errorf("%+v", s)
	}
	p.d.cancel(p.now, e) // it has ended, and its call is out
	p.settle()
	s = p.d.ledger.statement()
	if ben := s.Askers["ben"]; ben != (Account{Requests: 1, Cancelled: 1, Attempts: 1, PossiblyBilled: 1, PossiblyUSD: 0.006, PossiblyTokens: 3000}) || len(s.Askers) != 1 {
		t.Errorf("%+v", s)
	}
	p.gets(e, Reply{}, &Error{Kind: Cancelled, Fate: Unsent})
	if ben := p.d.ledger.statement().Askers["ben"]; ben != (Account{Requests: 1, Cancelled: 1, Attempts: 1, Unsent: 1}) {
		t.Errorf("%+v", ben)
	}
	if s = p.d.ledger.statement(); len(s.Askers)+len(s.Models) > 0 {
		t.Errorf("nothing has changed: %+v", s)
	}
}

// Who began a call that others share pays for it; who has taken its place pays for the next.
func TestWhoPaysForASharedCall(t *testing.T) {
	p := stagePlay(t, Config{Name: "m", Prices: cheap})
	r := prompt(2000, 1000)
	r.Shared, r.Repeatable = true, true
	e := p.asks("ann", 10*time.Second, r)
	p.asks("ben", time.Minute, r)
	p.passes(10 * time.Second)
	p.gets(e, Reply{}, &Error{Kind: Broken, Fate: PossiblyBilled})
	p.passes(time.Second)
	p.gets(e, answer("m", 500, 0), nil)
	ann, ben := p.d.ledger.askers["ann"].Account, p.d.ledger.askers["ben"].Account
	if ann != (Account{Requests: 1, Failed: 1, Attempts: 1, PossiblyBilled: 1, PossiblyUSD: 0.006, PossiblyTokens: 3000}) {
		t.Errorf("ann %+v", ann)
	}
	if ben != (Account{Requests: 1, Answered: 1, Attempts: 1, Settled: 1, InputTokens: 500, CostUSD: 0.0005}) {
		t.Errorf("ben %+v", ben)
	}
}

// Who waits for calls that are out is rejected when they have cost what they could, and at once: not at its deadline.
func TestWaitingForMoneyThatIsSpent(t *testing.T) {
	p := stagePlay(t, Config{Budget: Budget{Tokens: 6500}, InFlight: 8})
	r := prompt(2000, 1000)
	a, b := p.asks("ann", 0, r), p.asks("ben", 0, r)
	c, d := p.asks("cleo", time.Minute, r), p.asks("dan", time.Minute, prompt(1200, 100))
	if c.state != waiting || d.state != waiting {
		t.Fatalf("%v, %v", c.value, d.value)
	}
	p.gets(a, answer("", 2000, 1000), nil)
	p.gets(b, Reply{}, &Error{Kind: Broken, Fate: PossiblyBilled})
	if rejection(c) != OverBudget || rejection(d) != OverBudget {
		t.Errorf("%+v, %+v", c.value, d.value)
	}
}
