package report_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/report"
)

// mostSlots is how many a course has at most.
const mostSlots = 120

// A course has at most so many slots, however long it is; nothing is lost when they grow.
func TestCourse(t *testing.T) {
	var c report.Course
	for i := range 1000 {
		c.Add(float64(i)*0.01, report.Slot{N: 1, Queued: i % 7, InFlight: i % 5, Limit: i, Wait: float64(i), Longest: float64(i)})
	}
	var all report.Slot
	waited := 0.0
	for _, s := range c.Slots {
		all.N, all.Queued, all.InFlight, all.Limit = all.N+s.N, max(all.Queued, s.Queued), max(all.InFlight, s.InFlight), s.Limit
		all.Longest, waited = max(all.Longest, s.Longest), waited+s.Wait*float64(s.N)
	}
	if len(c.Slots) > mostSlots || c.Each != 0.16 && c.Each != 0.08 || all.N != 1000 || all.Queued != 6 || all.InFlight != 4 || all.Limit != 999 ||
		math.Abs(waited/1000-499.5) > 1e-6 || all.Longest != 999 {
		t.Errorf("%d slots of %v s: %+v", len(c.Slots), c.Each, all)
	}
	if s := c.Slots[0]; s.N != int(math.Round(c.Each/0.01)) || s.Limit != s.N-1 {
		t.Errorf("the first slot is %+v", s)
	}
	var edge report.Course
	if edge.Add(1.2, report.Slot{N: 1}); len(edge.Slots) > mostSlots {
		t.Errorf("%d slots", len(edge.Slots))
	}
	for _, at := range []float64{math.Inf(1), math.NaN(), -1, 1e300} {
		c.Add(at, report.Slot{N: 1})
	}
	if len(c.Slots) > mostSlots {
		t.Errorf("%d slots", len(c.Slots))
	}
}

// Of several runs what can be added up is.
func TestResourcesAddUp(t *testing.T) {
	one := report.Record{Resources: map[string]report.Resource{"model": {Label: "stand-in", Rejections: map[string]int{"queue-full": 2}, Failures: map[string]int{"broken": 1},
		Marks: map[string]map[string]int{"ann": {"fallback": 1}}, Course: &report.Course{Each: 1}}}}
	if one.Sums().Resources["model"].Course != nil {
		t.Error("a course is no sum")
	}
	var sum report.Record
	sum.Add(one.Sums())
	sum.Add(one.Sums())
	r := sum.Resources["model"]
	if r.Label != "stand-in" || r.Rejections["queue-full"] != 4 || r.Failures["broken"] != 2 || r.Course != nil || r.Marks["ann"]["fallback"] != 2 {
		t.Fatalf("%+v", r)
	}
	if one.Resources["model"].Rejections["queue-full"] != 2 || one.Resources["model"].Marks["ann"]["fallback"] != 1 || one.Resources["model"].Course == nil {
		t.Errorf("the first was changed: %+v", one)
	}
}

// reported is the page and the data of a run with what was written of a model.
func reported(t *testing.T, resource any) (page, data string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	m := pond(1, 3, 5)
	record := m["record"].(obj)
	record["models"], record["resources"] = obj{"model": obj{"requests": 7, "rejected": 3, "cost_usd": 0.5}}, obj{"model": resource}
	askers := obj{"ann": obj{"requests": 7, "rejected": 3, "input_tokens": 12345, "cost_usd": 0.5}}
	for i := range 29 {
		askers[fmt.Sprintf("<script>%02d", i)] = obj{"requests": 1}
	}
	record["spending"] = obj{"model": obj{"askers": askers, "models": obj{"sim-x": obj{"answered": 4}}}}
	write(t, filepath.Join(dir, "manifest.json"), m)
	tables(t, dir, 1, 3, 5)
	page, _ = saved(t, dir)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	return page, string(text)
}

// "requests by end, rejections by reason, attempts, possibly billed, tokens and cost per agent and model (top N) and in time …
// with honest labels"; "agents that were rejected act by their fallback, the report shows it"
func TestReportOfAModel(t *testing.T) {
	page, data := reported(t, report.Resource{Label: "stand-in", Rejections: map[string]int{"queue-full": 2, "over-budget": 1}, Failures: map[string]int{"stalled": 4},
		Marks: map[string]map[string]int{"ann": {"fallback": 3}}, Course: &report.Course{Each: 0.5, Slots: []report.Slot{{N: 2, Queued: 3, InFlight: 4, Limit: 4, Wait: 0.25, Longest: 0.5}, {}, {N: 1, Limit: 2}}}})
	for _, want := range []string{"Models: shared and rationed", "2 <bdi>queue-full</bdi>, 1 <bdi>over-budget</bdi>", "4 <bdi>stalled</bdi>", "<bdi>ann</bdi>", "12345", "3 fallback", "sim-x", "&lt;script&gt;18", "10 more who have spent less",
		"<bdi>stand-in</bdi>", "Model: requests that wait, and calls that are out", "Model: how long requests waited", "millisecond"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var d report.Document
	must(t, json.Unmarshal([]byte(data), &d))
	m := d.Models[0]
	if m.Label != "stand-in" || m.Rejections[0] != (report.Count{"queue-full", 2}) || m.Failures[0].N != 4 || m.Askers[0].Marks["fallback"] != 3 || m.Answering[0].Name != "sim-x" {
		t.Errorf("%+v", m)
	}
	p := d.Courses[0]
	if l := p.Panels[0].Lines; p.X != "millisecond" || len(l) != 3 || !slices.Equal(l[0].X, []float64{250, 1250}) || !slices.Equal(l[0].Y, []float64{3, 0}) || !slices.Equal(l[2].Y, []float64{4, 2}) {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(p.Caption, d.Decided) {
		t.Errorf("nobody is said to have decided: %q", p.Caption)
	}
}

// A manifest may say anything.
func TestReportOfAHostileModel(t *testing.T) {
	many := map[string]int{}
	marks := map[string]map[string]int{}
	for i := range 100 {
		many[fmt.Sprint("<script>", i, strings.Repeat("x", 5000))] = i
		marks[fmt.Sprint("<script>", i)] = map[string]int{"<script>": 1}
	}
	marks["ann"] = many
	page, data := reported(t, report.Resource{Label: "<script>", Rejections: many, Failures: many, Marks: marks, Course: &report.Course{Each: -1, Slots: slots(9)}})
	if strings.Contains(page, "<script>") || len(page) > 1<<20 || len(data) > 4<<20 || strings.Contains(page, "requests that wait") {
		t.Errorf("a page of %d bytes, data of %d", len(page), len(data))
	}
	var d report.Document
	must(t, json.Unmarshal([]byte(data), &d))
	if m := d.Models[0]; len(m.Rejections) != 20 || len(m.Failures) != 20 || len(m.Rejections[0].Name) > report.MaxText || len(m.Askers[0].Marks) != 20 {
		t.Errorf("%d reasons, %d kinds, %v", len(m.Rejections), len(m.Failures), len(m.Askers[0].Marks))
	}
	for _, c := range []report.Course{{Each: 1, Slots: slots(mostSlots + 1)}, {Each: 1, Slots: make([]report.Slot, mostSlots)}, {Each: -1, Slots: slots(1)}, {Each: 1e300, Slots: slots(1)}} {
		if page, _ := reported(t, report.Resource{Course: &c}); strings.Contains(page, "requests that wait") {
			t.Errorf("a course of %d slots of %v s is drawn", len(c.Slots), c.Each)
		}
	}
}

// slots in each of which a request ended.
func slots(n int) []report.Slot {
	all := make([]report.Slot, n)
	for i := range all {
		all[i].N = 1
	}
	return all
}

// Of several runs there is no course: each has its own.
func TestSeveralRunsHaveNoCourse(t *testing.T) {
	dir := ponds(t, 2, 3)
	amend(t, filepath.Join(dir, "seed-1"), func(m obj) {
		record := m["record"].(map[string]any)
		record["models"], record["resources"] = obj{"model": obj{}}, obj{"model": report.Resource{Course: &report.Course{Each: 1, Slots: slots(3)}}}
	})
	if _, d := saved(t, dir); len(d.Courses) > 0 {
		t.Errorf("%+v", d.Courses)
	}
	if _, d := saved(t, filepath.Join(dir, "seed-1")); len(d.Courses) != 2 {
		t.Errorf("%+v", d.Courses)
	}
}
