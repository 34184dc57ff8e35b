package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/xdg-go/scram"
	lib "modernc.org/sqlite/lib"
)

// keptChanges is how many changes stay for watchers to read. Each costs a synced write, so a watcher that polls twice a second is
// never that far behind.
const keptChanges = 10000

const upsert = `
INSERT INTO accounts (host, user, created, updated,
	sha1_iterations, sha1_salt, sha1_stored_key, sha1_server_key,
	sha256_iterations, sha256_salt, sha256_stored_key, sha256_server_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const onConflict = `
ON CONFLICT (host, user) DO UPDATE SET updated = excluded.updated,
	sha1_iterations = excluded.sha1_iterations, sha1_salt = excluded.sha1_salt,
	sha1_stored_key = excluded.sha1_stored_key, sha1_server_key = excluded.sha1_server_key,
	sha256_iterations = excluded.sha256_iterations, sha256_salt = excluded.sha256_salt,
	sha256_stored_key = excluded.sha256_stored_key, sha256_server_key = excluded.sha256_server_key`

// Register creates an account.
func (s *SQLite) Register(ctx context.Context, user, host, password string) error {
	return s.change(ctx, Registered, user, host, func(user, host string) (func(*sql.Tx) error, error) {
		row, err := newRow(user, host, password, iterations)
		if err != nil {
			return nil, err
		}
		return func(tx *sql.Tx) error { return insert(ctx, tx, row) }, nil
	})
}

// SetPassword replaces the password of an account. The iteration count never shrinks.
func (s *SQLite) SetPassword(ctx context.Context, user, host, password string) error {
	return s.change(ctx, PasswordChanged, user, host, func(user, host string) (func(*sql.Tx) error, error) {
		old, err := s.Lookup(ctx, user, host)
		if err != nil {
			return nil, err
		}
		row, err := newRow(user, host, password, max(iterations, old.SHA1.Iters, old.SHA256.Iters))
		if err != nil {
			return nil, err
		}
		return func(tx *sql.Tx) error {
			if err := exists(ctx, tx, user, host); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, upsert+onConflict, row...)
			return err
		}, nil
	})
}

// Delete removes an account.
func (s *SQLite) Delete(ctx context.Context, user, host string) error {
	return s.change(ctx, Deleted, user, host, func(user, host string) (func(*sql.Tx) error, error) {
		return func(tx *sql.Tx) error {
			if err := exists(ctx, tx, user, host); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `DELETE FROM accounts WHERE host = ? AND user = ?`, host, user)
			return err
		}, nil
	})
}

// RegisterFirst creates an account in a store that has never had one for host, once in the store's life: the account with which the
// very first start greets its operator. It reports whether it did.
func (s *SQLite) RegisterFirst(ctx context.Context, user, host, password string) (created bool, err error) {
	user, host, err = prepareName(user, host)
	if err != nil {
		return false, err
	}
	row, err := newRow(user, host, password, iterations)
	if err != nil {
		return false, err
	}
	err = s.update(ctx, func(tx *sql.Tx) error {
		var known int
		err := tx.QueryRowContext(ctx, `
SELECT (SELECT count(*) FROM accounts WHERE host = ?1) + (SELECT count(*) FROM meta WHERE name = 'started ' || ?1)`, host).Scan(&known)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES ('started ' || ?, x'') ON CONFLICT DO NOTHING`, host); err != nil {
			return err
		}
		if created = known == 0; !created {
			return nil
		}
		if err := insert(ctx, tx, row); err != nil {
			return err
		}
		return note(ctx, tx, Registered, user, host)
	})
	if err != nil {
		return false, fmt.Errorf("%s@%s: %w", user, host, explain(err))
	}
	return created, nil
}

// change runs one change: names are prepared, keys computed outside of the transaction (they take milliseconds), then the account
// and the note for watchers are written together.
func (s *SQLite) change(ctx context.Context, kind ChangeKind, user, host string, make func(user, host string) (func(*sql.Tx) error, error)) error {
	user, host, err := prepareName(user, host)
	if err != nil {
		return err
	}
	write, err := make(user, host)
	if err != nil {
		return err
	}
	err = s.update(ctx, func(tx *sql.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		return note(ctx, tx, kind, user, host)
	})
	if err != nil {
		return fmt.Errorf("%s@%s: %w", user, host, explain(err))
	}
	return nil
}

// note leaves a change for watchers and forgets the oldest.
func note(ctx context.Context, tx *sql.Tx, kind ChangeKind, user, host string) error {
	done, err := tx.ExecContext(ctx, `INSERT INTO changes (kind, user, host) VALUES (?, ?, ?)`, int(kind), user, host)
	if err != nil {
		return err
	}
	id, err := done.LastInsertId()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM changes WHERE id <= ?`, id-keptChanges)
	return err
}

// newRow computes the values of upsert. password is as the user typed it.
func newRow(user, host, password string, iters int) ([]any, error) {
	password, err := preparePassword(password)
	if err != nil {
		return nil, err
	}
	now := time.Now().Unix()
	row := []any{host, user, now, now}
	for _, hash := range []scram.HashGeneratorFcn{scram.SHA1, scram.SHA256} {
		c, err := derive(hash, password, iters)
		if err != nil {
			return nil, err
		}
		row = append(row, c.Iters, []byte(c.Salt), c.StoredKey, c.ServerKey)
	}
	return row, nil
}

func insert(ctx context.Context, tx *sql.Tx, row []any) error {
	_, err := tx.ExecContext(ctx, upsert, row...)
	if code(err) == lib.SQLITE_CONSTRAINT {
		return ErrExists
	}
	return err
}

func exists(ctx context.Context, tx *sql.Tx, user, host string) error {
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM accounts WHERE host = ? AND user = ?`, host, user).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
