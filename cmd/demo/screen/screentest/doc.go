// Package screentest is a terminal for tests: it takes what a program writes to a terminal and knows what would then
// stand on it. It is strict: a sequence that the screen has no reason to send is an error, so that nothing an agent
// writes can slip through as one.
package screentest
