package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Watch reports changes from now on.
//
// It asks a connection of its own for SQLite's data version, which changes with any other connection's commit; that costs a few
// microseconds and no disk access. Only then is the table of changes read.
func (s *SQLite) Watch(ctx context.Context) (<-chan Change, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("watch accounts: %w", explain(err))
	}
	w := &watch{conn: conn, inPlace: s.inPlace}
	// The version first: a change between the two is then seen twice rather than not at all, and its id sorts that out.
	_, err = w.moved(ctx)
	if err == nil {
		err = conn.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM changes`).Scan(&w.last)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("watch accounts: %w", explain(err)), conn.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	stopped := context.AfterFunc(s.stop, cancel)
	out := make(chan Change, 16)
	s.watches.Go(func() {
		defer close(out)
		defer cancel()
		defer stopped()
		defer func() { _ = conn.Close() }() // gives it back to the pool
		w.run(ctx, s.poll, out)
	})
	return out, nil
}

// watch is the state of one watcher, owned by its goroutine.
type watch struct {
	conn    *sql.Conn
	inPlace func() error
	version int64
	last    int64 // id of the last change that was handed out
}

// moved reports whether another connection has committed since it was last asked.
func (w *watch) moved(ctx context.Context) (bool, error) {
	before := w.version
	err := w.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&w.version)
	return w.version != before, err
}

func (w *watch) run(ctx context.Context, poll time.Duration, out chan<- Change) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	behind := false // a read failed: try again at the next tick, whatever the version says
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if w.inPlace() != nil {
			return
		}
		moved, err := w.moved(ctx)
		if err == nil && !moved && !behind {
			continue
		}
		changes, readErr := w.read(ctx)
		behind = err != nil || readErr != nil
		for _, c := range changes {
			select {
			case out <- c:
			case <-ctx.Done():
				return
			}
		}
	}
}

// read returns what came after the last change handed out.
func (w *watch) read(ctx context.Context) (changes []Change, err error) {
	rows, err := w.conn.QueryContext(ctx, `SELECT id, kind, user, host FROM changes WHERE id > ? ORDER BY id`, w.last)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c Change
		var id int64
		if err := rows.Scan(&id, &c.Kind, &c.User, &c.Host); err != nil {
			return changes, err
		}
		w.last = id
		changes = append(changes, c)
	}
	return changes, rows.Err()
}
