package interaction

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed fipa/*.yaml
var files embed.FS

var (
	cancel        = read("cancel", true)
	notUnderstood = read("not-understood", true)
)

// names are the interaction protocols of FIPA, by the names of their files.
var names = []string{"request", "query", "request-when", "contract-net", "iterated-contract-net", "english-auction", "dutch-auction",
	"brokering", "recruiting", "subscribe", "propose"}

// Names are the short names of the protocols of FIPA: "request" is that of fipa-request.
func Names() []string { return append([]string(nil), names...) }

// FIPA gives a protocol of FIPA by its short name or its token. The caller must not change it.
func FIPA(name string) (*Protocol, error) {
	for i, p := range fipa {
		if name == names[i] || name == p.Name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("interaction: protocol %.80q; accepted are %s", name, strings.Join(names, ", "))
}

// fipa are the protocols of FIPA, in the order of names.
var fipa = func() (all []*Protocol) {
	for _, name := range names {
		all = append(all, read(name, false))
	}
	return all
}()

// read reads a file that is part of the program.
func read(name string, meta bool) *Protocol {
	text, err := files.ReadFile(path.Join("fipa", name+".yaml"))
	if err != nil {
		panic(err)
	}
	p, err := readFile(text, meta)
	if err != nil {
		panic(fmt.Sprintf("%s.yaml: %v", name, err))
	}
	return p
}
