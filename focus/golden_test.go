package focus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// recordedStanza is one of testdata/session.xml.
type recordedStanza struct {
	at   time.Duration
	sent bool // by jicofo
	text string
	line int
}

var recordedHead = regexp.MustCompile(`(?m)^<!--\s+(\d+) s\s+(server→jicofo|jicofo→server)\s+-->\n`)

func recording(t *testing.T) []recordedStanza {
	t.Helper()
	data, err := os.ReadFile("testdata/session.xml")
	if err != nil {
		t.Fatal(err)
	}
	heads := recordedHead.FindAllSubmatchIndex(data, -1)
	var out []recordedStanza
	for i, h := range heads {
		end := len(data)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		sec, _ := strconv.Atoi(string(data[h[2]:h[3]]))
		out = append(out, recordedStanza{time.Duration(sec) * time.Second, string(data[h[4]:h[5]]) == "jicofo→server",
			strings.TrimSpace(string(data[h[1]:end])), 1 + bytes.Count(data[:h[0]], []byte("\n"))})
	}
	return out
}

// replay plays a recording of jicofo's session: what jicofo received is put in, and what it sent must come out, apart from ids.
type replay struct {
	t    *testing.T
	w    *world
	mine []xmpp.Stanza     // sent by us and not yet found in the recording
	ids  map[string]string // IQ ids of jicofo's to ours
	sids map[string]string
}

// TestRecordedSession compares a whole conference of three with jicofo's: entering the room, the roles, invitations, sources, the
// bridge's part and the end.
func TestRecordedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig
		cfg.Authentication, cfg.Etherpad = true, true
		w := &world{t: t, link: newFakeLink(), err: make(chan error, 1)}
		f, err := New(cfg, Deps{Link: w.link})
		if err != nil {
			t.Fatal(err)
		}
		f.caps.known = map[caps]features{stockCaps: allCan} // jicofo knew these clients, too
		w.f = f
		ctx, cancel := contextForTest()
		w.stop = cancel
		go func() { w.err <- f.Run(ctx) }()
		defer w.shutDown()
		synctest.Wait()
		w.say(occupantPresence(xmpp.MustJID(brewJID.String()+"/focus"), focusJID, "owner", "moderator", "110"))
		w.link.take()

		r := &replay{t: t, w: w, ids: map[string]string{}, sids: map[string]string{}}
		start := time.Now()
		for _, rec := range recording(t) {
			if d := rec.at - time.Since(start); d > 0 {
				time.Sleep(d)
			}
			synctest.Wait()
			if rec.sent {
				r.expect(rec)
			} else {
				r.receive(rec)
			}
		}
		r.mine = append(r.mine, w.link.take()...)
		if len(r.mine) > 0 {
			t.Errorf("sent and not recorded:\n%s", describe(r.mine))
		}
	})
}

// receive delivers what jicofo received, with our ids in place of its.
func (r *replay) receive(rec recordedStanza) {
	text := rec.text
	for theirs, ours := range r.sids {
		text = strings.ReplaceAll(text, theirs, ours)
	}
	st, err := xmpp.ParseStanza([]byte(text))
	if err != nil {
		r.t.Fatalf("line %d: %v", rec.line, err)
	}
	if st.IsReply() {
		if ours, known := r.ids[st.ID]; known {
			st.ID = ours
		}
	}
	r.w.say(st)
}

// expect finds what jicofo sent among what we did.
func (r *replay) expect(rec recordedStanza) {
	r.mine = append(r.mine, r.w.link.take()...)
	want, err := xmpp.ParseStanza([]byte(rec.text))
	if err != nil {
		r.t.Fatalf("line %d: %v", rec.line, err)
	}
	text := canonicalStanza(want)
	for i, got := range r.mine {
		if canonicalStanza(got) != text {
			continue
		}
		r.mine = slices.Delete(r.mine, i, i+1)
		r.ids[want.ID] = got.ID
		theirs, ours := want.Find(jingle.NSJingle, "jingle"), got.Find(jingle.NSJingle, "jingle")
		if theirs != nil && theirs.Attr("action") == "session-initiate" {
			r.sids[theirs.Attr("sid")] = ours.Attr("sid")
		}
		return
	}
	var like []string
	for _, got := range r.mine {
		if got.Kind == want.Kind {
			like = append(like, canonicalStanza(got))
		}
	}
	r.t.Errorf("line %d of the recording was not sent:\n%s\nsent instead:\n%s", rec.line, text, strings.Join(like, "\n"))
}

// differs are attributes and elements that are chosen freely, or in which we differ on purpose: the codecs that are offered.
var differs = map[string]bool{"sid": true, "cryptex": true, "required": true}

// canonicalStanza is the text of a stanza without what carries no meaning and what must differ.
func canonicalStanza(st xmpp.Stanza) string {
	els, err := st.Elements()
	if err != nil {
		return err.Error()
	}
	var payload []string
	for _, el := range els {
		if s := canonicalElement(el); s != "" {
			payload = append(payload, s)
		}
	}
	slices.Sort(payload)
	return fmt.Sprintf("%s type=%q to=%q\n%s", st.Kind, st.Type, st.To, strings.Join(payload, "\n"))
}

func canonicalElement(el *xmpp.Element) string {
	switch el.Name {
	case "traceparent", "payload-type", "rtp-hdrext", "c", "priority":
		return ""
	case "component", "etherpad":
		return el.Name
	}
	var attrs, children []string
	for _, a := range el.Attrs {
		// Who is allocated first, and so creates the conference, is chance.
		create := el.Name == "conference-modify" && (a.Name == "create" || a.Name == "name" || a.Name == "rtcstats-enabled")
		random := a.Name == "id" && el.Name == "bridge-session" || a.Name == "session-id"
		if differs[a.Name] || create || random {
			continue
		}
		attrs = append(attrs, fmt.Sprintf("%s=%q", a.Name, a.Value))
	}
	for _, c := range el.Children {
		if s := canonicalElement(c); s != "" {
			children = append(children, s)
		}
	}
	slices.Sort(attrs)
	slices.Sort(children)
	text := strings.TrimSpace(el.Text)
	if el.Name == "json-message" {
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			b, _ := json.Marshal(v)
			text = string(b)
		}
	}
	s := fmt.Sprintf("<{%s}%s %s>%s", el.Space, el.Name, strings.Join(attrs, " "), text)
	if len(children) > 0 {
		s += "\n" + strings.Join(children, "\n")
	}
	return s
}
