package main

import (
	"strings"
	"testing"
)

const want = `it answers: true
  within runs: each against its own surrogates, p of all runs together by Stouffer
  transfer-entropy 0.987 bit in 12 runs; surrogate null block: 0.0165; p 6.2e-30, corrected 2.5e-29
nobody answers it: false
  within runs: each against its own surrogates, p of all runs together by Stouffer
  transfer-entropy 0.00979 bit in 12 runs; surrogate null block: 0.0164; p 0.84, corrected 0.84
memory pays: true
  across runs: one value of each, permuted between the arms
  score.TFT 220 1 in 12 runs; simulation null forgets (memory-off): 144; p 1e-05, corrected 3e-05
they fall out sooner: true
  across runs: times of each, censored ones too, by the log-rank test
  at odds 2.92 rounds in 12 runs; simulation null forgets (memory-off): 7.33; p 0.00017, corrected 0.00034
`

func TestSweep(t *testing.T) {
	var out strings.Builder
	if err := sweep(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
