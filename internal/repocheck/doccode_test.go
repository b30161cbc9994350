package repocheck

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is the Go code of one fence of a document.
type block struct {
	path   string
	line   int  // of the first line of code
	sketch bool // fenced as "go sketch": it shows a shape, and is not compiled
	code   string
}

var (
	fence         = regexp.MustCompile("^([ \t]*)(`{3,})(.*)$")
	packageClause = regexp.MustCompile(`(?m)^package (\w+)`)
)

// blocks returns the Go code of README.md and of the documents in docs.
func (r *repo) blocks() (all []block, err error) {
	for _, p := range r.paths {
		if p != "README.md" && (path.Ext(p) != ".md" || !strings.HasPrefix(p, "docs/")) {
			continue
		}
		text, err := r.text(p)
		if err != nil {
			return nil, err
		}
		all = append(all, goBlocks(p, text)...)
	}
	return all, nil
}

// goBlocks returns the Go code of one document.
func goBlocks(p, text string) (all []block) {
	var open []string // the fence that the lines stand in, nil outside
	var current block
	for i, line := range strings.Split(text, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case open == nil && m != nil:
			open = m
			info := strings.Fields(m[3])
			current = block{path: p, line: i + 2, sketch: slices.Equal(info, []string{"go", "sketch"})}
			if len(info) == 0 || info[0] != "go" {
				current.path = "" // another language
			}
		case open != nil && m != nil && len(m[2]) >= len(open[2]) && strings.TrimSpace(m[3]) == "":
			if current.path != "" {
				all = append(all, current)
			}
			open = nil
		case open != nil:
			current.code += strings.TrimPrefix(line, open[1]) + "\n"
		}
	}
	return all
}

// checkExcerpts finds code in documents that nothing compiles. A block with a package clause is compiled by
// itself (compileBlocks). Any other must stand, line for line, in a Go file of the module, indented as it may
// be, unless it is fenced as "go sketch".
func checkExcerpts(r *repo, blocks []block) (found []finding, err error) {
	var sources []string
	for _, f := range r.goFiles {
		text, err := r.text(f.path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, flat(text))
	}
	for _, b := range blocks {
		if b.sketch || packageClause.MatchString(b.code) {
			continue
		}
		if !slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(s, flat(b.code)) }) {
			found = append(found, finding{b.path, b.line, "code without a package clause is an excerpt, and no Go file has these lines; " +
				"what is not meant to compile is fenced as \"go sketch\""})
		}
	}
	return found, nil
}

// flat drops indentation and empty lines.
func flat(code string) string {
	var lines []string
	for _, line := range strings.Split(code, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// compileBlocks vets the blocks that have a package clause, each as a package of a new module that requires
// this one by a replace directive, as README tells users to. moduleDir is where r lies on disk. What go vet
// says comes back; it names the lines of the documents.
func compileBlocks(r *repo, moduleDir, tempDir string, blocks []block) (complaints string, err error) {
	if err := newModule(r, moduleDir, tempDir); err != nil {
		return "", err
	}
	n := 0
	for _, b := range blocks {
		m := packageClause.FindStringSubmatch(b.code)
		if m == nil || b.sketch {
			continue
		}
		n++
		name := "code.go"
		if strings.HasSuffix(m[1], "_test") || strings.Contains(b.code, `"testing"`) {
			name = "code_test.go"
		}
		dir := filepath.Join(tempDir, fmt.Sprintf("block%d", n))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return "", err
		}
		code := fmt.Sprintf("//line %s:%d\n%s", filepath.Join(moduleDir, filepath.FromSlash(b.path)), b.line, b.code)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(code), 0o644); err != nil {
			return "", err
		}
	}
	if n == 0 {
		return "", nil
	}
	vet := exec.Command("go", "vet", "./...")
	vet.Dir = tempDir
	vet.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := vet.CombinedOutput(); err != nil {
		return fmt.Sprintf("%s%v", out, err), nil
	}
	return "", nil
}

// newModule writes the go.mod and go.sum of a module that requires r's and all that r's requires, so that
// nothing has to be fetched.
func newModule(r *repo, moduleDir, tempDir string) error {
	mod, err := r.text("go.mod")
	if err != nil {
		return err
	}
	mod = moduleLine.ReplaceAllLiteralString(mod, "module example.org/reader")
	mod += fmt.Sprintf("\nrequire %[1]s v0.0.0\n\nreplace %[1]s => %[2]q\n", r.module, moduleDir)
	if err := os.WriteFile(filepath.Join(tempDir, "go.mod"), []byte(mod), 0o644); err != nil || !r.has("go.sum") {
		return err
	}
	sum, err := r.text("go.sum")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(tempDir, "go.sum"), []byte(sum), 0o644)
}

const (
	smallest         = "examples/smallest/main.go"
	maxSmallestLines = 40
)

// checkSmallest holds the smallest program against README, which shows it as it is.
func checkSmallest(r *repo, blocks []block) (found []finding, err error) {
	if !r.has("README.md") || !r.has(smallest) {
		return nil, nil
	}
	program, err := r.text(smallest)
	if err != nil {
		return nil, err
	}
	program = strings.TrimSpace(program)
	if lines := strings.Count(program, "\n") + 1; lines > maxSmallestLines {
		found = append(found, finding{smallest, 0, fmt.Sprintf("%d lines, more than %d", lines, maxSmallestLines)})
	}
	if !slices.ContainsFunc(blocks, func(b block) bool { return b.path == "README.md" && strings.TrimSpace(b.code) == program }) {
		found = append(found, finding{"README.md", 0, "no block of code is the text of " + smallest})
	}
	return found, nil
}

// documents returns the Go code of this repository's documents, and skips the test while there is none.
func documents(t *testing.T) (*repo, []block) {
	t.Helper()
	r := thisRepo(t)
	blocks, err := r.blocks()
	if err != nil {
		t.Fatal(err)
	}
	if len(blocks) == 0 {
		if r.has("README.md") {
			t.Fatal("README.md has no block of Go code: it shows the smallest program")
		}
		t.Skip("README.md is not written yet, and docs has no Go code")
	}
	return r, blocks
}

func TestDocumentsCompile(t *testing.T) {
	r, blocks := documents(t)
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	complaints, err := compileBlocks(r, dir, t.TempDir(), blocks)
	if err != nil {
		t.Fatal(err)
	}
	if complaints != "" {
		t.Error(complaints)
	}
}

func TestDocumentsQuoteTheCode(t *testing.T) {
	r, blocks := documents(t)
	found, err := checkExcerpts(r, blocks)
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
}

func TestSmallestProgramIsInREADME(t *testing.T) {
	r, blocks := documents(t)
	if !r.has("README.md") || !r.has(smallest) {
		t.Skip("README.md or " + smallest + " is not written yet")
	}
	found, err := checkSmallest(r, blocks)
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
}

// onDisk is a small repository in a temporary folder, with a package that users import.
func onDisk(t *testing.T, readme string) (r *repo, dir string, blocks []block) {
	t.Helper()
	dir = t.TempDir()
	for p, text := range map[string]string{
		"go.mod":           "module example.org/m\n\ngo 1.26\n",
		"lake/lake.go":     "package lake\n\n// Fish counts.\nfunc Fish() int {\n\treturn 100\n}\n",
		"internal/deep.go": "package internal\n",
		"README.md":        readme,
		smallest:           "// Smallest is small.\npackage main\n\nfunc main() {}\n" + strings.Repeat("//\n", maxSmallestLines),
	} {
		file := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if blocks, err = r.blocks(); err != nil {
		t.Fatal(err)
	}
	return r, dir, blocks
}

func TestDocumentsCompileFindsBreaches(t *testing.T) {
	for _, tc := range []struct{ name, code, want string }{
		{"a program", "package main\n\nimport \"example.org/m/lake\"\n\nfunc main() { _ = lake.Fish() }", ""},
		{"an unknown name", "package main\n\nimport \"example.org/m/lake\"\n\nfunc main() { _ = lake.Birds() }", "README.md:10"},
		{"an unused import", "package main\n\nimport \"example.org/m/lake\"\n\nfunc main() {}", "README.md:8"},
		{"what users cannot import", "package main\n\nimport _ \"example.org/m/internal\"\n\nfunc main() {}", "use of internal package"},
		{"a test", "package lake_test\n\nimport \"testing\"\n\nfunc TestFish(t *testing.T) { t.Fatalf(\"%d\") }", "README.md:10"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, dir, blocks := onDisk(t, "# Lake\n\nUse it:\n\n```go\n"+tc.code+"\n```\n")
			complaints, err := compileBlocks(r, dir, t.TempDir(), blocks)
			if err != nil {
				t.Fatal(err)
			}
			if tc.want == "" && complaints != "" || !strings.Contains(complaints, tc.want) {
				t.Errorf("go vet says %q, want %q", complaints, tc.want)
			}
		})
	}
}

func TestDocumentsQuoteTheCodeFindsBreaches(t *testing.T) {
	r, _, blocks := onDisk(t, strings.Join([]string{
		"- a list:", "  ```go", "  func Fish() int {", "      return 100", "  ```",
		"```go sketch", "type Turn …", "```",
		"```text", "```go", "```",
		"````go", "func Birds()", "```", "````",
	}, "\n"))
	found, err := checkExcerpts(r, blocks)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, found, "README.md:13: code without a package clause is an excerpt")
}

func TestSmallestProgramIsInREADMEFindsBreaches(t *testing.T) {
	r, _, blocks := onDisk(t, "```go\n// Smallest is small.\npackage main\n\nfunc main() { }\n```\n")
	found, err := checkSmallest(r, blocks)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, found,
		"examples/smallest/main.go: 44 lines, more than 40",
		"README.md: no block of code is the text of examples/smallest/main.go",
	)
}
