package main

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xdg-go/scram"
)

// grace is how long a better answer is waited for when one of the right kind is there that lacks something.
const grace = 3 * time.Second

// player sends what recorded clients sent and holds what comes back against the recorded answers.
type player struct {
	allowed *allowances
	actors  map[string]*actor // by recording
	ours    map[string]string // what stands here for a recorded name or id
	missing map[string]*actor // stanzas that allowed.txt says we do not send, by label, and who would get them
	late    bool              // something did not come: the rest is not waited for so long
	// before is what others do, who were not recorded, before an answer can come; may be nil.
	before func(t *testing.T, want *node)
}

// actor is a client that does what a recording says, from its first frame on.
type actor struct {
	*person
	connect func() *person
	talk    *scram.ClientConversation
	next    string // the next message of SCRAM
	acks    []int  // what the server has to acknowledge, in order
	expects bool   // the recorded server asked for acknowledgements
}

func newPlayer(allowed *allowances) *player {
	return &player{allowed: allowed, actors: make(map[string]*actor), ours: make(map[string]string), missing: make(map[string]*actor)}
}

// replacer turns recorded names and ids into ours, the longest first.
func replacer(pairs map[string]string) *strings.Replacer {
	var list []string
	for _, from := range slices.SortedFunc(maps.Keys(pairs), func(a, b string) int { return cmp.Compare(len(b), len(a)) }) {
		list = append(list, from, pairs[from])
	}
	return strings.NewReplacer(list...)
}

// translated returns a copy of n with a replacer's work done on all values.
func translated(n *node, r *strings.Replacer) *node {
	c := *n
	c.text = r.Replace(n.text)
	c.attrs = slices.Clone(n.attrs)
	for i := range c.attrs {
		c.attrs[i].Value = r.Replace(c.attrs[i].Value)
	}
	c.children = make([]*node, len(n.children))
	for i, child := range n.children {
		c.children[i] = translated(child, r)
	}
	return &c
}

// play goes through events in order: nothing is sent before all that was recorded earlier has come.
func (pl *player) play(t *testing.T, events []event) {
	t.Helper()
	for _, ev := range events {
		a := pl.actors[ev.client]
		if a.person == nil {
			a.person = a.connect()
		}
		raw := onWire(ev.raw)
		n, err := parseNode(raw)
		if err != nil {
			t.Fatalf("client-%s.xml:%d: %v", ev.client, ev.line, err)
		}
		switch {
		case ev.sent:
			pl.send(t, a, replacer(pl.ours).Replace(raw), n)
		case n.name == "body" && n.space == nsBOSH:
			pl.expectBody(t, a, ev, n)
		default:
			pl.expect(t, a, ev, n)
		}
	}
	for label, a := range pl.missing {
		if n, _, _ := a.take(func(n *node) bool { return rootLabel(n) == label }); n != nil {
			t.Errorf("allowed.txt says that we do not send %s, but %s got %s", label, a.name, n)
		}
	}
	for _, a := range pl.actors {
		if a.expects {
			a.awaitRequest(t)
		}
	}
}

// awaitRequest waits for a request to acknowledge stanzas: the server asks by number and time, and the replay was quick.
func (a *actor) awaitRequest(t *testing.T) {
	t.Helper()
	eventually(t, func() (string, bool) {
		a.send(t, "<iq xmlns='%s' type='get' id='more'><ping xmlns='urn:xmpp:ping'/></iq>", nsClient)
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.name + " was never asked to acknowledge stanzas", a.asked > 0
	})
}

// send sends one recorded frame. What depends on this conversation is made anew: SCRAM and counters.
func (pl *player) send(t *testing.T, a *actor, raw string, n *node) {
	t.Helper()
	switch {
	case n.name == "body" && n.space == nsBOSH:
		pl.sendBody(a, raw, n)
		return
	case n.name == "auth" && n.attr("mechanism") == "SCRAM-SHA-1":
		raw = a.beginScram(t, raw, n)
	case n.name == "response":
		raw = strings.Replace(raw, n.text, base64.StdEncoding.EncodeToString([]byte(a.next)), 1)
	case n.name == "a" && n.space == nsSM:
		_, got := a.counters()
		raw = fmt.Sprintf(`<a h="%d" xmlns="%s"/>`, got, nsSM)
	case n.name == "r" && n.space == nsSM:
		sent, err := a.transmit(raw)
		if err != nil {
			t.Fatal(err)
		}
		a.acks = append(a.acks, sent)
		return
	}
	a.send(t, "%s", raw)
	if n.name == "enable" {
		a.mu.Lock()
		a.counts = true
		a.mu.Unlock()
	}
}

// beginScram starts a real exchange as the recorded account, whose password is its name with pw behind it.
func (a *actor) beginScram(t *testing.T, raw string, n *node) string {
	t.Helper()
	recorded, err := base64.StdEncoding.DecodeString(n.text)
	user := regexp.MustCompile(`n=([^,]*)`).FindSubmatch(recorded)
	if err != nil || user == nil {
		t.Fatalf("recorded SCRAM: %q, %v", recorded, err)
	}
	client, err := scram.SHA1.NewClient(string(user[1]), string(user[1])+"pw", "")
	if err != nil {
		t.Fatal(err)
	}
	a.talk = client.NewConversation()
	first, err := a.talk.Step("")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(raw, n.text, base64.StdEncoding.EncodeToString([]byte(first)), 1)
}

// expect waits for our counterpart of a recorded answer.
func (pl *player) expect(t *testing.T, a *actor, ev event, want *node) {
	t.Helper()
	if want.space == nsSM && want.name == "r" {
		a.expects = true // when it asks is the server's own affair
		return
	}
	want = translated(want, replacer(pl.ours))
	if d := (difference{kind: "absent", path: rootLabel(want)}); len(pl.allowed.find(d)) > 0 {
		pl.allowed.use([]difference{d})
		pl.missing[rootLabel(want)] = a
		return
	}
	if pl.before != nil {
		pl.before(t, want)
	}
	got, diffs := pl.find(t, a, ev, want)
	if got == nil {
		return
	}
	pl.allowed.use(diffs)
	for _, d := range pl.allowed.refused(diffs) {
		t.Errorf("client-%s.xml:%d: %s", ev.client, ev.line, d)
	}
	maps.Copy(pl.ours, learn(want, got))
	a.follow(t, got)
}

// find takes the first answer of the right kind that lacks nothing, or failing that the one that lacks least.
func (pl *player) find(t *testing.T, a *actor, ev event, want *node) (*node, []difference) {
	t.Helper()
	var closest *node
	var least []difference
	fits := func(got *node) bool {
		if !sameKind(want, got) {
			return false
		}
		w := translated(want, replacer(learn(want, got)))
		diffs := compare(rootLabel(w), w, got)
		if closest == nil || len(pl.allowed.refused(diffs)) < len(pl.allowed.refused(least)) {
			closest, least = got, diffs
		}
		return len(pl.allowed.refused(least)) == 0
	}
	for start := time.Now(); ; {
		if got := a.within(grace, fits); got != nil {
			return got, least
		}
		if closest != nil || pl.late || time.Since(start) > patience {
			break
		}
	}
	if closest == nil {
		pl.late = true
		a.mu.Lock()
		defer a.mu.Unlock()
		t.Errorf("client-%s.xml:%d: %s waits for\n  %s\nthe stream's end: %v; has\n%s", ev.client, ev.line, a.name, want, a.ended, listNodes(a.inbox))
		return nil, nil
	}
	a.take(func(n *node) bool { return n == closest })
	return closest, least
}

// sameKind says whether got may be the answer that want was.
func sameKind(want, got *node) bool {
	switch {
	case want.name != got.name || want.space != got.space:
		return false
	case want.name == "iq" && want.attr("type") != "set": // clients match answers by their id
		return want.attr("id") == got.attr("id") && got.attr("type") != "set"
	case want.attr("type") != got.attr("type") || want.attr("from") != got.attr("from"):
		return false
	case want.name == "iq":
		return want.at("jingle").attr("action") == got.at("jingle").attr("action")
	case want.name == "message":
		return want.body("body") == got.body("body") && (want.at("subject") == nil) == (got.at("subject") == nil)
	}
	return true
}

// learn returns what an answer says about names and ids: our address, and the ids of requests and sessions.
func learn(want, got *node) map[string]string {
	pairs := make(map[string]string)
	note := func(from, to string) {
		if from != "" && to != "" && from != to {
			pairs[from] = to
		}
	}
	if w, g := want.at("bind", "jid"), got.at("bind", "jid"); w != nil && g != nil {
		note(w.text, g.text)
		from, _, _ := strings.Cut(w.text, "@")
		to, _, _ := strings.Cut(g.text, "@")
		if note(from, to); from != to && len(from) >= 8 && len(to) >= 8 {
			note(from[:8], to[:8]) // stock clients take the nick from there
		}
	}
	if want.is("iq", "set") {
		note(want.attr("id"), got.attr("id"))
		note(want.at("jingle").attr("sid"), got.at("jingle").attr("sid"))
	}
	return pairs
}

// follow takes from an answer what the next sending needs, and checks counters.
func (a *actor) follow(t *testing.T, got *node) {
	t.Helper()
	switch {
	case a.talk != nil && (got.name == "challenge" || got.name == "success"):
		text, err := base64.StdEncoding.DecodeString(got.text)
		if err != nil {
			t.Fatal(err)
		}
		if a.next, err = a.talk.Step(string(text)); err != nil {
			t.Fatalf("%s: SCRAM: %v", a.name, err)
		}
	case got.name == "a" && got.space == nsSM && len(a.acks) > 0:
		if h := got.attr("h"); h != fmt.Sprint(a.acks[0]) {
			t.Errorf("%s: the server acknowledged %s stanzas, %d were sent", a.name, h, a.acks[0])
		}
		a.acks = a.acks[1:]
	}
}
