package muc

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stammtisch/xmpp"
)

// A script is a conversation with a rooms service, read as prose:
//
//	# What is shown, and where it is written.
//	ben is ben@meet.example/tab
//	ben sends: <presence to="stand-up@conference.meet.example/ben"><x xmlns="http://jabber.org/protocol/muc"/></presence>
//	ben receives: <presence from="stand-up@conference.meet.example/ben">…</presence>
//	ben receives nothing
//
// What is written must be there, in this order, the rest is ignored; but everything a party is sent has to be written. An
// attribute or text "*" is any that is not empty, "$name" is remembered, <not> holds what must not be there, and {ben} in a
// sent stanza is ben's address.
type script struct {
	name  string
	steps []step
	jids  map[string]xmpp.JID
	order []string
}

type step struct {
	line      int
	who, verb string
	text      string
}

var stepLine = regexp.MustCompile(`^([a-z]+) (is|sends:|receives:|receives nothing)\s*(.*)$`)

func readScript(t *testing.T, file string) *script {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &script{name: strings.TrimSuffix(filepath.Base(file), ".txt"), jids: make(map[string]xmpp.JID)}
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for line := 1; scan.Scan(); line++ {
		text := scan.Text()
		switch m := stepLine.FindStringSubmatch(text); {
		case strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#"):
		case m != nil && m[2] == "is":
			s.jids[m[1]] = xmpp.MustJID(strings.TrimSpace(m[3]))
			s.order = append(s.order, m[1])
		case m != nil:
			s.steps = append(s.steps, step{line: line, who: m[1], verb: m[2], text: m[3]})
		case len(s.steps) > 0 && (text[0] == ' ' || text[0] == '\t'):
			s.steps[len(s.steps)-1].text += strings.TrimSpace(text)
		default:
			t.Fatalf("%s:%d: not understood: %s", file, line, text)
		}
	}
	return s
}

// stage is what a script is played on: a server with a connection for each party.
type stage interface {
	enter(t *testing.T, who string, j xmpp.JID)
	send(t *testing.T, who string, st xmpp.Stanza)
	// next returns the next stanza for who, or false when there is none and will be none.
	next(t *testing.T, who string) (xmpp.Stanza, bool)
	leave(t *testing.T, who string)
}

// play runs s on st.
func (s *script) play(t *testing.T, on stage) {
	t.Helper()
	for _, who := range s.order {
		on.enter(t, who, s.jids[who])
		defer on.leave(t, who)
	}
	vars := make(map[string]string)
	for _, step := range s.steps {
		where := fmt.Sprintf("%s:%d", s.name, step.line)
		switch step.verb {
		case "sends:":
			text := step.text
			for name, v := range vars {
				text = strings.ReplaceAll(text, "$"+name, v)
			}
			for who, j := range s.jids {
				text = strings.ReplaceAll(text, "{"+who+"}", j.String())
			}
			st, err := xmpp.ParseStanza([]byte(text))
			if err != nil {
				t.Fatalf("%s: %v in %s", where, err, text)
			}
			on.send(t, step.who, st)
		case "receives:":
			want, err := xmpp.ParseElement([]byte(step.text))
			if err != nil {
				t.Fatalf("%s: %v in %s", where, err, step.text)
			}
			got, ok := on.next(t, step.who)
			if !ok {
				t.Fatalf("%s: %s got nothing, want %s", where, step.who, step.text)
			}
			if diff := matchStanza(want, got, vars); diff != "" {
				t.Fatalf("%s: %s got\n%s\nwant\n%s\n%s", where, step.who, got, step.text, diff)
			}
		case "receives nothing":
			if got, ok := on.next(t, step.who); ok {
				t.Fatalf("%s: %s got %s, want nothing", where, step.who, got)
			}
		}
	}
	for _, who := range s.order {
		if got, ok := on.next(t, who); ok {
			t.Errorf("%s: at the end %s is left with %s", s.name, who, got)
		}
	}
}

func matchStanza(want *xmpp.Element, got xmpp.Stanza, vars map[string]string) string {
	el, err := xmpp.ParseElement(got.Append(nil))
	if err != nil {
		return fmt.Sprintf("what was received does not parse: %v", err)
	}
	if want.Space == "" {
		inherit(want, xmpp.NSClient)
	}
	return match(want, el, vars)
}

// inherit puts e and its children without namespace into space.
func inherit(e *xmpp.Element, space string) {
	if e.Space != "" {
		return
	}
	e.Space = space
	for _, c := range e.Children {
		inherit(c, space)
	}
}

// match says how got differs from what is wanted, or "".
func match(want, got *xmpp.Element, vars map[string]string) string {
	if !got.Is(want.Space, want.Name) {
		return fmt.Sprintf("is <%s xmlns=%q>, want <%s xmlns=%q>", got.Name, got.Space, want.Name, want.Space)
	}
	for _, a := range want.Attrs {
		v, there := got.LookupAttr(a.Name)
		if a.Value == "" && there && v != "" || a.Value != "" && !matchText(a.Value, v, vars) {
			return fmt.Sprintf("<%s> has %s=%q, want %q", got.Name, a.Name, v, a.Value)
		}
	}
	if text := strings.TrimSpace(want.Text); text != "" && !matchText(text, strings.TrimSpace(got.Text), vars) {
		return fmt.Sprintf("<%s> says %q, want %q", got.Name, got.Text, text)
	}
	return matchChildren(want, got, vars)
}

// matchChildren finds what is wanted in order; in forms and lists of features in any order.
func matchChildren(want, got *xmpp.Element, vars map[string]string) string {
	anyOrder := got.Space == xmpp.NSDataForm || got.Space == xmpp.NSDiscoInfo || got.Space == xmpp.NSMUCAdmin
	from := 0
	for _, w := range want.Children {
		if w.Name == "not" {
			for _, forbidden := range w.Children {
				for _, c := range got.Children {
					if match(forbidden, c, vars) == "" {
						return fmt.Sprintf("<%s> has %s", got.Name, c)
					}
				}
			}
			continue
		}
		why, at := "there is none", -1
		for i := from; i < len(got.Children) && at < 0; i++ {
			diff := match(w, got.Children[i], vars)
			if diff == "" {
				at = i
			} else if got.Children[i].Is(w.Space, w.Name) {
				why = diff
			}
		}
		if at < 0 {
			return fmt.Sprintf("<%s> lacks %s: %s", got.Name, w, why)
		}
		if !anyOrder {
			from = at + 1
		}
	}
	return ""
}

func matchText(want, got string, vars map[string]string) bool {
	name, isVar := strings.CutPrefix(want, "$")
	if !isVar {
		return want == got || want == "*" && got != ""
	}
	if known, ok := vars[name]; ok {
		return known == got
	}
	vars[name] = got
	return got != ""
}
