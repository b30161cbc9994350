package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// What can be wrong, wrapped by errors that name the run.
var (
	// ErrNoRun: the database has no such run.
	ErrNoRun = errors.New("no such run")
	// ErrNewer: a newer version of polis made the tables. The error names the version found and the newest known.
	ErrNewer = errors.New("journal of a newer version")
	// ErrDamaged: a part of the journal makes no sense. The error says what was being read.
	ErrDamaged = errors.New("journal damaged")
	// ErrReadOnly: the run was opened with Options.ReadOnly.
	ErrReadOnly = errors.New("journal is read-only")
	// ErrUnreachable: the server was not there, or gave no answer, for as long as Options.Patience.
	ErrUnreachable = errors.New("server not reachable")
	// ErrUnsure: besides, the connection was lost during an append, and whether it was committed is not known.
	ErrUnsure = errors.New("not known whether it was committed")
)

// The states of PostgreSQL that matter here, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const (
	uniqueViolation = "23505"
	undefinedTable  = "42P01"
	startingUp      = "57P03"
)

// stateOf returns the state that the server gave as its reason, "" if it gave none.
func stateOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// passing tells whether an error may be gone when the same is tried again.
func passing(err error) bool {
	if state := stateOf(err); state != "" {
		switch state {
		case "57P01", "57P02", startingUp, // it goes down, it crashed, it comes up
			"53300",          // too many connections
			"40001", "40P01": // somebody else went first
			return true
		}
		return strings.HasPrefix(state, "08")
	}
	var dial *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &dial) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) || broken(err)
}

// broken tells whether pgx says that the connection is of no more use, for which it has no name.
func broken(err error) bool {
	text := err.Error()
	return strings.Contains(text, "conn closed") || strings.Contains(text, "connection reset") || strings.Contains(text, "broken pipe")
}

// sent tells whether a failed statement may have reached the server, and may have been carried out.
func sent(err error) bool {
	var dial *pgconn.ConnectError
	if errors.As(err, &dial) {
		return false
	}
	state := stateOf(err)
	return !pgconn.SafeToRetry(err) && (state == "" || strings.HasPrefix(state, "57P") || strings.HasPrefix(state, "08"))
}

// hidden is an error whose text had the password in it.
type hidden struct {
	error
	text string
}

// Error has dots where the password was.
func (h *hidden) Error() string { return h.text }

// Unwrap returns the error as it was.
func (h *hidden) Unwrap() error { return h.error }

// without hides the password in what the driver and the server say.
func without(password string, err error) error {
	if err == nil || password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return &hidden{err, strings.ReplaceAll(err.Error(), password, "…")}
}
