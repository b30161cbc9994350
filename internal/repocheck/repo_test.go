package repocheck

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// repo is what the checks look at: a tree of files, its Go files parsed.
type repo struct {
	files   fs.FS
	module  string   // import path of the module at the root
	paths   []string // every file git would keep, slash-separated, in lexical order
	goFiles []*goFile
	fset    *token.FileSet
}

// goFile is one Go file of the module, whatever its build constraints.
type goFile struct {
	*ast.File
	path      string
	test      bool // its name ends in _test.go
	generated bool
}

// dir is the file's folder relative to the root, "." for the root itself.
func (f *goFile) dir() string { return path.Dir(f.path) }

// importName returns the name under which the file sees the package importPath, "" when it does not import it.
func (f *goFile) importName(importPath string) string {
	for _, spec := range f.Imports {
		if unquote(spec.Path) != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// finding is one breach of a rule.
type finding struct {
	path string
	line int // 0 when the finding is about the whole file
	text string
}

func (f finding) String() string {
	if f.line == 0 {
		return f.path + ": " + f.text
	}
	return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.text)
}

// at makes a finding about the place pos.
func (r *repo) at(pos token.Pos, format string, args ...any) finding {
	p := r.fset.Position(pos)
	return finding{p.Filename, p.Line, fmt.Sprintf(format, args...)}
}

// has tells whether the file is part of the tree.
func (r *repo) has(file string) bool {
	_, found := slices.BinarySearch(r.paths, file)
	return found
}

// text returns the content of a file of the tree.
func (r *repo) text(file string) (string, error) {
	b, err := fs.ReadFile(r.files, file)
	return string(b), err
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

// load reads a tree that has a go.mod at its root.
func load(files fs.FS) (*repo, error) {
	r := &repo{files: files, fset: token.NewFileSet()}
	mod, err := r.text("go.mod")
	if err != nil {
		return nil, err
	}
	m := moduleLine.FindStringSubmatch(mod)
	if m == nil {
		return nil, errors.New("repocheck: go.mod has no module line")
	}
	r.module = m[1]
	ignored, err := ignoredBy(files)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (p == ".git" || ignored(p)):
			return fs.SkipDir
		case d.Type().IsRegular() && p != ".git" && !ignored(p): // of a work tree
			r.paths = append(r.paths, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(r.paths)
	for _, p := range r.paths {
		if path.Ext(p) != ".go" || !r.builds(path.Dir(p)) {
			continue
		}
		if err := r.parse(p); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// ignoredBy reads .gitignore, of which it knows the forms used here: /name/ and *.ext.
func ignoredBy(files fs.FS) (func(string) bool, error) {
	b, err := fs.ReadFile(files, ".gitignore")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	patterns := strings.Fields(string(b))
	return func(p string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			if rooted, ok := strings.CutPrefix(pattern, "/"); ok {
				return p == strings.TrimSuffix(rooted, "/")
			}
			match, _ := path.Match(pattern, path.Base(p))
			return match
		})
	}, nil
}

// builds tells whether the go command takes the folder for a package of this module: no testdata, no name
// with a leading dot or underscore, no nested module.
func (r *repo) builds(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		name := path.Base(dir)
		if name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || r.has(dir+"/go.mod") {
			return false
		}
	}
	return true
}

func (r *repo) parse(p string) error {
	src, err := r.text(p)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(r.fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	r.goFiles = append(r.goFiles, &goFile{f, p, strings.HasSuffix(p, "_test.go"), ast.IsGenerated(f)})
	return nil
}

// unquote returns the value of a string literal that the parser accepted.
func unquote(lit *ast.BasicLit) string {
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		panic(err)
	}
	return s
}

// root is where the repository lies, as seen from this package's tests.
const root = "../.."

var loadOnce = sync.OnceValues(func() (*repo, error) { return load(os.DirFS(root)) })

// thisRepo returns the repository these tests are part of.
func thisRepo(t *testing.T) *repo {
	t.Helper()
	r, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tree is a small repository made for a test: content by path. go.mod is added.
func tree(t *testing.T, content map[string]string) *repo {
	t.Helper()
	files := fstest.MapFS{"go.mod": {Data: []byte("module example.org/m\n")}}
	for p, text := range content {
		files[p] = &fstest.MapFile{Data: []byte(text)}
	}
	r, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// report fails the test with every finding, in the order of files and lines.
func report(t *testing.T, findings []finding) {
	t.Helper()
	slices.SortStableFunc(findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	for _, f := range findings {
		t.Error(f)
	}
}

// expect fails the test unless there is exactly one finding for each wanted text, in any order, that contains it.
func expect(t *testing.T, findings []finding, want ...string) {
	t.Helper()
	left := slices.Clone(findings)
	for _, w := range want {
		i := slices.IndexFunc(left, func(f finding) bool { return strings.Contains(f.String(), w) })
		if i < 0 {
			t.Errorf("not found: %s", w)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, f := range left {
		t.Errorf("found, but not expected: %v", f)
	}
}

// TestTree: git's ignored files, nested modules and testdata are not the repository's Go code.
func TestTree(t *testing.T) {
	r := tree(t, map[string]string{
		".gitignore": "/runs/\n*.out\n", "runs/1/x.go": "package x", "cpu.out": "", ".git/config": "",
		"tools/go.mod": "module example.org/m/tools", "tools/tools.go": "package tools",
		"a/testdata/bad.go": "not Go", "a/a.go": "package a", "a/a_test.go": "package a",
	})
	want := []string{".gitignore", "a/a.go", "a/a_test.go", "a/testdata/bad.go", "go.mod", "tools/go.mod", "tools/tools.go"}
	if !slices.Equal(r.paths, want) {
		t.Errorf("paths are %q, want %q", r.paths, want)
	}
	if len(r.goFiles) != 2 || r.goFiles[0].path != "a/a.go" || r.goFiles[0].test || !r.goFiles[1].test {
		t.Errorf("Go files are %v, want a/a.go and a/a_test.go", r.goFiles)
	}
}
