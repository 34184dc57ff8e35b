package meetweb

import (
	"embed"
	"io/fs"
)

// The pattern also matches dist-missing.html, which is always there, so that the Go code builds, and can be tested, without npm.
//
//go:embed all:client/dist*
var embedded embed.FS

// clientFiles returns the built web client as a set of files, and whether it is there: without it, a page that says how to build it.
func clientFiles() (*fileSet, bool) {
	if dist, err := fs.Sub(embedded, "client/dist"); err == nil {
		if _, err := fs.Stat(dist, "index.html"); err == nil {
			return newFileSet(dist), true
		}
	}
	page, err := embedded.ReadFile("client/dist-missing.html")
	if err != nil {
		panic(err) // the build would have failed
	}
	files := newFileSet(embedded)
	files.read["index.html"] = newFile("index.html", page)
	return files, false
}
