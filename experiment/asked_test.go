package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was added is read as what a stranger may have written: a line that does not fit is one clear error, and the directory is let go.
func TestWhatWasAddedMustFit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	order := []byte(studyOf(2, "  hypotheses:\n    - {name: first, metric: x, against: b}\n"))
	d, err := Create(dir, order)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	good := `{"name":"second","metric":"x","arm":"a","against":"b","direction":"less"}` + "\n"
	for text, want := range map[string]string{
		"{": "line 1: unexpected end of JSON input",
		good + `{"metric":"x","arm":"a","against":"b","direction":"less"}`: "line 2: a hypothesis has no name",
		good + good: `line 2: hypothesis "second" is there twice`,
		strings.Replace(good, "second", "first", 1):                                   `hypothesis "first" is there twice`,
		strings.Replace(good, "less", "up", 1):                                        `direction "up"`,
		strings.Replace(good, `"arm"`, `"threshold":2,"arm"`, 1):                      "threshold 2",
		strings.Replace(good, `"b"`, `"z"`, 1):                                        `against: "z"; there are a, b, c`,
		strings.Replace(good, `"metric":"x"`, `"measure":"entropy","world":["x"]`, 1): "it cannot have been added",
	} {
		if err := os.WriteFile(filepath.Join(dir, askedFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Reopen(dir, order); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), askedFile) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, askedFile), []byte(good), 0o666); err != nil {
		t.Fatal(err)
	}
	d, err = Reopen(dir, order)
	if err != nil || d.Asked() != 1 {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
