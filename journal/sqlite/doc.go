// Package sqlite keeps the journal of one run in one SQLite file.
//
// The file is what a finished run leaves behind: its tables can be read with any SQLite shell, see docs/journal.md. While
// a writer has it open there are two more files beside it, NAME-wal and NAME-shm, which the last writer to close takes
// away; after a kill they hold what was committed last, and belong to the journal. Any number of readers, in this process
// or in others, may follow a writer. A second writer may try: the first append to an actor wins, the other gets a
// *journal.Conflict.
//
// The driver is modernc.org/sqlite, SQLite in Go: no C compiler is needed.
package sqlite
