package muc

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stammtisch/xmpp"
)

// TestReplay gives one side of each recorded conference the real service for a room: what that side sent is sent, everybody else is
// played by puppets, and everything that it received then has to arrive, stanza by stanza.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/traces/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			events := readTrace(t, file)
			room := events[0].st.To.Bare()
			inService(t, func(c *Config, d *Deps) {
				d.Admins = append(d.Admins, xmpp.MustJID("jvb@auth.meet.example"))
				if room.Domain() != confDomain.Domain() {
					*c = BreweryConfig(room.DomainJID(), "auth.meet.example")
				}
			}, func(t *testing.T, s *ourStage) {
				p := &replay{ourStage: s, room: room, nick: events[0].st.To.Resource(), puppets: make(map[string]xmpp.JID), events: events}
				p.run(t)
			})
		})
	}
}

type traceEvent struct {
	line     int
	received bool
	st       xmpp.Stanza
	driven   bool // its cause has happened already
}

func readTrace(t *testing.T, file string) []traceEvent {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var events []traceEvent
	for i, line := range strings.Split(string(data), "\n") {
		side, text, _ := strings.Cut(line, " ")
		if side != "C" && side != "S" {
			continue
		}
		st, err := xmpp.ParseStanza([]byte(text))
		if err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
		events = append(events, traceEvent{line: i + 1, received: side == "S", st: st})
	}
	return events
}

// replay is a recording being played.
type replay struct {
	*ourStage
	room     xmpp.JID
	nick     string // of the side that recorded
	me       xmpp.JID
	puppets  map[string]xmpp.JID // who is in the room, by nick
	events   []traceEvent
	inbox    []xmpp.Stanza
	setting  bool // the side has sent a configuration form whose announcement is still to come
	requests []xmpp.Stanza
}

func (p *replay) run(t *testing.T) {
	for _, e := range p.events {
		if e.received {
			p.me = e.st.To
			break
		}
	}
	p.assemble(t)
	for i := range p.events {
		e := &p.events[i]
		if !e.received {
			p.setting = p.setting || e.st.Child == xmpp.Name{Space: xmpp.NSMUCOwner, Local: "query"} && e.st.Type == "set"
			p.as(t, p.me, e.st)
			continue
		}
		if !e.driven {
			p.drive(t, e)
		}
		p.expect(t, e)
	}
	for _, st := range p.inbox {
		// The recording of the brewery leaves most reflections of the bridge's statistics out.
		if st.Kind != xmpp.Presence || st.From.Resource() != p.nick || p.room.Local() != "jvbbrewery" {
			t.Errorf("at the end there is %s", st)
		}
	}
}

// at is where the side is in the room.
func (p *replay) at() xmpp.JID { return xmpp.MustJID(p.room.String() + "/" + p.nick) }

// as sends a stanza.
func (p *replay) as(t *testing.T, from xmpp.JID, st xmpp.Stanza) {
	p.jids[from.String()] = from
	p.send(t, from.String(), st)
}

// assemble lets those in whom the side found there, with the password that it will be asked for.
func (p *replay) assemble(t *testing.T) {
	var found []*traceEvent
	locked := false
	for i := range p.events {
		e := &p.events[i]
		switch nick := e.st.From.Resource(); {
		case !e.received || e.st.Kind != xmpp.Presence:
			continue
		case e.st.Type == "error":
			locked, e.driven = true, true
			continue
		case nick != p.nick:
			found = append(found, e)
			continue
		}
		break
	}
	if i := slices.IndexFunc(p.events, func(e traceEvent) bool {
		return e.received && e.st.Kind == xmpp.Presence && e.st.From.Resource() == p.nick && e.st.Type == ""
	}); i >= 0 {
		found = slices.DeleteFunc(found, func(e *traceEvent) bool { return e.line > p.events[i].line })
	}
	slices.SortStableFunc(found, func(a, b *traceEvent) int { // the focus opens the room
		return strings.Compare(b.st.From.Resource()[:1], a.st.From.Resource()[:1])
	})
	for _, e := range found {
		p.drive(t, e)
		e.driven = true
	}
	if locked {
		p.setPassword(t, "s3cret")
	}
	p.forget()
}

func (p *replay) setPassword(t *testing.T, secret string) {
	st, err := xmpp.ParseStanza(fmt.Appendf(nil, `<iq type="set" id="lock" to="%s"><query xmlns="http://jabber.org/protocol/muc#owner">`+
		`<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/muc#roomconfig</value></field>`+
		`<field var="muc#roomconfig_roomsecret"><value>%s</value></field></x></query></iq>`, p.room, secret))
	if err != nil {
		t.Fatal(err)
	}
	p.as(t, p.puppets["focus"], st)
}

func (p *replay) grant(t *testing.T, account xmpp.JID, aff string) {
	by, ok := p.puppets["focus"]
	if !ok {
		by = p.me
	}
	item := xmpp.NewElement(xmpp.NSMUCAdmin, "item", "affiliation", aff, "jid", account.Bare().String())
	p.as(t, by, xmpp.NewStanza(xmpp.IQ, "set", by, p.room, xmpp.NewElement(xmpp.NSMUCAdmin, "query").With(item)).WithID("grant"))
}

// drive has a puppet do what made the side receive e.
func (p *replay) drive(t *testing.T, e *traceEvent) {
	t.Helper()
	nick := e.st.From.Resource()
	who := p.puppets[nick]
	switch {
	case e.st.Kind == xmpp.Presence:
		p.drivePresence(t, e, nick)
	case e.st.Kind == xmpp.Message && nick == "" && e.st.Find(xmpp.NSMUCUser, "x") != nil && !p.setting:
		p.setPassword(t, "")
	case e.st.Kind == xmpp.Message && nick == "":
		p.setting = p.setting && e.st.Find(xmpp.NSMUCUser, "x") == nil
	case nick == p.nick, nick == "":
	case e.st.Kind == xmpp.Message:
		out := said(t, e.st)
		if out.To = p.room; e.st.Type != "groupchat" {
			out.To = p.at()
		}
		p.as(t, who, out)
	case e.st.IsRequest():
		out := e.st
		out.To = p.at()
		p.as(t, who, out)
	default:
		p.answer(t, e, who)
	}
}

func (p *replay) drivePresence(t *testing.T, e *traceEvent, nick string) {
	item := e.st.Find(xmpp.NSMUCUser, "x").Child(xmpp.NSMUCUser, "item")
	real, aff := item.Attr("jid"), item.Attr("affiliation")
	if item.Child(xmpp.NSMUCUser, "actor") != nil {
		if _, focus := p.puppets["focus"]; focus { // otherwise the side did it itself
			p.grant(t, xmpp.MustJID(real), aff)
		}
		return
	}
	if nick == p.nick {
		return
	}
	out := said(t, e.st)
	out.To = e.st.From
	who, here := p.puppets[nick]
	if !here {
		who = xmpp.MustJID(real)
		p.puppets[nick] = who
		out = appendPayload(out, xmpp.NewElement(xmpp.NSMUC, "x").With(xmpp.NewElement(xmpp.NSMUC, "password").WithText("s3cret")))
	}
	p.as(t, who, out)
	if !here && aff != "none" && who.Domain() != "auth.meet.example" {
		p.grant(t, who, aff)
	}
	if e.st.Type == "unavailable" {
		delete(p.puppets, nick)
	}
}

// said is what a puppet has to send for the room to make st of it.
func said(t *testing.T, st xmpp.Stanza) xmpp.Stanza {
	t.Helper()
	out, _, err := filter(st, serverOnly)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// answer has a puppet answer the request that it got from the side.
func (p *replay) answer(t *testing.T, e *traceEvent, who xmpp.JID) {
	t.Helper()
	for {
		st, ok := p.router.next(who)
		if !ok {
			break
		}
		if st.IsRequest() {
			p.requests = append(p.requests, st)
		}
	}
	for i, req := range p.requests {
		if req.ID == e.st.ID && req.To == who {
			p.requests = slices.Delete(p.requests, i, i+1)
			out := e.st
			out.To = req.From
			p.as(t, who, out)
			return
		}
	}
	t.Errorf("line %d: %s never got the request %s", e.line, who, e.st.ID)
}

// expect looks for e among what has arrived for the side.
func (p *replay) expect(t *testing.T, e *traceEvent) {
	t.Helper()
	for {
		st, ok := p.router.next(p.me)
		if !ok {
			break
		}
		if st.ID != "grant" && st.ID != "lock" {
			p.inbox = append(p.inbox, st)
		}
	}
	want := essence(t, e.st)
	for i, st := range p.inbox {
		if essence(t, st) == want {
			p.inbox = slices.Delete(p.inbox, i, i+1)
			return
		}
	}
	var rest strings.Builder
	for _, st := range p.inbox {
		fmt.Fprintln(&rest, essence(t, st))
	}
	t.Fatalf("line %d: did not get\n%s\nbut\n%s", e.line, want, &rest)
}

// essence writes a stanza without what may differ: made-up ids, the language that Prosody adds, error texts, and descriptions of
// the room, which have tests of their own.
func essence(t *testing.T, st xmpp.Stanza) string {
	t.Helper()
	el, err := xmpp.ParseElement(st.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if st.Kind == xmpp.IQ && st.Type == "result" && (st.Child.Space == xmpp.NSDiscoInfo || st.Child.Space == xmpp.NSMUCOwner) {
		el.Children[0].Children = nil
	}
	if st.Kind == xmpp.Message {
		el.SetAttr("id", "")
	}
	if st.Kind == xmpp.Presence && st.Type == "error" { // Prosody leaves the x of XEP-0045's examples out
		el.Children = slices.DeleteFunc(el.Children, func(c *xmpp.Element) bool { return c.Is(xmpp.NSMUC, "x") })
	}
	canonical(el)
	return el.String()
}

func canonical(el *xmpp.Element) {
	el.Attrs = slices.DeleteFunc(el.Attrs, func(a xmpp.Attr) bool {
		return a.Space == xmpp.NSXML || a.Name == "by" || el.Name == "occupant-id" && a.Name == "id"
	})
	slices.SortFunc(el.Attrs, func(a, b xmpp.Attr) int { return strings.Compare(a.Name, b.Name) })
	if len(el.Children) > 0 {
		el.Text = ""
	}
	el.Children = slices.DeleteFunc(el.Children, func(c *xmpp.Element) bool {
		// Ours has a moderator's permissions in each presence and before our x, the recorded one behind it when they change.
		return c.Is(xmpp.NSStanzas, "text") || c.Is(xmpp.NSJitMeet, "permissions")
	})
	for _, c := range el.Children {
		canonical(c)
	}
}
