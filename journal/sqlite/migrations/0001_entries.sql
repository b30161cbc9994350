-- +goose Up
PRAGMA application_id = 1886350441; -- "poli": a journal of polis, see file.go

-- The primary key finds a turn, and refuses a second one of the same number. Entries are written in the order of commit
-- under the rowid that is their position, so that reading in this order is reading the file from front to back.
CREATE TABLE IF NOT EXISTS entries (
    actor       TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    logical     INTEGER NOT NULL, -- nanoseconds
    wall        INTEGER NOT NULL, -- nanoseconds since 1970, UTC; 0: not known
    cause_actor TEXT    NOT NULL,
    cause_n     INTEGER NOT NULL,
    payload     TEXT    NOT NULL, -- canonical JSON
    effects     TEXT    NOT NULL, -- canonical JSON, an array
    digest      BLOB    NOT NULL, -- 32 bytes
    cause_index INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    position    INTEGER NOT NULL, -- 1, 2, 3, … in the order of commit, without a gap: the rowid, said aloud
    PRIMARY KEY (actor, n)
);

CREATE TABLE IF NOT EXISTS snapshots (
    actor TEXT    NOT NULL,
    n     INTEGER NOT NULL, -- the state is that after this turn
    state BLOB    NOT NULL,
    PRIMARY KEY (actor, n)
);
