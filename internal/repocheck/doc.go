// Package repocheck is how the repository checks itself. It holds only tests: which package may import
// which, that every exported name is documented, that no test waits for the wall clock, that the code in
// README.md and docs/ compiles, and that names, paths and file lengths keep the rules of CONTRIBUTING.md.
//
// Each check is a function from a tree of files to findings, so that beside the test that runs it on this
// repository stands one that breaks the rule in a small tree and sees it found.
package repocheck
