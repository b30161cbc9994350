package commitment

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// The life cycle of Telang and Singh, row by row: "from | event | to".
var lifeTable = []struct{ row, script string }{
	{"null | create, antecedent not yet true | conditional", `
		bob>ann propose c => create null→conditional`},
	{"null | create, antecedent true | detached", `
		ann>bob request c =>
		bob>ann agree c => create null→detached`},
	{"conditional | antecedent becomes true | detached", `
		bob>ann propose c => create null→conditional
		ann>bob accept-proposal c => detach conditional→detached`},
	{"conditional | deadline of the antecedent passes | expired", `
		bob>ann propose c by=5s => create null→conditional
		at 5s =>
		at 5001ms => lapse conditional→expired
		ann>bob accept-proposal c =>
		ann>bob reject-proposal c why=expired =>`},
	{"conditional | cancel by the debtor, or release by the creditor | terminated", `
		bob>ann propose c => create null→conditional
		bob>ann failure c why=broken => cancel conditional→terminated (broken)
		bob>ann propose d => create null→conditional
		ann>bob inform x what=free-d => release conditional→terminated (released)`},
	{"conditional | consequent becomes true first | satisfied", `
		bob>ann propose c what=cap => create null→conditional
		fact catch=3 bob => discharge conditional→satisfied`},
	{"conditional | consequent can no longer become true | expired", `
		bob>ann propose c what=cap => create null→conditional
		fact catch=30 bob => lapse conditional→expired`},
	{"detached | consequent true | satisfied", `
		ann>bob request c what=cap =>
		bob>ann agree c => create null→detached
		fact catch=10 bob => discharge detached→satisfied`},
	{"detached | cancel by the debtor | violated", `
		ann>bob request c =>
		bob>ann agree c => create null→detached
		bob>ann failure c why=broken => cancel detached→violated (broken)`},
	{"detached | deadline of the consequent passes | violated", `
		ann>bob request c what=soon =>
		bob>ann agree c => create null→detached
		at 10s =>
		bob>cy inform c kind=done => default detached→violated
		bob>ann inform c kind=done =>`},
	{"detached | the consequent can no longer become true | violated", `
		ann>bob request c what=cap =>
		bob>ann agree c => create null→detached
		fact catch=11 bob => default detached→violated
		fact catch=9 bob =>`},
	{"detached | release by the creditor | terminated", `
		ann>bob request c =>
		bob>ann agree c => create null→detached
		bob>ann inform x what=free-c =>
		cy>bob inform x what=free-c =>
		ann>bob inform x what=free-c => release detached→terminated (released)`},
	{"detached | suspend / reactivate | pending / back to the state before", `
		ann>bob request c what=soon =>
		bob>ann agree c => create null→detached
		ann>bob inform x what=rest-c => suspend detached→pending
		at 60s =>
		bob>ann inform x what=go-c =>
		ann>bob inform x what=go-c => reactivate pending→detached
		at 69s =>
		at 69001ms => default detached→violated`},
	{"conditional | suspend / reactivate | pending / back to the state before", `
		bob>ann propose c by=5s what=cap => create null→conditional
		ann>bob inform c what=rest => suspend conditional→pending
		fact catch=3 bob =>
		at 60s =>
		ann>bob accept-proposal c => reactivate pending→conditional; detach conditional→detached
		ann>bob inform c what=rest => suspend detached→pending
		bob>ann failure c why=broken => reactivate pending→detached (broken); cancel detached→violated (broken)`},
}

func TestLifeCycle(t *testing.T) {
	for _, row := range lifeTable {
		t.Run(row.row, func(t *testing.T) {
			p := newPlay(t, Config{})
			p.said["cap"], p.said["soon"] = catchOf(10), until(10*time.Second)
			p.said["free-c"], p.said["free-d"] = Released{Subject{"c"}}, Released{Subject{"d"}}
			p.said["rest-c"], p.said["go-c"], p.said["rest"] = Suspended{Subject{"c"}}, Reactivated{Subject{"c"}}, Suspended{}
			p.expect(row.script)
		})
	}
}

// until is content with a deadline.
type until time.Duration

func (u until) Due() time.Duration { return time.Duration(u) }

// "A delegate or assign keeps the identity of the commitment and records the old party."
func TestDelegateAndAssign(t *testing.T) {
	p := newPlay(t, Config{})
	p.said["mine"], p.said["yours"] = Delegated{Subject{"c"}, "ann"}, Assigned{Subject{"c"}, "dan"}
	p.said["nobody"], p.said["himself"] = Assigned{Subject{"c"}, ""}, Assigned{Subject{"c"}, "cy"}
	p.expect(`
		ann>bob request c what= =>
		bob>ann agree c => create null→detached
		bob>cy request d what=mine with=q =>
		cy>bob refuse d re=q why=busy =>
		cy>bob agree d re=q =>
		bob>cy request d what=mine with=q =>
		cy>bob inform d kind=done re=q =>
		cy>bob agree d re=q => delegate detached→detached
		bob>ann inform c kind=done =>
		bob>cy inform c what=yours =>
		ann>cy inform c what=nobody =>
		ann>cy inform c what=himself =>
		ann>cy inform c what=yours => assign detached→detached
		cy>ann inform c kind=done =>
		cy>dan inform c kind=done => discharge detached→satisfied`)
	all := p.o.All()
	if len(all) != 1 || all[0].Debtor != "cy" || all[0].Creditor != "dan" || all[0].History[0].Debtor != "bob" || all[0].History[0].Creditor != "ann" {
		t.Errorf("there are %+v", all)
	}
	if got := p.o.Tallies(); got["bob"] != (Tally{}) || got["cy"] != (Tally{Made: 1, Owed: 1, Satisfied: 1, Kept: 1}) {
		t.Errorf("counted: %+v", got)
	}
}

// The rules of the reference about proposals, protocol by protocol.
var sessionTable = []struct{ rule, script string }{
	{"fipa-contract-net: proposals are binding: the accept detaches the commitment", `
		ann>bob,cy,dan cfp c p=fipa-contract-net with=r by=5s =>
		bob>ann propose c p=fipa-contract-net re=r with=pb by=9s => create null→conditional
		cy>ann propose c p=fipa-contract-net re=r with=pc by=9s => create null→conditional
		dan>ann refuse c p=fipa-contract-net re=r why=busy =>
		ann>bob accept-proposal c p=fipa-contract-net re=pb with=a => detach conditional→detached
		ann>cy reject-proposal c p=fipa-contract-net re=pc why=dear => release conditional→terminated (dear)
		bob>ann inform c p=fipa-contract-net re=a kind=done => discharge detached→satisfied`},
	{"fipa-contract-net: a propose that arrives late receives exactly one reject-proposal(late)", `
		ann>bob cfp c p=fipa-contract-net with=r by=1s =>
		at 3s =>
		bob>ann propose c p=fipa-contract-net re=r with=pb => create null→conditional
		ann>bob reject-proposal c p=fipa-contract-net re=pb why=late => release conditional→terminated (late)`},
	{"fipa-contract-net: that proposer receives reject-proposal(expired)", `
		bob>ann propose c p=fipa-contract-net with=pb by=2s => create null→conditional
		at 3s => lapse conditional→expired
		ann>bob accept-proposal c p=fipa-contract-net re=pb =>
		bob>ann failure c p=fipa-contract-net re=pb why=expired =>
		ann>bob reject-proposal c p=fipa-contract-net re=pb why=expired =>`},
	{"fipa-contract-net: a P that receives an accept after it has timed out answers failure(expired)", `
		bob>ann propose c p=fipa-contract-net with=pb => create null→conditional
		at 60s =>
		ann>bob accept-proposal c p=fipa-contract-net re=pb with=a => detach conditional→detached
		bob>ann failure c p=fipa-contract-net re=a why=expired => release detached→terminated (expired)`},
	{"failure(expired) is no way out: said later", `
		bob>ann propose c with=pb => create null→conditional
		at 60s =>
		ann>bob accept-proposal c with=a => detach conditional→detached
		at 62001ms =>
		bob>ann failure c re=a why=expired => cancel detached→violated (expired)`},
	{"failure(expired) is no way out: the accept was as prompt", `
		bob>ann propose c with=pb => create null→conditional
		ann>bob accept-proposal c with=a => detach conditional→detached
		bob>ann failure c re=a why=expired => cancel detached→violated (expired)`},
	{"failure(expired) is no way out: the accept was in time by the proposal's own reply-by", `
		bob>ann propose c with=pb by=90s => create null→conditional
		at 60s =>
		ann>bob accept-proposal c with=a => detach conditional→detached
		bob>ann failure c re=a why=expired => cancel detached→violated (expired)`},
	{"failure(expired) is no way out: of another promise, by another code, by refuse, or in the close of an auction", `
		ann>bob request r with=q =>
		bob>ann agree r re=q => create null→detached
		at 60s =>
		bob>ann failure r re=q why=expired => cancel detached→violated (expired)
		bob>ann propose c with=pb => create null→conditional
		at 90s =>
		ann>bob accept-proposal c with=a => detach conditional→detached
		bob>ann failure c re=a why=broken => cancel detached→violated (broken)
		bob>ann propose d with=pd => create null→conditional
		at 120s =>
		ann>bob accept-proposal d with=b => detach conditional→detached
		bob>ann refuse d re=b why=expired => cancel detached→violated (expired)
		bob>ann propose e p=fipa-auction-english with=pe => create null→conditional
		at 150s =>
		ann>bob accept-proposal e p=fipa-auction-english re=pe with=ae =>
		at 150100ms =>
		ann>bob request deal re=pe with=x => detach conditional→detached
		at 150200ms =>
		bob>ann failure deal re=x why=expired => cancel detached→violated (expired)`},
	{"a proposal that nobody can accept any more when it is made", `
		at 9s =>
		bob>ann propose c by=2s => create null→conditional
		ann>bob accept-proposal c => lapse conditional→expired`},
	{"fipa-iterated-contract-net: a revised cfp terminates the commitment of the previous propose", `
		bob>ann propose c p=fipa-iterated-contract-net with=p1 => create null→conditional
		ann>bob cfp c p=fipa-iterated-contract-net with=r2 => release conditional→terminated (iterated)
		bob>ann propose c p=fipa-iterated-contract-net with=p2 => create null→conditional
		ann>bob accept-proposal c p=fipa-iterated-contract-net re=p1 =>
		ann>bob accept-proposal c p=fipa-iterated-contract-net re=p2 => detach conditional→detached
		ann>bob cfp c p=fipa-iterated-contract-net =>`},
	{"a newer proposal takes the place of the older", `
		bob>ann propose c with=p1 => create null→conditional
		bob>cy propose c => create null→conditional
		bob>ann propose d => create null→conditional
		bob>ann propose c with=p2 => release conditional→terminated (replaced); create null→conditional`},
	{"fipa-auction-english: a provisional accept alone detaches nothing; the commitment of an outbid bidder is terminated", `
		kim>bob,cy inform a p=fipa-auction-english kind=start =>
		kim>bob,cy cfp a p=fipa-auction-english with=k0 =>
		bob>kim propose a p=fipa-auction-english re=k0 with=b0 => create null→conditional
		cy>kim propose a p=fipa-auction-english re=k0 with=c0 => create null→conditional
		kim>bob accept-proposal a p=fipa-auction-english re=b0 =>
		kim>cy reject-proposal a p=fipa-auction-english re=c0 why=later => release conditional→terminated (later)
		kim>bob,cy cfp a p=fipa-auction-english with=k1 =>
		bob>kim propose a p=fipa-auction-english re=k1 with=b1 => create null→conditional
		kim>bob reject-proposal a p=fipa-auction-english re=b1 why=already-holder => release conditional→terminated (already-holder)
		cy>kim propose a p=fipa-auction-english re=k1 with=c1 => create null→conditional
		kim>cy accept-proposal a p=fipa-auction-english re=c1 => release conditional→terminated (outbid)
		kim>bob,cy cfp a p=fipa-auction-english with=k2 =>
		bob>kim propose a p=fipa-auction-english re=k2 with=b2 => create null→conditional
		kim>bob,cy inform a p=fipa-auction-english kind=end => release conditional→terminated (ended)
		kim>cy request deal re=c1 with=d => detach conditional→detached
		cy>kim agree deal re=d =>
		cy>kim inform deal re=d kind=done => discharge detached→satisfied`},
	{"fipa-auction-english: the holder that does not complete the deal breaks its word", `
		cy>kim propose a p=fipa-auction-english with=c1 => create null→conditional
		kim>cy accept-proposal a p=fipa-auction-english re=c1 =>
		kim>cy inform a p=fipa-auction-english kind=end =>
		kim>bob request deal =>
		kim>cy request deal => detach conditional→detached
		cy>kim refuse deal why=no-money => cancel detached→violated (no-money)`},
	{"fipa-auction-english: no sale below the reserve: the request does not come", `
		cy>kim propose a p=fipa-auction-english with=c1 => create null→conditional
		kim>cy accept-proposal a p=fipa-auction-english =>
		kim>cy inform a p=fipa-auction-english kind=end =>
		at 33s =>
		at 34s => lapse conditional→expired
		kim>cy request deal =>`},
	{"two auctions at once: the closing request says which", `
		cy>kim propose a p=fipa-auction-english with=c1 => create null→conditional
		kim>cy accept-proposal a p=fipa-auction-english =>
		cy>kim propose b p=fipa-auction-english with=c2 => create null→conditional
		kim>cy accept-proposal b p=fipa-auction-english =>
		kim>cy request deal =>
		kim>cy request deal2 re=c2 => detach conditional→detached
		cy>kim failure deal2 why=no-money => cancel detached→violated (no-money)`},
	{"fipa-auction-dutch: the accept is the sale", `
		kim>bob,cy cfp a p=fipa-auction-dutch with=k =>
		bob>kim propose a p=fipa-auction-dutch re=k with=b => create null→conditional
		cy>kim propose a p=fipa-auction-dutch re=k with=c => create null→conditional
		kim>bob accept-proposal a p=fipa-auction-dutch re=b => detach conditional→detached
		kim>cy inform a p=fipa-auction-dutch kind=end => release conditional→terminated (ended)
		kim>cy reject-proposal a p=fipa-auction-dutch re=c why=late =>`},
	{"fipa-propose: after acceptance the initiator performs the action, and says so", `
		bob>ann propose c p=fipa-propose with=p => create null→conditional
		ann>bob accept-proposal c p=fipa-propose re=p => detach conditional→detached
		bob>ann inform c p=fipa-propose kind=done => discharge detached→satisfied`},
	{"both give their word: an agreement to a proposal", `
		kate>ann,bob propose c p=none what=cap => create null→conditional; create null→conditional
		ann>kate agree c p=none what=cap => create null→detached; detach conditional→detached
		bob>kate refuse c p=none why=too-much => release conditional→terminated (too-much)
		fact catch=9 ann => discharge detached→satisfied
		fact catch=99 kate => default detached→violated`},
	{"replies go where reply-to says", `
		rita>bob request c replyto=ann =>
		bob>rita agree c =>
		bob>ann agree c => create null→detached
		bob>ann inform c kind=done => discharge detached→satisfied`},
	{"outside of conversations only what is named is meant", `
		ann>bob request p=none with=r =>
		bob>ann agree p=none re=r with=a => create null→detached
		bob>ann not-understood p=none =>
		ann>bob cancel p=none with=x =>
		bob>ann failure p=none re=x =>
		bob>ann inform p=none kind=hello =>
		bob>ann not-understood p=none re=r why=odd => release detached→terminated (odd)`},
	{"nobody owes himself", `
		ann>ann propose c =>
		ann>ann,bob request d =>
		ann>ann agree d =>`},
}

func TestSessions(t *testing.T) {
	for _, row := range sessionTable {
		t.Run(row.rule, func(t *testing.T) {
			p := newPlay(t, Config{Deal: 30 * time.Second})
			p.said["cap"] = catchOf(10)
			p.expect(row.script)
		})
	}
}

// "a violated one has debtor and time"
func TestAViolationHasADebtorAndATime(t *testing.T) {
	p := newPlay(t, Config{Result: 5 * time.Second})
	p.expect(`
		ann>bob request c =>
		bob>ann agree c => create null→detached`)
	if at, ok := p.o.Next(); !ok || at != 7*time.Second {
		t.Errorf("the next deadline is %v, %v", at, ok)
	}
	p.expect(`at 60s => default detached→violated`)
	v := p.o.Violated()
	if len(v) != 1 || v[0].Debtor != "bob" || v[0].Creditor != "ann" || v[0].Conversation != "c" || v[0].ID != "bob/2/0>ann" {
		t.Fatalf("violated: %+v", v)
	}
	if last := v[0].History[1]; last.At != 7*time.Second || last.Where != "" || last.By != Default {
		t.Errorf("by %+v", last)
	}
	if _, ok := p.o.Next(); ok || len(p.o.Open()) != 0 {
		t.Error("something is still open")
	}
	if got := p.o.Tallies()["bob"]; got != (Tally{Made: 1, Owed: 1, Violated: 1}) || got.Open() != 0 {
		t.Errorf("counted: %+v", got)
	}
}

func TestDefaultDeadlineOfProposals(t *testing.T) {
	p := newPlay(t, Config{Accept: 3 * time.Second})
	p.expect(`
		bob>ann propose c => create null→conditional
		bob>ann propose d by=20s => create null→conditional
		at 4s =>
		at 5s => lapse conditional→expired
		at 21s => lapse conditional→expired`)
}

func TestQueries(t *testing.T) {
	p := newPlay(t, Config{})
	p.expect(`
		bob>ann propose c => create null→conditional
		ann>cy propose c => create null→conditional
		cy>ann reject-proposal c => release conditional→terminated
		cy>bob propose c => create null→conditional`)
	ids := func(all []Commitment) (ids string) {
		for _, c := range all {
			ids += c.ID + " "
		}
		return ids
	}
	for _, q := range []struct{ what, got, want string }{
		{"all", ids(p.o.All()), "ann/2/0>cy bob/1/0>ann cy/4/0>bob "},
		{"open", ids(p.o.Open()), "bob/1/0>ann cy/4/0>bob "},
		{"of bob", ids(p.o.Of("bob")), "bob/1/0>ann "},
		{"between cy and ann", ids(p.o.Between("cy", "ann")), "ann/2/0>cy "},
		{"between cy and bob", ids(p.o.Between("bob", "cy")), "cy/4/0>bob "},
	} {
		if q.got != q.want {
			t.Errorf("%s: %s, want %s", q.what, q.got, q.want)
		}
	}
	c, ok := p.o.Get("ann/2/0>cy")
	if !ok || c.State != Terminated {
		t.Errorf("got %+v, %v", c, ok)
	}
	c.History[0].Debtor = "nobody"
	if again, _ := p.o.Get("ann/2/0>cy"); again.History[0].Debtor != "ann" {
		t.Error("a reader has changed the book")
	}
	if _, ok := p.o.Get("zoe/1/0>ann"); ok {
		t.Error("there is what nobody said")
	}
}

// Every list is bounded, and what is lost is counted.
func TestBounds(t *testing.T) {
	p := newPlay(t, Config{Open: 3, Ended: 2, Asked: 2})
	for i := range 5 {
		p.line(fmt.Sprintf("bob>ann propose c%d", i))
	}
	if l := p.o.Losses(); len(p.o.Open()) != 3 || l.Refused != 2 {
		t.Errorf("%d are open, %+v", len(p.o.Open()), l)
	}
	for i := range 3 {
		p.line(fmt.Sprintf("ann>bob reject-proposal c%d", i))
	}
	if l := p.o.Losses(); len(p.o.All()) != 2 || l.Dropped != 1 || p.o.Tallies()["bob"].Terminated != 3 {
		t.Errorf("%d are known, %+v", len(p.o.All()), l)
	}
	for i := range 100 {
		p.line(fmt.Sprintf("ann>bob request r%d", i))
	}
	p.expect(`
		bob>ann agree r97 =>
		bob>ann agree r98 => create null→detached
		bob>ann agree r99 => create null→detached`)
	if l := p.o.Losses(); l.Forgotten != 98 || len(p.o.asks.order) > 100 {
		t.Errorf("%+v, %d in order", l, len(p.o.asks.order))
	}
	p = newPlay(t, Config{Ended: -1, Stated: -1})
	p.expect(`
		bob>ann propose c => create null→conditional
		ann>bob reject-proposal c => release conditional→terminated
		ann>bob inform c =>`)
	if len(p.o.All()) != 0 || len(p.o.Stated("")) != 0 {
		t.Error("something was kept")
	}
	// A subscription that never ends: a short history, and no instance is left.
	p = newPlay(t, Config{})
	p.said["rest"], p.said["go"] = Suspended{}, Reactivated{}
	p.line("ann>bob subscribe c")
	for range 100 {
		p.line("bob>ann inform c kind=price")
		p.line("ann>bob inform c what=rest")
		p.line("ann>bob inform c what=go")
	}
	if open := p.o.Open(); len(open) != 1 || len(open[0].History) > historyLength || open[0].History[0].By != Create {
		t.Errorf("open: %+v", open)
	}
	if n := len(p.o.byID); n != 101 {
		t.Errorf("%d are known", n)
	}
}

// A message that is told twice changes nothing the second time.
func TestToldTwice(t *testing.T) {
	o := New(Config{})
	m := &protocol.Message{Act: protocol.Propose, Sender: "bob", Receivers: []string{"ann"}}
	if n := len(o.Hear(1, "bob/1/0", m)); n != 1 {
		t.Fatalf("%d changes", n)
	}
	o.Hear(1, "ann/1/0", &protocol.Message{Act: protocol.AcceptProposal, Sender: "ann", Receivers: []string{"bob"}})
	if changes := o.Hear(2, "bob/1/0", m); len(changes) != 0 {
		t.Errorf("told again: %v", changes)
	}
}

// What is told in one message, or follows from one fact, comes in the order of IDs, and is about what it is about only.
var careTable = []struct{ rule, script string }{
	{"who asks without a reply-with is answered whatever the answer names", `
		ann>bob request c =>
		bob>ann agree c re=what => create null→detached`},
	{"an inform discharges what is owed before what is not", `
		bob>ann propose c => create null→conditional
		ann>bob request c =>
		bob>ann agree c => create null→detached
		bob>ann inform c kind=done => discharge detached→satisfied
		bob>ann inform c kind=done => discharge conditional→satisfied`},
	{"who frees another has not done what he owes himself", `
		ann>bob propose c => create null→conditional
		bob>ann agree c => create null→detached; detach conditional→detached
		ann>bob inform c what=free => release detached→terminated (released)
		ann>bob inform c what=rest =>
		ann>bob inform c what=go =>
		ann>bob inform c what=cy =>
		ann>bob inform c kind=done => discharge detached→satisfied`},
	{"the end of an auction is no report of its auctioneer", `
		bob>kim request a p=fipa-auction-english =>
		kim>bob agree a p=fipa-auction-english => create null→detached
		kim>bob inform a p=fipa-auction-english kind=end =>
		kim>bob inform a p=fipa-auction-english kind=sold => discharge detached→satisfied`},
	{"a result that crosses a cancel is no answer to it", `
		ann>bob request c =>
		bob>ann agree c => create null→detached
		ann>bob cancel c with=x =>
		bob>ann inform c kind=price => discharge detached→satisfied`},
	{"once accepted, a condition has no deadline", `
		bob>ann propose c what=when-rain by=5s => create null→conditional
		ann>bob accept-proposal c =>
		at 60s =>
		fact rain=1 => detach conditional→detached`},
	{"a refusal of a request is no refusal of what was promised before", `
		ann>bob request c with=r1 =>
		bob>ann agree c re=r1 => create null→detached
		ann>bob request c with=r2 =>
		bob>ann refuse c re=r2 why=enough =>`},
	{"a failure of another thing changes nothing", `
		ann>bob request c with=r1 =>
		bob>ann agree c re=r1 with=a => create null→detached
		bob>ann failure c re=x why=odd =>
		bob>ann failure c re=a why=broken => cancel detached→violated (broken)`},
	{"only the newest proposal is rejected that is meant", `
		bob>ann propose c p=fipa-auction-english with=p1 => create null→conditional
		ann>bob accept-proposal c p=fipa-auction-english re=p1 =>
		ann>bob reject-proposal c p=fipa-auction-english re=p1 why=late =>
		ann>bob cfp c p=fipa-auction-english =>`},
	{"a bid that was delegated is the new bidder's to honour", `
		cy>kim propose a p=fipa-auction-english with=c1 => create null→conditional
		kim>cy accept-proposal a p=fipa-auction-english re=c1 =>
		cy>dan request d what=bid =>
		dan>cy agree d => delegate conditional→conditional
		kim>cy request deal =>
		kim>dan request deal => detach conditional→detached
		dan>kim failure deal why=broke => cancel detached→violated (broke)`},
}

func TestCare(t *testing.T) {
	for _, row := range careTable {
		t.Run(row.rule, func(t *testing.T) {
			p := newPlay(t, Config{})
			p.said["when-rain"], p.said["free"], p.said["rest"], p.said["go"] = whenRain{}, Released{}, Suspended{}, Reactivated{}
			p.said["cy"], p.said["bid"] = Assigned{To: "cy"}, Delegated{Subject{"a"}, "kim"}
			p.expect(row.script)
		})
	}
}

// snow is kept when it snows, wherever.
type snow struct{}

func (snow) Judge(_ string, f Fact) Verdict {
	if f.Name == "snow" {
		return Holds
	}
	return Silent
}

func (snow) Holding(f Fact) Verdict { return whenRain{}.Holding(f) }

func TestChangesComeInOrder(t *testing.T) {
	for range 10 { // maps have another order each time
		p := newPlay(t, Config{})
		p.said["snow"] = snow{}
		for _, who := range []string{"ann", "bob", "cy", "dan", "eve", "flo", "gus"} {
			p.line(who + ">zoe propose c what=snow")
			p.line("zoe>" + who + " accept-proposal c")
		}
		for _, fact := range []string{"fact rain=1", "fact snow=1"} {
			changes := p.line(fact)
			if len(changes) != 7 || !slices.IsSortedFunc(changes, func(a, b Change) int { return strings.Compare(a.ID, b.ID) }) {
				t.Fatalf("%s: %s", fact, told(changes))
			}
		}
	}
}

// Requests that were answered, or asked again, take no room, and none is forgotten for them.
func TestAnsweredRequestsAreNotForgotten(t *testing.T) {
	p := newPlay(t, Config{Asked: 2})
	p.expect(`
		ann>bob request r0 =>
		bob>ann refuse r0 why=busy =>
		ann>bob request r1 =>
		ann>bob request r2 =>
		ann>bob request r1 =>
		ann>bob request r3 =>
		bob>ann agree r2 =>
		bob>ann agree r1 => create null→detached
		bob>ann agree r3 => create null→detached`)
	if l := p.o.Losses(); l.Forgotten != 1 {
		t.Errorf("%+v", l)
	}
	for range 1000 {
		p.line("ann>bob request r")
	}
	if n := len(p.o.asks.order); n > 100 || len(p.o.asks.known) != 1 {
		t.Errorf("%d in order, %d known", n, len(p.o.asks.known))
	}
	p.line("ann>bob request s")
	p.expect(`
		ann>bob request t =>
		bob>ann agree r =>
		bob>ann agree s => create null→detached`)
}

// What is not taken is not kept either.
func TestAFullBookTakesNothing(t *testing.T) {
	p := newPlay(t, Config{Open: 1})
	p.expect(`
		bob>ann propose c => create null→conditional
		ann>bob query-ref d =>
		bob>ann inform d kind=who =>
		ann>bob subscribe e =>
		bob>ann inform e kind=price =>
		ann>bob reject-proposal c => release conditional→terminated
		ann>bob subscribe e =>
		bob>ann agree e => create null→conditional
		bob>ann inform e kind=price =>`)
	if l := p.o.Losses(); l.Refused != 3 {
		t.Errorf("%+v", l)
	}
}

// Each commitment that ends is told of once, also when it is dropped at once.
func TestOver(t *testing.T) {
	var over []string
	p := newPlay(t, Config{Ended: -1, Over: func(c Commitment) { over = append(over, c.ID+" "+c.State.String()) }})
	p.expect(`
		bob>ann,cy propose c => create null→conditional; create null→conditional
		ann>bob reject-proposal c => release conditional→terminated
		ann>bob reject-proposal c =>
		cy>bob accept-proposal c => detach conditional→detached
		bob>cy inform c kind=done => discharge detached→satisfied`)
	if want := []string{"bob/1/0>ann terminated", "bob/1/0>cy satisfied"}; !slices.Equal(over, want) {
		t.Errorf("%q, want %q", over, want)
	}
}

// How soon is at once can be set, and a term that the observer sets is one.
func TestPrompt(t *testing.T) {
	late := `
		bob>ann propose c with=pb => create null→conditional
		at 60s =>
		ann>bob accept-proposal c with=a => detach conditional→detached
		bob>ann failure c re=a why=expired => `
	free, broken := late+"release detached→terminated (expired)", late+"cancel detached→violated (expired)"
	newPlay(t, Config{}).expect(free)
	newPlay(t, Config{Prompt: 30 * time.Second}).expect(free)
	newPlay(t, Config{Prompt: 90 * time.Second}).expect(broken) // the accept was prompt
	newPlay(t, Config{Prompt: 900 * time.Millisecond}).expect(broken)
	newPlay(t, Config{Prompt: -1}).expect(broken)
	newPlay(t, Config{Accept: 2 * time.Minute}).expect(broken)
}
