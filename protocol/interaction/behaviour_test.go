package interaction_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol/interaction"
)

// claim is one line of a file in testdata/behaviour: after what a role has seen, this and nothing else may come next, or the session
// has ended. The files are written by hand from the protocols' text, without a look at states.
type claim struct {
	line   int
	role   interaction.Role
	seen   []string
	others []beside // of the conversation, when that is asked
	alone  int      // so much was seen before there were others
	next   []string // sorted
	end    string
}

type behaviour struct {
	bounds map[string]int
	own    bool   // the file says itself what a cancel does
	opens  string // the act that begins a round, if any does
	rounds int    // in how manieth it does so for the first time
	claims []claim
}

var short = strings.NewReplacer("NU", "not-understood", "accept", "accept-proposal", "reject", "reject-proposal")

// readBehaviour reads such a file. {a b} is either, _ is nothing, and a word that was given a meaning by let stands for it. The
// others that a session is beside are there for what comes next, and after a | for what is seen from there on.
func readBehaviour(text string) (b behaviour, err error) {
	b.bounds = map[string]int{}
	words := map[string]string{}
	var role interaction.Role
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "own":
			b.own = true
		case f[0] == "bound":
			if b.bounds[f[1]], err = strconv.Atoi(f[2]); err != nil {
				return b, err
			}
		case f[0] == "rounds":
			b.opens = f[2]
			if b.rounds, err = strconv.Atoi(f[1]); err != nil {
				return b, err
			}
		case f[0] == "let":
			words[f[1]] = strings.Join(f[3:], " ")
		case len(f) == 1 && (f[0] == "initiator" || f[0] == "participant"):
			role = interaction.Initiator
			if f[0] == "participant" {
				role = interaction.Participant
			}
		default:
			for i := range f {
				if w, has := words[f[i]]; has {
					f[i] = w
				}
			}
			claims, err := readClaims(strings.Join(f, " "))
			if err != nil {
				return b, fmt.Errorf("line %d: %w", n+1, err)
			}
			for _, c := range claims {
				c.line, c.role = n+1, role
				b.claims = append(b.claims, c)
			}
		}
	}
	return b, nil
}

func readClaims(line string) (claims []claim, err error) {
	var others []beside
	if with, rest, has := strings.Cut(line, " / "); has {
		line = rest
		for _, o := range strings.Fields(with)[1:] {
			state, round, _ := strings.Cut(o, "@")
			r, err := strconv.Atoi(round)
			if err != nil {
				return nil, err
			}
			others = append(others, beside{state, r})
		}
	}
	prefix, next, has := strings.Cut(" "+line, " : ")
	other, end, ends := strings.Cut(" "+line, " = ")
	if has == ends {
		return nil, fmt.Errorf("%q", line)
	}
	if ends {
		prefix = other
	}
	for _, seen := range either(prefix) {
		before, _, has := strings.Cut(seen, " | ")
		c := claim{others: others, seen: strings.Fields(strings.Replace(short.Replace(seen), " | ", " ", 1))}
		if c.alone = len(c.seen); has {
			c.alone = len(strings.Fields(before))
		}
		if ends {
			c.end = "[" + end + "]"
		} else {
			c.next = strings.Fields(short.Replace(next))
			slices.Sort(c.next)
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// either gives what {a b} stands for.
func either(text string) []string {
	before, rest, has := strings.Cut(text, "{")
	if !has {
		return []string{strings.ReplaceAll(text, "_", "")}
	}
	of, rest, _ := strings.Cut(rest, "}")
	var all []string
	for _, one := range strings.Fields(of) {
		all = append(all, either(before+one+rest)...)
	}
	return all
}

func readBehaviours(t *testing.T, name string) behaviour {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "behaviour", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := readBehaviour(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// with gives the protocol the bounds of the file: they are of what is said. What is heard has the bound of the data, far off.
func (b behaviour) with(p *interaction.Protocol) *interaction.Protocol {
	q := *p
	q.Bounds = slices.Clone(p.Bounds)
	for i := range q.Bounds {
		if most, has := b.bounds[q.Bounds[i].Name]; has {
			q.Bounds[i].Most = most
		}
	}
	q.Initiator, q.Participant = b.hears(p.Initiator), b.hears(p.Participant)
	return &q
}

func (b behaviour) hears(m interaction.Machine) interaction.Machine {
	m = slices.Clone(m)
	for i := range m {
		m[i].Moves = slices.Clone(m[i].Moves)
		for j := range m[i].Moves {
			w := &m[i].Moves[j]
			if _, has := b.bounds[w.When.Most]; has && w.Receive.Act != "" {
				w.When.Most = ""
			}
		}
	}
	return m
}

// round is the round in which a session is when all this has been seen.
func (b behaviour) round(seen []string) (n int) {
	for _, s := range seen {
		if b.opens != "" && s[1:] == b.opens {
			n++
		}
	}
	return max(0, n+b.rounds)
}

// faults holds an expanded protocol against the claims, and against what the reference says of cancel in 4.3, which is laid here over
// what may be seen, not over states.
func (b behaviour) faults(p *interaction.Protocol, stop bool) (faults []string) {
	p = b.with(p)
	said := map[string]claim{}
	for _, c := range b.claims {
		if c.others == nil {
			said[c.role.String()+strings.Join(c.seen, " ")] = c
		}
	}
	try := func(line int, r interaction.Role, seen []string, others []beside, alone int, next []string, end string) {
		got, ended, round, err := after(p, r, seen, others, alone)
		if err != nil {
			faults = append(faults, fmt.Sprintf("line %d: %s: %v", line, r, err))
		} else if want := b.round(seen); round != want {
			faults = append(faults, fmt.Sprintf("line %d: %s, after %s: round %d; wanted is %d", line, r, strings.Join(seen, " "), round, want))
		} else if ended != end || !slices.Equal(got, next) {
			faults = append(faults, fmt.Sprintf("line %d: %s, after %s beside %v: %s%v; wanted is %s%v", line, r, strings.Join(seen, " "), others, ended, got, end, next))
		}
	}
	for _, c := range b.claims {
		// At every point between the first message and the end, unless it has been done.
		cancels := !b.own && c.end == "" && len(c.seen) > 0 && !slices.ContainsFunc(c.seen, func(s string) bool { return strings.HasSuffix(s, "!cancel") })
		next := c.next
		if cancels {
			next = sorted(next, map[interaction.Role]string{interaction.Initiator: "!cancel", interaction.Participant: "?cancel"}[c.role])
		}
		try(c.line, c.role, c.seen, c.others, c.alone, next, c.end)
		if cancels && c.others == nil {
			for seen, e := range cancelled(c, said) {
				try(c.line, c.role, strings.Fields(seen), nil, 0, e.next, e.end)
			}
		}
		if stop && faults != nil {
			break
		}
	}
	return faults
}

func sorted(symbols []string, more ...string) []string {
	all := slices.Concat(symbols, more)
	slices.Sort(all)
	return all
}

// cancelled says what may be seen after a cancel where a claim holds, 4.3: the initiator still receives what it could receive, and
// ends where that ends; the participant goes on as it could, until it says whether it has stopped.
func cancelled(c claim, said map[string]claim) map[string]claim {
	all := map[string]claim{}
	seen := strings.Join(c.seen, " ")
	if c.role == interaction.Participant {
		asked := seen + " ?cancel"
		crossed(all, said, c, seen, asked, []string{"!inform:done/cancel", "!failure/cancel"}, 3)
		all[asked] = claim{next: sorted(goingOn(c.next), "!inform:done/cancel", "!failure/cancel")}
		all[asked+" !inform:done/cancel"] = claim{end: "[CANCELLED]"}
		all[asked+" !failure/cancel"] = claim{next: sorted(goingOn(c.next), "?cancel")}
		return all
	}
	asked := seen + " !cancel"
	crossed(all, said, c, seen, asked, []string{"?inform:done/cancel", "?failure/cancel", "?not-understood/cancel", "@cancel"}, 3)
	all[asked+" ?inform:done/cancel"] = claim{end: "[CANCELLED]"}
	all[asked+" ?failure/cancel"] = claim{end: "[CANCEL_FAILED]"}
	all[asked+" ?not-understood/cancel"] = claim{end: "[CANCEL_FAILED]"}
	all[asked+" @cancel"] = claim{end: "[CANCEL_TIMEOUT]"}
	return all
}

// goingOn is what may be seen when the waits in it were not begun anew.
func goingOn(next []string) (on []string) {
	for _, s := range next {
		if s[0] == '@' {
			s = strings.TrimSuffix(s, "~") + "~"
		}
		on = append(on, s)
	}
	return on
}

// crossed adds what may be seen when the answer to the cancel is still to come: after asked, and after up to k things that may
// still be seen then.
func crossed(all, said map[string]claim, c claim, seen, asked string, answers []string, k int) {
	next := slices.DeleteFunc(slices.Clone(c.next), func(s string) bool { return c.role == interaction.Initiator && s[0] != '?' })
	own := slices.Clone(answers)
	if i := slices.Index(own, "@cancel"); i >= 0 && k < 3 && slices.ContainsFunc(c.next, func(s string) bool { return strings.HasSuffix(s, "~") }) {
		own[i] = "@cancel~"
	}
	all[asked] = claim{next: sorted(next, own...)}
	for _, s := range next {
		s = strings.TrimSuffix(s, "~")
		on, has := said[c.role.String()+seen+" "+s]
		if on.end != "" {
			all[asked+" "+s] = on
		} else if has && k > 1 {
			crossed(all, said, on, seen+" "+s, asked+" "+s, answers, k-1)
		}
	}
}

func TestBehaviour(t *testing.T) {
	claims := 0
	for _, name := range interaction.Names() {
		b := readBehaviours(t, name)
		claims += len(b.claims)
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.faults(interaction.Expand(p), false) {
			t.Errorf("%s.txt: %s", name, f)
		}
	}
	t.Logf("%d claims", claims)
}
