package xmpp

import (
	"errors"
	"strings"
	"testing"
)

func TestParseJID(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"meet.example", "meet.example"},
		{"Alice@Meet.Example/Tab One", "alice@meet.example/Tab One"},
		{"standup@conference.meet.example/1a2b3c4d", "standup@conference.meet.example/1a2b3c4d"},
		{"straße@meet.example", "straße@meet.example"},
		{"a@b/c@d/e", "a@b/c@d/e"},
		{"b/c@d", "b/c@d"},
		{"[::1]/x", "[::1]/x"},
	} {
		j, err := ParseJID(c.in)
		if err != nil || j.String() != c.want {
			t.Errorf("ParseJID(%q) = %q, %v; want %q", c.in, j, err, c.want)
		}
	}
	for _, in := range []string{"", "@b", "a@", "a@b/", "/r", "a b@c", "a@b@c", "\x00@b", strings.Repeat("x", 1100) + "@b"} {
		if j, err := ParseJID(in); err == nil {
			t.Errorf("ParseJID(%q) = %q, want an error", in, j)
		}
	}
}

func FuzzParseJID(f *testing.F) {
	for _, s := range []string{"", "@", "stand-up@muc.meet.example/ana", "guest.meet.example/ü", "A@B/C", "0..", "a@b./c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j, err := ParseJID(s)
		if err != nil {
			return
		}
		if again, err := ParseJID(j.String()); err != nil || again != j {
			t.Errorf("ParseJID(%q) = %q, reparsed as %q, %v", s, j, again, err)
		}
	})
}

func TestParseStanza(t *testing.T) {
	in := `<iq xmlns='jabber:client' type='set' id='a&amp;b' to='r@c.d/focus' xml:lang='de' xmlns:q='urn:q'>` +
		`<jingle xmlns='urn:xmpp:jingle:1' sid="1"><a/>t&#x20AC;</jingle><q:z/></iq>`
	st, err := ParseStanza([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if st.Kind != IQ || st.Type != "set" || st.ID != "a&b" || st.To.String() != "r@c.d/focus" || st.Child != (Name{"urn:xmpp:jingle:1", "jingle"}) {
		t.Errorf("head %+v", st)
	}
	els, err := st.Elements()
	if err != nil || len(els) != 2 || els[0].Attr("sid") != "1" || els[0].Text != "t€" || !els[1].Is("urn:q", "z") {
		t.Fatalf("children %v, %v", els, err)
	}
	again, err := ParseStanza([]byte(st.String()))
	if err != nil || again.String() != st.String() {
		t.Errorf("%s reparsed as %s, %v", st, again, err)
	}
}

func TestParseStanzaRefuses(t *testing.T) {
	deep := strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70)
	for _, c := range []struct {
		name, in string
		want     error
	}{
		{"empty", ``, ErrNotWellFormed},
		{"unclosed", `<iq>`, ErrNotWellFormed},
		{"crossed", `<iq><a><b></a></b></iq>`, ErrNotWellFormed},
		{"two", `<presence/><presence/>`, ErrNotWellFormed},
		{"comment", `<iq><!-- x --></iq>`, ErrRestrictedXML},
		{"pi", `<?xml version='1.0'?><iq/>`, ErrRestrictedXML},
		{"doctype", `<!DOCTYPE x><iq/>`, ErrRestrictedXML},
		{"entity", `<message><body>&lol;</body></message>`, ErrRestrictedXML},
		{"prefix", `<iq><p:a/></iq>`, ErrBadPrefix},
		{"same attribute twice", `<iq id='1' id='2'/>`, ErrNotWellFormed},
		{"control character", "<iq><a>\x01</a></iq>", ErrNotWellFormed},
		{"latin-1", "<iq><a>\xff</a></iq>", ErrEncoding},
		{"depth", `<message>` + deep + `</message>`, ErrTooDeep},
		{"other element", `<auth/>`, ErrInvalidXMLNS},
		{"other namespace", `<iq xmlns='jabber:server'/>`, ErrInvalidXMLNS},
		{"bad reference", `<iq><a>&#0;</a></iq>`, ErrNotWellFormed},
		{"cdata end in text", `<iq><a>]]></a></iq>`, ErrNotWellFormed},
	} {
		if st, err := ParseStanza([]byte(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: %q gives %v, %v; want %v", c.name, c.in, st, err, c.want)
		}
	}
	st, err := ParseStanza([]byte(`<iq type='get' id='1' to='@'><x xmlns='y'/></iq>`))
	if e, ok := errors.AsType[*Error](err); !ok || e.Condition != JIDMalformed || st.ID != "1" {
		t.Errorf("bad address: %v, %v", st, err)
	}
}

// What one peer may send, every other one's parser must take: the element goes on to whole rooms as it came, and a peer whose parser
// refuses it loses its stream. Each of these is fatal to expat, to browsers or to both.
func TestParseStanzaRefusesWhatEndsOthersStreams(t *testing.T) {
	for name, in := range map[string]string{
		"bytes that are no UTF-8, in an element's name":    "<message><body>a</body><b\xff/></message>",
		"bytes that are no UTF-8, in an attribute's name":  "<message><body b\xff='a'/></message>",
		"bytes that are no UTF-8, in a prefix":             "<message><p\xff:b xmlns:p\xff='u'/></message>",
		"bytes that are no UTF-8, in a stanza's attribute": "<message b\xff='a'/>",
		"a character that is in no name":                   "<message><b\u00d7c/></message>",
		"a line separator in a name":                       "<message><b\u2028/></message>",
		"a local part that begins with a digit":            `<message><p:1b xmlns:p="u"/></message>`,
		"no local part":                                    `<message><p: xmlns:p="u"/></message>`,
		"no prefix":                                        `<message><:b/></message>`,
		"two colons":                                       `<message><p:b:c xmlns:p="u"/></message>`,
		"the declaration of no prefix":                     `<message><b xmlns:="u"/></message>`,
		"the declaration of a prefix with a colon":         `<message><b xmlns:p:q="u"/></message>`,
		"an attribute twice, under two prefixes":           `<message><b xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/></message>`,
		"an attribute twice, one prefix written otherwise": `<message><b xmlns:p="u" xmlns:q="&#x75;" p:a="1" q:a="2"/></message>`,
		"an attribute twice, on the stanza":                `<message xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/>`,
		"another prefix for the namespace xml":             `<message><b xmlns:p="http://www.w3.org/XML/1998/namespace"/></message>`,
		"another prefix for the namespace xml, written so": `<message><b xmlns:p="http&#58;//www.w3.org/XML/1998/namespace"/></message>`,
		"the namespace xml as default":                     `<message><b xmlns="http://www.w3.org/XML/1998/namespace"/></message>`,
		"the namespace xmlns as default":                   `<message><b xmlns="http://www.w3.org/2000/xmlns/"/></message>`,
		"a prefix for the namespace xmlns":                 `<message><b xmlns:p="http://www.w3.org/2000/xmlns/"/></message>`,
		"the prefix xmlns":                                 `<message><b xmlns:xmlns="u"/></message>`,
	} {
		if st, err := ParseStanza([]byte(in)); err == nil {
			t.Errorf("%s: %q is let through as %q", name, in, st)
		}
	}
	for name, in := range map[string]string{
		"one attribute with and without prefix": `<message><b xmlns:p="u" p:a="1" a="2"/></message>`,
		"two attributes of one namespace":       `<message><p:b xmlns:p="u" p:a="1" p:c="2"/></message>`,
		"one name in two namespaces":            `<message><b xmlns:p="u" xmlns:q="v" p:a="1" q:a="2"/></message>`,
		"the prefix xml":                        `<message xml:lang="de"><b xmlns:xml="http://www.w3.org/XML/1998/namespace"/></message>`,
	} {
		if _, err := ParseStanza([]byte(in)); err != nil {
			t.Errorf("%s: %q is refused: %v", name, in, err)
		}
	}
}

func TestElementWritesNamespaceWhereItChanges(t *testing.T) {
	el := NewElement("urn:a", "a", "k", "1", "left-out", "").With(
		NewElement("urn:a", "b"), NewElement("urn:c", "c").WithText(`<&'">`), nil)
	want := `<a xmlns="urn:a" k="1"><b/><c xmlns="urn:c">&lt;&amp;&apos;&quot;&gt;</c></a>`
	if got := el.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again, err := ParseElement([]byte(want))
	if err != nil || again.String() != want {
		t.Errorf("reparsed as %v, %v", again, err)
	}
}

func TestErrorReply(t *testing.T) {
	st, _ := ParseStanza([]byte(`<iq type='get' id='7' from='a@b/c' to='d@e'><x xmlns='y'/></iq>`))
	reply, ok := st.ErrorReply(&Error{Type: Cancel, Condition: ItemNotFound, Text: "gone"})
	if !ok || reply.To != st.From || reply.From != st.To || reply.ID != "7" {
		t.Fatalf("reply %v %v", reply, ok)
	}
	if e := ParseError(reply); e.Type != Cancel || e.Condition != ItemNotFound || e.Text != "gone" {
		t.Errorf("parsed back as %v", e)
	}
	if again, ok := reply.ErrorReply(errors.New("x")); ok {
		t.Errorf("an error was answered: %v", again)
	}
}

func FuzzParseStanza(f *testing.F) {
	f.Add([]byte(`<iq type='set' id='a' to='r@c.d/focus' xml:lang='de' xmlns:q='urn:q'><q:a xmlns='u'><b c="d&lt;"/>t<![CDATA[x]]></q:a>z</iq>`))
	f.Add([]byte(`<message><body>&#x41;</body></message>`))
	f.Add([]byte(`<presence/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, err := ParseStanza(data)
		if err != nil {
			return
		}
		again, err := ParseStanza(st.Append(nil))
		if err != nil || string(again.Append(nil)) != string(st.Append(nil)) {
			t.Fatalf("%q written as %q, reparsed as %q, %v", data, st, again, err)
		}
		els, err := st.Elements()
		if err != nil {
			t.Fatalf("%q: payload does not parse: %v", data, err)
		}
		for _, el := range els {
			if _, err := ParseElement([]byte(el.String())); err != nil && len(el.Space) > 0 {
				t.Fatalf("%q: %q does not reparse: %v", data, el, err)
			}
		}
	})
}

var benchStanza = []byte(`<presence xmlns='jabber:client' to='standup@conference.meet.example/1a2b3c4d'><stats-id>Jaden-x7Q</stats-id>` +
	`<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://jitsi.org/jitsi-meet' ver='cvjWXufsg4xT62Ec2mlATkFZ9lk='/>` +
	`<SourceInfo>{&quot;1a2b3c4d-a0&quot;:{&quot;muted&quot;:false}}</SourceInfo>` + strings.Repeat(`<feature var='urn:xmpp:jingle:1'/>`, 34) +
	`<nick xmlns='http://jabber.org/protocol/nick'>Alice</nick></presence>`)

func BenchmarkParseStanza(b *testing.B) {
	b.SetBytes(int64(len(benchStanza)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseStanza(benchStanza); err != nil {
			b.Fatal(err)
		}
	}
}

// The scanner itself allocates nothing; the address and the id are strings, and so are attributes that routing does not read.
func TestParseStanzaAllocatesOnlyStrings(t *testing.T) {
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := ParseStanza(benchStanza); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("ParseStanza allocates %v times for a stanza with one address, want 1", n)
	}
}
