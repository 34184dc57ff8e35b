package configs

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// load writes text to a file and loads it under an environment given as KEY=value.
func load(t *testing.T, text string, env ...string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stammtisch.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Source{File: path, Getenv: environ(env)})
}

func environ(env []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, e := range env {
			if k, v, _ := strings.Cut(e, "="); k == name {
				return v, true
			}
		}
		return "", false
	}
}

func TestZeroConfiguration(t *testing.T) {
	c, err := Load(Source{Getenv: environ([]string{"HOME=/home/ana"})})
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Domain: "localhost", Access: Accounts, Data: "/home/ana/.local/share/stammtisch", Grace: 5 * time.Second, URLDefaulted: true,
		Web:     Web{Listen: "127.0.0.1:8443", URL: "https://localhost:8443", TLS: SelfSigned, TrustedProxies: []string{}},
		XMPP:    XMPP{Listen: "127.0.0.1:5222", HTTP: "127.0.0.1:5280", Server: "127.0.0.1:5222"},
		Bridge:  Bridge{Listen: ":10000", Advertise: []string{}},
		Metrics: Metrics{Listen: "127.0.0.1:9090"},
		Log:     Log{Level: "info", Format: "text"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("zero configuration is\n%+v, want\n%+v", c, want)
	}
}

// The defaults file and the struct must have the same keys, or a key would be documented and not read, or the reverse.
func TestSchemaMatchesDefaults(t *testing.T) {
	var doc yaml.Node
	if err := yaml.Unmarshal(defaults, &doc); err != nil {
		t.Fatal(err)
	}
	var documented, known []string
	var walk func(n *yaml.Node, prefix, comment string)
	walk = func(n *yaml.Node, prefix, comment string) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			said := key.HeadComment + value.HeadComment + value.LineComment
			if value.Kind == yaml.MappingNode {
				walk(value, prefix+key.Value+".", said)
				continue
			}
			documented = append(documented, prefix+key.Value)
			// A group of one key, or cert and key, share a comment.
			if said == "" && comment == "" && prefix+key.Value != "web.key" {
				t.Errorf("%s has no comment", prefix+key.Value)
			}
		}
	}
	walk(doc.Content[0], "", "")
	each(reflect.ValueOf(new(Config)).Elem(), "", func(key string, _ reflect.Value) { known = append(known, key) })
	slices.Sort(documented)
	slices.Sort(known)
	if !slices.Equal(documented, known) {
		t.Errorf("keys differ:\ndocumented %v\nknown      %v", documented, known)
	}
}

func TestProblems(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string // each must be in the error
	}{
		"unknown key":       {"web:\n  lisen: :443\n", []string{"stammtisch.yaml:2: web.lisen: unknown key; did you mean web.listen?"}},
		"swapped letters":   {"doamin: x.example\n", []string{"stammtisch.yaml:1: doamin: unknown key; did you mean domain?"}},
		"nothing near":      {"quux: 1\n", []string{"quux: unknown key; known here: access, bridge, "}},
		"upper case":        {"Domain: x.example\n", []string{"did you mean domain?"}},
		"all at once":       {"domian: x\nacces: open\n", []string{":1: domian", ":2: acces"}},
		"values at once":    {"access: everybody\nweb:\n  tls: maybe\n", []string{":1: access: must be accounts or open, not \"everybody\"", ":3: web.tls: must be self-signed, files or off, not \"maybe\""}},
		"all kinds at once": {"acces: open\nweb: {tls: maybe, root: [a]}\ngrace: soon\ndomain: a b\n", []string{":1: acces: unknown key; did you mean access?\nstammtisch.yaml:2: web.root: must be a single value\nstammtisch.yaml:2: web.tls: ", "\nstammtisch.yaml:3: grace: must", "\nstammtisch.yaml:4: domain: "}},
		"twice":             {"domain: a.example\ndomain: b.example\n", []string{":2: domain: is set twice"}},
		"group for value":   {"domain: {a: b}\n", []string{"domain: must be a single value"}},
		"value for group":   {"web: yes\n", []string{"web: must be a group of keys"}},
		"not a mapping":     {"- domain\n", []string{"must be a group of keys"}},
		"no YAML":           {"domain: [\n", []string{"stammtisch.yaml: "}},
		"two documents":     {"domain: a.example\n---\ndomain: b.example\n", []string{"more than one document"}},
		"no value":          {"domain:\n", []string{"domain: has no value"}},
		"not a duration":    {"grace: soon\n", []string{":1: grace: must be a duration such as 5s, not \"soon\""}},
		"duration, no unit": {"grace: 5\n", []string{":1: grace: must be a duration such as 5s, not \"5\""}},
		"boolean for text":  {"web: {tls: false}\n", []string{"web.tls: must be self-signed, files or off, not \"false\""}},
		"not a boolean":     {"log: {addresses: perhaps}\n", []string{"log.addresses: must be true or false, not \"perhaps\""}},
		"domain with port":  {"domain: meet.example:443\n", []string{"domain: \"meet.example:443\" is no domain name"}},
		"listen":            {"web: {listen: 8443}\n", []string{"web.listen: \"8443\" is no address and port"}},
		"listen port":       {"web: {listen: ':70000'}\n", []string{"web.listen: port \"70000\""}},
		"listen host":       {"xmpp: {listen: 'meet.example:5222'}\n", []string{"xmpp.listen: \"meet.example\" is no address"}},
		"url path":          {"web: {url: 'https://meet.example/x'}\n", []string{"web.url: ", "scheme, host and port only"}},
		"url scheme":        {"web: {url: meet.example}\n", []string{"must begin with https://"}},
		"files without":     {"web: {tls: files}\n", []string{"web.cert: is needed", "web.key: is needed"}},
		"files unused":      {"web: {cert: a.pem}\n", []string{"web.cert: is used with web.tls: files only"}},
		"proxies":           {"web: {trusted_proxies: [10.0.0.0/8, lan]}\n", []string{"web.trusted_proxies: \"lan\""}},
		"advertise":         {"bridge: {advertise: [meet.example]}\n", []string{"bridge.advertise: \"meet.example\""}},
		"root is missing":   {"web: {root: nowhere}\n", []string{"web.root: ", "is not a directory"}},
		"grace too long":    {"grace: 1h\n", []string{"grace: must be more than 0s and at most 10m"}},
		"list in a list":    {"web: {trusted_proxies: [[a]]}\n", []string{"web.trusted_proxies: must be a list of single values"}},
		"group for list":    {"bridge: {advertise: {a: b}}\n", []string{"bridge.advertise: must be a list"}},
		"server, no port":   {"xmpp: {server: meet.example}\n", []string{"xmpp.server: \"meet.example\" is no host:port"}},
		"bridge, any port":  {"bridge: {listen: ':0'}\n", []string{"bridge.listen: needs a port other than 0"}},
		"bridge needs port": {"bridge: {listen: ''}\n", []string{"bridge.listen: "}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if err == nil {
				t.Fatalf("Load accepted %q", tt.text)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Load(%q) says\n%v\nwhich lacks %q", tt.text, err, want)
				}
			}
		})
	}
}

func TestDerivedDefaults(t *testing.T) {
	for name, tt := range map[string]struct {
		text        string
		listen, url string
	}{
		"localhost":       {"", "127.0.0.1:8443", "https://localhost:8443"},
		"localhost, port": {"web: {listen: ':9443'}", ":9443", "https://localhost:9443"},
		"domain":          {"domain: Meet.Example.", ":443", "https://meet.example"},
		"domain, port":    {"domain: meet.example\nweb: {listen: ':8443'}", ":8443", "https://meet.example:8443"},
		"behind a proxy":  {"domain: meet.example\nweb: {listen: '127.0.0.1:8000', tls: off}", "127.0.0.1:8000", "https://meet.example"},
		"url":             {"web: {url: 'https://video.example/'}", "127.0.0.1:8443", "https://video.example"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if c.Web.Listen != tt.listen || c.Web.URL != tt.url {
				t.Errorf("listen %q, url %q; want %q, %q", c.Web.Listen, c.Web.URL, tt.listen, tt.url)
			}
		})
	}
}

func TestEnvironmentOverridesFile(t *testing.T) {
	c, err := load(t, "domain: file.example\nweb: {listen: ':1'}\n",
		"STAMMTISCH_DOMAIN=env.example", "STAMMTISCH_WEB_TRUSTED_PROXIES=127.0.0.1, 10.0.0.0/8", "STAMMTISCH_LOG_ADDRESSES=true", "STAMMTISCH_GRACE=2s")
	if err != nil {
		t.Fatal(err)
	}
	if c.Domain != "env.example" || !c.Log.Addresses || c.Grace != 2*time.Second || c.Web.Listen != ":1" {
		t.Errorf("got %+v", c)
	}
	want := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}
	if got := c.Web.Proxies(); !slices.Equal(got, want) {
		t.Errorf("proxies %v, want %v", got, want)
	}
	if _, err := load(t, "", "STAMMTISCH_WEB_TLS=perhaps"); err == nil || !strings.Contains(err.Error(), "web.tls") {
		t.Errorf("bad value in the environment: %v", err)
	}
}

func TestDataDirectory(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(file, []byte("domain: localhost\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := environ([]string{"HOME=/home/ana"})
	for name, tt := range map[string]struct {
		src  Source
		want string
	}{
		"beside the file":      {Source{File: file, Getenv: home}, filepath.Join(dir, "data")},
		"flag wins":            {Source{File: file, Data: "/elsewhere", Getenv: home}, "/elsewhere"},
		"without a file":       {Source{Getenv: home}, "/home/ana/.local/share/stammtisch"},
		"XDG":                  {Source{Getenv: environ([]string{"HOME=/home/ana", "XDG_DATA_HOME=/xdg"})}, "/xdg/stammtisch"},
		"root":                 {Source{Getenv: home, Root: true}, "/var/lib/stammtisch"},
		"environment":          {Source{Getenv: environ([]string{"STAMMTISCH_DATA=/srv/st"})}, "/srv/st"},
		"environment and file": {Source{File: file, Getenv: environ([]string{"STAMMTISCH_DATA=kept"})}, filepath.Join(dir, "kept")},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Load(tt.src)
			if err != nil {
				t.Fatal(err)
			}
			if c.Data != tt.want {
				t.Errorf("data is %s, want %s", c.Data, tt.want)
			}
		})
	}
}

func TestPrintReadsBack(t *testing.T) {
	c, err := load(t, "domain: meet.example\ngrace: 1m30s\nbridge: {advertise: [203.0.113.5, '198.51.100.1:4443']}\nweb: {trusted_proxies: [127.0.0.1]}\n")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	again, err := load(t, out.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	again.URLDefaulted = c.URLDefaulted // printed, a default looks like a setting
	if !reflect.DeepEqual(c, again) {
		t.Errorf("read back\n%+v, want\n%+v, from\n%s", again, c, out.String())
	}
	for _, want := range []string{"# The name of this server.", "  # Where the certificate comes from", "grace: 1m30s", "advertise: [203.0.113.5, '198.51.100.1:4443']"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed configuration lacks %q:\n%s", want, out.String())
		}
	}
	ports := []netip.AddrPort{netip.MustParseAddrPort("203.0.113.5:10000"), netip.MustParseAddrPort("198.51.100.1:4443")}
	if got := c.Bridge.Advertised(); !slices.Equal(got, ports) {
		t.Errorf("advertised %v, want %v", got, ports)
	}
}

func TestDefaultsPrintAsTheyAre(t *testing.T) {
	c := new(Config)
	if err := yaml.Unmarshal(defaults, c); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	strip := func(b []byte) string { return strings.NewReplacer(`'`, `"`, `"`, ``).Replace(string(b)) }
	if strip(out.Bytes()) != strip(defaults) {
		t.Errorf("printed defaults differ from the file:\n%s", out.String())
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "domain: a\n", "web: {listen: ':1'}\n", "a: &x [*x]\n", "web: &w\n  listen: *w\n", "? {a: b}\n: c\n", "domain: !!binary aGk=\n", "\x00", "<<: {domain: a}\n"} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "f.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Source{File: path})
		var problems *Error
		if err != nil && !errors.As(err, &problems) {
			t.Errorf("Load(%q) fails with %T %v, want *Error", text, err, err)
		}
		if err == nil && c.Print(&bytes.Buffer{}) != nil {
			t.Errorf("configuration from %q cannot be printed", text)
		}
	})
}
