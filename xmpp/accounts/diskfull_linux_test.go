package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"stammtisch/configs/datadir"
)

// A file system that is really full, from before the database is opened and while it is open. Where mounting is not allowed (no
// root), TestDiskFullIsNamed alone covers what SQLite reports.
func TestFullFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no file system of our own: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	d, err := datadir.Open(filepath.Join(dir, "data"))
	must(t, err)
	s, err := Open(t.Context(), d)
	must(t, err)
	must(t, s.Register(t.Context(), "before", "meet.example", "x"))
	fill(t, filepath.Join(dir, "fill"))
	for i := 0; err == nil && i < 100; i++ { // the -wal file may have room inside
		err = s.Register(t.Context(), "user"+itoa(i), "meet.example", "x")
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Errorf("Register on a full disk: %v, want ErrDiskFull", err)
	}
	if _, ok, err := s.Verify(t.Context(), "before", "meet.example", "x"); err != nil || !ok {
		t.Errorf("login while the disk is full: %v, %v", ok, err)
	}
	must(t, s.Close())
	fill(t, filepath.Join(dir, "fill2"))
	// What opening needs may just fit into what closing left.
	if s, err = Open(t.Context(), d); err == nil {
		must(t, s.Close())
	} else if !errors.Is(err, ErrDiskFull) {
		t.Errorf("Open on a full disk: %v, want ErrDiskFull", err)
	}
	must(t, os.Remove(filepath.Join(dir, "fill")))
	s, err = Open(t.Context(), d)
	must(t, err)
	must(t, s.Check(t.Context()))
	must(t, s.Register(t.Context(), "after", "meet.example", "x"))
	must(t, s.Close())
}

// fill takes what space is left.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	for block := make([]byte, 4096); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	must(t, f.Close())
}
