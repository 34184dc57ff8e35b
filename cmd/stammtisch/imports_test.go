package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

const module = "stammtisch/"

// arrows says which of our packages each may import: cmd → {focus, bridge, muc, meetweb} → jingle → xmpp, and the media core below
// bridge knows nothing of signalling. A name ending in / stands for everything below it. The most specific line for a package counts.
var arrows = []struct {
	from string
	to   []string
}{
	{"cmd/", []string{"focus", "focus/", "bridge", "bridge/", "muc", "muc/", "meetweb", "jingle", "xmpp", "xmpp/", "configs", "configs/"}},
	{"focus", []string{"focus/", "jingle", "xmpp", "xmpp/contain"}},
	{"focus/", []string{"focus/", "jingle", "xmpp"}},
	{"muc", []string{"muc/", "jingle", "xmpp", "xmpp/contain"}},
	{"muc/", []string{"muc/", "jingle", "xmpp"}},
	{"meetweb", []string{"configs/datadir", "configs/redact"}},
	{"bridge", []string{"bridge/", "jingle", "xmpp", "xmpp/contain"}},
	{"bridge/", []string{"bridge/"}},
	{"jingle", []string{"xmpp"}},
	{"xmpp", []string{"xmpp/"}},
	{"xmpp/", []string{"xmpp/", "configs/datadir"}},
	{"configs", nil},
	{"configs/", []string{"configs/"}},
}

// covers reports whether pattern, a package or a tree ending in /, contains pkg.
func covers(pattern, pkg string) bool {
	return pattern == pkg || strings.HasSuffix(pattern, "/") && strings.HasPrefix(pkg, pattern)
}

func allowed(from, to string) (ok, known bool) {
	best := -1
	for i, a := range arrows {
		if covers(a.from, from) && (best < 0 || len(a.from) > len(arrows[best].from)) {
			best = i
		}
	}
	if best < 0 {
		return false, false
	}
	for _, pattern := range arrows[best].to {
		if covers(pattern, to) {
			return true, true
		}
	}
	return false, true
}

func TestImportDirections(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`, "./...")
	list.Dir = "../.."
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	seen := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		pkg, imported, _ := strings.Cut(lines.Text(), " ")
		from, ours := strings.CutPrefix(pkg, module)
		to, ourImport := strings.CutPrefix(imported, module)
		if !ours || !ourImport {
			continue
		}
		seen++
		switch ok, known := allowed(from, to); {
		case !known:
			t.Errorf("%s has no line in the table of import directions: say what it may import", from)
		case !ok:
			t.Errorf("%s imports %s: arrows point down only", from, to)
		}
	}
	if seen == 0 {
		t.Error("go list shows no imports among our packages")
	}
}

// The table itself: what it must refuse.
func TestArrowsRefuse(t *testing.T) {
	for _, tt := range [][2]string{
		{"focus", "muc"}, {"muc", "bridge"}, {"meetweb", "focus"}, {"bridge", "meetweb"}, {"xmpp", "jingle"}, {"jingle", "focus"},
		{"bridge/ice", "xmpp"}, {"bridge/forward", "jingle"}, {"bridge/udp", "bridge"}, {"xmpp/accounts", "configs"}, {"internal/redact", "xmpp"},
	} {
		if ok, _ := allowed(tt[0], tt[1]); ok {
			t.Errorf("%s may import %s", tt[0], tt[1])
		}
	}
}
