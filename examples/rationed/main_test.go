package main

import (
	"slices"
	"testing"
)

func TestAModelIsRationed(t *testing.T) {
	sown, account, err := run()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"rye, as ever: too-late", "rye, as ever: too-late", "wheat", "wheat", "wheat", "wheat"}; !slices.Equal(sown, want) {
		t.Errorf("%q", sown)
	}
	if account.Requests != 6 || account.Answered != 4 || account.Rejected != 2 || account.Attempts != 4 || !account.Balanced() {
		t.Errorf("%+v", account)
	}
}
