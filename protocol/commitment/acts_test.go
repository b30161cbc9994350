package commitment

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// play tells an observer a few lines, one a second from 1 s on, and gives what each changed: "create null→detached".
//
//	ann>bob agree c1 kind=done re=r1 with=r2 by=9s p=fipa-request
//	fact rain 1            the world's
//	fact catch=12 bob      an agent's
//	at 30s                 the clock
type play struct {
	t    *testing.T
	o    *Observer
	now  time.Duration
	n    int
	said map[string]any // content by name: what=NAME
}

func newPlay(t *testing.T, cfg Config) *play {
	return &play{t: t, o: New(cfg), said: map[string]any{}}
}

// line plays one line.
func (p *play) line(text string) []Change {
	p.t.Helper()
	words := strings.Fields(text)
	p.now += time.Second
	switch words[0] {
	case "at":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			p.t.Fatal(err)
		}
		p.now = d
		return p.o.Advance(d)
	case "fact":
		f := Fact{}
		name, value, _ := strings.Cut(words[1], "=")
		f.Name = name
		fmt.Sscan(value, &f.Value)
		if len(words) > 2 {
			f.Agent = words[2]
		}
		return p.o.Fact(p.now, f)
	}
	from, to, _ := strings.Cut(words[0], ">")
	m := &protocol.Message{Sender: from, Receivers: strings.Split(to, ","), Act: protocol.Act(words[1]), Protocol: "fipa-request"}
	for _, w := range words[2:] {
		key, value, named := strings.Cut(w, "=")
		switch {
		case !named:
			m.Conversation = w
		case key == "kind":
			m.Content = protocol.Note{What: value}
		case key == "why":
			m.Content = protocol.Reason{Code: value}
		case key == "re":
			m.InReplyTo = value
		case key == "with":
			m.ReplyWith = value
		case key == "replyto":
			m.ReplyTo = []string{value}
		case key == "p":
			m.Protocol = strings.TrimPrefix(value, "none")
		case key == "by":
			m.ReplyBy, _ = time.ParseDuration(value)
		case key == "what":
			m.Content = p.said[value]
		}
	}
	p.n++
	return p.o.Hear(p.now, fmt.Sprintf("%s/%d/0", from, p.n), m)
}

// told writes changes in a line.
func told(changes []Change) string {
	var all []string
	for _, c := range changes {
		s := fmt.Sprintf("%s %s→%s", c.By, c.From, c.To)
		if c.Why != "" {
			s += " (" + c.Why + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

// expect plays lines of the form "what is said => what changes".
func (p *play) expect(script string) {
	p.t.Helper()
	for text := range strings.Lines(script) {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		line, want, _ := strings.Cut(text, "=>")
		if got := told(p.line(line)); got != strings.TrimSpace(want) {
			p.t.Errorf("%s\n got: %s\nwant: %s", strings.TrimSpace(line), got, strings.TrimSpace(want))
		}
	}
}

// The table of the acts, row by row, as the reference quotes FIPA SC00037J.
var actTable = []struct{ act, effect, script string }{
	{"accept-proposal", "detaches the proposer's conditional commitment", `
		bob>ann propose c with=p1 => create null→conditional
		ann>bob accept-proposal c re=p1 => detach conditional→detached
		ann>bob accept-proposal c re=p1 =>`},
	{"agree", "creates C(sender, receiver, condition, done(act))", `
		bob>ann agree c =>
		ann>bob request c with=r =>
		bob>ann agree c re=other =>
		bob>ann agree c re=r => create null→detached
		bob>ann agree c re=r =>`},
	{"agree, with a condition", "creates C(sender, receiver, condition, done(act))", `
		ann>bob request c what=when-rain =>
		bob>ann agree c => create null→conditional
		fact rain=0 =>
		fact rain=1 => detach conditional→detached
		bob>ann inform c kind=done => discharge detached→satisfied`},
	{"cancel", "starts the cancel meta-protocol; changes no commitment by itself", `
		ann>bob request c with=r =>
		bob>ann agree c re=r => create null→detached
		ann>bob cancel c with=x =>
		bob>ann inform c re=x kind=done => release detached→terminated (cancelled)`},
	{"cancel that fails", "starts the cancel meta-protocol; changes no commitment by itself", `
		ann>bob request c with=r =>
		bob>ann agree c re=r => create null→detached
		ann>bob cancel c with=x =>
		bob>ann failure c re=x why=not-possible =>
		bob>ann inform c re=r kind=done => discharge detached→satisfied`},
	{"cancel of what was not agreed to", "starts the cancel meta-protocol; changes no commitment by itself", `
		ann>bob request c with=r =>
		ann>bob cancel c with=x =>
		bob>ann inform c kind=done =>
		bob>ann agree c re=r =>`},
	{"cancel that crosses the result", "whichever arrives first counts; the other is ignored once", `
		ann>bob request c with=r =>
		bob>ann agree c re=r => create null→detached
		ann>bob cancel c with=x =>
		bob>ann inform c re=r kind=done => discharge detached→satisfied
		bob>ann inform c re=x kind=done =>`},
	{"cancel that was not understood", "the commitments of the session stay: the cancel has failed", `
		ann>bob request c with=r =>
		bob>ann agree c re=r => create null→detached
		ann>bob cancel c with=x =>
		bob>ann not-understood c re=x why=unsupported-act =>
		bob>ann failure c why=broken => cancel detached→violated (broken)`},
	{"cfp", "opens a conversation; no commitment", `
		ann>bob,cy cfp c =>`},
	{"confirm", "sender on record for φ", `
		bob>ann confirm c kind=rain =>`},
	{"disconfirm", "sender on record for not φ", `
		bob>ann disconfirm c kind=rain =>`},
	{"failure", "the commitment becomes violated or terminated, with reason", `
		ann>bob request c with=r =>
		bob>ann agree c re=r => create null→detached
		bob>ann failure c re=r why=broken => cancel detached→violated (broken)
		ann>bob request-when d =>
		bob>ann agree d => create null→conditional
		bob>ann failure d why=cannot => cancel conditional→terminated (cannot)
		ann>bob request e =>
		bob>ann failure e why=broken =>
		bob>ann agree e =>`},
	{"inform", "discharges a commitment whose consequent it reports", `
		ann>bob request c with=r =>
		bob>ann agree c re=r with=a => create null→detached
		bob>cy inform c kind=done =>
		bob>ann inform d kind=done =>
		bob>ann inform c re=other kind=done =>
		bob>ann inform c re=r kind=done => discharge detached→satisfied
		bob>ann inform c re=r kind=done =>`},
	{"inform that only talks", "discharges a commitment whose consequent it reports", `
		ann>bob request c p=none with=r =>
		bob>ann agree c p=none => create null→detached
		bob>ann inform c p=none kind=weather =>
		bob>ann inform c p=none kind=weather re=r => discharge detached→satisfied`},
	{"inform of what the world decides", "what is true in the world, the world says", `
		ann>bob request c what=cap =>
		bob>ann agree c => create null→detached
		bob>ann inform c kind=done =>
		fact catch=9 cy =>
		fact size=9 bob =>
		fact catch=10 bob => discharge detached→satisfied`},
	{"inform-if", "only as the content of a request or query", `
		ann>bob request c =>
		bob>ann inform-if c =>`},
	{"inform-ref", "only as the content of a request or query", `
		ann>bob request c =>
		bob>ann inform-ref c =>`},
	{"not-understood", "may void the commitments of the conversation", `
		ann>bob request c with=r =>
		bob>ann agree c re=r => create null→detached
		ann>bob not-understood d =>
		ann>bob not-understood c why=unexpected-act => release detached→terminated (unexpected-act)`},
	{"not-understood of a bidder", "NU of a bidder costs it the round only (exception to R9)", `
		bob>ann propose c p=fipa-auction-english => create null→conditional
		bob>ann not-understood c p=fipa-auction-english =>`},
	{"propagate", "a forwarding record", `
		ann>bob propagate c =>
		bob>ann agree c =>`},
	{"propose", "creates C(sender, receiver, accepted and precondition, done(act))", `
		bob>ann propose c what=when-rain => create null→conditional
		ann>bob accept-proposal c =>
		fact rain=1 => detach conditional→detached
		bob>ann failure c why=wet => cancel detached→violated (wet)
		bob>ann propose d what=when-rain => create null→conditional
		fact rain=1 =>
		ann>bob accept-proposal d => detach conditional→detached`},
	{"proxy", "opens brokering or recruiting", `
		ann>kim proxy c with=r =>
		kim>ann agree c re=r => create null→detached
		kim>ann inform c kind=done => discharge detached→satisfied`},
	{"query-if", "a request for inform-if", `
		ann>bob query-if c =>
		bob>ann agree c => create null→detached
		bob>ann inform c kind=truth => discharge detached→satisfied`},
	{"query-ref", "a request for inform-ref", `
		ann>bob query-ref c =>
		bob>ann inform c kind=who => create null→detached; discharge detached→satisfied`},
	{"refuse", "no commitment arises; the request is ended", `
		ann>bob request c =>
		bob>ann refuse c why=busy =>
		bob>ann agree c =>
		bob>ann inform c kind=done =>`},
	{"refuse, of what was proposed", "releases the proposer", `
		bob>ann propose c => create null→conditional
		ann>bob refuse c why=too-much => release conditional→terminated (too-much)`},
	{"refuse, after agree", "the debtor will not do it: it cancels", `
		ann>bob request c =>
		bob>ann agree c => create null→detached
		bob>ann refuse c why=changed-my-mind => cancel detached→violated (changed-my-mind)`},
	{"reject-proposal", "releases the proposer: its commitment is terminated", `
		bob>ann propose c with=p => create null→conditional
		ann>bob reject-proposal c re=q =>
		ann>bob reject-proposal c re=p why=late => release conditional→terminated (late)
		ann>bob accept-proposal c =>`},
	{"reject-proposal of what was accepted", "a rejection frees nobody from what is owed", `
		bob>ann propose c => create null→conditional
		ann>bob accept-proposal c => detach conditional→detached
		ann>bob reject-proposal c why=late =>`},
	{"request", "none until agree", `
		ann>bob request c =>`},
	{"request, agree too late", "none until agree", `
		ann>bob request c by=2s =>
		bob>ann agree c => create null→detached
		ann>bob request d by=3s =>
		bob>ann agree d =>`},
	{"request, agree skipped", "the result creates and discharges the commitment at once", `
		ann>bob request c with=r =>
		bob>ann inform c re=r kind=done => create null→detached; discharge detached→satisfied
		bob>ann inform c re=r kind=done =>`},
	{"request-when", "on agree: C with antecedent φ, discharged once", `
		ann>bob request-when c what=when-rain =>
		bob>ann inform c kind=done =>
		bob>ann agree c => create null→conditional
		fact rain=1 => detach conditional→detached
		fact rain=1 =>
		bob>ann inform c kind=done => discharge detached→satisfied
		bob>ann inform c kind=done =>`},
	{"request-when of what only the debtor sees", "the consequent becomes true first", `
		ann>bob request-when c =>
		bob>ann agree c => create null→conditional
		bob>ann inform c kind=done => discharge conditional→satisfied`},
	{"request-whenever", "on agree: standing C, one instance per rise of φ", `
		ann>bob request-whenever c what=when-rain =>
		bob>ann agree c => create null→conditional
		bob>ann inform c kind=done =>
		fact rain=1 => create null→detached
		fact rain=1 =>
		bob>ann inform c kind=done => discharge detached→satisfied
		fact rain=0 =>
		fact rain=1 => create null→detached
		fact rain=0 =>
		fact rain=1 => create null→detached
		bob>ann inform c kind=done => discharge detached→satisfied
		bob>ann failure c why=broken => cancel conditional→terminated (broken); cancel detached→violated (broken)`},
	{"subscribe", "on agree or first inform: standing C, one instance per change", `
		ann>bob subscribe c with=s =>
		bob>ann inform c re=s kind=price => create null→conditional; create null→detached; discharge detached→satisfied
		bob>ann inform c re=s kind=price => create null→detached; discharge detached→satisfied
		ann>bob cancel c with=x =>
		bob>ann inform c re=s kind=price => create null→detached; discharge detached→satisfied
		bob>ann inform c re=x kind=done => release conditional→terminated (cancelled)
		bob>ann inform c re=s kind=price =>`},
}

func TestActs(t *testing.T) {
	seen := map[protocol.Act]bool{}
	for _, row := range actTable {
		t.Run(row.act, func(t *testing.T) {
			p := newPlay(t, Config{})
			p.said["when-rain"], p.said["cap"] = whenRain{}, catchOf(10)
			p.expect(row.script)
			if t.Failed() {
				t.Logf("%s: %s", row.act, row.effect)
			}
		})
		name, _, _ := strings.Cut(row.act, ",")
		name, _, _ = strings.Cut(name, " ")
		seen[protocol.Act(name)] = true
	}
	for _, act := range protocol.Acts {
		if !seen[act] {
			t.Errorf("no row for %s", act)
		}
	}
}

// whenRain binds when it rains.
type whenRain struct{}

func (whenRain) Holding(f Fact) Verdict {
	switch {
	case f.Name != "rain":
		return Silent
	case f.Value > 0:
		return Holds
	}
	return Fails
}

// catchOf is kept by who catches no more.
type catchOf float64

func (c catchOf) Judge(_ string, f Fact) Verdict {
	switch {
	case f.Name != "catch":
		return Silent
	case f.Value <= float64(c):
		return Holds
	}
	return Fails
}

// "On record for φ": the statement is stored with sender and time.
func TestStatementsAreOnRecord(t *testing.T) {
	p := newPlay(t, Config{Stated: 2})
	p.expect(`bob>ann confirm c kind=rain =>
		cy>ann disconfirm c kind=rain =>
		bob>ann propose c =>create null→conditional
		bob>ann inform c kind=snow =>discharge conditional→satisfied`)
	got := p.o.Stated("")
	if len(got) != 2 || got[0].Sender != "cy" || got[0].Holds || got[0].At != 2*time.Second || !got[1].Holds || got[1].Where != "bob/4/0" {
		t.Errorf("on record: %+v", got)
	}
	if of := p.o.Stated("cy"); len(of) != 1 || !slices.Equal(of[0].Receivers, []string{"ann"}) {
		t.Errorf("of cy: %+v", of)
	}
}
