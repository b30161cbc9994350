package builtin

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// "Slots that share a token rate": answers in progress get equal parts of it, and who is alone gets all of it.
func TestSharing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSharing(Config{TokenRate: 100})
		begun := time.Now()
		var all sync.WaitGroup
		ends := map[string]time.Duration{}
		var mu sync.Mutex
		answer := func(name string, after time.Duration, tokens float64) {
			all.Go(func() {
				time.Sleep(after)
				from := s.enter()
				defer s.leave()
				for n := 10.0; n <= tokens; n += 10 {
					if !s.until(t.Context(), from+n) {
						t.Error("it has ended")
					}
				}
				mu.Lock()
				defer mu.Unlock()
				ends[name] = time.Since(begun).Round(time.Millisecond)
			})
		}
		// a alone for 1 s: 100 tokens. With b for 2 s: 100 each, and b is done. With nobody: the last 100 in 1 s.
		answer("a", 0, 300)
		answer("b", time.Second, 100)
		// c and d later, alone again: at 10 s, 50 each in 1 s.
		answer("c", 10*time.Second, 50)
		answer("d", 10*time.Second, 50)
		all.Wait()
		for name, want := range map[string]time.Duration{"a": 4 * time.Second, "b": 3 * time.Second, "c": 11 * time.Second, "d": 11 * time.Second} {
			if got := ends[name]; got != want {
				t.Errorf("%s ended after %v, want %v", name, got, want)
			}
		}
		if s.n != 0 || len(s.waits) != 0 {
			t.Errorf("%d in progress, %d wait", s.n, len(s.waits))
		}
	})
}

// Nobody is faster than one token per PerToken, however few there are; and who goes gives his part to the others.
func TestSharingHasABoundAndAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSharing(Config{TokenRate: 100, PerToken: 50 * time.Millisecond})
		begun := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 9 { // who would have all of it for hours, and go after a second
			all.Go(func() {
				from := s.enter()
				defer s.leave()
				if s.until(ctx, from+1e6) {
					t.Error("a million tokens have come")
				}
			})
		}
		from := s.enter()
		time.AfterFunc(time.Second, cancel) // ten of them: 10 a second each
		if !s.until(t.Context(), from+30) {
			t.Error("it has ended")
		}
		if took := time.Since(begun).Round(time.Millisecond); took != 2*time.Second { // 10 in the first second, 20 in the next
			t.Errorf("it took %v", took)
		}
		s.leave()
		all.Wait()
		if len(s.waits) != 0 {
			t.Errorf("%d wait", len(s.waits))
		}
	})
}

// Over HTTP: the whole server gives its rate and not more, streamed or not; FirstToken and PerPrompt come before.
func TestTokenRate(t *testing.T) {
	s, c := started(t, Config{FirstToken: -1, PerToken: -1, TokenRate: 1000, Lengths: Lengths{Median: 20}}), client(t)
	begun := time.Now()
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if g := post(t, c, s, plain(s, object{"stream": i%2 == 0, "stream_options": object{"include_usage": true}, "seed": i})); g.usage == nil || g.usage.Completion != 20 {
				t.Errorf("%+v", g)
			}
		})
	}
	all.Wait()
	if took := time.Since(begun); took < 200*time.Millisecond {
		t.Errorf("200 tokens in %v", took)
	}
	s = started(t, Config{FirstToken: 10 * time.Millisecond, PerToken: -1, PerPrompt: time.Millisecond})
	begun = time.Now()
	if g := post(t, c, s, plain(s, object{"messages": []object{{"role": "user", "content": string(make([]byte, 400))}}})); g.usage.Prompt != 103 {
		t.Errorf("%+v", g.usage)
	}
	if took := time.Since(begun); took < 113*time.Millisecond {
		t.Errorf("a prompt of 103 tokens took %v", took)
	}
	s = started(t, Config{FirstToken: -1, TokenRate: 1e-3, PerToken: -1}) // whoever goes is not waited for
	send(t, s, plain(s, nil)).Close()
}

// "Seeded lengths: lognormal": of the median that was asked for, with its spread, and the same for the same request.
func TestLengths(t *testing.T) {
	l := Lengths{Median: 200, Sigma: 0.5}
	var sum, square float64
	const n = 4000
	below := 0
	for i := range uint64(n) {
		a := &ask{seed: i, digest: "x"}
		v := l.draw(a)
		if v != l.draw(a) || v < 1 || v > mostLong {
			t.Fatal(v)
		}
		if v < 200 {
			below++
		}
		x := math.Log(float64(v) / 200)
		sum += x
		square += x * x
	}
	if mean, sd := sum/n, math.Sqrt(square/n); math.Abs(mean) > 0.03 || math.Abs(sd-0.5) > 0.02 || below < n*47/100 || below > n*53/100 {
		t.Errorf("mean %v, sd %v, %d below the median", mean, sd, below)
	}
	if v := (Lengths{Median: mostLong, Sigma: 3}).draw(&ask{digest: "y", seed: 4}); v > mostLong {
		t.Error(v)
	}
	if v := (Lengths{Median: 7}).draw(&ask{}); v != 7 {
		t.Error(v)
	}
	for text, want := range map[string]Lengths{"200": {200, 0}, "200:0.6": {200, 0.6}, "1:3": {1, 3}} {
		if l, err := ParseLengths(text); err != nil || l != want {
			t.Errorf("%s: %+v, %v", text, l, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "200:", "200:x", "200:-1", "200:4", "200:NaN", "40000"} {
		if _, err := ParseLengths(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// A text is made as long; what has a form stays what it is, and the rest are thoughts that are counted.
func TestLengthsOfAnswers(t *testing.T) {
	plainly := fast()
	plainly.Policy = takesHalf
	long := plainly
	long.Lengths = Lengths{Median: 300}
	short := plainly
	short.Lengths = Lengths{Median: 2}
	a, b, d, c := started(t, plainly), started(t, long), started(t, short), client(t)
	text := func(s *Server, more object) got { return post(t, c, s, plain(s, more)) }
	if g := text(b, nil); g.usage.Completion != 300 || len(g.text) != 1200 || g.usage.Details != nil || g.finish != "stop" || g.text[:20] != text(a, nil).text[:20] {
		t.Errorf("%+v", g)
	}
	if g := text(d, nil); g.usage.Completion != 2 || len(g.text) != 8 {
		t.Errorf("%+v", g)
	}
	if g := text(b, object{"max_tokens": 100}); g.usage.Completion != 100 || g.finish != "length" {
		t.Errorf("%+v", g)
	}
	want := post(t, c, a, wired(question(t, 60, 1), a, nil))
	for _, streamed := range []bool{false, true} {
		more := object{"stream": streamed, "stream_options": object{"include_usage": true}}
		g := post(t, c, b, wired(question(t, 60, 1), b, more))
		if g.content() != want.content() || g.usage.Completion != 300 || g.usage.Details == nil || g.usage.Details.Reasoning != 300-want.usage.Completion {
			t.Errorf("%+v, %+v", g, g.usage)
		}
		more["max_tokens"] = 100
		if g = post(t, c, b, wired(question(t, 60, 1), b, more)); g.content() != want.content() || g.usage.Completion != 100 {
			t.Errorf("%+v", g.usage)
		}
		if g = post(t, c, d, wired(question(t, 60, 1), d, more)); g.content() != want.content() || g.usage.Details != nil {
			t.Errorf("%+v", g.usage)
		}
		if h := speak(t, c, b, spoken(question(t, 60, 1), b, object{"stream": streamed})); h.output != 300 {
			t.Errorf("%+v", h)
		}
	}
}

// Thoughts take their time, streamed or not, whether tokens are shared or each answer has its own, and come before the
// first piece.
func TestThoughtsTakeTime(t *testing.T) {
	for _, rate := range []float64{0, 1000} {
		s, c := started(t, Config{FirstToken: -1, PerToken: time.Millisecond, TokenRate: rate, Lengths: Lengths{Median: 150}}), client(t)
		for _, streamed := range []bool{false, true} {
			begun := time.Now()
			g := post(t, c, s, wired(question(t, 60, 1), s, object{"stream": streamed, "stream_options": object{"include_usage": true}}))
			if took := time.Since(begun); g.usage.Details == nil || took < time.Duration(g.usage.Details.Reasoning)*time.Millisecond || g.usage.Details.Reasoning < 100 {
				t.Errorf("rate %v, streamed %v: %v for %+v", rate, streamed, took, g.usage)
			}
		}
	}
}
