package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/report"
	"github.com/polis-agents/polis/scenarios/commons"
)

// "Content, in this order."
func TestOrderOfThePage(t *testing.T) {
	text, _ := saved(t, lake(t))
	at := 0
	for _, part := range []string{`name="viewport"`, `id="headline"`, `id="who"`, `id="metrics"`, `id="plots"`, `id="said"`, `id="faults"`, `id="world"`,
		`id="configuration"`, `id="again"`, "<span>go run ./cmd/demo run commons</span> <span>--agents 5</span> <span>--rounds 12</span> <span>--seed 1</span>", "b3311005a5e8a01f4224e97c363a350af80a2739bc446212c25ae4e321b84f53", "go1.26"} {
		next := strings.Index(text[at:], part)
		if next < 0 {
			t.Fatalf("%s is not there, or too early", part)
		}
		at += next
	}
	for _, part := range []string{"month 10", "partially observable", "stochastic", "lake collapsed in month 10 of 12", "<bdi>cap 10</bdi>",
		"Nothing that depends on the clock", "agents.csv", `lang="en"`, "430 sent = 430 handled"} {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q", part)
		}
	}
}

var outside = regexp.MustCompile(`(?i)(src|href|action|data|poster|srcset)\s*=\s*["']?[^"'\s>]+|url\([^)]*\)|@import|<script|<iframe|<object|<embed|<form|<base|javascript:`)

// "One self-contained HTML file: no script needed to read it, no request leaves it", whatever agents say.
func TestPageStandsAlone(t *testing.T) {
	for name, dir := range pages(t) {
		text, _ := saved(t, dir)
		for _, found := range outside.FindAllString(unquoted(text), -1) {
			if found != `href="data:,` {
				t.Errorf("%s: %s", name, found)
			}
		}
		if !strings.Contains(text, `content="default-src &#39;none&#39;`) && !strings.Contains(text, `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:`) {
			t.Errorf("%s: no policy", name)
		}
		if !strings.Contains(text, `<link rel="icon" href="data:,">`) {
			t.Errorf("%s: a browser would ask its server for a picture", name)
		}
		if name == "lake" && len(text) > 500<<10 {
			t.Errorf("it has %d bytes, want at most 500 KiB", len(text))
		}
	}
}

// unquoted is a page without its texts: what is between tags cannot ask for anything.
func unquoted(page string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(page, "<") {
		tag, _, _ := strings.Cut(part, ">")
		b.WriteString("<" + tag + ">\n")
	}
	return b.String()
}

// "All text escaped (what agents say is hostile: test with <script>, quotes, RTL marks, 16 KiB text)."
func TestHostileTexts(t *testing.T) {
	dir := lake(t)
	amend(t, dir, spoil)
	edit(t, filepath.Join(dir, "agents.csv"), "Emma", `<b onclick=alert(1)>Emma`)
	edit(t, filepath.Join(dir, "rounds.csv"), "stock", `<i title=x>`)
	edit(t, filepath.Join(dir, "rounds.csv"), "left", `<u title=y>`)
	s := commons.Scenario
	s.Plots = append([]polis.Plot{{Title: "<s>both</s>", Of: "world", Variables: []string{"<i title=x>", "<u title=y>"}}}, s.Plots...)
	d, err := report.Save(dir, func(string) *polis.Scenario { return &s })
	must(t, err)
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	must(t, err)
	text := string(page)
	for _, tag := range []string{"<b onclick", "<i title", "<u title", "<s>"} {
		if strings.Contains(text, tag) {
			t.Errorf("there is %s on the page", tag)
		}
	}
	if strings.Count(text, "&lt;b onclick=alert(1)&gt;Emma") < 2 || strings.Count(text, "&lt;u title=y&gt;</text>") != 1 {
		t.Error("names are not shown as they are")
	}
	for _, said := range nasty[:4] {
		if !strings.Contains(text, html.EscapeString(said)) && !strings.Contains(text, strings.ReplaceAll(html.EscapeString(said), "+", "&#43;")) {
			t.Errorf("%q is not shown as it was said", said)
		}
	}
	if strings.ContainsAny(text, "\x00\x01\x1b\x07\u0085") {
		t.Error("control characters are on the page")
	}
	if !json.Valid([]byte(both(t, dir)[len(text):])) {
		t.Error("report.json is none")
	}
	if got := strings.Count(text, "<q dir=\"auto\">"); got != len(nasty) {
		t.Errorf("%d quotes, want %d", got, len(nasty))
	}
	if got := strings.Count(text, "<b><bdi>"); got < 2*len(nasty) { // so that marks that turn the writing end with the name
		t.Errorf("%d names stand alone", got)
	}
	if len(d.Said.Items) != 2*len(nasty) {
		t.Errorf("%d said", len(d.Said.Items))
	}
}

// "A run decided by the stand-in says stand-in in headline, tables and plots' caption; never model."
func TestStandInIsNamed(t *testing.T) {
	dir := pages(t)["stand-in"]
	text, d := saved(t, dir)
	const by = "Decided by the stand-in (44 of 50) and rules (6 of 50), no language model."
	if !strings.HasSuffix(d.Headline, by) || d.Decided != by {
		t.Errorf("headline %q", d.Headline)
	}
	for _, p := range d.Plots {
		if !strings.HasSuffix(p.Caption, by) {
			t.Errorf("caption %q", p.Caption)
		}
	}
	for caption := range strings.SplitSeq(text, "<caption>") {
		caption, _, _ = strings.Cut(caption, "</caption>")
		if strings.HasPrefix(caption, "One run") && !strings.Contains(caption, by) {
			t.Errorf("caption %q", caption)
		}
	}
	if !strings.Contains(text, "What it decides and says is no evidence about language models.") || strings.Contains(text, "as published") {
		t.Error("the stand-in is not told from a model")
	}
	for _, part := range []string{"silence", "crash", "fallback: decided by a rule instead", "rejected by the adapter", "12345", "Somebody intervened"} {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q", part)
		}
	}
}

// "GovSim's published models stand beside ours only where a real model decided; otherwise scripted and random rows."
func TestReferences(t *testing.T) {
	s := commons.Scenario
	s.References = []polis.Reference{
		{Name: "fixed:10", Source: "the rules", Kind: "scripted", Metrics: map[string]float64{"gain": 120, "survival_time": 12}},
		{Name: "random:0-8", Source: "4000 runs", Kind: "random", Metrics: map[string]float64{"gain": 48}},
		{Name: "GPT-4o", Source: "Piatti et al.", Kind: "model", Metrics: map[string]float64{"gain": 66}},
	}
	for by, shown := range map[string]bool{"rules": false, "stand-in": false, "cassette": false, "person": false, "model gpt-4o": true} {
		dir := lake(t)
		amend(t, dir, func(m obj) {
			m["record"].(obj)["deciders"], m["model_usage"] = obj{by: 50}, obj{"requests": 9, "answered": 1}
		})
		d, err := report.Save(dir, func(string) *polis.Scenario { return &s })
		must(t, err)
		text := both(t, dir)
		if got := strings.Contains(text, "GPT-4o"); got != shown {
			t.Errorf("%s: GPT-4o is there: %v", by, got)
		}
		for _, part := range []string{"fixed:10", "random:0-8", "4000 runs", "scripted policies: the rules", "this run"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: there is no %q", by, part)
			}
		}
		if claims := strings.Contains(d.Headline, "no language model"); claims != slices.Contains([]string{"rules", "stand-in", "person"}, by) {
			t.Errorf("%s: %q", by, d.Headline)
		}
	}
}

// Of a scenario with several games only what shares a number with ours stands beside it.
func TestReferencesOfAnotherGameAreLeftOut(t *testing.T) {
	s := commons.Scenario
	s.References = []polis.Reference{
		{Name: "the same game", Kind: "scripted", Metrics: map[string]float64{"gain": 120}},
		{Name: "another game", Kind: "scripted", Metrics: map[string]float64{"score": 3}},
	}
	for _, left := range []int{1, 0} {
		dir := lake(t)
		d, err := report.Save(dir, func(string) *polis.Scenario { return &s })
		must(t, err)
		text := both(t, dir)
		if left == 1 && (len(d.References) != 1 || !strings.Contains(text, "the same game")) || left == 0 && strings.Contains(text, "this run</th>") {
			t.Errorf("%d of the same game: %+v", left, d.References)
		}
		if left == 1 && strings.Contains(text, "another game") {
			t.Error("another game stands beside ours")
		}
		s.References = s.References[1:]
	}
}

// A model that never answered decided nothing: it is said so, and what is known of models is no measure.
func TestModelThatNeverAnswered(t *testing.T) {
	never := obj{"requests": 60, "failed": 60}
	amended := func(dir string, usage, models any) string {
		amend(t, dir, func(m obj) {
			m["scenario"], m["model_usage"] = "commons", usage
			m["record"].(obj)["deciders"], m["record"].(obj)["models"] = obj{"model gpt-4o": 20}, models
		})
		return dir
	}
	several := ponds(t, 3, 2)
	for seed := 1; seed <= 3; seed++ {
		amended(fmt.Sprintf("%s/seed-%d", several, seed), never, nil)
	}
	for name, dir := range map[string]string{
		"both":     amended(lake(t), never, obj{"model": never}),
		"total":    amended(lake(t), never, nil),
		"record":   amended(lake(t), obj{"requests": 60, "answered": 60}, obj{"model": never}),
		"contrary": amended(lake(t), never, obj{"model": obj{"requests": 60, "answered": 60}}),
		"several":  amended(several, never, obj{"model": never}),
	} {
		text, d := saved(t, dir)
		const says = "Model gpt-4o was asked 60 times and never answered; its agents passed."
		if d.Decided != says || !strings.HasSuffix(d.Headline, says) || d.Answered || d.Deciders[0].N != 20 {
			t.Errorf("%s: %q, %v", name, d.Headline, d.Deciders)
		}
		for _, p := range d.Plots {
			if !strings.HasSuffix(p.Caption, says) {
				t.Errorf("%s: caption %q", name, p.Caption)
			}
		}
		if len(d.References) == 0 || slices.ContainsFunc(d.References, func(r report.Reference) bool { return r.Kind == "model" }) {
			t.Errorf("%s: %v", name, d.References)
		}
		if strings.Contains(text, "Decided by") || strings.Contains(text, "as published") || !strings.Contains(text, "model gpt-4o</bdi>, which never answered: passed") {
			t.Errorf("%s: the page says that it decided", name)
		}
	}
	if text, d := saved(t, amended(lake(t), obj{"requests": 60, "answered": 1}, obj{"model": obj{"requests": 60, "answered": 1}})); !d.Answered ||
		d.Decided != "Decided by model gpt-4o." || strings.Contains(text, "never answered") || !strings.Contains(text, "as published") {
		t.Errorf("%q", d.Decided)
	}
}

// Only what was said keeps the characters that turn the direction of writing; no other word of a manifest has any.
func TestFormatCharactersAreShown(t *testing.T) {
	dir, turned := lake(t), "a\u202eb\u2066c\u200bd\ufeff"
	amend(t, dir, func(m obj) {
		m["record"].(obj)["deciders"] = obj{turned: 50}
		m["record"].(obj)["said"] = obj{"items": []any{obj{"round": 1, "from": turned, "to": []string{turned}, "act": turned}}}
		m["record"].(obj)["incidents"] = obj{"items": []any{obj{"round": 1, "who": turned, "what": turned, "at": turned, "why": turned}}}
		m["parameters"], m["settings"], m["hash_is"], m["started"] = obj{turned: turned}, obj{turned: turned}, turned, turned
		m["command"], m["minds"], m["status"], m["error"] = turned, []string{turned}, "failed", turned
	})
	text, d := saved(t, dir)
	for _, words := range []string{text, d.Headline, d.Decided} {
		if strings.ContainsAny(words, turned[1:4]+"\u2066\u200b\ufeff") || !strings.Contains(words, "a·b·c·d·") {
			t.Errorf("%.300q", words)
		}
	}
}

// What a manifest does not tell is not told: a metric that is not there is not 0.
func TestMetricsThatAreNotThere(t *testing.T) {
	for _, metrics := range []any{nil, obj{}, obj{"survival_rate": nil}, obj{"survival_rate": obj{"n": 0}}} {
		dir := lake(t)
		amend(t, dir, func(m obj) { m["metrics"] = metrics })
		if _, d := saved(t, dir); strings.Contains(d.Headline, "collapse") || !strings.HasPrefix(d.Headline, "People fished for 10 of 12 months; what became of the lake is not known") {
			t.Errorf("%v: %s", metrics, d.Headline)
		}
	}
}

// Known results are of a scenario as it is by default: what differs is said.
func TestReferencesSayWhatDiffers(t *testing.T) {
	dir := lake(t)
	if text, d := saved(t, dir); len(d.Differs) != 0 || strings.Contains(text, "as it is by default") {
		t.Errorf("%q", d.Differs)
	}
	amend(t, dir, func(m obj) {
		m["agents"], m["rounds_ordered"], m["settings"] = 6, 24, obj{"talk": "false", "cap": "100", "split": "random"}
	})
	if text, d := saved(t, dir); !slices.Equal(d.Differs, []string{"6 agents", "24 months", "talk=false"}) || !strings.Contains(text, "as it is by default; here it had") {
		t.Errorf("%q", d.Differs)
	}
}

var colour = regexp.MustCompile(`--(\w+): (#[0-9a-f]{3,6})[;\s]`)

// Text and curves can be read on paper and in the dark: a contrast of 4.5 and more (WCAG 2.1, 1.4.3).
func TestContrast(t *testing.T) {
	style, err := os.ReadFile("page.css")
	must(t, err)
	themes := regexp.MustCompile(`(?s):root \{[^}]*\}`).FindAll(style, -1)
	if len(themes) != 3 {
		t.Fatalf("%d themes, want light, dark and print", len(themes))
	}
	for i, theme := range themes {
		inks := map[string]float64{}
		for _, c := range colour.FindAllSubmatch(theme, -1) {
			inks[string(c[1])] = luminance(t, string(c[2]))
		}
		for _, name := range []string{"ink", "soft", "first", "second", "third", "alarm"} {
			a, ok := inks[name]
			for _, ground := range []string{"paper", "wash"} {
				b := inks[ground]
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); !ok || ratio < 4.5 {
					t.Errorf("theme %d: %s on %s has a contrast of %.2f", i, name, ground, ratio)
				}
			}
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	hex = hex[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	l := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		must(t, err)
		x := float64(n) / 255
		if x <= 0.04045 {
			l += weight * x / 12.92
		} else {
			l += weight * math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return l
}

// "Accessible: title/desc of each plot, table headers"; curves differ by line and name, not by colour alone.
func TestPlotsAreDescribed(t *testing.T) {
	text, d := saved(t, lake(t))
	drawings := strings.Split(text, "<svg ")[1:]
	if len(drawings) != 6 {
		t.Fatalf("%d drawings, want the lake and five agents", len(drawings))
	}
	for i, svg := range drawings {
		svg, _, _ = strings.Cut(svg, "</svg>")
		for _, part := range []string{`role="img"`, `viewBox="0 0 `, "<title id=", "<desc id=", "var(--first)"} {
			if !strings.Contains(svg, part) {
				t.Errorf("drawing %d has no %s", i, part)
			}
		}
		if strings.Contains(svg, "width=") || strings.Contains(svg, "#0") {
			t.Errorf("drawing %d has a size or colours of its own", i)
		}
	}
	dashes := map[string]bool{}
	for _, dash := range regexp.MustCompile(`stroke-dasharray:[^;"]*`).FindAllString(drawings[0], -1) {
		dashes[dash] = true
	}
	if len(dashes) < 2 || !strings.Contains(drawings[0], ">stock</text>") || !strings.Contains(drawings[0], ">left</text>") ||
		!strings.Contains(drawings[0], ">collapse 5</text>") || !strings.Contains(drawings[0], "stock from 100 in month 1 to 10 in month 10") {
		t.Error("the lake's curves are not told apart")
	}
	if strings.Count(text, "<table") != strings.Count(text, "</table>") || strings.Count(text, "<thead><tr><th scope") != strings.Count(text, "<thead>") {
		t.Error("a table has no headers")
	}
	if d.Plots[1].Panels[4].Name != "Luke" || d.Plots[1].Panels[4].Lines[0].Y[0] != 13 {
		t.Errorf("%+v", d.Plots[1].Panels[4])
	}
}

// report.json is the document, and has the numbers behind every plot.
func TestData(t *testing.T) {
	dir := lake(t)
	_, d := saved(t, dir)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	var back report.Document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	must(t, decoder.Decode(&back))
	if fmt.Sprintf("%+v", back.Plots) != fmt.Sprintf("%+v", d.Plots) || back.Schema != "polis.report/1" || back.Headline != d.Headline {
		t.Error("report.json is another document")
	}
	stock := back.Plots[0].Panels[0].Lines[0]
	if !slices.Equal(stock.Y, []float64{100, 94, 88, 86, 78, 74, 62, 50, 30, 10}) || stock.X[9] != 10 || stock.N != nil || stock.Low != nil {
		t.Errorf("%+v", stock)
	}
	for _, want := range []report.Setting{{"scenario", "commons"}, {"agents", "5"}, {"minds", "3*covenant, 1*reciprocal, 1*fixed:13"}, {"rounds", "12"}, {"pace", "rounds"}, {"seed", "1"},
		{"cap", "100 (default)"}, {"newcomer", "none (default)"}, {"chaos", "agent:10%"}, {"journal", "memory"}} {
		if !slices.Contains(back.Settings, want) {
			t.Errorf("there is no %v in %v", want, back.Settings)
		}
	}
	if len(back.Said.Items) != 90 || back.Said.Items[0].Text != "cap 10" {
		t.Errorf("%d said, %+v", len(back.Said.Items), back.Said.Items[0])
	}
}

// Beyond a dozen agents a plot shows the quartiles over all; of several runs one of the world shows its first variable.
func TestPlotsOfManyAndOfSeveral(t *testing.T) {
	_, d := saved(t, pages(t)["crowd"])
	p := d.Plots[len(d.Plots)-1]
	if len(p.Panels) != 1 || len(p.Panels[0].Lines) != 3 || p.Panels[0].Lines[0].Name != "median" || len(p.Panels[0].Lines[0].X) > 240 || !strings.Contains(p.Caption, "over all agents") {
		t.Errorf("%d panels of %q", len(p.Panels), p.Caption)
	}
	for i, low := range p.Panels[0].Lines[0].Low {
		l := p.Panels[0].Lines
		if l[1].Y[i] > low || low > l[0].Y[i] || l[0].Y[i] > l[0].High[i] || l[0].High[i] > l[2].Y[i] {
			t.Fatalf("point %d is out of order", i)
		}
	}
	dir := ponds(t, 3, 2)
	s := polis.Scenario{Plots: []polis.Plot{{Title: "Pond", Of: "world", Variables: []string{"frogs", "noise"}, Limits: []string{"depth", "nothing"}}}}
	d, err := report.Save(dir, func(string) *polis.Scenario { return &s })
	must(t, err)
	panel := d.Plots[0].Panels[0]
	if len(panel.Lines) != 1 || panel.Lines[0].Name != "frogs" || len(panel.Limits) != 1 || panel.Limits[0] != (report.Limit{Name: "depth 2", At: 2}) {
		t.Errorf("%+v", panel)
	}
	if n := panel.Lines[0].N; n[0] != 3 || n[len(n)-1] != 1 || !strings.Contains(d.Plots[0].Caption, "n falls from 3 to 1, of which there is no deviation") {
		t.Errorf("%v, %s", n, d.Plots[0].Caption)
	}
	if frogs := panel.Lines[0].Y[0]; frogs != 96 { // 100 - 3, 4, 5
		t.Errorf("%v frogs", frogs)
	}
}
