package report_test

import (
	"fmt"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/report"
)

// Of several runs promises are added up; of many debtors those who broke the most are kept, and all are counted.
func TestPromisesAddUp(t *testing.T) {
	by := map[string]polis.Tally{}
	for i := range report.Kept + 7 {
		by[fmt.Sprintf("a%03d", i)] = polis.Tally{Made: 3, Owed: 2, Kept: 1, Violated: i % 2}
	}
	one := report.Record{Promises: report.PromisesOf(by)}
	if p := one.Promises; len(p.Debtors) != report.Kept || p.LeftOut != 7 || p.All.Made != 3*(report.Kept+7) || p.Debtors["a205"].Violated != 1 || p.Debtors["a206"].Made != 0 {
		t.Errorf("%d debtors, %d left out, %+v", len(p.Debtors), p.LeftOut, p.All)
	}
	var sum report.Record
	sum.Add(one.Sums())
	sum.Add(report.Record{})
	sum.Add(one.Sums())
	if p := sum.Promises; p.All.Made != 6*(report.Kept+7) || p.Debtors["a001"] != (polis.Tally{Made: 6, Owed: 4, Kept: 2, Violated: 2}) || p.LeftOut != 7 {
		t.Errorf("%d left out, %+v, %+v", p.LeftOut, p.All, p.Debtors["a001"])
	}
	if one.Promises.Debtors["a001"].Made != 3 {
		t.Error("adding has changed what was added")
	}
}
