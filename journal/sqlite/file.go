package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// applicationID marks an SQLite file as a journal: "poli".
const applicationID = 0x706f6c69

// finding is what the file at a path turned out to be.
type finding struct {
	version   int64 // of its tables; 0: there are none yet
	abandoned bool  // it belongs to a log of writes that is not there
}

// examine looks at a file without changing it, and refuses what is no journal that this version can use.
func examine(path string, mustExist bool) (finding, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !mustExist:
		return finding{}, nil
	case err != nil:
		return finding{}, plain(err)
	case !info.Mode().IsRegular():
		return finding{}, fmt.Errorf("%w: %s", ErrNotJournal, kindOf(info.Mode()))
	case info.Size() == 0 && !mustExist:
		return finding{}, nil
	}
	head, err := header(path)
	if err != nil {
		return finding{}, err
	}
	log, err := os.Stat(path + "-wal")
	hasLog := err == nil && log.Size() > 0
	if err := head.check(info.Size(), hasLog); err != nil {
		return finding{}, err
	}
	found := finding{abandoned: head.logged() && !hasLog && !exists(path+"-shm")}
	if found.version, err = versionOf(path, found); err != nil {
		return finding{}, err
	}
	if found.version == 0 && mustExist {
		return finding{}, ErrUnmade
	}
	return found, nil
}

// plain is the reason within an error that names a path, since whoever reads it is told the path already.
func plain(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func kindOf(mode fs.FileMode) string {
	if mode.IsDir() {
		return "it is a directory"
	}
	return "it is no regular file"
}

// sqliteHeader is the beginning of an SQLite file, https://sqlite.org/fileformat2.html#the_database_header.
type sqliteHeader [100]byte

func header(path string) (*sqliteHeader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	var h sqliteHeader
	switch n, err := io.ReadFull(f, h[:]); {
	case n == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrNotJournal)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, plain(err)
	case n < len(h) || string(h[:16]) != "SQLite format 3\x00":
		return nil, fmt.Errorf("%w: it is no SQLite database", ErrNotJournal)
	}
	return &h, nil
}

// logged tells whether writes go to a log beside the file.
func (h *sqliteHeader) logged() bool { return h[18] == 2 || h[19] == 2 }

// check compares the header with the size of the file. Beside a log the file may be behind.
func (h *sqliteHeader) check(size int64, hasLog bool) error {
	page := int64(binary.BigEndian.Uint16(h[16:]))
	if page == 1 {
		page = 65536
	}
	counted := binary.BigEndian.Uint32(h[24:]) == binary.BigEndian.Uint32(h[92:])
	if want := page * int64(binary.BigEndian.Uint32(h[28:])); counted && !hasLog && size < want {
		return fmt.Errorf("%w: it is cut off: %d bytes of %d", ErrNotJournal, size, want)
	}
	if id := binary.BigEndian.Uint32(h[68:]); id != applicationID && id != 0 {
		return fmt.Errorf("%w: it is the SQLite database of another program (application id %#x)", ErrNotJournal, id)
	}
	return nil
}

// versionOf reads the version of the tables: 0 if there are none yet.
func versionOf(path string, found finding) (int64, error) {
	e, err := newEye(path, found)
	if err != nil {
		return 0, classified(err)
	}
	defer func() { _ = e.close() }() // it was only looked at
	var numbers [3]int64
	for i, sql := range []string{
		"PRAGMA application_id",
		"SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'",
		"SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'",
	} {
		if numbers[i], err = e.number(sql); err != nil {
			return 0, classified(err)
		}
	}
	switch id, tables, versioned := numbers[0], numbers[1], numbers[2]; {
	case id == 0 && tables == 0:
		return 0, nil
	case id == 0 && tables == 1 && versioned == 1: // whoever made it ended before the first migration
		return 0, nil
	case id != applicationID || versioned == 0:
		return 0, fmt.Errorf("%w: it is the SQLite database of another program", ErrNotJournal)
	}
	version, err := e.number("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied")
	if err == nil && version > newestVersion {
		return 0, fmt.Errorf("%w: its tables have version %d, the newest known here is %d", ErrNewer, version, newestVersion)
	}
	return version, classified(err)
}

// number runs a query for the number in its one row.
func (e *eye) number(sql string) (int64, error) {
	s, err := e.query(sql)
	if err != nil {
		return 0, err
	}
	return s.number()
}
