// Package lookout is what measures a society while it runs: the observer that fills a window (emergence/stream), and the one
// goroutine that measures it.
package lookout
