package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var (
	ridOf = regexp.MustCompile(`\brid="\d+"`)
	sidOf = regexp.MustCompile(`\bsid="[^"]*"`)
)

// sendBody sends a recorded request with this session's ids. Empty ones are the wire's own affair: it always keeps one waiting.
func (pl *player) sendBody(a *actor, raw string, n *node) {
	if len(n.children) == 0 && n.attr("to") == "" {
		return
	}
	tag, rest, _ := strings.Cut(raw, ">")
	a.wire.(*boshWire).post(func(rid int64, sid string) string {
		own := ridOf.ReplaceAllString(tag, fmt.Sprintf(`rid="%d"`, rid))
		return sidOf.ReplaceAllString(own, fmt.Sprintf(`sid="%s"`, sid)) + ">" + rest
	})
}

// expectBody waits for what a recorded response carried; how it is spread over responses is a matter of time. The one that made the
// session is compared itself too.
func (pl *player) expectBody(t *testing.T, a *actor, ev event, n *node) {
	t.Helper()
	for _, child := range n.children {
		pl.expect(t, a, ev, child)
	}
	if n.attr("requests") == "" {
		return
	}
	w := a.wire.(*boshWire)
	w.mu.Lock()
	got := *w.opening
	w.mu.Unlock()
	want := *n
	want.children, got.children = nil, nil
	diffs := compare("body", &want, &got)
	pl.allowed.use(diffs)
	for _, d := range pl.allowed.refused(diffs) {
		t.Errorf("client-%s.xml:%d: %s", ev.client, ev.line, d)
	}
}

// unrecorded plays the host that a recording shows from outside only: it does what makes the recorded answers come.
type unrecorded struct {
	*person
	room   string
	accept string // a stock client's session-accept
	offer  *node
}

// accepted is a recorded client's session-accept.
func accepted(t *testing.T, client string) string {
	t.Helper()
	for _, ev := range readTrace(t, client) {
		if ev.sent && strings.Contains(ev.raw, `action="session-accept"`) {
			return onWire(ev.raw)
		}
	}
	t.Fatalf("no session-accept in client-%s.xml", client)
	return ""
}

// before does what comes before an answer.
func (u *unrecorded) before(t *testing.T, want *node) {
	t.Helper()
	mine := want.attr("from") == u.room+"/"+u.nick
	switch {
	case want.at("jingle").attr("action") == "source-add":
		u.acceptSession(t, want.at("jingle", "json-message").text)
	case mine && want.is("message", "groupchat"):
		u.say(t, u.room, want.body("body"))
	case mine && want.name == "presence" && !strings.Contains(want.body("SourceInfo"), "muted"):
		// its join, which was before
	case mine && want.name == "presence":
		u.send(t, `<presence xmlns="%s" to="%s/%s">%s</presence>`, nsClient, u.room, u.nick, ownPart(want))
	}
}

// ownPart is what an occupant itself put into a presence.
func ownPart(n *node) string {
	var b strings.Builder
	for _, c := range n.children {
		if c.name == "occupant-id" || c.name == "x" {
			continue
		}
		fmt.Fprintf(&b, `<%s xmlns="%s"`, c.name, c.space)
		for _, a := range c.attrs {
			fmt.Fprintf(&b, ` %s="%s"`, a.Name.Local, a.Value)
		}
		fmt.Fprintf(&b, `>%s</%s>`, strings.ReplaceAll(c.text, `"`, "&quot;"), c.name)
	}
	return b.String()
}

// acceptSession accepts the session with the sources that the recorded source-add tells of.
func (u *unrecorded) acceptSession(t *testing.T, text string) {
	t.Helper()
	if u.offer != nil {
		return
	}
	u.offer = u.await(t, "a session-initiate", func(n *node) bool { return n.at("jingle").attr("action") == "session-initiate" })
	u.send(t, `<iq xmlns="%s" type="result" to="%s/focus" id="%s"/>`, nsClient, u.room, u.offer.attr("id"))
	type source struct {
		S int64
		M string
	}
	var told struct{ Sources map[string][]json.RawMessage }
	var video, audio []source
	if err := json.Unmarshal([]byte(text), &told); err != nil || len(told.Sources[u.nick]) < 3 ||
		json.Unmarshal(told.Sources[u.nick][0], &video) != nil || json.Unmarshal(told.Sources[u.nick][2], &audio) != nil || len(video) != 2 || len(audio) != 1 {
		t.Fatalf("source-add: %s, %v", text, err)
	}
	raw := strings.NewReplacer(
		"ab6fb992-video-0-1 54584a8b-69e2-411c-abe8-7986456fdf0c-1", video[0].M,
		"ab6fb992-audio-0-1 17d3f834-e6ed-4dcf-b77f-86bd102a88c7-1", audio[0].M,
		"3552714215", fmt.Sprint(video[0].S), "2411164685", fmt.Sprint(video[1].S), "3708255617", fmt.Sprint(audio[0].S),
		"host@meet.example/5prJ7p_4gTDb", u.jid, "ab6fb992", u.nick, "2i7dvtoeiaq6g", u.offer.at("jingle").attr("sid"),
	).Replace(u.accept)
	u.send(t, "%s", raw)
	u.await(t, "the answer to its session-accept", func(n *node) bool { return n.is("iq", "result") && strings.HasSuffix(n.attr("id"), ":sendIQ") })
}
