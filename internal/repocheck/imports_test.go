package repocheck

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// importRule says what the packages of a folder, and of the folders below it that have no row of their own,
// may import of this module and of protoactor. Other libraries are chosen package by package.
type importRule struct {
	folder string // relative to the root; "polis" is the package at the root; * stands for any one name
	may    string // folders, with what lies below them; protoactor/… is a folder of that module
}

// everything, in a row, is every package of this module.
const everything = "everything"

// importRules is the import rule of ARCHITECTURE.md. What is not listed may not. Besides, packages of one
// row's folder may import one another, all may import internal/wire and internal/chance, and a kit for tests (actors/actorstest)
// is imported by tests and by those that may import everything, only.
var importRules = []importRule{
	{"supervision", ""},
	{"protocol", ""},
	{"emergence", ""},
	{"journal", ""},
	{"journal/sqlite", "journal"}, // stores have rows of their own, so that what they need stays out of package journal
	{"journal/postgres", "journal"},
	{"journal/audit", "journal"},
	{"journal/episode", "journal"},
	{"internal/engine", "supervision protoactor/actor"},
	{"environment", "internal/engine journal"},
	{"actors", "internal/engine environment protocol journal"},
	{"llmadapter", "internal/engine journal"},
	{"llmadapter/prompted", "internal/engine journal llmadapter actors environment protocol"},
	{"polis", "actors environment llmadapter protocol journal supervision internal/engine"},
	{"cluster", "internal/engine journal polis actors environment protocol llmadapter supervision protoactor/actor protoactor/eventstream protoactor/remote"},
	{"scenarios/*", "polis actors environment protocol llmadapter"},
	{"scenarios/scenariostest", "polis supervision"},
	{"experiment", "polis emergence journal environment"},
	{"report", "journal emergence polis"},
	{"dashboard", "journal emergence polis"},
	{"bridge", "polis actors environment protocol"},
	{"bridge/telemetry", "polis actors environment llmadapter"},
	{"cmd/demo", everything},
	{"examples/*", everything},
	{"internal/bench", everything + " protoactor"}, // the yardstick
	{"internal/chance", ""},
	{"internal/wire", ""},
	{"internal/repocheck", ""},
}

const (
	protoactor = "github.com/asynkron/protoactor-go"
	wire       = "internal/wire"
	chance     = "internal/chance"
)

// covers tells whether the folder of a row, or one above, is pkg; it returns the folder with * filled in.
func covers(pattern, pkg string) (folder string, ok bool) {
	if pkg == "polis" || pattern == "polis" {
		return pkg, pkg == pattern
	}
	parts := strings.Split(pkg, "/")
	n := strings.Count(pattern, "/") + 1
	if len(parts) < n {
		return "", false
	}
	folder = path.Join(parts[:n]...)
	ok, err := path.Match(pattern, folder)
	return folder, ok && err == nil
}

// rowOf returns the row that pkg stands under, the one with the longest folder, and that folder.
func rowOf(rules []importRule, pkg string) (row importRule, folder string, ok bool) {
	for _, rule := range rules {
		if f, match := covers(rule.folder, pkg); match && len(f) >= len(folder) {
			row, folder, ok = rule, f, true
		}
	}
	return row, folder, ok
}

// isKit tells whether pkg is the test kit of the package above it: actors/actorstest.
func isKit(pkg string) bool {
	return path.Base(pkg) == path.Base(path.Dir(pkg))+"test"
}

// mayImport tells whether a package under row, in folder, may import target. Both target and what a row
// lists are relative to the module, or begin with protoactor.
func mayImport(rules []importRule, row importRule, folder, target string) bool {
	allowed := strings.Fields(row.may)
	ofOurs := target != "protoactor" && !strings.HasPrefix(target, "protoactor/")
	if ofOurs {
		if slices.Contains(allowed, everything) {
			return true
		}
		if isKit(target) {
			return false
		}
		if _, f, _ := rowOf(rules, target); f == folder {
			return true
		}
		allowed = append(allowed, wire, chance)
	}
	return slices.ContainsFunc(allowed, func(a string) bool {
		_, ok := covers(a, target)
		return ok
	})
}

// inRepo returns the path of an import as the rules write it; ok is false for a library the rules leave alone.
func (r *repo) inRepo(importPath string) (rel string, ok bool) {
	if importPath == r.module {
		return "polis", true
	}
	if rel, ok = strings.CutPrefix(importPath, r.module+"/"); ok {
		return rel, true
	}
	if rel, ok = strings.CutPrefix(importPath, protoactor); ok && (rel == "" || rel[0] == '/') {
		return "protoactor" + rel, true
	}
	return "", false
}

// checkImports holds every import of the module's packages against the rules. Test files may import anything
// of ours; protoactor only where the package itself may.
func checkImports(r *repo, rules []importRule) (found []finding) {
	unknown := map[string]bool{}
	for _, f := range r.goFiles {
		pkg, _ := r.inRepo(path.Join(r.module, f.dir()))
		row, folder, ok := rowOf(rules, pkg)
		if !ok {
			if !unknown[pkg] {
				unknown[pkg] = true
				found = append(found, finding{f.path, 0, fmt.Sprintf("package %s is in no row of the import rule: add "+
					"{%q, \"what it may import\"} to importRules in internal/repocheck/imports_test.go, and to ARCHITECTURE.md", pkg, pkg)})
			}
			continue
		}
		for _, spec := range f.Imports {
			target, regulated := r.inRepo(unquote(spec.Path))
			if !regulated || mayImport(rules, row, folder, target) {
				continue
			}
			if f.test && (!strings.HasPrefix(target, "protoactor") || strings.Contains(row.may, "protoactor")) {
				continue
			}
			found = append(found, r.at(spec.Pos(), "%s imports %s; its row in the import rule (%s) allows: %s",
				pkg, target, row.folder, cmp.Or(row.may, "nothing of ours")))
		}
	}
	return found
}

func TestImportRule(t *testing.T) { report(t, checkImports(thisRepo(t), importRules)) }

func TestImportRuleFindsBreaches(t *testing.T) {
	const engine = `package engine; import _ "` + protoactor + `/actor"`
	expect(t, checkImports(tree(t, map[string]string{
		"polis.go":                          `package polis; import _ "example.org/m/actors"`,
		"internal/wire/wire.go":             `package wire`,
		"internal/engine/engine.go":         engine,
		"internal/engine/remote.go":         `package engine; import _ "` + protoactor + `/remote"`,
		"internal/bench/bench_test.go":      engine,
		"supervision/policy.go":             `package supervision; import (_ "time"; _ "example.org/m/internal/wire"; _ "example.org/m/journal")`,
		"environment/world.go":              `package environment; import (_ "example.org/m/internal/engine"; _ "example.org/m/actors")`,
		"environment/environmenttest/it.go": `package environmenttest; import (_ "testing"; _ "example.org/m/environment"; _ "example.org/m/journal"; _ "example.org/m/actors")`,
		"actors/turn.go":                    `package actors; import (_ "example.org/m/environment/environmenttest"; _ "` + protoactor + `/actor")`,
		"actors/minds/mind.go":              `package minds; import (_ "example.org/m/actors"; _ "example.org/m/protocol")`,
		"actors/turn_test.go":               `package actors; import (_ "example.org/m"; _ "example.org/m/actors/actorstest"; _ "` + protoactor + `/actor")`,
		"scenarios/commons/commons.go":      `package commons; import (_ "example.org/m"; _ "example.org/m/scenarios/naming")`,
		"cmd/demo/main.go":                  `package main; import (_ "example.org/m/actors/actorstest"; _ "example.org/m/scenarios/commons")`,
		"telepathy/telepathy.go":            `package telepathy`,
		"llmadapter/builtin/builtin.go":     `package builtin; import (_ "example.org/m/llmadapter"; _ "example.org/m/llmadapter/prompted")`,
	}), importRules),
		"internal/engine/remote.go:1: internal/engine imports protoactor/remote",
		"supervision/policy.go:1: supervision imports journal",
		"environment/world.go:1: environment imports actors",
		"environment/environmenttest/it.go:1: environment/environmenttest imports actors",
		"actors/turn.go:1: actors imports environment/environmenttest",
		"actors/turn.go:1: actors imports protoactor/actor",
		"actors/turn_test.go:1: actors imports protoactor/actor",
		"scenarios/commons/commons.go:1: scenarios/commons imports scenarios/naming",
		`telepathy/telepathy.go: package telepathy is in no row of the import rule: add {"telepathy", "what it may import"} to importRules`,
		"llmadapter/builtin/builtin.go:1: llmadapter/builtin imports llmadapter/prompted",
	)
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

// dependencies returns the packages, with all that they need, as go list sees them.
func dependencies(dir string, packages ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-deps", "-e", "-buildvcs=false", "-json=ImportPath,Imports"}, packages...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("repocheck: go list: %w\n%s", err, stderr.Bytes())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// checkNoModel looks for a language model's client, or an HTTP package, among the packages of the module.
func checkNoModel(r *repo, needed []listed) (found []finding) {
	for _, p := range needed {
		pkg, ok := r.inRepo(p.ImportPath)
		if !ok || strings.HasPrefix(pkg, "protoactor") {
			continue
		}
		if _, model := covers("llmadapter", pkg); model {
			found = append(found, finding{pkg, 0, "the core needs it, but the core knows no model"})
		}
		if slices.Contains(p.Imports, "net/http") {
			found = append(found, finding{pkg, 0, "the core needs it, and it imports net/http"})
		}
	}
	return found
}

// "The core knows no model: actors and environment build and run with llmadapter deleted."
func TestCoreNeedsNoModel(t *testing.T) {
	r := thisRepo(t)
	var core []string
	for _, dir := range []string{"actors", "environment"} {
		if slices.ContainsFunc(r.goFiles, func(f *goFile) bool { return f.dir() == dir && !f.test }) {
			core = append(core, "./"+dir)
		}
	}
	if len(core) == 0 {
		t.Skip("neither actors nor environment is written yet")
	}
	needed, err := dependencies(root, core...)
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkNoModel(r, needed))
}

func TestCoreNeedsNoModelFindsBreaches(t *testing.T) {
	expect(t, checkNoModel(&repo{module: "example.org/m"}, []listed{
		{"net/http", []string{"net"}},
		{protoactor + "/actor", []string{"net/http"}},
		{"example.org/m/llmadapter/wire", nil},
		{"example.org/m/journal", []string{"net/http"}},
		{"example.org/m/environment", []string{"example.org/m/journal"}},
	}),
		"llmadapter/wire: the core needs it, but the core knows no model",
		"journal: the core needs it, and it imports net/http",
	)
}
