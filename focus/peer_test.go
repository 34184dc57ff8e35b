package focus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

var (
	focusJID   = xmpp.MustJID("focus@auth.meet.example/focus")
	standup    = xmpp.MustJID("standup@conference.meet.example")
	standupUs  = xmpp.MustJID("standup@conference.meet.example/focus")
	brewJID    = xmpp.MustJID("jvbbrewery@internal.auth.meet.example")
	jvb1       = xmpp.MustJID("jvbbrewery@internal.auth.meet.example/jvb1")
	jvb2       = xmpp.MustJID("jvbbrewery@internal.auth.meet.example/jvb2")
	avModJID   = xmpp.MustJID("avmoderation.meet.example")
	metaJID    = xmpp.MustJID("metadata.meet.example")
	proxyJID   = xmpp.MustJID("focus.meet.example")
	allCan     = features{audio: true, video: true, sctp: true, rtx: true, tcc: true, json: true}
	stockCaps  = caps{"https://jitsi.org/jitsi-meet", "dtzK/3xhISaXUMVg59IpXxdvKyQ="}
	testConfig = Config{
		Domain: xmpp.MustJID("meet.example"), ConferenceDomain: xmpp.MustJID("conference.meet.example"),
		BreakoutDomain: xmpp.MustJID("breakout.meet.example"), ProxyDomain: proxyJID, Brewery: brewJID,
		AVModeration: avModJID, RoomMetadata: metaJID,
	}
)

// fakeLink is the focus' link: what the focus sends is kept, what it receives is put in.
type fakeLink struct {
	in   chan xmpp.Stanza
	done chan struct{}

	mu   sync.Mutex
	sent []xmpp.Stanza
	hook func(st xmpp.Stanza) []xmpp.Stanza // answers of the world, delivered in order
}

func newFakeLink() *fakeLink {
	return &fakeLink{in: make(chan xmpp.Stanza, 100000), done: make(chan struct{})}
}

func (l *fakeLink) JID() xmpp.JID { return focusJID }

func (l *fakeLink) Close() error { close(l.done); return nil }

func (l *fakeLink) Send(st xmpp.Stanza) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if st.From.IsZero() {
		st.From = focusJID
	}
	l.sent = append(l.sent, st)
	if l.hook != nil {
		for _, a := range l.hook(st) {
			l.in <- a
		}
	}
	return nil
}

func (l *fakeLink) Receive(ctx context.Context) (xmpp.Stanza, error) {
	select {
	case st := <-l.in:
		return st, nil
	case <-l.done:
		return xmpp.Stanza{}, xmpp.ErrClosed
	case <-ctx.Done():
		return xmpp.Stanza{}, ctx.Err()
	}
}

// take returns what was sent since the last call.
func (l *fakeLink) take() []xmpp.Stanza {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.sent
	l.sent = nil
	return out
}

// world is everybody but the focus: a room service, a brewery with bridges, and clients that answer what stock ones answer. It is
// made for use inside synctest: act, then settle, then look at what was sent.
type world struct {
	t    *testing.T
	f    *Focus
	link *fakeLink
	stop context.CancelFunc
	err  chan error

	// What the world does not answer by itself; guarded by link.mu.
	silent map[string]bool // names of payload elements
	refuse map[string]*xmpp.Error
	ssrc   int
}

// newWorld runs a focus with one bridge in its brewery.
func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	w := &world{t: t, link: newFakeLink(), err: make(chan error, 1), silent: map[string]bool{}, refuse: map[string]*xmpp.Error{}}
	w.link.hook = w.answer
	var seed [32]byte
	f, err := New(cfg, Deps{Link: w.link, Rand: rand.NewChaCha8(seed)})
	if err != nil {
		t.Fatal(err)
	}
	w.f = f
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	go func() { w.err <- f.Run(ctx) }()
	t.Cleanup(w.shutDown)
	w.bridge(jvb1, "")
	w.settle()
	w.link.take()
	return w
}

func (w *world) shutDown() {
	w.stop()
	if w.err == nil {
		return
	}
	if err := <-w.err; err != nil {
		w.t.Errorf("Run returned %v", err)
	}
	w.err = nil
}

// setSilent makes the world leave requests with that payload unanswered, or answer them again.
func (w *world) setSilent(payload string, silent bool) {
	w.link.mu.Lock()
	defer w.link.mu.Unlock()
	w.silent[payload] = silent
}

// setRefusal makes the world refuse requests with that payload; nil makes it take them again.
func (w *world) setRefusal(payload string, err *xmpp.Error) {
	w.link.mu.Lock()
	defer w.link.mu.Unlock()
	w.refuse[payload] = err
}

// settle waits until nothing more happens.
func (w *world) settle() { synctest.Wait() }

// say delivers stanzas to the focus and waits until it has dealt with them.
func (w *world) say(sts ...xmpp.Stanza) {
	for _, st := range sts {
		w.link.in <- st
	}
	w.settle()
}

// bridge makes a bridge publish its statistics.
func (w *world) bridge(jid xmpp.JID, region string, more ...jingle.Stat) {
	stats := append(jingle.Stats{{Name: "stress_level", Value: "0.1"}, {Name: "drain", Value: "false"}, {Name: "version", Value: "1"}}, more...)
	if region != "" {
		stats = append(stats, jingle.Stat{Name: "region", Value: region})
	}
	w.say(xmpp.NewStanza(xmpp.Presence, "", jid, focusJID, stats.Element()))
}

// answer is what the world says to a stanza of the focus. It runs under link.mu.
func (w *world) answer(st xmpp.Stanza) []xmpp.Stanza {
	if st.Kind == xmpp.Presence {
		return w.answerPresence(st)
	}
	if !st.IsRequest() || w.silent[st.Child.Local] {
		return nil
	}
	if e := w.refuse[st.Child.Local]; e != nil {
		reply, _ := st.ErrorReply(e)
		return []xmpp.Stanza{reply}
	}
	switch st.Child {
	case xmpp.Name{Space: xmpp.NSMUCOwner, Local: "query"}:
		if st.Type == "get" {
			return []xmpp.Stanza{st.Result(ownerForm(st.To))}
		}
	case xmpp.Name{Space: xmpp.NSDiscoInfo, Local: "query"}:
		return []xmpp.Stanza{st.Result(clientInfo())}
	case xmpp.Name{Space: jingle.NSColibri2, Local: "conference-modify"}:
		return []xmpp.Stanza{w.colibri(st)}
	}
	return []xmpp.Stanza{st.Result()}
}

func (w *world) answerPresence(st xmpp.Stanza) []xmpp.Stanza {
	if st.Type == "unavailable" || st.Find(xmpp.NSMUC, "x") == nil || w.silent["presence"] {
		return nil
	}
	return []xmpp.Stanza{occupantPresence(st.To, focusJID, "owner", "moderator", "110")}
}

// occupantPresence is what the room shows of an occupant.
func occupantPresence(occupant, real xmpp.JID, affiliation, role string, codes ...string) xmpp.Stanza {
	x := xmpp.NewElement(xmpp.NSMUCUser, "x").
		With(xmpp.NewElement(xmpp.NSMUCUser, "item", "affiliation", affiliation, "role", role, "jid", real.String()))
	for _, c := range codes {
		x.With(xmpp.NewElement(xmpp.NSMUCUser, "status", "code", c))
	}
	return xmpp.NewStanza(xmpp.Presence, "", occupant, focusJID,
		xmpp.NewElement(xmpp.NSClient, "stats-id").WithText("stats-"+occupant.Resource()), x)
}

func ownerForm(room xmpp.JID) *xmpp.Element {
	field := func(name, value string) *xmpp.Element {
		return xmpp.NewElement(xmpp.NSDataForm, "field", "var", name).With(xmpp.NewElement(xmpp.NSDataForm, "value").WithText(value))
	}
	form := xmpp.NewElement(xmpp.NSDataForm, "x", "type", "form").
		With(field(fieldWhois, "anyone"), field("muc#roominfo_meetingId", "meeting-"+room.Local()))
	if room.Domain() == testConfig.BreakoutDomain.Domain() {
		form.With(field("muc#roominfo_isbreakout", "1"), field("muc#roominfo_breakout_main_room", standup.String()))
	}
	return xmpp.NewElement(xmpp.NSMUCOwner, "query").With(form)
}

func clientInfo() *xmpp.Element {
	q := xmpp.NewElement(xmpp.NSDiscoInfo, "query")
	for _, v := range []string{"urn:xmpp:jingle:apps:rtp:audio", "urn:xmpp:jingle:apps:rtp:video", "urn:xmpp:jingle:transports:dtls-sctp:1",
		"urn:ietf:rfc:4588", "http://jitsi.org/tcc", "http://jitsi.org/json-encoded-sources"} {
		q.With(xmpp.NewElement(xmpp.NSDiscoInfo, "feature", "var", v))
	}
	return q
}

// colibri answers as a bridge would that has room for everybody.
func (w *world) colibri(st xmpp.Stanza) xmpp.Stanza {
	m, err := jingle.ParseConferenceModify(st.Find(jingle.NSColibri2, "conference-modify"))
	if err != nil {
		w.t.Errorf("the bridge was sent %v: %v", st, err)
	}
	out := &jingle.ConferenceModified{}
	for _, e := range m.Endpoints {
		a := jingle.ColibriEndpoint{ID: e.ID, Expire: e.Expire}
		if e.Create {
			a.Transport = &jingle.ColibriTransport{ICE: bridgeICE(e.ID), SCTP: &jingle.ColibriSCTP{Role: "server", Port: 5000}}
			out.Sources = []jingle.MediaSource{
				{Type: jingle.Audio, ID: "jvb-a0", Sources: []jingle.Source{{SSRC: 1, Media: jingle.Audio, Name: "jvb-a0"}}},
				{Type: jingle.Video, ID: "jvb-v0", Sources: []jingle.Source{{SSRC: 2, Media: jingle.Video, Name: "jvb-v0"}}}}
		}
		if e.Transport != nil && e.Transport.ICERestart {
			gen := 1
			ice := bridgeICE(e.ID)
			ice.ICEGeneration = &gen
			a.Transport = &jingle.ColibriTransport{ICE: ice}
		}
		out.Endpoints = append(out.Endpoints, a)
	}
	return st.Result(out.Element())
}

func bridgeICE(id jingle.EndpointID) *jingle.Transport {
	return &jingle.Transport{Ufrag: "u-" + string(id), Pwd: "pwd", RTCPMux: true,
		Fingerprints: []jingle.Fingerprint{{Hash: "sha-256", Setup: "actpass", Value: "AB:CD"}},
		Candidates:   []jingle.Candidate{{ID: "c", Foundation: "1", Component: 1, Protocol: "udp", Priority: 1, IP: "192.0.2.1", Port: 10000, Type: "host"}}}
}

// request sends a conference request through the proxy component and returns the answer.
func (w *world) request(from, room string, attrs ...string) xmpp.Stanza {
	w.t.Helper()
	proxied, err := proxyJID.WithResource(from)
	if err != nil {
		w.t.Fatal(err)
	}
	el := xmpp.NewElement(xmpp.NSFocus, "conference", append([]string{"room", room}, attrs...)...)
	id := fmt.Sprintf("req-%d", rand.Int())
	w.say(xmpp.NewStanza(xmpp.IQ, "set", proxied, focusJID, el).WithID(id))
	w.link.mu.Lock()
	defer w.link.mu.Unlock()
	for _, st := range w.link.sent {
		if st.ID == id && st.To == proxied {
			return st
		}
	}
	return xmpp.Stanza{}
}

// open starts the conference that most tests are about.
func (w *world) open() {
	w.t.Helper()
	st := w.request("ana-1@guest.meet.example/web", standup.String())
	if st.Find(xmpp.NSFocus, "conference").Attr("ready") != "true" {
		w.t.Fatalf("conference request answered with %v", st)
	}
}

// person is a client in the room.
type person struct {
	w    *world
	id   string
	jid  xmpp.JID // in the room
	real xmpp.JID
	base int    // of its SSRCs
	sid  string // of the last session-initiate that accept has seen
}

// join lets a client enter the room.
func (w *world) join(id string) *person {
	w.ssrc += 1000
	p := &person{w: w, id: id, jid: xmpp.MustJID(standup.String() + "/" + id), real: xmpp.MustJID(id + "@guest.meet.example/web"), base: w.ssrc}
	w.say(occupantPresence(p.jid, p.real, "none", "participant"))
	return p
}

func (p *person) leave() {
	p.w.say(xmpp.NewStanza(xmpp.Presence, "unavailable", p.jid, focusJID))
}

// send sends a Jingle IQ and returns the answer.
func (p *person) send(j *jingle.Jingle) xmpp.Stanza {
	p.w.t.Helper()
	return p.iq("set", j.Element())
}

// iq sends an IQ to the focus in the room and returns the answer.
func (p *person) iq(typ string, el *xmpp.Element) xmpp.Stanza {
	p.w.t.Helper()
	id := fmt.Sprintf("%s-%d", p.id, rand.Int())
	p.w.say(xmpp.NewStanza(xmpp.IQ, typ, p.jid, focusJID, el).WithID(id))
	p.w.link.mu.Lock()
	defer p.w.link.mu.Unlock()
	for _, st := range p.w.link.sent {
		if st.ID == id && st.To == p.jid {
			return st
		}
	}
	return xmpp.Stanza{}
}

// offers returns the session-initiates to p among what was sent and not yet taken.
func (p *person) got(action jingle.Action) []*jingle.Jingle {
	p.w.t.Helper()
	p.w.link.mu.Lock()
	defer p.w.link.mu.Unlock()
	var out []*jingle.Jingle
	for _, st := range p.w.link.sent {
		if st.To != p.jid || st.Child.Local != "jingle" {
			continue
		}
		j, err := jingle.Parse(st.Find(jingle.NSJingle, "jingle"))
		if err != nil {
			p.w.t.Fatalf("%s was sent %v: %v", p.id, st, err)
		}
		if j.Action == action {
			out = append(out, j)
		}
	}
	return out
}

// one returns the single Jingle IQ of that action to p.
func (p *person) one(action jingle.Action) *jingle.Jingle {
	p.w.t.Helper()
	got := p.got(action)
	if len(got) != 1 {
		p.w.t.Fatalf("%s was sent %d × %s, want one", p.id, len(got), action)
	}
	return got[0]
}

// sources are a camera with three encodings and a microphone.
func (p *person) sources() []jingle.Content {
	video := &jingle.Description{Media: jingle.Video}
	var ssrcs []jingle.SSRC
	for i := range 6 {
		ssrc := jingle.SSRC(p.base + i)
		ssrcs = append(ssrcs, ssrc)
		video.Sources = append(video.Sources, jingle.Source{SSRC: ssrc, Name: jingle.SourceName(p.id + "-v0"), MSID: p.id + "-video-0-1 t", VideoType: jingle.Camera})
	}
	group := func(sem jingle.Semantics, s ...jingle.SSRC) jingle.SSRCGroup {
		return jingle.SSRCGroup{Semantics: sem, SSRCs: s}
	}
	video.Groups = []jingle.SSRCGroup{group(jingle.SIM, ssrcs[:3]...), group(jingle.FID, ssrcs[0], ssrcs[3]),
		group(jingle.FID, ssrcs[1], ssrcs[4]), group(jingle.FID, ssrcs[2], ssrcs[5])}
	audio := &jingle.Description{Media: jingle.Audio, Sources: []jingle.Source{
		{SSRC: jingle.SSRC(p.base + 9), Name: jingle.SourceName(p.id + "-a0"), MSID: p.id + "-audio-0-1 t"}}}
	t := &jingle.Transport{Ufrag: "c-" + p.id, Pwd: "pwd", Fingerprints: []jingle.Fingerprint{{Hash: "sha-256", Setup: "active", Value: strings.Repeat("12", 32)}}}
	return []jingle.Content{{Creator: "responder", Name: "audio", Description: audio, Transport: t}, {Creator: "responder", Name: "video", Description: video, Transport: t}}
}

// accept accepts the session that p was offered last, and returns the answer.
func (p *person) accept() xmpp.Stanza {
	p.w.t.Helper()
	offers := p.got(jingle.SessionInitiate)
	if len(offers) == 0 {
		p.w.t.Fatalf("%s was not invited", p.id)
	}
	p.sid = offers[len(offers)-1].SID
	return p.send(&jingle.Jingle{Action: jingle.SessionAccept, SID: p.sid, Contents: p.sources()})
}

// colibriRequests returns the requests to a bridge among what was sent and not yet taken.
func (w *world) colibriRequests(to xmpp.JID) []*jingle.ConferenceModify {
	w.t.Helper()
	w.link.mu.Lock()
	defer w.link.mu.Unlock()
	var out []*jingle.ConferenceModify
	for _, st := range w.link.sent {
		if st.To == to && st.Child.Local == "conference-modify" {
			m, err := jingle.ParseConferenceModify(st.Find(jingle.NSColibri2, "conference-modify"))
			if err != nil {
				w.t.Fatal(err)
			}
			out = append(out, m)
		}
	}
	return out
}

// sentPresence returns the focus' last presence to the room, and whether there was one since the last take.
func (w *world) sentPresence() (xmpp.Stanza, bool) {
	w.link.mu.Lock()
	defer w.link.mu.Unlock()
	for i := len(w.link.sent) - 1; i >= 0; i-- {
		if st := w.link.sent[i]; st.Kind == xmpp.Presence && st.To == standupUs {
			return st, true
		}
	}
	return xmpp.Stanza{}, false
}

// call is a conference of ana and ben, both with an accepted session.
func (w *world) call() (ana, ben *person) {
	w.t.Helper()
	w.open()
	ana, ben = w.join("ana"), w.join("ben")
	for _, p := range []*person{ana, ben} {
		if st := p.accept(); st.Type != "result" {
			w.t.Fatalf("%s's session-accept was answered with %v", p.id, st)
		}
	}
	w.link.take()
	return ana, ben
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	w.settle()
}

// isError says whether st is an error of that condition.
func isError(st xmpp.Stanza, cond xmpp.Condition) bool {
	return st.Type == "error" && xmpp.ParseError(st).Condition == cond
}

func describe(sts []xmpp.Stanza) string {
	var b strings.Builder
	for _, st := range sts {
		b.WriteString(st.String() + "\n")
	}
	return b.String()
}

func contextForTest() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}
