package accounts

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"time"

	"stammtisch/configs/datadir"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// FileName is the database's name in the data directory. SQLite puts FileName-wal and FileName-shm beside it.
const FileName = "accounts.db"

// busyTimeout is how long a writer waits for another process's transaction, in milliseconds.
const busyTimeout = 5000

// SQLite is the Store that is a file in the data directory.
type SQLite struct {
	db     *sql.DB
	path   string
	file   os.FileInfo // of path, as it was opened
	secret []byte      // of fake credentials
	poll   time.Duration

	stop    context.Context // done when Close begins
	cancel  context.CancelFunc
	watches sync.WaitGroup
}

var _ Store = (*SQLite)(nil)

// Open opens the account database in dir and creates it when it is missing. Close it after use.
func Open(ctx context.Context, dir *datadir.Dir) (*SQLite, error) {
	// Created here, so that its mode and owner are ours; SQLite gives the files beside it the same.
	if err := dir.Ensure(FileName); err != nil {
		return nil, fmt.Errorf("account database: %w", explain(err))
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout), "journal_mode(WAL)", "synchronous(FULL)", "trusted_schema(OFF)",
	}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: dir.Path(FileName), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("account database: %w", err)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(2)
	s := &SQLite{db: db, path: dir.Path(FileName), poll: 500 * time.Millisecond}
	s.stop, s.cancel = context.WithCancel(context.Background())
	err = s.prepare(ctx)
	if err == nil {
		s.file, err = os.Stat(s.path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("account database: %w", explain(err)), s.Close())
	}
	return s, nil
}

// schema is version 1. STRICT keeps what a hand-edit puts in honest.
const schema = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS accounts (
	host TEXT NOT NULL, user TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
	sha1_iterations INTEGER NOT NULL, sha1_salt BLOB NOT NULL, sha1_stored_key BLOB NOT NULL, sha1_server_key BLOB NOT NULL,
	sha256_iterations INTEGER NOT NULL, sha256_salt BLOB NOT NULL, sha256_stored_key BLOB NOT NULL, sha256_server_key BLOB NOT NULL,
	PRIMARY KEY (host, user)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
	id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;`

const schemaVersion = 1

// prepare brings the schema up and reads the secret.
func (s *SQLite) prepare(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	if version > schemaVersion {
		return fmt.Errorf("written by a newer Stammtisch (schema %d, this one knows %d)", version, schemaVersion)
	}
	if version < schemaVersion {
		err := s.update(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, schema); err != nil {
				return err
			}
			secret := make([]byte, 32)
			rand.Read(secret)
			_, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES ('secret', ?) ON CONFLICT DO NOTHING`, secret)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'secret'`).Scan(&s.secret)
}

// version opens the first connection. Switching a new file to WAL needs it alone, and SQLite answers "busy" at once instead of waiting
// when two processes do so together; then the other one is doing it for us.
func (s *SQLite) version(ctx context.Context) (version int, err error) {
	ctx, cancel := context.WithTimeout(ctx, busyTimeout*time.Millisecond)
	defer cancel()
	for {
		err = s.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
		if code(err) != lib.SQLITE_BUSY {
			return version, err
		}
		select {
		case <-ctx.Done():
			return 0, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// update runs f in a transaction that has the write lock from its start.
func (s *SQLite) update(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // f's error is the one that matters; an unfinished transaction is undone anyway
		return err
	}
	return tx.Commit()
}

// Check reads the whole database and returns an error when it is damaged.
func (s *SQLite) Check(ctx context.Context) error {
	var result string
	if err := s.db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&result); err != nil {
		return fmt.Errorf("account database: %w", explain(err))
	}
	if result != "ok" {
		return fmt.Errorf("account database is damaged: %s", result)
	}
	return nil
}

// Close ends all watches and closes the database.
func (s *SQLite) Close() error {
	s.cancel()
	s.watches.Wait()
	return s.db.Close()
}

// code returns the primary SQLite result code of err, or 0.
func code(err error) int { return extended(err) & 0xff }

// extended returns the extended SQLite result code of err, or 0.
func extended(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// explain puts the database's errors into words that say what to do.
func explain(err error) error {
	switch extended(err) {
	case lib.SQLITE_IOERR_SHMSIZE, lib.SQLITE_IOERR_WRITE: // growing a file failed: that is how the -shm file meets a full disk
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	switch code(err) {
	case 0:
		if isNoSpace(err) {
			return fmt.Errorf("%w: %w", ErrDiskFull, err)
		}
		return err
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case lib.SQLITE_BUSY:
		return fmt.Errorf("another process has kept it locked for %d s: %w", busyTimeout/1000, err)
	case lib.SQLITE_READONLY:
		return fmt.Errorf("it may not be written to; run this as the owner of the data directory: %w", err)
	case lib.SQLITE_CANTOPEN:
		return fmt.Errorf("it cannot be opened; run this as the owner of the data directory: %w", err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("it is damaged; restore a backup: %w", err)
	default:
		return err
	}
}

// inPlace returns an error where the file is not the one that was opened any more: what other processes write from then on, such as a
// deleted account, is not seen here, and what is written here is lost.
func (s *SQLite) inPlace() error {
	now, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(s.file, now) {
		return fmt.Errorf("account database: %s was removed or replaced while it was in use", s.path)
	}
	return nil
}

// Ping reports whether accounts can be read, for health checks.
func (s *SQLite) Ping(ctx context.Context) error {
	if err := s.inPlace(); err != nil {
		return err
	}
	var one int
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM meta`).Scan(&one); err != nil {
		return fmt.Errorf("account database: %w", explain(err))
	}
	return nil
}
