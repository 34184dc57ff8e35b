//go:build unix

package datadir

import (
	"os"
	"path/filepath"
	"testing"
)

// Root working in somebody else's directory leaves nothing that the owner cannot open. Without root there is nothing to hand over:
// then everything must belong to whoever runs the test.
func TestRootKeepsOwner(t *testing.T) {
	base := t.TempDir()
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 12345, 23456
		if err := os.Chown(base, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(filepath.Join(base, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write("f", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.Ensure("g"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{d.String(), d.Path("f"), d.Path("g")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		u, g, ok := owner(info)
		if !ok || u != uid || g != gid {
			t.Errorf("%s belongs to %d:%d, want %d:%d", filepath.Base(path), u, g, uid, gid)
		}
	}
}
