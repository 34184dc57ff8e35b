package meetweb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stockFiles are shaped like a built Jitsi Meet: the pages' directives are those that its index.html uses. Composed for this test.
var stockFiles = map[string]string{
	"index.html": `<html><head><!--#include virtual="head.html" -->
<base href="<!--#echo var="subdir" default="/" -->">
<script><!--#include virtual="/config.js" --></script>
<script><!--#include virtual="/interface_config.js" --></script>
<!--#include virtual="plugin.head.html" --><!--#include virtual="fonts.html"--></head></html>`,
	"head.html":                    `<title>stock</title><!--#include virtual="title.html" -->`,
	"title.html":                   `<meta property="og:title" content="x">`,
	"interface_config.js":          "var interfaceConfig = { APP_NAME: 'x' };\n",
	"loop.html":                    `<!--#include virtual="loop.html" -->`,
	"libs/app.bundle.min.js":       "app()",
	"libs/external_api.min.js":     "api()",
	"static/404.html":              "stock's own 404",
	"sounds/x.mp3":                 "ID3",
	".git/config":                  "secret",
	"lang/main-de.json":            "{}",
	".well-known/assetlinks.json":  "[]",
	"static/sub/include-up.html":   `<!--#include virtual="../../../outside.txt" -->`,
	"static/.hidden/password.json": "secret",
}

func stockServer(t *testing.T) *Server {
	t.Helper()
	outer := t.TempDir()
	root := filepath.Join(outer, "web")
	for name, text := range stockFiles {
		path := filepath.Join(root, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(outer, "outside.txt"), []byte("secret"), 0o644))
	must(t, os.Symlink(filepath.Join(outer, "outside.txt"), filepath.Join(root, "static", "link.txt")))
	s := newServer(t, func(c *Config, _ *Deps) { c.Root, c.Dir = root, dataDir(t) })
	t.Cleanup(func() { must(t, s.stock.close()) })
	return s
}

func TestStockFrontEnd(t *testing.T) {
	s := stockServer(t)
	for _, tt := range []struct {
		path string
		code int
		want string
	}{
		{"/", 200, "<title>stock</title><meta property"},
		{"/standup", 200, "var config = {"},
		{"/standup", 200, "var interfaceConfig = { APP_NAME"},
		{"/standup", 200, `<base href="/">`},
		{"/config.js", 200, "conference.meet.example"},
		{"/interface_config.js", 200, "APP_NAME"},
		{"/libs/app.bundle.min.js?v=1", 200, "app()"},
		{"/external_api.js", 200, "api()"},
		{"/lang/main-de.json", 200, "{}"},
		{"/.well-known/assetlinks.json", 200, "[]"},
		{"/libs/gone.js", 404, "stock's own 404"},
		{"/tenant/standup", 404, "stock's own 404"},
		{"/libs", 200, "<title>stock</title>"}, // a room of that name
		{"/.git/config", 404, "stock's own 404"},
		{"/static/.hidden/password.json", 404, "stock's own 404"},
		{"/static/link.txt", 404, "stock's own 404"},
		{"/libs/../../outside.txt", 307, ""},
		{"/libs/", 200, "<title>stock</title>"},
		{"/loop.html", 500, "internal server error"},
	} {
		r := get(t, s, tt.path)
		got := body(t, r)
		if r.StatusCode != tt.code || !strings.Contains(got, tt.want) || strings.Contains(got, "secret") || strings.Contains(got, "<!--#") {
			t.Errorf("GET %s: %d %q, want %d and %q", tt.path, r.StatusCode, got, tt.code, tt.want)
		}
	}
	if got := body(t, get(t, s, "/static/sub/include-up.html")); strings.Contains(got, "secret") {
		t.Error("an include reaches out of the directory")
	}
	r := get(t, s, "/libs/app.bundle.min.js?v=1")
	if r.Header.Get("Cache-Control") != "public, max-age=31536000" || r.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("versioned file's headers: %v", r.Header)
	}
	csp := get(t, s, "/standup").Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "'unsafe-inline'") || strings.Contains(csp, "http:") || strings.Contains(csp, "*") {
		t.Errorf("policy of the stock page: %s", csp)
	}
}

func TestStockNeedsIndex(t *testing.T) {
	if _, err := New(Config{Domain: "x", TLS: TLSOff, Root: t.TempDir()}, Deps{}); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("New with an empty web.root: %v", err)
	}
}

func FuzzInclude(f *testing.F) {
	for _, text := range stockFiles {
		f.Add(text)
	}
	f.Add(`<!--#include virtual="" --><!--#include file="f.html" --><!--#if expr="x" --><!--#echo var="x" -->`)
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		must(t, os.WriteFile(filepath.Join(root, "index.html"), []byte(text), 0o600))
		s := newServer(t, func(c *Config, _ *Deps) { c.Root = root })
		defer func() { must(t, s.stock.close()) }()
		if r := get(t, s, "/"); r.StatusCode != 200 && r.StatusCode != 500 {
			t.Errorf("page %q: %d", text, r.StatusCode)
		}
	})
}
