package focus

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/xmpp"
)

var (
	hostJID  = xmpp.MustJID("host@meet.example/web")
	guestJID = xmpp.MustJID("guest-1@guest.meet.example/web")
)

func testAdmission() *admission {
	cfg := testConfig.withDefaults()
	cfg.Authentication = true
	var seed [32]byte
	g := &ids{rand: rand.NewChaCha8(seed)}
	return &admission{cfg: cfg, sessions: newAuthSessions(cfg.AuthLifetime, cfg.MaxAuthSessions, g)}
}

// TestAdmission is the table of who may start a conference with accounts.
func TestAdmission(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := testAdmission()
	login, err := a.admit(Request{From: hostJID, MachineUID: "m1"}, false, false, now)
	if err != nil || login.id == "" || login.identity != hostJID.Bare() {
		t.Fatalf("an account got %+v, %v", login, err)
	}
	tests := []struct {
		name              string
		req               Request
		breakout, running bool
		at                time.Duration
		want              xmpp.Condition // empty: admitted
		identity          string
	}{
		{"account", Request{From: hostJID, MachineUID: "m2"}, false, false, 0, "", "host@meet.example"},
		{"account without machine", Request{From: hostJID}, false, false, 0, xmpp.NotAcceptable, ""},
		{"guest, nothing runs", Request{From: guestJID, MachineUID: "m3"}, false, false, 0, xmpp.NotAuthorized, ""},
		{"guest, it runs", Request{From: guestJID, MachineUID: "m3"}, false, true, 0, "", ""},
		{"guest with login", Request{From: guestJID, MachineUID: "m1", SessionID: login.id}, false, false, 0, "", "host@meet.example"},
		{"login of another machine", Request{From: guestJID, MachineUID: "m3", SessionID: login.id}, false, true, 0, xmpp.NotAcceptable, ""},
		{"login without machine", Request{From: guestJID, SessionID: login.id}, false, true, 0, xmpp.NotAcceptable, ""},
		{"unknown login", Request{From: guestJID, MachineUID: "m1", SessionID: "x"}, false, true, 0, xmpp.NotAcceptable, ""},
		{"unknown login of an account", Request{From: hostJID, MachineUID: "m1", SessionID: "x"}, false, true, 0, xmpp.NotAcceptable, ""},
		{"endless machine", Request{From: hostJID, MachineUID: strings.Repeat("m", 1000)}, false, true, 0, xmpp.NotAcceptable, ""},
		{"breakout room", Request{From: guestJID}, true, false, 0, "", ""},
		{"no address, nothing runs", Request{MachineUID: "m3"}, false, false, 0, xmpp.NotAuthorized, ""},
		{"no address, login", Request{MachineUID: "m1", SessionID: login.id}, false, false, 0, "", "host@meet.example"},
		{"a stranger's account domain", Request{From: xmpp.MustJID("host@meet.example.evil/x"), MachineUID: "m"}, false, false, 0, xmpp.NotAuthorized, ""},
		{"the domain itself", Request{From: xmpp.MustJID("meet.example/x"), MachineUID: "m"}, false, false, 0, xmpp.NotAuthorized, ""},
		{"expired login", Request{From: guestJID, MachineUID: "m1", SessionID: login.id}, false, true, 25 * time.Hour, xmpp.NotAcceptable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := a.admit(tt.req, tt.breakout, tt.running, now.Add(tt.at))
			if tt.want != "" {
				if err == nil || xmpp.AsError(err).Condition != tt.want {
					t.Fatalf("error %v, want %s", err, tt.want)
				}
				if invalid := errors.Is(err, errSessionInvalid); invalid != strings.Contains(tt.name, "unknown") && invalid != strings.Contains(tt.name, "expired") {
					t.Errorf("session-invalid is %v", invalid)
				}
				return
			}
			if err != nil || s.identity.String() != tt.identity {
				t.Errorf("got %+v, %v; want identity %q", s, err, tt.identity)
			}
		})
	}
}

func TestAuthSessions(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := testAdmission().sessions
	a.limit = 3
	first := a.open(hostJID.Bare(), "m1", now)
	if again := a.open(hostJID.Bare(), "m1", now); again.id != first.id {
		t.Error("the same account and machine got two sessions")
	}
	a.bind(first.id, hostJID, now)
	a.bind(first.id, guestJID, now)
	if a.authenticated(hostJID, now) || !a.authenticated(guestJID, now) {
		t.Error("a session belongs to the address that used it last")
	}
	if a.authenticated(xmpp.JID{}, now) {
		t.Error("no address is authenticated")
	}
	for i, m := range []string{"m2", "m3", "m4"} {
		a.open(hostJID.Bare(), m, now.Add(time.Duration(i+1)*time.Minute))
	}
	if _, ok := a.lookup(first.id, now); ok || len(a.byID) != 3 {
		t.Errorf("%d sessions, the oldest there: %v", len(a.byID), ok)
	}
	if a.authenticated(guestJID, now) {
		t.Error("authenticated by a session that is gone")
	}
	a.expire(now.Add(48 * time.Hour))
	if len(a.byID)+len(a.byBound)+len(a.byOrigin) != 0 {
		t.Error("expired sessions are kept")
	}
}

// A browser that remembers the login of an account that was deleted, or got another password, is a guest again.
func TestLoginsEndWithTheirAccount(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := testAdmission()
	f := &Focus{admission: a}
	other := xmpp.MustJID("other@meet.example/web")
	login, _ := a.admit(Request{From: hostJID, MachineUID: "m1"}, false, false, now)
	kept, _ := a.admit(Request{From: other, MachineUID: "m1"}, false, false, now)
	asGuest := Request{From: guestJID, MachineUID: "m1", SessionID: login.id}
	if _, err := a.admit(asGuest, false, false, now); err != nil {
		t.Fatal(err)
	}
	f.EndLogins(hostJID)
	if _, err := a.admit(asGuest, false, false, now); !errors.Is(err, errSessionInvalid) {
		t.Errorf("the login is still good: %v", err)
	}
	if a.sessions.authenticated(guestJID, now) {
		t.Error("who used the login still counts as its account")
	}
	asGuest.SessionID = kept.id
	if _, err := a.admit(asGuest, false, false, now); err != nil {
		t.Errorf("another account's login ended too: %v", err)
	}
}

func TestRoles(t *testing.T) {
	grants := func(w *world) (jids []string) {
		for _, st := range w.link.take() {
			if item := st.Find(xmpp.NSMUCAdmin, "query").Child("", "item"); item != nil && item.Attr("affiliation") == "owner" {
				jids = append(jids, item.Attr("jid"))
			}
		}
		return jids
	}
	scenario(t, "open: the first, then another", testConfig, func(t *testing.T, w *world) {
		w.open()
		w.link.take()
		ana := w.join("ana")
		if g := grants(w); len(g) != 1 || g[0] != "ana@guest.meet.example" {
			t.Fatalf("granted %q", g)
		}
		w.say(occupantPresence(ana.jid, ana.real, "owner", "moderator"))
		w.join("ben")
		w.join("cleo")
		if g := grants(w); len(g) != 0 {
			t.Fatalf("granted %q", g)
		}
		ana.leave()
		if g := grants(w); len(g) != 1 || g[0] != "ben@guest.meet.example" {
			t.Errorf("granted %q", g)
		}
	})
	cfg := testConfig
	cfg.Authentication = true
	scenario(t, "accounts: who is logged in, also in the page", cfg, func(t *testing.T, w *world) {
		if st := w.request(guestJID.String(), standup.String(), "machine-uid", "m1"); !isError(st, xmpp.NotAuthorized) || !strings.Contains(st.String(), "not authorized user domain") {
			t.Fatalf("a guest is answered %v", st)
		}
		st := w.request(hostJID.String(), standup.String(), "machine-uid", "m2")
		el := st.Find(xmpp.NSFocus, "conference")
		if el.Attr("session-id") == "" || el.Attr("identity") != "host@meet.example" || !strings.Contains(st.String(), `name="authentication" value="true"`) {
			t.Fatalf("an account is answered %v", st)
		}
		if st := w.request(guestJID.String(), standup.String(), "machine-uid", "m1"); ready(st) != "true" {
			t.Fatalf("a guest is answered %v", st)
		}
		w.link.take()
		guest := xmpp.MustJID(standup.String() + "/guest-1")
		w.say(occupantPresence(guest, guestJID, "none", "participant"))
		if g := grants(w); len(g) != 0 {
			t.Errorf("a guest was granted ownership: %q", g)
		}
		w.request(guestJID.String(), standup.String(), "machine-uid", "m2", "session-id", el.Attr("session-id"))
		if g := grants(w); len(g) != 1 || g[0] != guestJID.Bare().String() {
			t.Errorf("after the login %q was granted ownership", g)
		}
	})
	scenario(t, "logout and login-url", cfg, func(t *testing.T, w *world) {
		el := w.request(hostJID.String(), standup.String(), "machine-uid", "m").Find(xmpp.NSFocus, "conference")
		ask := func(typ, name string, attrs ...string) xmpp.Stanza {
			w.link.take()
			w.say(xmpp.NewStanza(xmpp.IQ, typ, proxyJID, focusJID, xmpp.NewElement(xmpp.NSFocus, name, attrs...)).WithID("x"))
			return w.link.take()[0]
		}
		if st := ask("get", "login-url", "room", standup.String(), "machine-uid", "m"); st.Find(xmpp.NSFocus, "login-url").Attr("url") != ".%2Fstandup%3Flogin%3Dtrue" {
			t.Errorf("login-url: %v", st)
		}
		if st := ask("get", "login-url", "room", standup.String()); !isError(st, xmpp.BadRequest) {
			t.Errorf("login-url without machine: %v", st)
		}
		if st := ask("set", "logout", "session-id", el.Attr("session-id")); st.Type != "result" {
			t.Errorf("logout: %v", st)
		}
		if st := ask("set", "logout", "session-id", el.Attr("session-id")); st.Type != "error" || !strings.Contains(st.String(), "session-invalid") {
			t.Errorf("logout again: %v", st)
		}
	})
}

func TestHTTPRequest(t *testing.T) {
	post := func(w *world, method, body string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		w.f.ServeHTTP(rec, httptest.NewRequest(method, "/conference-request/v1", strings.NewReader(body)))
		return rec
	}
	scenario(t, "open", testConfig, func(t *testing.T, w *world) {
		rec := post(w, "POST", `{"room":"standup@conference.meet.example","machineUid":"m","properties":{"rtcstatsEnabled":false,"visitors-version":1}}`)
		var out struct {
			Room       string            `json:"room"`
			Ready      bool              `json:"ready"`
			FocusJID   string            `json:"focusJid"`
			Properties map[string]string `json:"properties"`
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != 200 {
			t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
		}
		if !out.Ready || out.FocusJID != "focus@auth.meet.example" || out.Properties["authentication"] != "false" || out.Room != standup.String() {
			t.Errorf("answered %s", rec.Body)
		}
		if rec := post(w, "OPTIONS", ""); rec.Code != 200 {
			t.Errorf("OPTIONS answered %d", rec.Code)
		}
		for _, body := range []string{"", "[]", `{"room":"nowhere"}`, `{"room":"x@` + strings.Repeat("a", maxRequestBody) + `"}`} {
			if rec := post(w, "POST", body); rec.Code != http.StatusBadRequest {
				t.Errorf("%.40q answered %d", body, rec.Code)
			}
		}
		if rec := post(w, "GET", ""); rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET answered %d", rec.Code)
		}
	})
	cfg := testConfig
	cfg.Authentication = true
	scenario(t, "accounts", cfg, func(t *testing.T, w *world) {
		if rec := post(w, "POST", `{"room":"standup@conference.meet.example","machineUid":"m"}`); rec.Code != http.StatusForbidden {
			t.Errorf("a guest is answered %d", rec.Code)
		}
		rec := post(w, "POST", `{"room":"standup@conference.meet.example","machineUid":"m","sessionId":"x"}`)
		if i := strings.Index(rec.Body.String(), "400 invalid-session"); rec.Code != 400 || i <= 0 {
			t.Errorf("an unknown session is answered %d %s", rec.Code, rec.Body)
		}
	})
}

func TestConferenceRequestGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, testConfig)
		w.setSilent("presence", true)
		ctx, cancel := contextForTest()
		time.AfterFunc(time.Second, cancel)
		if _, err := w.f.ConferenceRequest(ctx, Request{Room: standup.String()}); err == nil {
			t.Error("no error")
		}
		w.shutDown()
	})
}
