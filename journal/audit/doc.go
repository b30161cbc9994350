// Package audit looks at a run with nothing but its journal in hand: that every turn follows its actor's former one, that
// whatever reached an actor is what some turn sent it, to the letter, and reached it once; that no action was lost and none
// was applied twice. It keeps the account of all that was addressed to somebody, exactly. It knows the form of the record
// (docs/journal.md) and none of the Go types of a society, so that what it finds does not depend on the code that wrote it.
package audit
