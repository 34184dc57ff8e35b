//go:build unix

package accounts

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Everything in the data directory is private, and root working there leaves it to the directory's owner, -wal and -shm included.
func TestFilesArePrivateAndKeepOwner(t *testing.T) {
	dir := t.TempDir()
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 12345, 23456
		must(t, os.Chown(dir, uid, gid))
	}
	s := open(t, dir)
	must(t, s.Register(t.Context(), "ana", "meet.example", "secret"))
	for _, name := range []string{FileName, FileName + "-wal", FileName + "-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		st := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm() != 0o600 || int(st.Uid) != uid || int(st.Gid) != gid {
			t.Errorf("%s has mode %o, owner %d:%d; want 600, %d:%d", name, info.Mode().Perm(), st.Uid, st.Gid, uid, gid)
		}
	}
}
