package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// versionCommand prints what this binary is.
type versionCommand struct {
	JSON bool `name:"json" help:"Print one JSON document."`
}

// build is what a binary is made from.
type build struct {
	Version  string `json:"version"`  // of polis; "devel": built from a working copy
	Go       string `json:"go"`       // such as "go1.26"
	Revision string `json:"revision"` // of the source; "unknown" when it was not recorded, as by go run
}

// thisBuild reads what the linker recorded.
func thisBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Revision: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "(devel)" {
		b.Version = cmp.Or(v, b.Version)
	}
	changed := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " (changed)"
		}
	}
	b.Revision += changed
	return b
}

// Run carries out the command.
func (c *versionCommand) Run(p *process) error {
	b := thisBuild()
	if c.JSON {
		return writeJSON(p.stdout, b)
	}
	_, err := fmt.Fprintf(p.stdout, "polis %s, %s, revision %s\n", b.Version, b.Go, b.Revision)
	return err
}

// writeJSON writes one document on one line.
func writeJSON(w io.Writer, doc any) error {
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
