package meetweb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// stock is the directory of an unmodified Jitsi Meet front end, served as its own web server would (docker-jitsi-meet's and the
// Debian package's): static directories, server-side includes in pages, every other name a room. config.js is ours.
type stock struct{ root *os.Root }

// maxPage bounds a page that is read whole for its includes, in bytes.
const maxPage = 4 << 20

// staticDirs are served as they are and usable by other origins (the embedding API's script is loaded from there).
var staticDirs = []string{"libs", "css", "static", "images", "fonts", "lang", "sounds", "connection_optimization", ".well-known"}

func openStock(dir string) (*stock, error) {
	root, err := os.OpenRoot(dir) // nothing outside of it is ever served, whatever links say
	if err != nil {
		return nil, fmt.Errorf("web.root: %w", err)
	}
	if _, err := root.Stat("index.html"); err != nil {
		return nil, errors.Join(fmt.Errorf("web.root: %s holds no index.html; give the directory of a built Jitsi Meet", dir), root.Close())
	}
	return &stock{root: root}, nil
}

func (st *stock) close() error { return st.root.Close() }

// serveStock answers with a file of the front end, or with its index page for a room.
func (s *Server) serveStock(w http.ResponseWriter, r *http.Request) {
	limitWrite(w)
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch name {
	case "":
		s.stockPage(w, r, "index.html", http.StatusOK)
		return
	case "external_api.js":
		name = "libs/external_api.min.js"
	case "interface_config.js":
		s.interfaceConfig(w, r)
		return
	}
	top, _, nested := strings.Cut(name, "/")
	for _, dir := range staticDirs {
		if nested && top == dir {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			if r.URL.Query().Get("v") != "" {
				w.Header().Set("Cache-Control", "public, max-age=31536000")
			}
		}
	}
	switch {
	case !hidden(name) && s.stockFile(w, r, name):
	case !nested && isRoom(name):
		s.stockPage(w, r, "index.html", http.StatusOK)
	default:
		w.Header().Del("Cache-Control")
		if _, err := s.stock.root.Stat("static/404.html"); err == nil {
			s.stockPage(w, r, "static/404.html", http.StatusNotFound)
			return
		}
		s.notFound(w, r)
	}
}

// hidden reports whether a path has a part that is not meant for the public, such as .git.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".well-known" {
			return true
		}
	}
	return false
}

// stockFile answers with a plain file and reports whether there is one. Pages go through their includes.
func (s *Server) stockFile(w http.ResponseWriter, r *http.Request, name string) bool {
	f, err := s.stock.root.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if path.Ext(name) == ".html" {
		s.stockPage(w, r, name, http.StatusOK)
		return true
	}
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Content-Type", contentType(name))
	s.stockHeaders(w, r) // workers have a policy of their own
	http.ServeContent(w, r, name, info.ModTime(), f)
	return true
}

func (s *Server) stockPage(w http.ResponseWriter, r *http.Request, name string, status int) {
	page, err := s.include(r, name, 0)
	if err != nil {
		s.log.Error("cannot read the front end's page", "page", name, "err", err)
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	s.stockHeaders(w, r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page)
	}
}

// interfaceConfig answers with the front end's interface_config.js, where it has one, and the operator's additions.
func (s *Server) interfaceConfig(w http.ResponseWriter, r *http.Request) {
	script, err := s.virtual(r, "interface_config.js", 0)
	if err != nil {
		s.log.Error("cannot read interface_config.js", "err", err)
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(script)
}

// virtual returns what a request for name would, for the pages' includes.
func (s *Server) virtual(r *http.Request, name string, depth int) ([]byte, error) {
	switch name {
	case "config.js":
		return s.renderConfig(r), nil
	case "interface_config.js":
		script, err := s.stock.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			script, err = []byte("var interfaceConfig = {};\n"), nil
		}
		return append(bytes.Clone(script), s.custom("custom-interface_config.js")...), err
	}
	return s.include(r, name, depth)
}

func (st *stock) read(name string) ([]byte, error) {
	f, err := st.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxPage+1))
	if err == nil && len(data) > maxPage {
		err = fmt.Errorf("%s has more than %d bytes", name, maxPage)
	}
	return data, err
}
