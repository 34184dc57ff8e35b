package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fillWeb computes the defaults that depend on the domain.
func (c *Config) fillWeb() {
	c.Domain = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(c.Domain)), ".")
	if c.Web.Listen == "" {
		c.Web.Listen = ":443"
		if c.Domain == "localhost" {
			c.Web.Listen = "127.0.0.1:8443"
		}
	}
	if c.Web.URL == "" {
		c.URLDefaulted = true
		c.Web.URL = "https://" + c.Domain
		// Behind a proxy that speaks TLS our own port is nobody's business.
		if _, port, err := net.SplitHostPort(c.Web.Listen); err == nil && port != "443" && c.Web.TLS != Off {
			c.Web.URL += ":" + port
		}
	}
	c.Web.URL = strings.TrimSuffix(c.Web.URL, "/")
}

func (c *Config) validate(r *report) {
	if err := checkDomain(c.Domain); err != nil {
		r.add("domain", "%v", err)
	}
	oneOf(r, "access", string(c.Access), string(Accounts), string(Open))
	if c.Grace <= 0 || c.Grace > 10*time.Minute {
		r.add("grace", "must be more than 0s and at most 10m, not %s", c.Grace)
	}
	c.validateWeb(r)
	checkListen(r, "xmpp.listen", c.XMPP.Listen, true)
	checkListen(r, "xmpp.http", c.XMPP.HTTP, false)
	if _, _, err := net.SplitHostPort(c.XMPP.Server); err != nil {
		r.add("xmpp.server", "%q is no host:port", c.XMPP.Server)
	}
	checkListen(r, "bridge.listen", c.Bridge.Listen, false)
	checkListen(r, "metrics.listen", c.Metrics.Listen, true)
	_, port, _ := net.SplitHostPort(c.Bridge.Listen)
	for _, s := range c.Bridge.Advertise {
		if _, err := parseAdvertise(s, port); err != nil {
			r.add("bridge.advertise", "%q is no address; write 203.0.113.5 or 203.0.113.5:10000", s)
		}
	}
	oneOf(r, "log.level", c.Log.Level, "error", "warn", "info", "debug", "trace")
	oneOf(r, "log.format", c.Log.Format, "text", "json")
}

func (c *Config) validateWeb(r *report) {
	checkListen(r, "web.listen", c.Web.Listen, false)
	if _, err := parseURL(c.Web.URL); err != nil && !c.URLDefaulted { // else it is the domain that is wrong
		r.add("web.url", "%v", err)
	}
	oneOf(r, "web.tls", string(c.Web.TLS), string(SelfSigned), string(Files), string(Off))
	switch c.Web.TLS {
	case Files:
		for _, file := range []struct{ key, path string }{{"web.cert", c.Web.Cert}, {"web.key", c.Web.Key}} {
			if file.path == "" {
				r.add(file.key, "is needed with web.tls: files")
			}
		}
	case SelfSigned, Off:
		if c.Web.Cert != "" || c.Web.Key != "" {
			r.add("web.cert", "is used with web.tls: files only, which is %s", c.Web.TLS)
		}
	}
	for _, s := range c.Web.TrustedProxies {
		if _, err := parsePrefix(s); err != nil {
			r.add("web.trusted_proxies", "%q is neither an address nor a network; write 127.0.0.1 or 10.0.0.0/8", s)
		}
	}
	if c.Web.Root != "" {
		if info, err := os.Stat(c.Web.Root); err != nil || !info.IsDir() {
			r.add("web.root", "%s is not a directory", c.Web.Root)
		}
	}
}

func oneOf(r *report, key, value string, allowed ...string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	last := len(allowed) - 1
	r.add(key, "must be %s or %s, not %q", strings.Join(allowed[:last], ", "), allowed[last], value)
}

var label = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)

// checkDomain accepts what may stand in a JID's domainpart and in DNS. Longer names are put in front of it, hence 200 of the 253.
func checkDomain(s string) error {
	if s == "" {
		return errors.New("must not be empty")
	}
	if len(s) > 200 {
		return errors.New("must have at most 200 characters")
	}
	for part := range strings.SplitSeq(s, ".") {
		if !label.MatchString(part) {
			return fmt.Errorf("%q is no domain name such as meet.example.org; write other scripts in their xn-- form, and no port or https://", s)
		}
	}
	return nil
}

func checkListen(r *report, key, s string, mayBeOff bool) {
	if s == "" && mayBeOff {
		return
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		r.add(key, "%q is no address and port; write 127.0.0.1:8443 or, for all addresses, :8443", s)
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		r.add(key, "port %q is no number from 0 to 65535", port)
	} else if n == 0 && key == "bridge.listen" {
		r.add(key, "needs a port other than 0")
	}
	if host == "" || host == "localhost" {
		return
	}
	if _, err := netip.ParseAddr(host); err != nil {
		r.add(key, "%q is no address of this machine; write it in numbers", host)
	}
}

func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL", s)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q must begin with https://", s)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q has no host", s)
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return nil, fmt.Errorf("%q must be scheme, host and port only", s)
	}
	u.Path = ""
	return u, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
}

func parseAdvertise(s, port string) (netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(a, uint16(n)), nil
}
