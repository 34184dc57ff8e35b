package main

import (
	"net/http"

	"stammtisch/configs"
	"stammtisch/meetweb"
)

// endpoints are the handlers that other components give to the web server. A nil one is not served.
type endpoints struct {
	xmppWebSocket, bosh, colibriWebSocket, conferenceRequest http.Handler
}

// addMetrics serves the registry on its private listener, unless that is off.
func (a *assembly) addMetrics() error {
	if a.cfg.Metrics.Listen == "" {
		return nil
	}
	m := meetweb.NewMetrics(a.cfg.Metrics.Listen, a.registry, a.log)
	a.add(component{name: "metrics.listen", run: m.Run, ready: m.Ready()})
	return nil
}

// addWeb serves the client and everybody's HTTP end points.
func (a *assembly) addWeb() error {
	if !a.has(roleWeb) {
		return nil
	}
	web := a.cfg.Web
	deps := meetweb.Deps{
		Log: a.log, Metrics: a.registry,
		XMPPWebSocket: a.web.xmppWebSocket, BOSH: a.web.bosh, ColibriWebSocket: a.web.colibriWebSocket, ConferenceRequest: a.web.conferenceRequest,
	}
	if a.store != nil {
		deps.Health = a.store.Ping
	}
	s, err := meetweb.New(meetweb.Config{
		Domain: a.cfg.Domain, Listen: web.Listen, URL: web.PublicURL(), URLDefaulted: a.cfg.URLDefaulted,
		TLS: meetweb.TLSMode(web.TLS), CertFile: web.Cert, KeyFile: web.Key, Dir: a.dir,
		AccountsNeeded: a.cfg.Access == configs.Accounts,
		Root:           web.Root, TrustedProxies: web.Proxies(), Grace: a.cfg.Grace,
	}, deps)
	if err != nil {
		return err
	}
	a.webServer = s
	// BOSH clients learn of the end by the answer to their next request, so it has to get through.
	a.add(component{name: "web.listen", run: s.Run, ready: s.Ready(), last: true})
	return nil
}
