package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol/commitment"
)

// Who owed what to whom, and what became of it, is kept: a row for each commitment, which the numbers of the run and of its
// report add up to.
func TestCommitmentsAreKept(t *testing.T) {
	t.Chdir(t.TempDir())
	var c contract
	strict(t, try(t, "run", "commons", "--mind", "2*covenant", "--mind", "model", "--json", "--out", "kept").ok(t), &c)
	rows := rowsOf(t, "kept/"+owedFile, owedColumns...)
	got := map[string]int{"made": len(rows)}
	for _, row := range rows {
		got[row[8]]++
		if row[10] == "true" {
			got["owed"]++
			if row[8] == "satisfied" {
				got["kept"]++
			}
		}
		month, _ := strconv.Atoi(strings.Split(row[4], "/")[1])
		made, ended := float(t, row[7]), float(t, row[9])
		if made < float64(3*month-3) || ended > float64(3*month) || ended < made || !strings.HasPrefix(row[6], "cap ") {
			t.Fatalf("a row of month %d: %q", month, row)
		}
	}
	if got["violated"] == 0 || got["terminated"] == 0 || got["kept"] == 0 {
		t.Errorf("nobody broke his word: %v", got)
	}
	for name, n := range c.Commitments {
		if got[name] != n {
			t.Errorf("%s: %d in the result, %d rows", name, n, got[name])
		}
	}
	var doc struct {
		Commitments []struct {
			Name           string
			Made, Violated int
		}
	}
	read(t, "kept/report.json", &doc)
	sum := 0
	for _, row := range doc.Commitments[:len(doc.Commitments)-1] {
		sum += row.Made
	}
	if last := doc.Commitments[len(doc.Commitments)-1]; last.Name != "" || last.Made != sum || last.Made != got["made"] || last.Violated != got["violated"] {
		t.Errorf("the report says %+v", doc.Commitments)
	}
	if page, err := os.ReadFile("kept/report.html"); err != nil || !strings.Contains(string(page), `id="promises"`) {
		t.Errorf("the page has no table of promises: %v", err)
	}
	var two contract
	strict(t, try(t, "run", "commons", "--mind", "covenant", "--runs", "2", "--json", "--out", "two").ok(t), &two)
	if two.Commitments["made"] != 2*12*5*8 || two.Commitments["kept"] != two.Commitments["made"] { // to 4 others, a proposal and an agreement each
		t.Errorf("two runs: %v", two.Commitments)
	}
	out := try(t, "run", "commons", "--mind", "covenant", "--plain", "--out", "plain").ok(t)
	if shown(out, "promises") != "480 that came to bind, 480 kept, 0 broken" {
		t.Errorf("%q", shown(out, "promises"))
	}
	try(t, "run", "commons", "--out", "silent").ok(t)
	if _, err := os.Stat("silent/" + owedFile); err == nil {
		t.Error("a table of nothing")
	}
}

// A table has an end, however much is promised, and what is open at the end is in it.
func TestOwedIsBounded(t *testing.T) {
	out := filepath.Join(t.TempDir(), "kept")
	d, err := openDirectory(t.Context(), &out, "", time.Time{})
	must(t, err)
	defer d.discard()
	o, err := newOwed(d, &polis.Society{}, environment.Rounds, 1, 2)
	must(t, err)
	o.row(commitment.Commitment{Standing: true})
	c := commitment.Commitment{ID: "a/1/0>b", Debtor: "a", Creditor: "b", State: commitment.Detached, History: []commitment.Change{{At: 1500 * time.Millisecond}}}
	for range mostOwed + 5 {
		o.row(c)
	}
	must(t, o.close())
	text, err := os.ReadFile(o.file.Name())
	must(t, err)
	if n := strings.Count(string(text), "\n"); n != mostOwed+1 || !strings.Contains(string(text), "\n1,2,a,b,,,,1.5,detached,,false,,a/1/0>b\n") {
		t.Errorf("%d lines", n)
	}
}

func TestPromisesText(t *testing.T) {
	if got := promisesText(&polis.Tally{Made: 10, Owed: 7, Kept: 3, Satisfied: 4, Violated: 2}); got != "7 that came to bind, 3 kept, 2 broken, 2 released or open; 3 that never did" {
		t.Error(got)
	}
}
