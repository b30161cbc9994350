package directory

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// "federated search de-duplicates by search-id": in a ring each is asked once, and each entry found once.
func TestInARingEveryEntryIsFoundOnce(t *testing.T) {
	w := newTown(t)
	w.dfs(Config{}, map[string][]string{"df1": {"df2"}, "df2": {"df3"}, "df3": {"df1"}})
	w.works("df1", "ann")
	w.works("df2", "ben")
	w.works("df3", "cy")
	zoe := w.asks("zoe")
	for _, c := range []Constraints{{MaxDepth: 5}, {MaxDepth: 5, SearchID: "mine"}} {
		before := w.asked()
		got := zoe.search("df1", c)
		if got.told() != "ann ben cy" || got.at != 8*hop {
			t.Errorf("found %q after %v", got.told(), got.at)
		}
		if want := []Way{{}, {"df2", 1}, {"df2", 2}}; !slices.Equal(got.found.Ways, want) {
			t.Errorf("they came by %v, want %v", got.found.Ways, want)
		}
		if n := w.asked() - before; n != 3 {
			t.Errorf("the directories asked each other %d times", n)
		}
	}
	if got := zoe.search("df1", Constraints{MaxDepth: 5, SearchID: "mine"}); got.told() != "" || got.at != 2*hop {
		t.Errorf("a search that comes again found %q after %v", got.told(), got.at)
	}
	if got := zoe.search("df1", Constraints{MaxDepth: 2}); got.told() != "ann ben cy" {
		t.Errorf("to the last of the ring it found %q", got.told())
	}
}

// A chain: a search goes as far as it may, and by how many directories it is away is said with each entry.
func TestASearchGoesAsDeepAsItMay(t *testing.T) {
	w := newTown(t)
	chain := map[string][]string{}
	for i := range 8 {
		chain[fmt.Sprint("df", i)] = []string{fmt.Sprint("df", i+1)}
	}
	chain["df8"] = nil
	w.dfs(Config{}, chain)
	for i := range 9 {
		w.works(fmt.Sprint("df", i), string(rune('a'+i)))
	}
	zoe := w.asks("zoe")
	for depth, want := range []string{"a", "a b", "a b c", "a b c d", "a b c d e", "a b c d e f", "a b c d e f", "a b c d e f"} {
		got := zoe.search("df0", Constraints{MaxDepth: depth})
		if got.told() != want {
			t.Errorf("to depth %d it found %q, want %q", depth, got.told(), want)
		}
		if deep := time.Duration(min(depth, 5)); got.at != 2*hop*(deep+1) {
			t.Errorf("to depth %d it took %v", depth, got.at)
		}
		for i, way := range got.found.Ways {
			if via := map[bool]string{true: "df1"}[i > 0]; way != (Way{via, i}) {
				t.Errorf("%s came by %v", got.found.Entries[i].Name, way)
			}
		}
		if depth == 0 && got.found.Ways != nil {
			t.Errorf("what is here came by %v", got.found.Ways)
		}
	}
}

// A diamond: who is reached by two ways is asked by two, and answers one.
func TestInADiamondTheSecondWayIsAnsweredEmpty(t *testing.T) {
	w := newTown(t)
	w.dfs(Config{}, map[string][]string{"df1": {"df2", "df3"}, "df2": {"df4"}, "df3": {"df4"}, "df4": nil})
	w.works("df4", "ann", "ben")
	w.works("df3", "cy")
	zoe := w.asks("zoe")
	got := zoe.search("df1", Constraints{MaxDepth: 2})
	if got.told() != "ann ben cy" || w.asked() != 4 {
		t.Errorf("found %q by %d searches", got.told(), w.asked())
	}
	if want := []Way{{"df2", 2}, {"df2", 2}, {"df3", 1}}; !slices.Equal(got.found.Ways, want) {
		t.Errorf("they came by %v", got.found.Ways)
	}
	var sizes []int
	for _, m := range w.said {
		if f, ok := m.Content.(Found[Description]); ok && m.Sender == "df4" {
			sizes = append(sizes, len(f.Entries))
		}
	}
	if !slices.Equal(sizes, []int{2, 0}) {
		t.Errorf("df4 answered with %v entries", sizes)
	}
}

// A way that is shorter, and slower, brings a search with more depth left: it goes on from there.
func TestADetourThatIsFasterDoesNotEndASearchEarly(t *testing.T) {
	w := newTown(t)
	w.delay = func(from, to string) time.Duration {
		if from == "df1" && to == "df3" {
			return 10 * hop
		}
		return hop
	}
	w.dfs(Config{}, map[string][]string{"df1": {"df2", "df3"}, "df2": {"df3"}, "df3": {"df4"}, "df4": nil})
	w.works("df4", "ann")
	w.works("df3", "ben")
	zoe := w.asks("zoe")
	got := zoe.search("df1", Constraints{MaxDepth: 2})
	if got.told() != "ann ben" || !slices.Equal(got.found.Ways, []Way{{"df3", 2}, {"df3", 1}}) {
		t.Errorf("found %q by %v", got.told(), got.found.Ways)
	}
}

// silent hears everything and says nothing.
func silent() actors.Behavior {
	return actors.BehaviorFunc(func(*actors.Turn, any) error { return nil })
}

// replying answers each search by what f gives.
func replying(f func() (any, error)) func() actors.Behavior {
	return func() actors.Behavior {
		desk := roles.New(roles.Config{})
		roles.AddServer(desk, roles.Server[Search[Description]]{Perform: func(*actors.Turn, roles.Task[Search[Description]]) (any, error) { return f() }})
		return desk.Beside(actors.BehaviorFunc(func(*actors.Turn, any) error { return nil }))
	}
}

func refusing() actors.Behavior {
	desk := roles.New(roles.Config{})
	roles.AddServer(desk, roles.Server[Search[Description]]{Agree: func(*actors.Turn, string, Search[Description]) error { return fmt.Errorf("no") }})
	return desk.Beside(actors.BehaviorFunc(func(*actors.Turn, any) error { return nil }))
}

// "answers in time": whatever one of those does who are asked, the others count, and who is missing is named.
func TestWhoDoesNotAnswerIsMissing(t *testing.T) {
	const way = 2 * time.Second
	for _, c := range []struct {
		name  string
		who   func() actors.Behavior
		after time.Duration
	}{
		{"silent", silent, hop + 2*2*way + 1 + hop},
		{"agreeing and silent", replying(func() (any, error) { return nil, roles.ErrLater }), hop + 2*2*way + 1 + hop},
		{"dead", nil, 6 * hop},
		{"refusing", refusing, 6 * hop},
		{"failing", replying(func() (any, error) { return nil, fmt.Errorf("broken") }), 6 * hop},
		{"answering nonsense", replying(func() (any, error) { return stranger{7}, nil }), 6 * hop},
		{"answering nothing", replying(func() (any, error) { return nil, nil }), 6 * hop},
	} {
		w := newTown(t)
		w.dfs(Config{}, map[string][]string{"df1": {"bad", "df2"}, "df2": {"df3"}, "df3": nil})
		if c.who != nil {
			w.settle("bad", c.who)
		}
		ann := worker("ann")
		ann.Lease = time.Hour // what is due later does not keep it from what is due
		w.enter("df1", ann)
		w.works("df2", "ben")
		w.works("df3", "cy")
		zoe := w.asks("zoe")
		got := zoe.search("df1", Constraints{MaxDepth: 2})
		if got.told() != "ann ben cy missing bad" || got.at != c.after {
			t.Errorf("%s: found %q after %v, want it after %v", c.name, got.told(), got.at, c.after)
		}
		again := zoe.search("df1", Constraints{MaxDepth: 2})
		if want := "ann ben cy"; c.name == "dead" && again.told() != want {
			t.Errorf("when it was known to be dead: %q", again.told())
		} else if c.name != "dead" && again.told() != want+" missing bad" {
			t.Errorf("%s: at the second time %q", c.name, again.told())
		}
		w.until(w.now + 5*time.Minute)
		for _, df := range []string{"df1", "df2", "df3"} {
			if state := w.state(df); strings.Contains(state, "inquiries") || strings.Contains(state, "sessions") {
				t.Errorf("%s: %s has not forgotten it: %.300s", c.name, df, state)
			}
		}
	}
}

func (w *town) state(name string) string {
	b, err := w.lives[name].behavior.(actors.Keeper).Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// Far away somebody is silent: each on the way answers before the one who asked it gives up, to the nanosecond.
func TestASilentOneAtTheEndIsNamedInTime(t *testing.T) {
	for _, delay := range []time.Duration{0, 1, hop, 2*time.Second - 1} {
		w := newTown(t)
		w.delay = func(string, string) time.Duration { return delay }
		w.dfs(Config{}, map[string][]string{"df1": {"df2"}, "df2": {"df3"}, "df3": {"df4"}, "df4": {"df5"}, "df5": {"bad"}})
		w.settle("bad", silent)
		for i := range 5 {
			w.works(fmt.Sprint("df", i+1), string(rune('a'+i)))
		}
		zoe := w.asks("zoe")
		if got := zoe.search("df1", Constraints{MaxDepth: 5}); got.told() != "a b c d e missing bad" {
			t.Errorf("with %v on the way: %q after %v", delay, got.told(), got.at)
		}
	}
}

// An answer at the last moment is in time, one after it is not.
func TestAnAnswerAtTheLastMomentIsInTime(t *testing.T) {
	for late, want := range map[time.Duration]string{0: "ann ben", 1: "ben missing df3"} {
		w := newTown(t)
		w.delay = func(from, to string) time.Duration {
			switch {
			case from == "df3" && to == "df1":
				return 4*time.Second - hop + late
			case from == "df2" && to == "df1":
				return 4*time.Second - hop
			}
			return hop
		}
		w.dfs(Config{}, map[string][]string{"df1": {"df2", "df3"}, "df2": nil, "df3": nil})
		w.works("df3", "ann")
		w.works("df2", "ben")
		if got := w.asks("zoe").search("df1", Constraints{MaxDepth: 1}); got.told() != want || got.at != 4*time.Second+2*hop+late {
			t.Errorf("late by %d: %q after %v", late, got.told(), got.at)
		}
	}
}

// A directory is woken at the earliest of what is due: right after the last moment of a search, at that of an entry.
func TestWhatIsDueFirstWakesADirectory(t *testing.T) {
	for _, c := range []struct {
		by, again []time.Duration
		want      time.Duration
	}{{nil, nil, 0}, {[]time.Duration{20, 4, 9}, nil, 5}, {nil, []time.Duration{20, 4, 9}, 4}, {[]time.Duration{20}, []time.Duration{7, 8}, 7}, {[]time.Duration{2}, []time.Duration{7, 8}, 3}} {
		f := &federation{}
		for _, by := range c.by {
			f.Inquiries = append(f.Inquiries, inquiry{By: by})
		}
		for _, again := range c.again {
			f.Ties = append(f.Ties, tie{Again: again})
		}
		if at, ok := f.next(); at != c.want || ok != (c.want > 0) {
			t.Errorf("%+v: it is woken at %d", c, at)
		}
	}
}

// Who wants an answer soon gets one, with less in it.
func TestWhoHasLittleTimeGetsWhatThereIs(t *testing.T) {
	w := newTown(t)
	w.dfs(Config{}, map[string][]string{"df1": {"bad", "df2"}, "df2": nil})
	w.settle("bad", silent)
	w.works("df1", "ann")
	w.works("df2", "ben")
	zoe := w.asks("zoe")
	for within, want := range map[time.Duration]string{
		5 * time.Second:           "ann missing bad df2", // no time to ask
		6*time.Second + hop - 1:   "ann missing bad df2",
		6*time.Second + hop:       "ann ben missing bad",
		6*time.Second + 500*hop/9: "ann ben missing bad",
		3 * hop:                   "ann missing bad df2",
	} {
		if got := zoe.within("df1", Constraints{MaxDepth: 1}, within); got.told() != want || got.at > within {
			t.Errorf("within %v: %q after %v", within, got.told(), got.at)
		}
	}
}

// What a directory gives of others is checked: it could be anything.
func TestAHostileMemberAddsOnlyWhatCouldBe(t *testing.T) {
	forged := func(name string) Description {
		d := worker(name)
		d.Languages = []string{"forged"}
		return d
	}
	many := func(n int) (f Found[Description]) {
		for i := range n {
			f.Entries = append(f.Entries, forged(fmt.Sprintf("a%05d", i)))
		}
		return f
	}
	near := Found[Description]{Entries: []Description{forged("ann"), forged("ben"), forged("cy"), forged("dan")}, Ways: []Way{{Hops: -7}, {Hops: -7}, {Hops: 1 << 40}, {}}}
	for _, c := range []struct {
		name  string
		says  Found[Description]
		most  int
		found string // with a star what it has forged
	}{
		{"names that are here", near, 0, "ann ben* cy* eva"},
		{"others' names from the same distance", Found[Description]{Entries: []Description{forged("eva"), forged("cy")}}, 0, "ann ben cy* eva*"},
		{"ten thousand", many(10_000), 4, "a00000* a00001* ann ben"},
		{"ten thousand, as many as fit", many(10_000), 0, ""},
		{"more than could be wanted", Found[Description]{Entries: append(make([]Description, 4), forged("aa"))}, 4, "ann ben cy eva"},
		{"what does not match", Found[Description]{Entries: []Description{{Name: "fay"}, {Name: "gil", Services: []Service{{Type: "play"}}}}}, 0, "ann ben cy eva"},
		{"no names", Found[Description]{Entries: []Description{worker(""), worker(strings.Repeat("x", 300)), worker("\xff")}}, 0, "ann ben cy eva"},
		{"a lease below 0", Found[Description]{Entries: []Description{{Name: "fay", Lease: -1, Services: work.Services}}}, 0, "ann ben cy eva"},
		{"the same again and again", Found[Description]{Entries: []Description{forged("fay"), worker("fay"), worker("fay")}}, 0, "ann ben cy eva fay*"},
		{"who is missing", Found[Description]{Missing: append(slices.Repeat([]string{"", "\xff", strings.Repeat("x", 300)}, 10), "zed")}, 0, "ann ben cy eva missing zed"},
		{"that all are missing", Found[Description]{Missing: strings.Fields(fmt.Sprint(slices.Repeat([]int{0}, 10_000)))}, 0, ""},
	} {
		w := newTown(t)
		w.dfs(Config{}, map[string][]string{"df1": {"bad", "df2"}, "df2": {"df3"}, "df3": nil})
		w.settle("bad", replying(func() (any, error) { return c.says, nil }))
		w.works("df1", "ann")
		w.enter("df1", Description{Name: "dan"}) // it does no work, and this is known here
		w.works("df2", "ben", "eva")
		w.works("df3", "cy", "eva")
		zoe := w.asks("zoe")
		got := zoe.search("df1", Constraints{MaxDepth: 2, MaxResults: c.most})
		told := ""
		for _, e := range got.found.Entries {
			told += " " + e.Name
			if slices.Contains(e.Languages, "forged") {
				told += "*"
			}
		}
		for _, name := range got.found.Missing {
			told += " missing " + name
		}
		if told = strings.TrimSpace(told); c.found != "" && told != c.found {
			t.Errorf("%s: %q, want %q", c.name, told, c.found)
		}
		if n := len(got.found.Entries); n > 100 || len(got.found.Missing) > maxMissing || len(got.found.Ways) > 0 && len(got.found.Ways) != n || got.at != 6*hop {
			t.Errorf("%s: %d entries, %d ways, %d missing after %v", c.name, n, len(got.found.Ways), len(got.found.Missing), got.at)
		}
		for _, honest := range []string{"ann", "ben"} {
			if !strings.Contains(listed(got.found), honest) {
				t.Errorf("%s left no room for %s", c.name, honest)
			}
		}
		for _, way := range got.found.Ways {
			if way.Hops < 0 || way.Hops > 2 || (way.Hops == 0) != (way.Via == "") {
				t.Errorf("%s: by %v", c.name, way)
			}
		}
	}
}

// "bounded number of searches open at once": beyond it a search is refused, and may be tried again; what needs nobody else is done.
func TestSoManySearchesWaitAtOnce(t *testing.T) {
	w := newTown(t)
	w.dfs(Config{Federation: Federation{Open: 4}}, map[string][]string{"df1": {"bad"}})
	w.settle("bad", silent)
	w.works("df1", "ann")
	var all []*asker
	for _, name := range []string{"u", "v", "x"} {
		all = append(all, w.asks(name))
	}
	for i, by := range []int{0, 0, 0, 1, 1, 2} { // two each, and four at all
		w.give(all[by].name, inquire{Search[Description]{work, Constraints{MaxDepth: 1, SearchID: fmt.Sprint(i)}}, "df1", 0})
	}
	w.give("x", inquire{Search[Description]{work, Constraints{}}, "df1", 0})
	w.give("x", inquire{Search[Description]{work, Constraints{MaxDepth: 1}}, "df1", time.Second}) // it would not wait
	w.until(w.now + time.Minute)
	told := ""
	for _, a := range all {
		for _, got := range a.answers {
			told += fmt.Sprintf("%s: %s after %v\n", a.name, got.told(), got.at)
		}
	}
	if want := `u: overloaded after 200ms
u: ann missing bad after 4.200000001s
u: ann missing bad after 4.200000001s
v: ann missing bad after 4.200000001s
v: ann missing bad after 4.200000001s
x: overloaded after 200ms
x: ann after 200ms
x: ann missing bad after 200ms
`; told != want {
		t.Errorf("told\n%swant\n%s", told, want)
	}
	w.settle("df2", func() actors.Behavior { return DF(Config{Federation: Federation{Open: 1}}) })
	w.enter("df2", Description{Name: "df1", Services: []Service{{Type: TypeDF}}})
	if got := all[2].search("df2", Constraints{MaxDepth: 1}); got.told() != "ann" {
		t.Errorf("of one that does one at a time: %q", got.told())
	}
	if got := all[2].search("df1", Constraints{MaxDepth: 1, SearchID: "5"}); got.told() != "ann missing bad" {
		t.Errorf("when it tried again: %q", got.told())
	}
}

// A search goes to so many directories, the first by name, and to none where what is here is enough.
func TestNoMoreAreAskedThanNeeded(t *testing.T) {
	for _, c := range []struct {
		members, most int
		want          string
		asked         int
	}{{0, 0, "ann ben cy dan", 3}, {3, 0, "ann ben cy dan", 3}, {2, 0, "ann ben cy", 2}, {1, 0, "ann ben", 1}, {0, 2, "ann ben", 3}, {0, 1, "ann", 0}} {
		w := newTown(t)
		w.dfs(Config{Federation: Federation{Members: c.members}}, map[string][]string{"df1": {"df2", "df3", "df4"}, "df2": {"df1"}, "df3": {"df1"}, "df4": nil})
		for i, name := range []string{"ann", "ben", "cy", "dan"} {
			w.works(fmt.Sprint("df", i+1), name)
		}
		got := w.asks("zoe").search("df1", Constraints{MaxDepth: 2, MaxResults: c.most})
		if got.told() != c.want || w.asked() != c.asked {
			t.Errorf("of %d members and at most %d entries: %q by %d searches", c.members, c.most, got.told(), w.asked())
		}
	}
}

// Not itself, not who has sent the search, not whom it does not trust, not who is no directory; and no more than the desk has
// room for.
func TestWhoIsAsked(t *testing.T) {
	d := newDirectory[Description](Config{}, roles.Config{Limits: monitor.Config{Open: 3}})
	d.federation = federate(d, Federation{Trust: func(name string) bool { return name != "eve" }})
	for _, name := range []string{"df1", "df2", "df3", "df4", "df5", "eve"} {
		d.registry.Held = append(d.registry.Held, held[Description]{Entry: Description{Name: name, Services: []Service{{Type: "work"}, {Type: TypeDF}}}})
	}
	d.registry.Held = append(d.registry.Held, held[Description]{Entry: worker("zoe")})
	df := open(t, "df1", func() actors.Behavior { return d.desk.Beside(d) })
	df.old = true
	var asked []string
	for _, m := range df.ask("df4", protocol.Request, Search[Description]{Constraints: Constraints{MaxDepth: 1}}) {
		asked = append(asked, m.Receivers...)
	}
	if !slices.Equal(asked, []string{"df2", "df3"}) || !slices.Equal(d.federation.Inquiries[0].Missing, []string{"df5"}) {
		t.Errorf("it asked %q, and knows of %+v", asked, d.federation.Inquiries)
	}
}

// A search that is cancelled, or whose asker talks nonsense, is forgotten, and nobody is asked any more for it.
func TestASearchThatIsCancelledAsksNobodyAnyMore(t *testing.T) {
	for end, want := range map[protocol.Act][]string{
		protocol.Cancel: {"df1 cancel df2", "df1 inform zoe", "df2 cancel bad", "df2 inform df1"},
		"hum":           {"df1 not-understood zoe", "df1 cancel df2", "df2 cancel bad", "df2 inform df1"},
	} {
		w := newTown(t)
		w.dfs(Config{}, map[string][]string{"df1": {"df2"}, "df2": {"bad"}})
		w.settle("bad", silent)
		q := &protocol.Message{Act: protocol.Request, Sender: "zoe", Receivers: []string{"df1"}, Protocol: "fipa-request", Conversation: "c", ReplyWith: "r", Content: Search[Description]{work, Constraints{MaxDepth: 3}}}
		w.give("df1", q)
		w.until(5 * hop)
		stop := *q
		stop.Act, stop.Content, stop.ReplyWith = end, nil, "s"
		w.said = nil
		w.give("df1", &stop)
		w.until(20 * hop)
		var acts []string
		for _, m := range w.said {
			acts = append(acts, fmt.Sprint(m.Sender, " ", m.Act, " ", m.Receivers[0]))
		}
		if !slices.Equal(acts, want) {
			t.Errorf("at %s they said %q", end, acts)
		}
		for _, df := range []string{"df1", "df2"} {
			if state := w.state(df); strings.Contains(state, "inquiries") {
				t.Errorf("%s goes on: %s", df, state)
			}
		}
	}
}

// Against a naive reading, on 300 federations: what is found is what the directories within reach hold, of each name the nearest,
// with any delays up to the longest.
func TestWhatIsFoundIsWhatIsWithinReach(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 2 + r.IntN(6)
		edges, holds := map[string][]string{}, map[string][]string{}
		for i := range n {
			name := fmt.Sprint("df", i)
			edges[name] = nil
			for j := range n {
				if i != j && r.IntN(3) == 0 {
					edges[name] = append(edges[name], fmt.Sprint("df", j))
				}
			}
			for k := range 6 {
				if r.IntN(4) == 0 {
					holds[name] = append(holds[name], string(rune('a'+k)))
				}
			}
		}
		w := newTown(t)
		w.delay = func(string, string) time.Duration { return time.Duration(r.Int64N(int64(2 * time.Second))) }
		w.dfs(Config{}, edges)
		for name, all := range holds {
			w.works(name, all...)
		}
		c := Constraints{MaxDepth: r.IntN(6), MaxResults: r.IntN(5)}
		got := w.asks("zoe").search("df0", c)
		hops, queue := map[string]int{"df0": 0}, []string{"df0"}
		nearest := map[string]int{}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			for _, name := range holds[at] {
				if d, ok := nearest[name]; !ok || hops[at] < d {
					nearest[name] = hops[at]
				}
			}
			for _, to := range edges[at] {
				if _, seen := hops[to]; !seen && hops[at] < c.MaxDepth {
					hops[to] = hops[at] + 1
					queue = append(queue, to)
				}
			}
		}
		want := len(nearest)
		if c.MaxResults > 0 {
			want = min(want, c.MaxResults)
		}
		var found, best []int
		for i, e := range got.found.Entries {
			far := got.found.Way(i).Hops
			if d, ok := nearest[e.Name]; !ok || far != d {
				t.Errorf("%d: %s is found %d away, and is %d away", seed, e.Name, far, d)
			}
			found = append(found, far)
		}
		for _, d := range nearest {
			best = append(best, d)
		}
		slices.Sort(found)
		slices.Sort(best)
		if !slices.Equal(found, best[:want]) || len(got.found.Missing) > 0 || !slices.IsSortedFunc(got.found.Entries, func(a, b Description) int { return cmp.Compare(a.Name, b.Name) }) {
			t.Errorf("%d: %v within %+v of %v holding %v: %s, so far away: %v, want %v", seed, c, hops, edges, holds, got.told(), found, best[:want])
		}
	}
}

// A DF registers with others as one, renews that, and comes back where it was forgotten; who is not trusted is not asked.
func TestADFRegistersWithOthers(t *testing.T) {
	w := newTown(t)
	w.settle("df1", func() actors.Behavior {
		return DF(Config{Lease: time.Minute, Federation: Federation{Trust: func(name string) bool { return name != "eve" }}})
	})
	w.enter("df1", Description{Name: "eve", Services: []Service{{Type: TypeDF}}})
	w.settle("eve", silent)
	w.settle("df2", func() actors.Behavior {
		return DF(Config{Federation: Federation{With: []string{"df1", "df2", "df1", "later"}, Lease: 4 * time.Minute}})
	})
	w.works("df2", "ann")
	zoe := w.asks("zoe")
	w.until(5 * hop)
	for range 3 {
		if got := zoe.search("df1", Constraints{MaxDepth: 1}); got.told() != "ann" || got.at != 4*hop {
			t.Errorf("found %q after %v", got.told(), got.at)
		}
	}
	w.enter("df1", worker("bob"))
	w.give("df1", actors.Undelivered{Message: &protocol.Message{Act: protocol.Inform}, To: "df2", Reason: actors.ReasonStopped})
	if got := zoe.search("df1", Constraints{MaxDepth: 1}); got.told() != "bob" {
		t.Errorf("when it was forgotten: %q", got.told())
	}
	w.settle("later", func() actors.Behavior { return DF(Config{}) })
	w.until(w.now + 2*time.Minute) // it tries again at half of the lease
	for _, df := range []string{"df1", "later"} {
		if got := zoe.search(df, Constraints{MaxDepth: 1}); got.told() != map[string]string{"df1": "ann", "later": "ann"}[df] {
			t.Errorf("%s has not learnt of it: %q", df, got.told())
		}
	}
}

// What another directory says of an entry is taken as it is, and never makes a DF ask at every moment.
func TestWhatIsSaidOfAnEntryInAnother(t *testing.T) {
	const now, again = time.Hour, time.Hour + 5*time.Minute
	granted := func(l time.Duration) any { return Granted[Description]{Description{Lease: l}} }
	for _, c := range []struct {
		value any
		code  string
		known bool // before
		want  tie
	}{
		{granted(0), "", false, tie{Known: true, Again: again}},
		{granted(time.Minute), "", false, tie{Known: true, Again: now + 30*time.Second}},
		{granted(1), "", true, tie{Known: true, Again: now + 2*time.Second}},
		{granted(-1), "", true, tie{Known: true, Again: again}},
		{granted(time.Hour), "", true, tie{Known: true, Again: again}},
		{nil, "already-registered", false, tie{Known: true, Again: now + 2*time.Second}},
		{nil, "not-registered", true, tie{Known: false, Again: now + 2*time.Second}},
		{nil, "unauthorised", false, tie{Known: false, Again: again}},
		{stranger{1}, "", true, tie{Known: true, Again: again}},
	} {
		f := federate(newDirectory[Description](Config{}, roles.Config{}), Federation{})
		f.Ties = []tie{{With: "df2", Known: c.known, Again: again}}
		turn := actors.NewTurn(actors.TurnConfig{Self: "df1", Now: now})
		f.entered(turn, "df3", c.value, c.code)
		f.entered(turn, "df2", c.value, c.code)
		if c.want.With = "df2"; f.Ties[0] != c.want {
			t.Errorf("%v %s: %+v, want %+v", c.value, c.code, f.Ties[0], c.want)
		}
	}
}

// A directory has one timer: that of what is due first.
func TestADirectoryHasOneTimer(t *testing.T) {
	w := newTown(t)
	w.dfs(Config{}, map[string][]string{"df": nil})
	for i, lease := range []time.Duration{20, 30, 10, 5} {
		w.enter("df", Description{Name: fmt.Sprint("w", i), Lease: lease * time.Second})
	}
	if off := len(w.lives["df"].off); off != 2 || len(w.comes) != 3 {
		t.Errorf("%d timers are set, of which %d are none any more", len(w.comes), off)
	}
}
