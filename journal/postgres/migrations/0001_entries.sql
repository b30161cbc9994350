-- +goose Up

-- A row here is what writers of a run queue for: whoever adds to "last" holds the row until its entries are committed, so
-- that the order of positions is the order of commits.
CREATE TABLE polis.runs (
    run   text COLLATE "C" PRIMARY KEY,
    last  bigint      NOT NULL DEFAULT 0, -- position
    begun timestamptz NOT NULL DEFAULT now()
);

-- In names "\" stands as "\\" and the character 0, which PostgreSQL has not, as "\0".
CREATE TABLE polis.entries (
    run         text COLLATE "C" NOT NULL,
    actor       text COLLATE "C" NOT NULL,
    n           bigint NOT NULL,
    kind        text   NOT NULL,
    logical     bigint NOT NULL, -- nanoseconds
    wall        bigint NOT NULL, -- nanoseconds since 1970, UTC; 0: not known
    cause_actor text   NOT NULL,
    cause_n     bigint NOT NULL,
    payload     text   NOT NULL, -- canonical JSON: text, because its digest is over these bytes
    effects     text   NOT NULL, -- canonical JSON, an array
    digest      bytea  NOT NULL, -- 32 bytes
    cause_index bigint NOT NULL,
    step        bigint NOT NULL,
    position    bigint NOT NULL, -- 1, 2, 3, … in the order of commit
    PRIMARY KEY (run, actor, n)
);
CREATE UNIQUE INDEX entries_position ON polis.entries (run, position);

CREATE TABLE polis.snapshots (
    run   text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    n     bigint NOT NULL, -- the state is that after this turn
    state bytea  NOT NULL,
    PRIMARY KEY (run, actor, n)
);
