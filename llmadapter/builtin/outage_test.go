package builtin

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// "A way to make the server refuse all for a time on demand": each way, over HTTP, and its end.
func TestOutage(t *testing.T) {
	cfg := fast()
	cfg.Control, cfg.RPM = true, 100
	s, c := started(t, cfg), client(t)
	control := func(body, kind string) (int, string) {
		resp, err := c.Post(strings.TrimSuffix(s.URL(), "/v1")+"/control", kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	for _, mode := range []string{"429", "500", "503", "529"} {
		if status, text := control(`{"mode":"`+mode+`","for":"1h"}`, "application/json; charset=utf-8"); status != 200 || text != `{"mode":"`+mode+`","for":"1h"}` {
			t.Errorf("%d %s", status, text)
		}
		if g := post(t, c, s, plain(s, nil)); strconv.Itoa(g.status) != mode || !strings.Contains(g.body, "on purpose") {
			t.Errorf("%s: %+v", mode, g)
		}
	}
	if h := speak(t, c, s, spoken(question(t, 1, 0), s, nil)); h.status != 529 || h.error != "overloaded_error" {
		t.Errorf("%+v", h)
	}
	if err := s.Outage("503", 0); err != nil {
		t.Error(err)
	}
	if g := post(t, c, s, plain(s, nil)); g.status != 200 || g.header.Get("X-Ratelimit-Remaining-Requests") != "99" {
		t.Errorf("it is not over, or has cost something: %+v", g)
	}
	if n := s.Counts(); n.Outage != 5 || n.Refused != 5 || n.Answered != 1 || n.Faults[Fault529] != 2 || n.Minute.Admitted != 1 {
		t.Errorf("%+v", n)
	}
	for body, names := range map[string]string{
		`{"mode":"fire","for":"1s"}`: `outage "fire"; accepted are ["429" "500"`, `{"mode":"503","for":"2h"}`: "accepted is a duration from 0 to 1h0m0s",
		`{"mode":"down","for":"-1s"}`: "accepted is a duration", `{"mode":"503"}`: "invalid duration", "[]": "accepted is such as",
		`{"mode":"503","for":"1h","x":"` + strings.Repeat("x", 5000) + `"}`: "too large",
	} {
		var doc struct{ Error struct{ Message string } }
		status, text := control(body, "application/json")
		if err := json.Unmarshal([]byte(text), &doc); status != 400 || err != nil || !strings.Contains(doc.Error.Message, names) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if status, text := control(`{"mode":"503","for":"1h"}`, "text/plain"); status != 400 || !strings.Contains(text, "application/json") || s.outage.now() != "" {
		t.Errorf("%d %s", status, text)
	}
}

// An outage ends by itself.
func TestOutageEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{}
		if err := s.Outage("hang", time.Second); err != nil || s.outage.now() != FaultHang {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if f := s.outage.now(); f != "" {
			t.Errorf("still %q", f)
		}
	})
}

// A server that hangs says nothing at all, until the client goes or the limit is over.
func TestHang(t *testing.T) {
	ended := make(chan Served, 2)
	cfg := fast()
	cfg.StallLimit, cfg.Observe = time.Hour, func(v Served) { ended <- v }
	s, c := started(t, cfg), client(t)
	if err := s.Outage("hang", time.Minute); err != nil {
		t.Error(err)
	}
	conn := send(t, s, plain(s, nil))
	post(t, c, s, "{") // somebody is answered meanwhile
	<-ended
	conn.Close()
	if v := <-ended; v.Outcome != broken || v.Fault != FaultHang || v.Status != 0 {
		t.Errorf("%+v", v)
	}
	cfg.StallLimit, cfg.Faults = time.Millisecond, Faults{FaultHang: 1}
	s = started(t, cfg)
	if g := post(t, c, s, plain(s, nil)); g.err == nil {
		t.Errorf("%+v", g)
	}
}

// "Connection refused by closing the listener": nobody is let in, whoever was in is out, and then it listens again in the
// same place and knows what it has counted.
func TestDown(t *testing.T) {
	cfg := Config{FirstToken: -1, PerToken: time.Hour, Control: true}
	s, c := started(t, cfg), client(t)
	conn := send(t, s, plain(s, object{"stream": true}))
	lines := bufio.NewReader(conn)
	if _, err := lines.ReadString('\n'); err != nil { // it has begun
		t.Error(err)
	}
	resp, err := c.Post(strings.TrimSuffix(s.URL(), "/v1")+"/control", "application/json", strings.NewReader(`{"mode":"down","for":"1h"}`))
	if err != nil || resp.StatusCode != http.StatusOK || !resp.Close {
		t.Fatal(resp, err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	_, _ = io.Copy(io.Discard, lines) // until it is cut
	if g := post(t, c, s, plain(s, object{"max_tokens": 1})); !errors.Is(g.err, syscall.ECONNREFUSED) {
		t.Errorf("%+v", g)
	}
	if err := s.Outage(OutageDown, time.Millisecond); err != nil { // sooner
		t.Error(err)
	}
	<-s.door.opening()
	if g := post(t, c, s, plain(s, object{"max_tokens": 1, "stream": true})); g.status != 200 || !g.done {
		t.Errorf("%+v", g)
	}
	if n := s.Counts(); n.Gone != 1 || n.Answered != 1 {
		t.Errorf("%+v", n)
	}
	if err := s.Outage(OutageDown, time.Hour); err != nil { // and closed like that
		t.Error(err)
	}
}

// opening is closed when it is opened.
func (d *door) opening() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// A place that somebody has taken meanwhile is taken back when it is free.
func TestDownWhileAnotherListens(t *testing.T) {
	s := started(t, fast())
	if err := s.Outage(OutageDown, time.Hour); err != nil {
		t.Error(err)
	}
	other, err := Start(t.Context(), Config{Addr: s.addr})
	if err != nil {
		t.Skip(err) // somebody else was quicker
	}
	s.door.open()
	if !s.door.isShut() {
		t.Error("it is open")
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	<-s.door.opening()
	if g := post(t, client(t), s, plain(s, nil)); g.status != 200 {
		t.Errorf("%+v", g)
	}
}

// "One JSON line per request, bounded ring, so that a judge can join server log and ledger."
func TestLog(t *testing.T) {
	cfg := fast()
	cfg.Log = 3
	s, c := started(t, cfg), client(t)
	told := func(query string) (all []Entry) {
		resp, err := c.Get(strings.TrimSuffix(s.URL(), "/v1") + "/log" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 {
			return []Entry{{Status: resp.StatusCode}}
		}
		for d := json.NewDecoder(resp.Body); ; {
			var e Entry
			if err := d.Decode(&e); err != nil {
				return all
			}
			all = append(all, e)
		}
	}
	if all := told(""); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	begun := time.Now()
	for i := range 5 {
		post(t, c, s, object{"model": s.Name(), "messages": []object{{"role": "user", "content": "request-id: " + strings.Repeat(strconv.Itoa(i), 200)}}})
		all := told("?after=" + strconv.Itoa(max(i-1, 0)))
		if want := min(i+1, 2); len(all) != want || all[len(all)-1].N != i+1 {
			t.Errorf("%+v, want %d", all, want)
		}
	}
	all := told("")
	if len(all) != 3 || all[0].N != 3 || all[2].N != 5 {
		t.Fatalf("%+v", all)
	}
	e := all[0]
	if e.ID != strings.Repeat("2", 100)+"…" || e.Wire != "openai" || e.Outcome != answered || e.Status != 200 || e.Prompt != 56 || e.Answer == 0 || e.At.Before(begun) || e.Took < 0 {
		t.Errorf("%+v", e)
	}
	if all := told("?after=4"); len(all) != 1 || all[0].N != 5 {
		t.Errorf("%+v", all)
	}
	if all := told("?after=99"); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	for _, query := range []string{"?after=x", "?after=-1"} {
		if all := told(query); all[0].Status != 400 {
			t.Errorf("%s: %+v", query, all)
		}
	}
	full := record{size: mostTold + 500}
	for range mostTold + 600 {
		full.add(Served{})
	}
	if all := full.after(0); len(all) != mostTold || all[0].N != 101 {
		t.Errorf("%d from %d", len(all), all[0].N)
	}
}
