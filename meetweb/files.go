package meetweb

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// fileSet is a set of files that do not change while the server runs. It is safe for concurrent use.
type fileSet struct {
	fsys fs.FS
	mu   sync.Mutex
	read map[string]*file // guarded by mu; what has been asked for, at most the files there are
}

// file is one file, compressed once.
type file struct {
	contentType, etag, cache string
	plain, packed            []byte // packed is nil where it would not be smaller
}

func newFileSet(fsys fs.FS) *fileSet { return &fileSet{fsys: fsys, read: map[string]*file{}} }

// get returns the file called name, or nil. Compression is put off to the first request: it costs more than the rest of the start.
func (s *fileSet) get(name string) *file {
	if !fs.ValidPath(name) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.read[name]; ok {
		return f
	}
	data, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return nil
	}
	f := newFile(name, data)
	s.read[name] = f
	return f
}

func newFile(name string, data []byte) *file {
	sum := sha256.Sum256(data)
	f := &file{contentType: contentType(name), etag: hex.EncodeToString(sum[:12]), cache: "no-cache", plain: data}
	if strings.HasPrefix(name, "assets/") { // the bundler puts a hash of the contents into these names
		f.cache = "public, max-age=31536000, immutable"
	}
	if compressible(f.contentType) {
		f.packed = pack(data)
	}
	return f
}

func pack(data []byte) []byte {
	var buf bytes.Buffer
	zw, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := zw.Write(data); err != nil {
		return nil
	}
	if err := zw.Close(); err != nil || buf.Len() >= len(data) {
		return nil
	}
	return buf.Bytes()
}

// contentType knows the types that matter itself: the system's table differs from machine to machine.
func contentType(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".html", "":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

func compressible(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	switch t {
	case "application/json", "application/manifest+json", "application/wasm", "image/svg+xml", "image/x-icon":
		return true
	default:
		return strings.HasPrefix(t, "text/")
	}
}

// serve answers with the file. It has no ranges: nothing here is large.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", f.cache)
	body, etag := f.plain, `"`+f.etag+`"`
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			body, etag = f.packed, `"`+f.etag+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", etag)
	for tag := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == etag {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone when this fails
	}
}

// acceptsGzip reads Accept-Encoding as RFC 9110 §12.5.3 has it: listed, and not with a weight of zero.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			return !found || strings.Trim(weight, "0.") != ""
		}
	}
	return false
}
