package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"stammtisch/configs"
	"stammtisch/muc"
	"stammtisch/xmpp"
	"stammtisch/xmpp/accounts"

	"github.com/xdg-go/scram"
)

// domains are the addresses that follow from the configured one.
type domains struct {
	main, guest, auth, conference, internal, focus string
	focusAccount, bridgeAccount                    xmpp.JID // bare
	brewery                                        xmpp.JID
}

func newDomains(domain string) (d domains, err error) {
	d = domains{
		main: domain, guest: "guest." + domain, auth: "auth." + domain,
		conference: "conference." + domain, internal: "internal.auth." + domain, focus: "focus." + domain,
	}
	for _, a := range []struct {
		to    *xmpp.JID
		local string
		host  string
	}{{&d.focusAccount, "focus", d.auth}, {&d.bridgeAccount, "jvb", d.auth}, {&d.brewery, "jvbbrewery", d.internal}} {
		if *a.to, err = xmpp.NewJID(a.local, a.host, ""); err != nil {
			return d, fmt.Errorf("domain: %w", err)
		}
	}
	return d, nil
}

// serviceHibernation is how long a component's session waits for its stream to come back: a bridge that lost its stream is to leave
// the brewery, not to be waited for.
const serviceHibernation = 2 * time.Second

// addXMPP serves streams, accounts and rooms.
func (a *assembly) addXMPP() error {
	if !a.has(roleXMPP) {
		if a.has(roleWeb) {
			a.passStreamsOn()
		}
		return nil
	}
	cfg, err := a.xmppConfig()
	if err != nil {
		return err
	}
	srv, err := xmpp.New(cfg, xmpp.Deps{Log: a.log, Accounts: storedAccounts{a.store}})
	if err != nil {
		return err
	}
	if err := srv.ClientProxy(a.domains.focus, a.domains.focusAccount); err != nil {
		return err
	}
	a.xmpp = srv
	a.web.xmppWebSocket, a.web.bosh = srv.WebSocket(), srv.BOSH()
	a.registry.MustRegister(xmppMetrics(srv))
	a.add(component{name: "xmpp", run: srv.Run})
	a.add(component{name: "accounts", run: a.endChangedAccounts})
	if err := a.addRooms(); err != nil {
		return err
	}
	if !a.has(roleWeb) {
		a.addStreamsOverHTTP()
	}
	if a.cfg.XMPP.Listen != "" {
		a.addTCP()
	}
	return nil
}

func (a *assembly) xmppConfig() (xmpp.Config, error) {
	d, listen := a.domains, a.cfg.XMPP.Listen
	// Several times what a client sends that enters a large room, its busiest moment.
	clientPace := xmpp.Pace{Stanzas: 100, Bytes: 256 << 10}
	cfg := xmpp.Config{
		Hosts: []xmpp.Host{
			{Name: d.main, Auth: xmpp.AuthAccounts, Closed: true, Pace: clientPace},
			{Name: d.guest, Auth: xmpp.AuthAnonymous, Closed: true, Pace: clientPace},
			{Name: d.auth, Auth: xmpp.AuthAccounts, Closed: true, Components: true, Hibernation: serviceHibernation},
		},
		Version: versionText(), LogAddresses: a.cfg.Log.Addresses,
	}
	// Stock components on this machine expect no TLS, or a certificate that they can check; the network gets nothing in the clear.
	switch {
	case listen == "":
	case isLoopback(listen):
		cfg.AllowPlain = true
	case !a.has(roleWeb) || a.cfg.Web.TLS == configs.Off:
		return cfg, fmt.Errorf("xmpp.listen: %s is open to the network and needs the web server's certificate: turn web.tls on, or listen on a loopback address", listen)
	default:
		cfg.RequireTLS = true
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.webServer.Certificate(h)
		}}
	}
	return cfg, nil
}

// addTCP serves native clients and components of other processes.
func (a *assembly) addTCP() {
	ready := make(chan struct{})
	a.add(component{name: "xmpp.listen", ready: ready, run: func(ctx context.Context) error {
		ln, err := net.Listen("tcp", a.cfg.XMPP.Listen)
		if err != nil {
			return err
		}
		close(ready)
		return a.xmpp.ServeTCP(ctx, ln)
	}})
}

// addRooms serves the conferences' rooms and the brewery, where bridges announce themselves.
func (a *assembly) addRooms() error {
	d := a.domains
	conference, err := xmpp.ParseJID(d.conference)
	if err != nil {
		return err
	}
	for _, cfg := range []muc.Config{muc.ConferenceConfig(conference), muc.BreweryConfig(d.brewery.DomainJID(), d.auth)} {
		rooms, err := muc.New(cfg, muc.Deps{Router: a.xmpp, Admins: []xmpp.JID{d.focusAccount, d.bridgeAccount}, Log: a.log})
		if err != nil {
			return err
		}
		if err := a.xmpp.Component(cfg.Domain.Domain(), rooms); err != nil {
			return err
		}
		a.registry.MustRegister(roomMetrics(cfg.Domain.Domain(), rooms))
		a.add(component{name: "rooms " + cfg.Domain.Domain(), run: rooms.Run})
	}
	return nil
}

// endChangedAccounts ends the sessions of accounts whose password was changed or that were deleted, by whichever process, and then what
// their browsers could come back with as guests.
func (a *assembly) endChangedAccounts(ctx context.Context) error {
	changes, err := a.store.Watch(ctx)
	switch {
	case ctx.Err() != nil: // stopped before it began: another component could not start
		return nil
	case err != nil:
		return err
	}
	for c := range changes {
		account, err := xmpp.NewJID(c.User, c.Host, "")
		if err != nil || c.Kind == accounts.Registered {
			continue
		}
		a.xmpp.EndAccount(account, c.Kind.String())
		if a.endLogins != nil {
			a.endLogins(account)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return a.store.Ping(ctx) // it has been replaced: whoever was deleted could still log in here
}

// storedAccounts is the account store as the XMPP server asks for it.
type storedAccounts struct{ store *accounts.SQLite }

func (s storedAccounts) Credentials(ctx context.Context, user, host string, hash xmpp.ScramHash) (scram.StoredCredentials, xmpp.PasswordID, error) {
	c, err := s.store.Lookup(ctx, user, host)
	keys := c.SHA1
	if hash == xmpp.SHA256 {
		keys = c.SHA256
	}
	return keys, xmpp.PasswordID(c.PasswordID()), err
}

func (s storedAccounts) Verify(ctx context.Context, user, host, password string) (xmpp.PasswordID, bool, error) {
	c, ok, err := s.store.Verify(ctx, user, host, password)
	return xmpp.PasswordID(c.PasswordID()), ok, err
}

// isLoopback says whether a listen address is reached from this machine only.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
