// Jury tells a society that deliberates apart from an ensemble that only votes, at equal cost, on cases whose right answer
// rules know. Rules decide; or a model does, and then the ensemble has as many voters as cost the society's tokens.
//
//	go run ./examples/jury
//	go run ./examples/jury -runs 4 -cases 5 -model llama3@http://127.0.0.1:11434/v1
package main
