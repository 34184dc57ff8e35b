package meetweb

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

//go:embed notfound.html
var notFoundPage []byte

//go:embed notfound.de.html
var notFoundPageGerman []byte

// notFound answers 404 with a page of its own, which loads nothing. Its one style element is allowed by its hash.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	page, language := notFoundPage, "en"
	if prefersGerman(r.Header.Get("Accept-Language")) {
		page, language = notFoundPageGerman, "de"
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", language)
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+styleHash(page)+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page)
	}
}

// prefersGerman looks at the first language only: the order is the browser's own preference.
func prefersGerman(header string) bool {
	first, _, _ := strings.Cut(header, ",")
	first, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(first)), ";")
	return first == "de" || strings.HasPrefix(first, "de-")
}

// styleHash is what CSP (Level 3, §2.3.1) wants to see of the page's style element.
func styleHash(page []byte) string {
	_, rest, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	sum := sha256.Sum256(style)
	return base64.StdEncoding.EncodeToString(sum[:])
}
