package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// apart is a server whose roles are processes of their own.
type apart struct {
	*site // of the process with the role xmpp
	rest  site
}

// newApart prepares the accounts that focus and bridge log in with, and a configuration without metrics for all but one process.
func newApart(t *testing.T) *apart {
	t.Helper()
	a := &apart{site: newSite(t, "meet.example")}
	for _, account := range [][2]string{{"host", a.domain}, {"focus", "auth." + a.domain}, {"jvb", "auth." + a.domain}} {
		a.must(t, "register", account[0], account[1], "hostpw")
	}
	text, err := os.ReadFile(a.config)
	if err != nil {
		t.Fatal(err)
	}
	a.rest = *a.site
	a.rest.config = filepath.Join(a.dir, "rest.yaml")
	text = regexp.MustCompile(`(?m)^metrics:.*$`).ReplaceAll(text, []byte("metrics: {listen: ''}"))
	for file, content := range map[string][]byte{a.rest.config: text, filepath.Join(a.dir, "secret"): []byte("hostpw\n")} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// role starts the process of focus or bridge and waits until it has logged in.
func (a *apart) role(t *testing.T, name string) *process {
	t.Helper()
	p := a.rest.start(t, "--roles", name)
	p.awaitLog(t, "connected to xmpp.server")
	return p
}

// kill ends a process without letting it say anything.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
}

var (
	responderOf = regexp.MustCompile(`responder="([^"]*)"`)
	acceptSID   = regexp.MustCompile(`<jingle [^>]*\bsid="([^"]*)"`)
	sourceNick  = regexp.MustCompile(`<source name="([^"]*)-a0"`)
)

// takeOffer waits for a session-initiate with a transport of the bridge and accepts it as a recorded client did; it returns the sid.
func (p *person) takeOffer(t *testing.T, room, recorded string) string {
	t.Helper()
	offer := p.await(t, "a session-initiate", func(n *node) bool { return n.at("jingle").attr("action") == "session-initiate" })
	candidate := offer.at("jingle", "content", "transport", "candidate")
	if candidate.attr("ip") != "10.77.0.1" || candidate.attr("port") != "10000" || offer.at("jingle", "content", "transport", "fingerprint") == nil {
		t.Errorf("%s: the offer's transport is not the bridge's: %s", p.name, offer.at("jingle", "content", "transport"))
	}
	p.send(t, `<iq xmlns="%s" type="result" to="%s/focus" id="%s"/>`, nsClient, room, offer.attr("id"))
	raw := accepted(t, recorded)
	sid := offer.at("jingle").attr("sid")
	p.send(t, "%s", strings.NewReplacer(
		responderOf.FindStringSubmatch(raw)[1], p.jid, acceptSID.FindStringSubmatch(raw)[1], sid, sourceNick.FindStringSubmatch(raw)[1], p.nick,
	).Replace(raw))
	answer := p.await(t, "the answer to its session-accept", func(n *node) bool {
		return n.is("iq", "") && strings.HasSuffix(n.attr("id"), ":sendIQ") && n.attr("type") != "set"
	})
	if !answer.is("iq", "result") {
		t.Errorf("%s: session-accept answered %s", p.name, answer)
	}
	return sid
}

// Focus, bridge and web server run in processes of their own. People get sessions; they get new ones when the bridge has died and come
// back, and can ask for the conference again when the focus has.
func TestRolesApart(t *testing.T) {
	s := newApart(t)
	s.start(t, "--roles", "xmpp")
	focus, bridge := s.role(t, "focus"), s.role(t, "bridge")
	focus.awaitLog(t, "bridge has come")
	s.rest.start(t, "--roles", "web")
	room := s.room("standup")
	host, guest := overWebSocket(t, "host", s.webSocketURL("standup")), overWebSocket(t, "guest", s.webSocketURL("standup"))
	openRoom(t, host, s.site, room)
	joinRoom(t, guest, s.site, room)
	first := []string{host.takeOffer(t, room, "host-join"), guest.takeOffer(t, room, "guest-join")}

	bridge.kill(t)
	s.role(t, "bridge")
	second := []string{host.takeOffer(t, room, "host-join"), guest.takeOffer(t, room, "guest-join")}

	focus.kill(t)
	for _, p := range []*person{host, guest} {
		p.await(t, "the focus to leave the room", leaves(room+"/focus"))
	}
	s.role(t, "focus").awaitLog(t, "bridge has come")
	if answer := host.requestConference(t, s.domain, room); answer.at("conference").attr("ready") != "true" {
		t.Fatalf("the new focus answers %s", answer)
	}
	third := []string{host.takeOffer(t, room, "host-join"), guest.takeOffer(t, room, "guest-join")}
	t.Logf("sessions: %q with the first bridge, %q with the second, %q with the second focus", first, second, third)
}

// A second focus process takes the first one's place, which ends and says why. Otherwise they would take it from each other for ever.
func TestSecondFocus(t *testing.T) {
	s := newApart(t)
	s.start(t, "--roles", "xmpp")
	first := s.role(t, "focus")
	second := s.role(t, "focus")
	select {
	case <-first.done:
	case <-time.After(patience):
		t.Fatal("the first focus does not end")
	}
	if code := first.cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(first.log.String(), "another process has logged in as focus@auth.meet.example") {
		t.Errorf("the first focus: exit %d, it says\n%s", code, first.log)
	}
	if _, code := second.signal(t, syscall.SIGTERM); code != exitOK || strings.Contains(second.log.String(), "trying again") {
		t.Errorf("the second focus was disturbed: exit %d, it says\n%s", code, second.log)
	}
}

// A second bridge process on the same port ends before it logs in, which would end the first one's session.
func TestSecondBridge(t *testing.T) {
	s := newApart(t)
	s.start(t, "--roles", "xmpp")
	first := s.role(t, "bridge")
	second := s.rest.launch(t, "serve", "--roles", "bridge")
	select {
	case <-second.done:
	case <-time.After(patience):
		t.Fatal("the second bridge does not end")
	}
	if code := second.cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(second.log.String(), "is in use; is another stammtisch running?") {
		t.Errorf("the second bridge: exit %d, it says\n%s", code, second.log)
	}
	if _, code := first.signal(t, syscall.SIGTERM); code != exitOK || strings.Contains(first.log.String(), "trying again") {
		t.Errorf("the first bridge was disturbed: exit %d, it says\n%s", code, first.log)
	}
}
