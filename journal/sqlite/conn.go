package sqlite

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"modernc.org/libc"
	_ "modernc.org/sqlite" // prepares the library, and is database/sql's driver for the migrations
	lib "modernc.org/sqlite/lib"
)

// conn is a connection to SQLite by its C interface, as modernc.org/sqlite/lib has it in Go. Reading and appending go this
// way: database/sql takes as long to hand over a row as SQLite to find it (docs/decisions/0016). One goroutine at a time.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	stmts []*stmt
	place uintptr // of one pointer that SQLite writes to
}

// fault is an error of SQLite.
type fault struct {
	code int32
	text string
}

// Error says it in SQLite's words.
func (f *fault) Error() string { return fmt.Sprintf("%s (SQLite %d)", f.text, f.code) }

const pointerSize = bits.UintSize / 8

// dial opens a connection and runs the statements on it.
func dial(uri string, flags int32, first ...string) (_ *conn, err error) {
	c := &conn{tls: libc.NewTLS()}
	defer func() {
		if err != nil {
			_ = c.close() // the error is the one before
		}
	}()
	if c.place, err = c.memory(pointerSize); err != nil {
		return nil, err
	}
	name, err := libc.CString(uri)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	rc := lib.Xsqlite3_open_v2(c.tls, name, c.place, flags|lib.SQLITE_OPEN_URI|lib.SQLITE_OPEN_NOMUTEX, 0)
	c.db = c.pointer() // even when it failed
	if rc != lib.SQLITE_OK {
		return nil, c.fault(rc)
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	for _, sql := range first {
		if err := c.exec(sql); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// memory returns n bytes that SQLite may look at.
func (c *conn) memory(n int) (uintptr, error) {
	p := libc.Xmalloc(c.tls, lib.Tsize_t(n))
	if p == 0 {
		return 0, fmt.Errorf("no memory: %d bytes", n)
	}
	return p, nil
}

// pointer is what SQLite wrote to place.
func (c *conn) pointer() uintptr {
	b := libc.GoBytes(c.place, pointerSize)
	if pointerSize == 4 {
		return uintptr(binary.NativeEndian.Uint32(b))
	}
	return uintptr(binary.NativeEndian.Uint64(b))
}

// fault is the error of a call that returned rc.
func (c *conn) fault(rc int32) error {
	text := libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 && lib.Xsqlite3_extended_errcode(c.tls, c.db) == rc {
		text = libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))
	}
	return &fault{rc, text}
}

// close ends the connection and all statements prepared on it.
func (c *conn) close() error {
	rc := int32(lib.SQLITE_OK)
	for _, s := range c.stmts {
		lib.Xsqlite3_finalize(c.tls, s.p)
	}
	if c.db != 0 {
		rc = lib.Xsqlite3_close_v2(c.tls, c.db)
	}
	if c.place != 0 {
		libc.Xfree(c.tls, c.place)
	}
	c.db, c.place, c.stmts = 0, 0, nil
	c.tls.Close()
	if rc != lib.SQLITE_OK {
		return &fault{rc, "close"}
	}
	return nil
}

// exec runs statements that have no parameters; what they return is dropped.
func (c *conn) exec(sql string) error {
	text, err := libc.CString(sql)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, text)
	if rc := lib.Xsqlite3_exec(c.tls, c.db, text, 0, 0, 0); rc != lib.SQLITE_OK {
		return c.fault(rc)
	}
	return nil
}

// stmt is a prepared statement. Its parameters and columns are numbered from 0.
type stmt struct {
	c *conn
	p uintptr
}

// prepare compiles a statement that lives as long as the connection.
func (c *conn) prepare(sql string) (*stmt, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	if rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, lib.SQLITE_PREPARE_PERSISTENT, c.place, 0); rc != lib.SQLITE_OK {
		return nil, c.fault(rc)
	}
	s := &stmt{c, c.pointer()}
	c.stmts = append(c.stmts, s)
	return s, nil
}

// step goes on to the next row; more is false after the last.
func (s *stmt) step() (more bool, err error) {
	switch rc := lib.Xsqlite3_step(s.c.tls, s.p); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.fault(rc)
	}
}

// reset makes the statement ready to run again, and lets go of what it has locked.
func (s *stmt) reset() { lib.Xsqlite3_reset(s.c.tls, s.p) }

// run runs a statement whose rows, if any, nobody wants.
func (s *stmt) run() error {
	_, err := s.step()
	s.reset()
	return err
}

// number runs a statement for the number in its one row; 0 if it has none.
func (s *stmt) number() (int64, error) {
	defer s.reset()
	if more, err := s.step(); !more || err != nil {
		return 0, err
	}
	return s.int(0), nil
}

func (s *stmt) bindInt(i int32, v int64) error {
	return s.bound(lib.Xsqlite3_bind_int64(s.c.tls, s.p, i+1, v))
}

// bindText binds n bytes at p, which must stay there until the statement was run.
func (s *stmt) bindText(i int32, p uintptr, n int) error {
	return s.bound(lib.Xsqlite3_bind_text(s.c.tls, s.p, i+1, p, int32(n), 0))
}

// bindBlob is bindText for bytes that are no text.
func (s *stmt) bindBlob(i int32, p uintptr, n int) error {
	return s.bound(lib.Xsqlite3_bind_blob(s.c.tls, s.p, i+1, p, int32(n), 0))
}

func (s *stmt) bound(rc int32) error {
	if rc != lib.SQLITE_OK {
		return s.c.fault(rc)
	}
	return nil
}

func (s *stmt) int(i int32) int64 { return lib.Xsqlite3_column_int64(s.c.tls, s.p, i) }

// bytes is a view of a column, text or not, that holds until the next step. No copy, and as nothing is asked for that SQLite
// would have to convert, no copy of SQLite's either.
func (s *stmt) bytes(i int32) []byte {
	p := lib.Xsqlite3_column_blob(s.c.tls, s.p, i)
	n := int(lib.Xsqlite3_column_bytes(s.c.tls, s.p, i))
	if p == 0 || n == 0 {
		return nil
	}
	return libc.GoBytes(p, n)
}

// arena is memory that SQLite may look at, for the parameters of one statement.
type arena struct {
	c    *conn
	p    uintptr
	size int
	used int
}

// room makes room for n bytes and forgets what was there.
func (a *arena) room(n int) (err error) {
	a.used = 0
	if n <= a.size {
		return nil
	}
	a.free()
	size := max(n, 2*a.size, 4096)
	if a.p, err = a.c.memory(size); err != nil {
		return err
	}
	a.size = size
	return nil
}

func (a *arena) free() {
	if a.p != 0 {
		libc.Xfree(a.c.tls, a.p)
	}
	a.p, a.size = 0, 0
}

// put copies b, for which there must be room, and returns where it is.
func put[T ~string | ~[]byte](a *arena, b T) (p uintptr, n int) {
	p = a.p + uintptr(a.used)
	a.used += copy(libc.GoBytes(p, len(b)), b)
	return p, len(b)
}
