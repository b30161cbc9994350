package main

import (
	"slices"
	"testing"
)

func TestTheCheapestOfThoseWhoAreFoundMendsTheBarn(t *testing.T) {
	var lines []string
	report, err := run(func(line string) { lines = append(lines, line) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"found ann, 0 directories away", "found ben, 1 directories away", "ben mended the barn for 4 coins"}; !slices.Equal(lines, want) || len(report.Judged) > 0 {
		t.Errorf("told %q, want %q; judged %v", lines, want, report.Judged)
	}
}
