package report

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
)

// Whatever stands in a manifest, a page and its data come out of it, or one clear error.
func FuzzManifest(f *testing.F) {
	kept, err := os.ReadFile("testdata/lake/manifest.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kept)
	for _, seed := range []string{`{}`, `null`, `[]`, `{"scenario":"x","status":"done","runs":1}`,
		`{"scenario":"x","status":"failed","runs":9000000000000000000,"seed":18446744073709551615,"rounds_ordered":9223372036854775807,"rounds_played":9223372036854775807}`,
		`{"scenario":"<script>","status":"done","runs":2,"seeds":[1,2],"metrics":{"a":{"mean":1e308,"n":2,"sd":1e308},"a":{"mean":-1e308,"n":1}}}`,
		`{"scenario":"x","status":"done","runs":1,"emergence":[{"question":"<b>","measure":"","value":1e300,"n":1,"p":1,"ci":[-1e308,1e308],"null":{"kind":"surrogate","n":1,"of":"k"},"values":{"k":2}},{}]}`,
		`{"scenario":"x","status":"done","runs":1,"metrics":{"a":null},"record":{"deciders":{"":-3},"said":{"items":[{"round":-1},{"to":[""]}],"left_out":1,"gap_at":1}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		one := *m
		one.Runs = 1
		r := &Run{Manifest: m, first: m, runs: []Ended{ended(m), ended(m)}, seen: &histories{each: 1}}
		for _, d := range []*Document{New(r, nil), New(&Run{Manifest: &one, first: &one, runs: r.runs[:1], seen: r.seen}, &polis.Scenario{})} {
			written(t, d)
		}
	})
}

// written writes both forms of a document.
func written(t *testing.T, d *Document) {
	var page, data bytes.Buffer
	if err := WriteHTML(&page, d); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&data, d); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(data.Bytes()) || !strings.HasSuffix(strings.TrimSpace(page.String()), "</html>") || strings.Contains(page.String(), "<script") {
		t.Errorf("%s", page.String())
	}
}

// Whatever stands in a table, curves are drawn of it, or one clear error.
func FuzzTables(f *testing.F) {
	for _, seed := range [][2]string{
		{"run,seed,round,x\n1,1,1,5\n1,1,2,\n", "run,seed,round,agent,y,decided_by\n1,1,1,a,5,rules\n1,1,1,b,6,rules\n"},
		{"run,seed,round\n1,1,1\n", "run,seed,round,agent,decided_by\n1,1,1,a,rules\n"},
		{"run,seed,round,x,x\n1,1,9223372036854775807,1e308,-1e308\n", "run,seed,round,agent,y,decided_by\n,,3,\"<b>\n\",1e-320,\n,,3,,-1e100,\n"},
		{"run,seed,round,x\n,,1,1e99\n,,2,-1e99\n", "run,seed,round,agent,y,decided_by\n,,1,\u202e,1,\n,,2,\xff,2,\n"},
	} {
		f.Add(seed[0], seed[1], uint8(1))
	}
	f.Fuzz(func(t *testing.T, rounds, agents string, each uint8) {
		m := &Manifest{Scenario: "pond", Status: "done", Runs: 1}
		r := &Run{Manifest: m, first: m, runs: []Ended{ended(m)}, seen: &histories{each: 1 + int(each)}}
		err := parseTable(strings.NewReader(rounds), roundsBefore, nil, r.seen.seeWorld)
		if err == nil {
			err = parseTable(strings.NewReader(agents), agentsBefore, agentsAfter, r.seen.seeAgent)
		}
		if err != nil {
			return
		}
		r.seen.closeRound()
		written(t, New(r, nil))
		m.Runs, r.runs = 2, append(r.runs, r.runs[0])
		written(t, New(r, nil))
	})
}

// Whatever stands in the manifest and the runs of a sweep, a page and its data come out of it, or one clear error.
func FuzzSweep(f *testing.F) {
	const manifest = `{"scenario":"x","status":"done","runs":2,"done":1,"seeds":{"first":1,"count":1},"decided_words":"<b>","cells":[{"arm":"a","parameters":{"x":"1","y":"NaN"},"metrics":[{"name":"m","mean":1,"n":2,"ci":[0,2]}]},
		{"arm":"a","parameters":{"x":"1e99"},"metrics":[{"name":"m","mean":-1e300,"n":1},{"name":"","mean":1e-300,"n":0}]}],"hypotheses":[{"hypothesis":"<script>","named_before":true,"supported":true,"test":"log-rank","estimate":{"value":1,"n":1,"p":1,"null":{"kind":"simulation","n":1}}},{}]}`
	f.Add([]byte(manifest), "run,arm,x,seed,hash,rounds,m,milestone a,milestone a\n1,a,1,1,,5,1,3,\n2,b,1,2,,5,1,,0\n")
	f.Add([]byte(`{"scenario":"x"}`), "run,arm,seed,rounds\n")
	f.Add([]byte(`null`), "")
	f.Fuzz(func(t *testing.T, manifest []byte, runs string) {
		s, err := parseSweep(manifest)
		if err == nil {
			s.Survival, err = s.survival(strings.NewReader(runs))
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		var page, data bytes.Buffer
		if err := WriteSweepHTML(&page, s); err != nil {
			t.Fatal(err)
		}
		if err := writeData(&data, s); err != nil || !json.Valid(data.Bytes()) || strings.Contains(page.String(), "<script") {
			t.Errorf("%v: %s", err, page.String())
		}
	})
}
