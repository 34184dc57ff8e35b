package meetweb

import (
	"bytes"
	"errors"
	"html"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// maxIncludes is how deep pages may include each other.
const maxIncludes = 4

var (
	directive = regexp.MustCompile(`<!--#\s*([a-z]+)((?:\s+[a-z]+="[^"]*")*)\s*-->`)
	attribute = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
)

// include returns the page name with its server-side includes carried out, as far as the stock pages use them: include of another
// file, and echo, whose variables (those of tenants) are never set here, so that its default stands. Other directives vanish, as do
// includes of files that are not there: the pages name some that only exist where an operator has made them.
func (s *Server) include(r *http.Request, name string, depth int) ([]byte, error) {
	if depth > maxIncludes {
		return nil, errors.New("pages include each other without end")
	}
	page, err := s.stock.read(name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for {
		m := directive.FindSubmatchIndex(page)
		if m == nil {
			out.Write(page)
			return out.Bytes(), nil
		}
		out.Write(page[:m[0]])
		text, err := s.execute(r, name, string(page[m[2]:m[3]]), attributes(page[m[4]:m[5]]), depth)
		if err != nil {
			return nil, err
		}
		out.Write(text)
		if out.Len() > maxPage {
			return nil, errors.New("page becomes too long with its includes")
		}
		page = page[m[1]:]
	}
}

func (s *Server) execute(r *http.Request, page, command string, attrs map[string]string, depth int) ([]byte, error) {
	switch command {
	case "echo":
		return []byte(html.EscapeString(attrs["default"])), nil
	case "include":
		target := attrs["virtual"]
		if target == "" {
			target = attrs["file"]
		}
		target, _, _ = strings.Cut(target, "?")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", path.Dir(page), target)
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		if target == "" || hidden(target) {
			return nil, nil
		}
		text, err := s.virtual(r, target, depth+1)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return text, err
	default:
		return nil, nil
	}
}

func attributes(text []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(text, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}
