// Language measures what it costs to speak in sentences. The same tasks are called for, bid for and awarded twice: in acts with
// typed content, by contract net, and in free text that a model writes and that k interpreters, each a model too, must read.
//
//	go run ./examples/language
//	go run ./examples/language --model llama3@http://127.0.0.1:11434/v1
package main
