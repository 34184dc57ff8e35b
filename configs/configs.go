// Package configs is the configuration: its schema, defaults, validation and the environment's overrides.
//
// The schema is the YAML file stammtisch.yaml in this directory, which is embedded: each key stands there once, with its default, its
// unit and a comment, and once as a field below. Load reads a file over these defaults and reports everything that is wrong with it at
// once. Nothing here opens sockets or looks at the data directory. Read Config and Load first.
package configs

import (
	_ "embed"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

//go:embed stammtisch.yaml
var defaults []byte

// Defaults returns the documented default configuration file.
func Defaults() []byte { return slices.Clone(defaults) }

// Config is the effective configuration. After Load each field holds the value to be used: empty defaults such as web.listen's are
// filled in and paths are absolute.
type Config struct {
	Domain  string        `yaml:"domain"`
	Access  Access        `yaml:"access"`
	Data    string        `yaml:"data"`
	Grace   time.Duration `yaml:"grace"`
	Web     Web           `yaml:"web"`
	XMPP    XMPP          `yaml:"xmpp"`
	Bridge  Bridge        `yaml:"bridge"`
	Metrics Metrics       `yaml:"metrics"`
	Log     Log           `yaml:"log"`

	// URLDefaulted says that web.url was not set, so that a request's own Host may stand for it.
	URLDefaulted bool `yaml:"-"`
}

// Access says who may start a room.
type Access string

// The values of access.
const (
	Accounts Access = "accounts"
	Open     Access = "open"
)

// TLSMode says where the web server's certificate comes from.
type TLSMode string

// The values of web.tls.
const (
	SelfSigned TLSMode = "self-signed"
	Files      TLSMode = "files"
	Off        TLSMode = "off"
)

// Web is the web server's part.
type Web struct {
	Listen         string   `yaml:"listen"`
	URL            string   `yaml:"url"`
	TLS            TLSMode  `yaml:"tls"`
	Cert           string   `yaml:"cert"`
	Key            string   `yaml:"key"`
	TrustedProxies []string `yaml:"trusted_proxies"`
	Root           string   `yaml:"root"`
}

// XMPP is the part of XMPP over TCP, and of roles in processes of their own.
type XMPP struct {
	Listen       string `yaml:"listen"`
	HTTP         string `yaml:"http"`
	Server       string `yaml:"server"`
	PasswordFile string `yaml:"password_file"`
}

// Bridge is the media bridge's part.
type Bridge struct {
	Listen    string   `yaml:"listen"`
	Advertise []string `yaml:"advertise"`
}

// Metrics is the part of the private metrics listener.
type Metrics struct {
	Listen string `yaml:"listen"`
}

// Log says what is logged and how.
type Log struct {
	Level     string `yaml:"level"`
	Format    string `yaml:"format"`
	Addresses bool   `yaml:"addresses"`
}

// LevelTrace is below debug: whole stanzas.
const LevelTrace = slog.LevelDebug - 4

// SlogLevel returns log.level for slog.
func (l Log) SlogLevel() slog.Level { return levels[l.Level] }

var levels = map[string]slog.Level{
	"error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug, "trace": LevelTrace,
}

// PublicURL returns web.url, parsed. It has a scheme and a host and no path.
func (w Web) PublicURL() *url.URL {
	u, err := parseURL(w.URL)
	if err != nil { // Load has checked it
		return &url.URL{Scheme: "https", Host: w.URL}
	}
	return u
}

// Proxies returns web.trusted_proxies as networks.
func (w Web) Proxies() []netip.Prefix {
	out := make([]netip.Prefix, 0, len(w.TrustedProxies))
	for _, s := range w.TrustedProxies {
		if p, err := parsePrefix(s); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// Advertised returns bridge.advertise; an entry without a port has the port of bridge.listen.
func (b Bridge) Advertised() []netip.AddrPort {
	_, port, _ := net.SplitHostPort(b.Listen)
	out := make([]netip.AddrPort, 0, len(b.Advertise))
	for _, s := range b.Advertise {
		if a, err := parseAdvertise(s, port); err == nil {
			out = append(out, a)
		}
	}
	return out
}
