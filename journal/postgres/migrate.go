package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// newestVersion is that of the last file in migrations.
const newestVersion = 1

// versions is the table in which goose counts.
const versions = "polis.goose_db_version"

// prepare makes sure that the database has the tables of this version. If it may not write it finds them or fails.
func prepare(ctx context.Context, pool *pgxpool.Pool, readOnly bool) error {
	var encoding string
	if err := pool.QueryRow(ctx, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database is encoded in %s; accepted is UTF8", encoding)
	}
	version, err := versionOf(ctx, pool)
	switch {
	case err != nil:
		return err
	case version > newestVersion:
		return fmt.Errorf("%w: its tables have version %d, the newest known here is %d", ErrNewer, version, newestVersion)
	case version == newestVersion:
		return nil
	case readOnly && version == 0:
		return fmt.Errorf("%w: the database has no journal", ErrNoRun)
	case readOnly:
		return fmt.Errorf("its tables have version %d, the newest is %d: open it for writing once", version, newestVersion)
	}
	return migrate(ctx, pool)
}

// versionOf reads the version of the tables, 0 if there are none.
func versionOf(ctx context.Context, pool *pgxpool.Pool) (version int64, err error) {
	err = pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+versions+` WHERE is_applied`).Scan(&version)
	if state := stateOf(err); state == undefinedTable {
		return 0, nil
	}
	return version, err
}

// migrate brings the tables up to newestVersion. Nodes that start together do it one after the other.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(lock pgx.Tx) error {
		if _, err := lock.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('polis.migrations'))`); err != nil {
			return err
		}
		// Goose cannot take part in this transaction: another connection does the work, this one keeps the others out.
		db := stdlib.OpenDB(*pool.Config().ConnConfig)
		defer func() { _ = db.Close() }() // migrating says whether it went well
		if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS polis`); err != nil {
			return err
		}
		files, err := fs.Sub(migrations, "migrations")
		if err != nil {
			return err
		}
		store, err := database.NewStore(database.DialectPostgres, versions)
		if err != nil {
			return err
		}
		p, err := goose.NewProvider("", db, files, goose.WithStore(store))
		if err != nil {
			return err
		}
		_, err = p.Up(ctx)
		return err
	})
}
