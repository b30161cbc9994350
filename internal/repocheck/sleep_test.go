package repocheck

import (
	"go/ast"
	"strings"
	"testing"
)

// onlyInBubble stands in the comment of a test's function that runs inside a synctest bubble only.
const onlyInBubble = "synctest bubble"

// checkSleep finds uses of time.Sleep. A test sleeps inside a synctest bubble only: in the function literal
// given to synctest.Test, or in a function whose comment says so. Other code never sleeps, it waits with a
// context or a timer; programs (cmd, examples) may.
func checkSleep(r *repo) (found []finding) {
	for _, f := range r.goFiles {
		if top, _, _ := strings.Cut(f.path, "/"); !f.test && (top == "cmd" || top == "examples") {
			continue
		}
		sleep := f.named("time", "Sleep")
		ast.Inspect(f.File, func(n ast.Node) bool {
			switch {
			case n == nil, f.test && isBubble(f, n):
				return false
			case !sleep(n):
			case f.test:
				found = append(found, r.at(n.Pos(), "time.Sleep outside a synctest bubble (a function that only runs inside one says %q in its comment)", onlyInBubble))
			default:
				found = append(found, r.at(n.Pos(), "time.Sleep outside tests and programs: wait with a context or a timer"))
			}
			return true
		})
	}
	return found
}

// named returns what recognises a use of a name of another package in this file.
func (f *goFile) named(importPath, name string) func(ast.Node) bool {
	imported := f.importName(importPath)
	return func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.SelectorExpr:
			pkg, ok := x.X.(*ast.Ident)
			return ok && pkg.Name == imported && x.Sel.Name == name
		case *ast.Ident:
			return imported == "." && x.Name == name
		}
		return false
	}
}

// isBubble tells whether n is code of a test file that runs inside a synctest bubble only.
func isBubble(f *goFile, n ast.Node) bool {
	switch x := n.(type) {
	case *ast.FuncDecl:
		return strings.Contains(strings.Join(strings.Fields(x.Doc.Text()), " "), onlyInBubble)
	case *ast.CallExpr:
		return f.named("testing/synctest", "Test")(x.Fun)
	}
	return false
}

func TestNoSleep(t *testing.T) { report(t, checkSleep(thisRepo(t))) }

func TestNoSleepFindsBreaches(t *testing.T) {
	const bubble = `package a

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go func() { time.Sleep(1) }()
	})
	time.Sleep(1)
}

// slow runs inside a synctest
// bubble only.
func slow() { time.Sleep(1) }
`
	expect(t, checkSleep(tree(t, map[string]string{
		"a/a_test.go":      bubble,
		"a/b_test.go":      "package a\nimport . \"time\"\nfunc wait() { Sleep(1) }",
		"a/c_test.go":      "package a\nimport clock \"time\"\nvar wait = clock.Sleep",
		"a/d_test.go":      "package a\nvar time struct{ Sleep int }\nvar _ = time.Sleep",
		"a/a.go":           "package a\nimport \"time\"\n// wait runs inside a synctest bubble only.\nfunc wait() { time.Sleep(1) }",
		"cmd/demo/main.go": "package main\nimport \"time\"\nfunc main() { time.Sleep(1) }",
	})),
		"a/a_test.go:13: time.Sleep outside a synctest bubble",
		"a/b_test.go:3: time.Sleep outside a synctest bubble",
		"a/c_test.go:3: time.Sleep outside a synctest bubble",
		"a/a.go:4: time.Sleep outside tests and programs",
	)
}
