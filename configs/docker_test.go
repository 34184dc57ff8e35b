package configs

import (
	"net/netip"
	"slices"
	"testing"
)

func TestDockerNames(t *testing.T) {
	env := []string{"PUBLIC_URL=https://meet.example:8443/", "ENABLE_AUTH=0", "DISABLE_HTTPS=1", "JVB_PORT=10001",
		"JVB_ADVERTISE_IPS=203.0.113.5,198.51.100.1#4443", "XMPP_DOMAIN=meet.jitsi", "LOG_LEVEL=nonsense", "PROSODY_TRUSTED_PROXIES=127.0.0.1,::1"}
	c, err := load(t, "", env...)
	if err != nil {
		t.Fatal(err)
	}
	if c.Domain != "meet.example" || c.Web.URL != "https://meet.example:8443" || c.URLDefaulted || c.Access != Open || c.Web.TLS != Off ||
		c.Bridge.Listen != ":10001" || c.Log.Level != "info" || len(c.Web.TrustedProxies) != 2 {
		t.Errorf("configuration is %+v", c)
	}
	want := []netip.AddrPort{netip.MustParseAddrPort("203.0.113.5:10001"), netip.MustParseAddrPort("198.51.100.1:4443")}
	if got := c.Bridge.Advertised(); !slices.Equal(got, want) {
		t.Errorf("advertised %v, want %v", got, want)
	}
	// Our own names and the file win.
	c, err = load(t, "access: accounts\n", append(env, "STAMMTISCH_DOMAIN=other.example")...)
	if err != nil || c.Access != Accounts || c.Domain != "other.example" {
		t.Errorf("access %s, domain %s, %v; want accounts, other.example", c.Access, c.Domain, err)
	}
}

func TestDockerNamesNeedPublicURL(t *testing.T) {
	c, err := load(t, "", "JVB_PORT=1", "ENABLE_AUTH=0")
	if err != nil || c.Bridge.Listen != ":10000" || c.Access != Accounts {
		t.Errorf("listen %s, access %s, %v; want the defaults", c.Bridge.Listen, c.Access, err)
	}
}

func TestPublicURLForms(t *testing.T) {
	for value, want := range map[string]string{"https://a.example": "https://a.example", "a.example": "https://a.example", "a.example:8443": "https://a.example:8443"} {
		c, err := load(t, "", "PUBLIC_URL="+value)
		if err != nil || c.Web.URL != want || c.Domain != "a.example" {
			t.Errorf("PUBLIC_URL=%s: %+v, %v; want %s", value, c, err, want)
		}
	}
}
