package focus

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// bench is a conference without goroutines: steps are made by hand, with a bridge and rooms that answer.
type bench struct {
	c   *conference
	env env
	w   *world // for its answers
	out []xmpp.Stanza
}

func newBench(tb testing.TB) *bench {
	cfg := testConfig.withDefaults()
	var seed [32]byte
	b := &bench{w: &world{silent: map[string]bool{}, refuse: map[string]*xmpp.Error{}}}
	b.env = env{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ids: &ids{rand: rand.NewChaCha8(seed)}, caps: &capsCache{},
		bridges:       bridgeView{{jid: jvb1, operational: true}, {jid: jvb2, operational: true}},
		authenticated: func(xmpp.JID) bool { return false }, components: components{avModeration: avModJID, roomMetadata: metaJID}}
	b.c = &conference{cfg: cfg, room: standup, self: standupUs, focus: focusJID, idPrefix: "1:", props: parseProperties(nil),
		log: slog.New(slog.NewTextHandler(io.Discard, nil)), bridgeCount: -1, members: map[jingle.EndpointID]*participant{}, pending: map[string]*pendingIQ{}}
	b.do(startEvent{})
	return b
}

// do makes a step, and those that the answers to it lead to.
func (b *bench) do(ev event) {
	queue := []event{ev}
	for len(queue) > 0 {
		ev, queue = queue[0], queue[1:]
		for _, e := range b.c.step(b.env, ev) {
			switch e := e.(type) {
			case sendEffect:
				st := e.st
				if st.From.IsZero() {
					st.From = focusJID
				}
				b.out = append(b.out, st)
				for _, a := range b.w.answer(st) {
					if a.Kind == xmpp.Presence {
						queue = append(queue, presenceEvent{a})
					} else {
						queue = append(queue, iqEvent{a})
					}
				}
			case bridgeFailedEffect:
				b.env.bridges = b.env.bridges.without(e.jid)
			}
		}
	}
}

func (b *bench) join(id string) {
	b.do(presenceEvent{occupantPresence(xmpp.MustJID(standup.String()+"/"+id), xmpp.MustJID(id+"@guest.meet.example/web"), "none", "participant")})
}

// sid is that of a participant's session.
func (b *bench) sid(id jingle.EndpointID) string {
	if p := b.c.members[id]; p != nil && p.session != nil {
		return p.session.sid
	}
	return "none"
}

// FuzzConference throws stanzas at a conference in which ana and ben are invited, ana has accepted, in the name of ben, the bridge, the
// room and a component. SID stands for ben's sid. Whatever comes, every request is answered once, and what ana told stays.
func FuzzConference(f *testing.F) {
	f.Add(uint8(0), `<iq type="set" id="1"><jingle xmlns="urn:xmpp:jingle:1" action="session-accept" sid="SID"><content name="audio"><description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"><source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="5" name="ben-a0"/></description></content></jingle></iq>`)
	f.Add(uint8(0), `<iq type="set" id="1"><jingle xmlns="urn:xmpp:jingle:1" action="source-add" sid="SID"><content name="video"><source ssrc="1000"/><ssrc-group semantics="FID"><source ssrc="1000"/></ssrc-group></content></jingle></iq>`)
	f.Add(uint8(0), `<iq type="set" id="1"><jingle xmlns="urn:xmpp:jingle:1" action="session-terminate" sid="SID"><bridge-session xmlns="http://jitsi.org/protocol/focus" id="x" restart="true"/></jingle></iq>`)
	f.Add(uint8(0), `<iq type="set" id="1"><mute xmlns="http://jitsi.org/jitmeet/audio" jid="standup@conference.meet.example/ana">true</mute></iq>`)
	f.Add(uint8(0), `<presence><x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="owner" jid="a@b"/></x></presence>`)
	f.Add(uint8(0), `<presence type="unavailable"><status>switch_room</status></presence>`)
	f.Add(uint8(1), `<iq type="result" id="1:9"><conference-modified xmlns="jitsi:colibri2"/></iq>`)
	f.Add(uint8(2), `<presence type="unavailable"/>`)
	f.Add(uint8(3), `<message><json-message xmlns="http://jitsi.org/jitmeet">{"type":"av_moderation","room":"standup@conference.meet.example","enabled":true,"mediaType":"audio","whitelists":{"audio":null,"x":[""]}}</json-message></message>`)
	f.Fuzz(func(t *testing.T, who uint8, text string) {
		b := newBench(t)
		b.join("ana")
		b.join("ben")
		ana := &person{id: "ana", base: 1000}
		accept := &jingle.Jingle{Action: jingle.SessionAccept, SID: b.sid("ana"), Contents: ana.sources()}
		b.do(iqEvent{xmpp.NewStanza(xmpp.IQ, "set", xmpp.MustJID(standup.String()+"/ana"), focusJID, accept.Element()).WithID("a")})
		if len(b.c.sources.Of("ana").Sources) != 7 {
			t.Fatal("ana's sources were not taken")
		}
		b.out = nil
		for line := range strings.SplitSeq(text, "\n") {
			st, err := xmpp.ParseStanza([]byte(strings.ReplaceAll(line, "SID", b.sid("ben"))))
			if err != nil {
				continue
			}
			b.deliver(who, st)
			b.checkAnswered(t, st)
			b.env.now = b.env.now.Add(7 * time.Second)
			b.do(tickEvent{})
		}
		if who%4 == 0 && b.c.phase == running && len(b.c.sources.Of("ana").Sources) != 7 {
			t.Errorf("ben took ana's sources: %v", b.c.sources.Of("ana"))
		}
	})
}

// deliver puts st in, in somebody's name.
func (b *bench) deliver(who uint8, st xmpp.Stanza) {
	st.From = []xmpp.JID{xmpp.MustJID(standup.String() + "/ben"), jvb1, standupUs, avModJID}[who%4]
	st.To = focusJID
	switch {
	case st.Kind == xmpp.Message:
		if msg, _, ok := parseComponentMessage(st); ok {
			b.do(componentEvent{st.From, msg})
		}
	case st.Kind == xmpp.Presence && st.From.Bare() == standup:
		b.do(presenceEvent{st})
	case st.Kind == xmpp.IQ:
		if st.IsReply() { // as if the id had been guessed
			for id := range b.c.pending {
				st.ID = id
			}
		}
		b.do(iqEvent{st})
	}
}

// checkAnswered demands one answer to a request, and none to anything else.
func (b *bench) checkAnswered(t *testing.T, st xmpp.Stanza) {
	n := 0
	for _, out := range b.out {
		if out.IsReply() {
			n++
		}
	}
	b.out = nil
	if want := st.IsRequest(); b.c.phase == running && (n == 1) != want && (n > 0 || want) {
		t.Errorf("%d answers to %v", n, st)
	}
}

// FuzzRequests throws conference requests of both kinds, presence and messages of strangers at the whole focus' entrance.
func FuzzRequests(f *testing.F) {
	f.Add(`<iq type="set" id="1" from="focus.meet.example/a@b/c"><conference xmlns="http://jitsi.org/protocol/focus" room="x@lobby.meet.example"/></iq>`)
	f.Add(`<iq type="get" id="1" from="a@b/c"><login-url xmlns="http://jitsi.org/protocol/focus" room="r@conference.meet.example" machine-uid="m"/></iq>`)
	f.Add(`<iq type="get" id="1" from="a@b/c"><query xmlns="http://jabber.org/protocol/disco#info" node="x"/></iq>`)
	f.Add(`<presence from="jvbbrewery@internal.auth.meet.example/b"><stats xmlns="http://jitsi.org/protocol/colibri"><stat name="stress_level" value="1e999"/></stats></presence>`)
	f.Add(`{"room":"x","properties":{"a":{"b":[]}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		cfg := testConfig
		cfg.Authentication = true // nothing starts without an account
		link := newFakeLink()
		focus, err := New(cfg, Deps{Link: link})
		if err != nil {
			t.Fatal(err)
		}
		focus.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/conference-request/v1", strings.NewReader(text)))
		st, err := xmpp.ParseStanza([]byte(text))
		if err != nil || strings.Contains(fmt.Sprint(st.From), "meet.example") && st.Kind == xmpp.IQ && st.From.Resource() != "" && st.From.Local() == "" && strings.Contains(st.From.Resource(), "@meet.example") {
			return // an account may start conferences, which need Run
		}
		focus.dispatch(st)
		focus.shutRegistry()
		replies := 0
		for _, out := range link.take() {
			if out.IsReply() {
				replies++
			}
		}
		if st.IsRequest() && replies != 1 || !st.IsRequest() && replies != 0 {
			t.Errorf("%d answers to %v", replies, st)
		}
	})
}

// shutRegistry ends what a fuzzed request may have started.
func (f *Focus) shutRegistry() {
	for _, r := range f.registry.shut() {
		r.overrun("end of test")
	}
	f.registry.running.Wait()
}
