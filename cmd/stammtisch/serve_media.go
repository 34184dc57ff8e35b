package main

import (
	"net"
	"net/url"

	"stammtisch/bridge"
	"stammtisch/configs"
	"stammtisch/focus"
	"stammtisch/xmpp"
)

// bridgeID is the bridge's name in the brewery and in the address of its WebSocket channels.
const bridgeID = "jvb"

// addBridge runs the media bridge.
func (a *assembly) addBridge() error {
	if !a.has(roleBridge) {
		return nil
	}
	account, err := a.domains.bridgeAccount.WithResource(bridgeID)
	if err != nil {
		return err
	}
	link, err := a.xmpp.NewLink(account)
	if err != nil {
		return err
	}
	b, err := bridge.New(a.bridgeConfig(), link, a.log)
	if err != nil {
		return explain("bridge.listen", err)
	}
	a.web.colibriWebSocket = b.ColibriWebSocket()
	a.registry.MustRegister(bridgeMetrics(b))
	a.add(component{name: "bridge", run: b.Run})
	return nil
}

func (a *assembly) bridgeConfig() bridge.Config {
	cfg := bridge.Config{
		ID: bridgeID, Brewery: a.domains.brewery, Version: versionText(),
		Listen: []string{a.cfg.Bridge.Listen}, Advertise: a.cfg.Bridge.Advertise,
		Loopback: isLoopbackName(a.cfg.Domain),
	}
	if a.has(roleWeb) {
		cfg.PublicURL = webSocketBase(a.cfg.Web.PublicURL())
	}
	return cfg
}

// webSocketBase turns https://host into wss://host.
func webSocketBase(u *url.URL) string {
	scheme := "wss"
	if u.Scheme == "http" {
		scheme = "ws"
	}
	return scheme + "://" + u.Host
}

// isLoopbackName says whether a domain is reached from this machine only.
func isLoopbackName(domain string) bool {
	ip := net.ParseIP(domain)
	return domain == "localhost" || ip != nil && ip.IsLoopback()
}

// addFocus runs the focus.
func (a *assembly) addFocus() error {
	if !a.has(roleFocus) {
		return nil
	}
	account, err := a.domains.focusAccount.WithResource("focus")
	if err != nil {
		return err
	}
	link, err := a.xmpp.NewLink(account)
	if err != nil {
		return err
	}
	cfg, err := a.focusConfig()
	if err != nil {
		return err
	}
	f, err := focus.New(cfg, focus.Deps{Link: link, Log: a.log})
	if err != nil {
		return err
	}
	a.web.conferenceRequest = f
	a.registry.MustRegister(focusMetrics(f))
	a.add(component{name: "focus", run: f.Run})
	return nil
}

func (a *assembly) focusConfig() (cfg focus.Config, err error) {
	d := a.domains
	cfg = focus.Config{Brewery: d.brewery, Authentication: a.cfg.Access == configs.Accounts, Version: versionText()}
	for domain, to := range map[string]*xmpp.JID{d.main: &cfg.Domain, d.conference: &cfg.ConferenceDomain, d.focus: &cfg.ProxyDomain} {
		if *to, err = xmpp.ParseJID(domain); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}
