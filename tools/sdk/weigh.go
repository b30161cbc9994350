package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// weigh builds a program with each client and says what it adds to one without.
func weigh() error {
	dir, err := os.MkdirTemp("", "sdk")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var size0 int64
	packages0 := 0
	fmt.Printf("%-22s %14s %22s\n", "added to a program", "binary, KiB", "packages not of Go")
	for _, of := range []string{"none", "ours", "openaigo", "anthropicsdk"} {
		binary := filepath.Join(dir, of)
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./weigh/"+of)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return err
		}
		info, err := os.Stat(binary)
		if err != nil {
			return err
		}
		listed, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./weigh/"+of).Output()
		if err != nil {
			return err
		}
		packages := len(strings.Fields(string(listed)))
		if of == "none" {
			size0, packages0 = info.Size(), packages
		}
		fmt.Printf("%-22s %14d %22d\n", of, (info.Size()-size0)/1024, packages-packages0)
	}
	return nil
}
