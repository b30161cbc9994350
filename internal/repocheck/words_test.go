package repocheck

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// unusedWords say nothing about what they name. CONTRIBUTING.md lists them; handler is for HTTP only.
var unusedWords = []string{"manager", "processor", "util", "helper", "base", "common", "misc"}

// allowedTerms are names that other people gave to things, without the word that is not used here.
var allowedTerms = strings.NewReplacer(
	"BaseURL", "URL",
	"RegisterHandlers", "Register", // a method of protoactor's Mailbox
)

// unusedWord returns the first whole word of a name that is not used here, in the singular or the plural,
// "" when there is none. "commons" is the name of a scenario and allowed.
func unusedWord(name string, http bool) string {
	for _, word := range words(allowedTerms.Replace(name)) {
		singular := strings.TrimSuffix(word, "s")
		switch {
		case word == "commons":
		case slices.Contains(unusedWords, word) || slices.Contains(unusedWords, singular):
			return singular
		case singular == "handler" && !http:
			return singular
		}
	}
	return ""
}

// words splits a name at capitals and at what is no letter, and returns the words in lower case.
func words(name string) (all []string) {
	runes := []rune(name)
	start := 0
	cut := func(end int) {
		if end > start {
			all = append(all, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i, c := range runes {
		switch {
		case !unicode.IsLetter(c):
			cut(i)
			start = i + 1
		case unicode.IsUpper(c) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			cut(i)
		}
	}
	cut(len(runes))
	return all
}

// checkWords finds files, folders, packages and exported names made of words that are not used.
func checkWords(r *repo) (found []finding) {
	http := map[string]bool{}
	for _, f := range r.goFiles {
		http[f.path] = f.importName("net/http") != ""
		if f.generated {
			continue
		}
		name := func(id *ast.Ident) {
			if word := unusedWord(id.Name, http[f.path]); word != "" {
				found = append(found, r.at(id.Pos(), "%s is made of the word %s, which says nothing about it", id.Name, word))
			}
		}
		name(f.Name)
		for _, id := range exported(f.File) {
			name(id)
		}
	}
	for _, p := range r.paths {
		for _, element := range strings.Split(p, "/") {
			if word := unusedWord(element, http[p]); word != "" {
				found = append(found, finding{p, 0, "the path is made of the word " + word + ", which says nothing about it"})
			}
		}
	}
	return found
}

// exported returns the exported names a file declares: types, functions, methods, values, and the fields and
// methods of its types.
func exported(f *ast.File) (names []*ast.Ident) {
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			if id.IsExported() {
				names = append(names, id)
			}
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			add(d.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name)
					ast.Inspect(s.Type, func(n ast.Node) bool {
						if field, ok := n.(*ast.Field); ok {
							add(field.Names...)
						}
						return true
					})
				case *ast.ValueSpec:
					add(s.Names...)
				}
			}
		}
	}
	return names
}

func TestNamesUseTheWords(t *testing.T) { report(t, checkWords(thisRepo(t))) }

func TestNamesUseTheWordsFindsBreaches(t *testing.T) {
	expect(t, checkWords(tree(t, map[string]string{
		"scenarios/commons/database.go": "package commons; type (UtilityFunction int; Basement struct{ BaseURL string }); func helper() {}",
		"http/handler.go":               `package dashboard; import "net/http"; type ReportHandler http.Handler`,
		"utils/strings.go":              "package utils",
		"a/agent_helper.go":             "package a; type TaskManager interface{ BaseOf() }; const HTTPProcessors = 1",
		"a/event_handler.go":            "package a; func (x T) EventHandler() {}",
		"docs/misc.md":                  "",
	})),
		"utils/strings.go:1: utils is made of the word util",
		"utils/strings.go: the path is made of the word util",
		"a/agent_helper.go: the path is made of the word helper",
		"a/agent_helper.go:1: TaskManager is made of the word manager",
		"a/agent_helper.go:1: BaseOf is made of the word base",
		"a/agent_helper.go:1: HTTPProcessors is made of the word processor",
		"a/event_handler.go: the path is made of the word handler",
		"a/event_handler.go:1: EventHandler is made of the word handler",
		"docs/misc.md: the path is made of the word misc",
	)
}
