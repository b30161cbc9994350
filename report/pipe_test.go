//go:build unix

package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/polis-agents/polis/report"
)

// A pipe in the place of a file would be waited for without end.
func TestPipesAreRefused(t *testing.T) {
	for _, name := range []string{"manifest.json", "rounds.csv", "agents.csv"} {
		dir := lake(t)
		path := filepath.Join(dir, name)
		must(t, os.Remove(path), syscall.Mkfifo(path, 0o666))
		if _, err := report.Save(dir, known); err == nil || err.Error() != "report: "+path+": it is not a regular file" {
			t.Errorf("%v", err)
		}
		if there := files(t, dir); strings.Contains(there, "report.html") {
			t.Errorf("there is %s", there)
		}
	}
}
