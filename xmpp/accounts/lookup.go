package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// List returns the accounts of host, or all for host "".
func (s *SQLite) List(ctx context.Context, host string) (list []Account, err error) {
	if host != "" {
		if _, host, err = prepareName("x", host); err != nil {
			return nil, err
		}
	}
	rows, err := s.db.QueryContext(ctx, `SELECT user, host, created, updated FROM accounts WHERE ? IN ('', host) ORDER BY host, user`, host)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a Account
		var created, updated int64
		if err := rows.Scan(&a.User, &a.Host, &created, &updated); err != nil {
			return nil, fmt.Errorf("list accounts: %w", explain(err))
		}
		a.Created, a.Updated = time.Unix(created, 0), time.Unix(updated, 0)
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list accounts: %w", explain(err))
	}
	return list, nil
}

// Lookup returns an account's SCRAM keys, or stable made-up ones.
func (s *SQLite) Lookup(ctx context.Context, user, host string) (Credentials, error) {
	u, h, err := prepareName(user, host)
	if err != nil {
		return fake(s.secret, user, host), nil // a name that cannot be is nobody's
	}
	c := Credentials{User: u, Host: h, Exists: true}
	var salt1, salt256 []byte
	err = s.db.QueryRowContext(ctx, `
SELECT sha1_iterations, sha1_salt, sha1_stored_key, sha1_server_key,
	sha256_iterations, sha256_salt, sha256_stored_key, sha256_server_key
FROM accounts WHERE host = ? AND user = ?`, h, u).Scan(
		&c.SHA1.Iters, &salt1, &c.SHA1.StoredKey, &c.SHA1.ServerKey,
		&c.SHA256.Iters, &salt256, &c.SHA256.StoredKey, &c.SHA256.ServerKey)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fake(s.secret, u, h), nil
	case err != nil:
		return Credentials{}, fmt.Errorf("look up account: %w", explain(err))
	}
	c.SHA1.Salt, c.SHA256.Salt = string(salt1), string(salt256)
	return c, nil
}

// Verify returns an account's SCRAM keys, and whether password is the account's.
func (s *SQLite) Verify(ctx context.Context, user, host, password string) (Credentials, bool, error) {
	c, err := s.Lookup(ctx, user, host)
	if err != nil {
		return c, false, err
	}
	prepared, prepErr := preparePassword(password)
	if prepErr != nil {
		prepared = "-" // nobody's, but it takes as long
	}
	ok, err := matches(c.SHA256, prepared)
	return c, ok && c.Exists && prepErr == nil, err
}
