package naming

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/polis-agents/polis/environment/environmenttest"
)

// Both worlds keep the contract of package environment, and have the properties they declare.
func TestTheWorldsKeepTheContract(t *testing.T) {
	four := environmenttest.Config{Agents: []string{"M", "Q", "ben", "dan"}, Rounds: 40, Seed: 1} // what they say is drawn from their names
	names := vocabulary(2)
	for name, laws := range map[string]TalkLaws{
		"open":      {MaxRounds: 20, Noted: []string{"ben"}},
		"closed":    {Names: names, MaxRounds: 20, Noted: []string{"ben"}},
		"committed": {Names: names, MaxRounds: 20, Committed: []string{"dan"}},
	} {
		t.Run(name, func(t *testing.T) {
			environmenttest.Check(t, DefineTalk(laws), four)
			def := DefineTalk(laws)
			def.Properties.Closed = false // people come and go
			environmenttest.Check(t, def, four)
		})
	}
	for name, laws := range map[string]MatchLaws{
		"memory":           {Names: names, MaxRounds: 20, Memory: 3, Noted: []string{"ben"}},
		"memory committed": {Names: names, MaxRounds: 20, Memory: 3, Noted: []string{"ben"}, Committed: []string{"dan"}},
	} {
		t.Run(name, func(t *testing.T) {
			environmenttest.Check(t, DefineMatch(laws), four)
			def := DefineMatch(laws)
			def.Properties.Closed = false
			environmenttest.Check(t, def, four)
		})
	}
}

func reason(err error) string {
	var r interface{ Reason() string }
	if errors.As(err, &r) {
		return r.Reason()
	}
	return fmt.Sprint(err)
}

func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// "Speaker uniform among N; hearer uniform among the others", N games a round.
func TestPairsAreUniform(t *testing.T) {
	var c Course
	for i := range 5 {
		c.join(fmt.Sprint(i))
	}
	c.leave("3")
	pairs, n := map[[2]int]int{}, 0
	for seed := range uint64(5000) {
		if names := c.draw(chance(seed)); len(names) != 8 {
			t.Fatalf("a round of four has %d turns", len(names))
		}
		for i := 0; i < len(c.Meets); i += 2 {
			pairs[[2]int{c.Meets[i], c.Meets[i+1]}]++
			n++
		}
	}
	want := float64(n) / 12
	chi := 0.0
	for pair, k := range pairs {
		if pair[0] == pair[1] || pair[0] == 3 || pair[1] == 3 {
			t.Fatalf("%v meet", pair)
		}
		chi += (float64(k) - want) * (float64(k) - want) / want
	}
	if len(pairs) != 12 || chi > 31.26 { // 0.1 % of 11 degrees of freedom
		t.Errorf("%d pairs, chi2 %.1f", len(pairs), chi)
	}
}

// talkOf is a talk in the middle of a round: these meet, two by two, and it is the turn of the first.
func talkOf(laws TalkLaws, meets ...string) *Talk {
	w := NewTalk(laws)
	for _, name := range []string{"ada", "ben", "cleo"} {
		w.Enter(name)
	}
	for _, name := range meets {
		i, _ := w.find(name)
		w.Meets = append(w.Meets, i)
	}
	w.Call(meets[0])
	return w
}

// One game after the other, with what each perceives.
func TestATalk(t *testing.T) {
	w := talkOf(TalkLaws{MaxRounds: 3}, "ada", "ben", "ben", "cleo", "cleo", "ada", "ada", "ben")
	see := func(who, want string) {
		t.Helper()
		if got := fmt.Sprintf("%+v", w.Perceive(who)); got != want {
			t.Errorf("%s perceives %s, want %s", who, got, want)
		}
	}
	do := func(_ Noted, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	see("ada", "{Part:speak Heard: Agreed: Words:[] Names:[]}")
	see("ben", "{Part: Heard: Agreed: Words:[] Names:[]}")
	do(w.Say("ada", Say{"ka"}))
	w.Call("ben")
	see("ben", "{Part:hear Heard:ka Agreed: Words:[] Names:[]}")
	see("ada", "{Part: Heard: Agreed: Words:[] Names:[]}")
	do(w.Answer("ben", Answer{false}))
	if w.Total != 2 || w.Distinct != 1 || w.Games != 1 || w.Won != 0 || w.Ended != 0 {
		t.Errorf("after a failure: %+v", w)
	}
	w.Call("ben")
	see("ben", "{Part:speak Heard: Agreed: Words:[] Names:[]}")
	do(w.Say("ben", Say{"lo"}))
	w.Call("cleo") // who does nothing
	w.Call("cleo")
	see("cleo", "{Part:speak Heard: Agreed: Words:[] Names:[]}") // ben's word is gone
	do(w.Say("cleo", Say{"ka"}))
	if w.Games != 2 || w.Total != 4 || w.Distinct != 2 {
		t.Errorf("after a game nobody ended: %+v", w)
	}
	w.Call("ada")
	do(w.Answer("ada", Answer{true}))
	w.Call("ada")
	see("ada", "{Part:speak Heard: Agreed: Words:[] Names:[]}") // she heard, so she knows
	do(w.Say("ada", Say{"ka"}))
	w.Call("ben")
	do(w.Answer("ben", Answer{true}))
	if w.Ended != 4 || w.Total != 3 || w.Distinct != 1 || w.MostTotal != 4 || w.MostAt != 3 || w.MostDistinct != 2 {
		t.Errorf("all agree, after %d games: %+v", w.Ended, w)
	}
	w.Tick("", nil)
	if !w.Done() || w.rate() != .5 {
		t.Errorf("done %v, rate %v", w.Done(), w.rate())
	}
	w.Meets, w.At = []int{2, 0}, -1
	w.Call("cleo")
	see("cleo", "{Part:speak Heard: Agreed:ka Words:[] Names:[]}") // told once
	w.Meets, w.At = []int{2, 0}, -1
	w.Call("cleo")
	see("cleo", "{Part:speak Heard: Agreed: Words:[] Names:[]}")
}

// What is out of turn or no word is refused, and says so.
func TestWrongWordsAreRefused(t *testing.T) {
	free, fixed := talkOf(TalkLaws{}, "ada", "ben"), talkOf(TalkLaws{Names: vocabulary(2)}, "ada", "ben")
	for what, c := range map[string]struct {
		err  func() error
		want string
	}{
		"to speak for another":   {func() error { _, err := free.Say("ben", Say{"ka"}); return err }, "not-now"},
		"a stranger":             {func() error { _, err := free.Say("eve", Say{"ka"}); return err }, "not-now"},
		"nothing":                {func() error { _, err := free.Say("ada", Say{}); return err }, "no-word"},
		"no text":                {func() error { _, err := free.Say("ada", Say{"\xff"}); return err }, "no-word"},
		"an answer to nothing":   {func() error { _, err := free.Answer("ada", Answer{true}); return err }, "not-now"},
		"an answer out of turn":  {func() error { _, err := free.Answer("ben", Answer{true}); return err }, "not-now"},
		"a word not on the list": {func() error { _, err := fixed.Say("ada", Say{"X"}); return err }, "unknown-name"},
		"a second word": {func() error {
			w := talkOf(TalkLaws{}, "ada", "ben")
			_, _ = w.Say("ada", Say{"ka"})
			_, err := w.Say("ada", Say{"lo"})
			return err
		}, "not-now"},
		"a second answer": {func() error {
			w := talkOf(TalkLaws{}, "ada", "ben")
			_, _ = w.Say("ada", Say{"ka"})
			w.Call("ben")
			_, _ = w.Answer("ben", Answer{true})
			_, err := w.Answer("ben", Answer{true})
			return err
		}, "not-now"},
	} {
		if got := reason(c.err()); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// matchOf is a match in the middle of a round.
func matchOf(laws MatchLaws, meets ...string) *Match {
	w := NewMatch(laws)
	for _, name := range []string{"ada", "ben", "cleo"} {
		w.Enter(name)
	}
	for _, name := range meets {
		i, _ := w.find(name)
		w.Meets = append(w.Meets, i)
	}
	w.Call(meets[0])
	return w
}

// Both choose at once: the second does not see what the first has chosen. Payoffs +100 and -50; each hears of a game once, with
// its next turn.
func TestAMatch(t *testing.T) {
	laws := MatchLaws{Names: vocabulary(3), MaxRounds: 2, Memory: 2, Noted: []string{"ben"}}
	w := matchOf(laws, "ada", "ben", "ben", "ada", "ada", "ben")
	before := fmt.Sprint(w.Perceive("ada").Part)
	if _, err := w.Name("ada", Name{"X"}); err != nil || before != Choose {
		t.Fatal(err, before)
	}
	if _, err := w.Name("ada", Name{"X"}); reason(err) != "not-now" {
		t.Error(err)
	}
	w.Call("ben")
	v := w.Perceive("ben")
	if v.Last != nil || len(v.Games) > 0 || len(v.Names) != 3 {
		t.Errorf("the second sees %+v", v)
	}
	if _, err := w.Name("ben", Name{"Z"}); reason(err) != "unknown-name" {
		t.Error(err)
	}
	if _, err := w.Name("ben", Name{"Q"}); err != nil {
		t.Fatal(err)
	}
	if w.Earned[0] != Penalty || w.Earned[1] != Penalty || w.Games != 1 || w.Won != 0 {
		t.Errorf("after a failure: %+v", w)
	}
	for _, who := range []string{"ben", "ada"} {
		w.Call(who)
		last := w.Perceive(who).Last
		if last == nil || last.Mine == last.Theirs || (last.Mine == "X") != (who == "ada") {
			t.Errorf("%s hears of %+v", who, last)
		}
		if _, err := w.Name(who, Name{"X"}); err != nil {
			t.Fatal(err)
		}
	}
	if w.Total[0] != Penalty+Reward || w.Won != 1 || w.Streak != 1 || w.On != 1 && w.laws.Names[w.On] != "X" {
		t.Errorf("after a success: %+v", w)
	}
	w.Call("ada")
	w.Call("ben") // nobody acts
	if v := w.Perceive("ben"); v.Last == nil || len(v.Games) != 2 || v.Games[1] != (Game{"X", "X"}) {
		t.Errorf("ben remembers %+v", v)
	}
	w.Call("ben")
	if v := w.Perceive("ben"); v.Last != nil {
		t.Errorf("ben is told %+v again", v.Last)
	}
	w.Tick("", nil)
	if w.Games != 3 || w.Rates[0] != 1./3 || w.Streak != 0 || w.Reward("ada") != Penalty+Reward || w.Done() {
		t.Errorf("after the round: %+v", w)
	}
}

// Who leaves takes its words along, and is drawn no more; who has lived under a convention and has no memory of its own is shown it.
func TestWhoLeavesAndWhoWasThereBefore(t *testing.T) {
	w := talkOf(TalkLaws{}, "ada", "ben")
	_, _ = w.Say("ada", Say{"ka"})
	w.Leave("ada")
	if w.Total != 0 || w.Distinct != 0 || w.there() != 2 || len(w.Next(chance(1))) != 4 {
		t.Errorf("without ada: %+v", w)
	}
	w.Enter("ada")
	if w.there() != 3 || len(w.Known) != 3 {
		t.Errorf("with ada again: %+v", w)
	}
	m := matchOf(MatchLaws{Names: vocabulary(2), Memory: 2, Committed: []string{"ada"}, Noted: []string{"ben"}}, "ben", "ada")
	if v := m.Perceive("ben"); fmt.Sprint(v.Games) != "[{M M} {M M}]" {
		t.Errorf("ben is shown %+v", v)
	}
}

// Whoever is shown the names sees them in another order at another turn.
func TestNamesAreShuffled(t *testing.T) {
	m := matchOf(MatchLaws{Names: vocabulary(3), Noted: []string{"ada"}}, "ada", "ben")
	first := map[string]int{}
	for m.Games = range 300 {
		first[m.Perceive("ada").Names[0]]++
	}
	for _, name := range m.laws.Names {
		if first[name] < 70 || first[name] > 130 {
			t.Errorf("the first was %v", first)
		}
	}
}

// "Stop after 3N consecutive successes"; with a committed minority, on its name.
func TestTheStreakThatEndsAMatch(t *testing.T) {
	for _, c := range []struct {
		committed []string
		name      string
		ends      bool
	}{{nil, "Q", true}, {nil, "M", true}, {[]string{"ada"}, "Q", true}, {[]string{"ada"}, "M", false}} {
		w := matchOf(MatchLaws{Names: vocabulary(2), MaxRounds: 9, Committed: c.committed}, "ada", "ben")
		w.count(true, 1-w.laws.index(c.name)) // of another name: it begins anew
		for i := range 9 {
			if w.Ended > 0 {
				t.Fatalf("%v: it ended after %d", c, i)
			}
			w.count(true, w.laws.index(c.name))
		}
		if (w.Ended > 0) != c.ends || c.ends && w.Began != 1 {
			t.Errorf("%v: ended %d, began %d", c, w.Ended, w.Began)
		}
		if w.Mostly != 3 {
			t.Errorf("three of three had succeeded after %d games", w.Mostly)
		}
	}
}

func (l *MatchLaws) index(name string) int {
	for i, n := range l.Names {
		if n == name {
			return i
		}
	}
	return -1
}

// The rule of memory: what partners chose most often; among several any; without a memory any of all.
func TestWhatIsRecalled(t *testing.T) {
	for games, want := range map[string]string{"": "[Q M X]", "M": "[M]", "MX": "[M X]", "MXM": "[M]", "QMXXM": "[M X]", "QQMMX": "[Q M]"} {
		m := recall{names: vocabulary(3)}
		for _, theirs := range games {
			m.games = append(m.games, Game{"Q", string(theirs)})
		}
		if got := fmt.Sprint(m.best()); got != want {
			t.Errorf("%s: %s, want %s", games, got, want)
		}
	}
}
