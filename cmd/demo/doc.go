// Demo runs societies of agents and says what became of them.
//
// Without arguments it runs the commons, decided by rules: five people share a lake. Results go to stdout, progress
// and logs to stderr; a run is kept in a directory with a manifest, from which it can be repeated. Exit codes: 0 done,
// 1 failed while running, 2 bad usage or configuration, 130 interrupted.
package main
