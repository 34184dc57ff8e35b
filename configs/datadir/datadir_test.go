package datadir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesArePrivate(t *testing.T) {
	d, err := Open(filepath.Join(t.TempDir(), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write("secret", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.Ensure("other"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{d.String(): 0o700, d.Path("secret"): 0o600, d.Path("other"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s is %o, want %o", filepath.Base(path), got, want)
		}
	}
}

func TestWriteReplacesWholeFile(t *testing.T) {
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a long first text", "short"} {
		if err := d.Write("f", []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := d.Read("f")
		if err != nil || string(got) != text {
			t.Errorf("Read after Write(%q) = %q, %v", text, got, err)
		}
	}
	entries, err := os.ReadDir(d.String())
	if err != nil || len(entries) != 1 {
		t.Errorf("directory holds %v, %v; want the one file and no temporary ones", entries, err)
	}
	if err := d.Remove("f"); err != nil {
		t.Error(err)
	}
	if err := d.Remove("f"); err != nil {
		t.Errorf("removing a missing file: %v", err)
	}
	if _, err := d.Read("f"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of a removed file: %v, want fs.ErrNotExist", err)
	}
}

func TestOpenRefusesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("Open of a file succeeded")
	}
}
