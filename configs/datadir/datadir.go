// Package datadir is the directory in which a server keeps what must outlive a restart: accounts, its certificate, first passwords.
//
// Everything in it is private to the owner of the directory: the directory has mode 0700 and files 0600. When root works on a
// directory that belongs to somebody else, what it creates belongs to that somebody, so that `sudo stammtisch register` never leaves
// a file that the server cannot open. It is not a place for configuration or logs. Read Dir first.
package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is an existing private directory.
type Dir struct {
	path     string
	uid, gid int
	chown    bool // we are root and the owner is somebody else
}

// Open creates the directory path, and those above it that are missing, and returns it. An existing directory keeps its mode.
func Open(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("data directory: %s is not a directory", path)
	}
	d := &Dir{path: path}
	if uid, gid, ok := owner(info); ok {
		d.uid, d.gid = uid, gid
		d.chown = os.Geteuid() == 0 && (uid != 0 || gid != 0)
	}
	return d, nil
}

// create makes path and its missing parents, each with the owner of the nearest directory that was there.
func create(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := create(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	info, err := os.Stat(parent)
	if err != nil {
		return err
	}
	if uid, gid, ok := owner(info); ok && os.Geteuid() == 0 {
		return os.Lchown(path, uid, gid)
	}
	return nil
}

// Path returns the absolute path of name in the directory.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// String returns the directory's absolute path.
func (d *Dir) String() string { return d.path }

// Ensure creates an empty file name, mode 0600, unless there is one. It follows no links: whoever owns the directory may have put them
// there for root to give away, or to create, what they point to.
func (d *Dir) Ensure(name string) error {
	f, err := os.OpenFile(d.Path(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return errors.Join(d.own(f), f.Close())
	}
	info, statErr := os.Lstat(d.Path(name))
	switch {
	case statErr != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", d.Path(name))
	}
	return nil
}

// Read returns the contents of name; a missing file is an error that matches fs.ErrNotExist.
func (d *Dir) Read(name string) ([]byte, error) { return os.ReadFile(d.Path(name)) }

// Write replaces the contents of name, mode 0600, all or nothing: after a crash the old or the new contents are there.
func (d *Dir) Write(name string, data []byte) (err error) {
	f, err := os.CreateTemp(d.path, "."+name+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := d.own(f); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), d.Path(name)); err != nil {
		return err
	}
	return d.sync()
}

// Remove deletes name; that it was not there is no error.
func (d *Dir) Remove(name string) error {
	if err := os.Remove(d.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d *Dir) own(f *os.File) error {
	if !d.chown {
		return nil
	}
	return f.Chown(d.uid, d.gid)
}

// sync makes a rename survive a power cut.
func (d *Dir) sync() error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
