// Package scenariostest is what the tests of scenarios share: it plays societies and checks what must hold for every run, on
// any number of threads and under crashes, and it runs the stories of testdata.
package scenariostest
