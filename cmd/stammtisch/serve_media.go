package main

import (
	"context"
	"net"
	"net/url"

	"stammtisch/bridge"
	"stammtisch/configs"
	"stammtisch/focus"
	"stammtisch/xmpp"

	"github.com/prometheus/client_golang/prometheus"
)

// bridgeID is the bridge's name in the brewery and in the address of its WebSocket channels.
const bridgeID = "jvb"

// addBridge runs the media bridge.
func (a *assembly) addBridge() error {
	if !a.has(roleBridge) {
		return nil
	}
	if a.xmpp == nil {
		// Looked at before it logs in, which ends the session of one that runs already.
		probe, err := net.ListenPacket("udp", a.cfg.Bridge.Listen)
		if err != nil {
			return explain("bridge.listen", err)
		}
		_ = probe.Close()
	}
	return a.addEntity("bridge", a.domains.bridgeAccount, bridgeID, func(link xmpp.Link) (entity, error) {
		b, err := bridge.New(a.bridgeConfig(), link, a.log)
		if err != nil {
			return entity{}, explain("bridge.listen", err)
		}
		a.web.colibriWebSocket = b.ColibriWebSocket()
		return entity{run: b.Run, metrics: bridgeMetrics(b)}, nil
	})
}

func (a *assembly) bridgeConfig() bridge.Config {
	cfg := bridge.Config{
		ID: bridgeID, Brewery: a.domains.brewery, Version: versionText(),
		Listen: []string{a.cfg.Bridge.Listen}, Advertise: a.cfg.Bridge.Advertise,
		Loopback: isLoopbackName(a.cfg.Domain),
	}
	if a.has(roleWeb) && a.xmpp != nil {
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
	cfg, err := a.focusConfig()
	if err != nil {
		return err
	}
	return a.addEntity("focus", a.domains.focusAccount, "focus", func(link xmpp.Link) (entity, error) {
		f, err := focus.New(cfg, focus.Deps{Link: link, Log: a.log})
		if err != nil {
			return entity{}, err
		}
		a.web.conferenceRequest = f
		a.endLogins = f.EndLogins
		return entity{run: f.Run, metrics: focusMetrics(f)}, nil
	})
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

// entity is a focus or bridge on a link.
type entity struct {
	run     func(ctx context.Context) error
	metrics prometheus.Collector
}

// addEntity adds an entity that takes part as account/resource: on a link in this process where the role xmpp is here too, else over
// a stream.
func (a *assembly) addEntity(name string, account xmpp.JID, resource string, build func(xmpp.Link) (entity, error)) error {
	full, err := account.WithResource(resource)
	if err != nil {
		return err
	}
	if a.xmpp == nil {
		return a.addRemote(name, full, build)
	}
	link, err := a.xmpp.NewLink(full)
	if err != nil {
		return err
	}
	e, err := build(link)
	if err != nil {
		return err
	}
	a.registry.MustRegister(e.metrics)
	a.add(component{name: name, run: func(ctx context.Context) error {
		defer link.Close()
		return e.run(ctx)
	}})
	return nil
}
