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

// Whoever owns the directory may put links into it. Root follows none of them when it creates a file there, nor gives away what they
// point to.
func TestLinksAreNotFollowed(t *testing.T) {
	base := t.TempDir()
	data := filepath.Join(base, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(data, 12345, 23456); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	precious, missing := filepath.Join(base, "precious"), filepath.Join(base, "missing")
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{precious, missing} {
		name := "to-" + filepath.Base(target)
		if err := os.Symlink(target, d.Path(name)); err != nil {
			t.Fatal(err)
		}
		if err := d.Ensure(name); err == nil {
			t.Errorf("a link to %s passes for a file of ours", filepath.Base(target))
		}
	}
	if _, err := os.Lstat(missing); err == nil {
		t.Error("what the link points to was created")
	}
	info, err := os.Stat(precious)
	if err != nil {
		t.Fatal(err)
	}
	if uid, _, _ := owner(info); uid != os.Getuid() {
		t.Errorf("what the link points to belongs to %d now", uid)
	}
}

// What is there keeps its owner: only what root creates is handed over.
func TestEnsureKeepsWhatIsThere(t *testing.T) {
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.Path("f"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Ensure("f"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Read("f"); err != nil || string(got) != "x" {
		t.Errorf("the file has %q, %v", got, err)
	}
}
