package xmpp

import (
	"bytes"
	"errors"
	"sync"
)

// What XML a peer may send is restricted as RFC 6120 §11 demands and bounded in depth and attributes.
const (
	maxDepth  = 64
	maxAttrs  = 64
	maxScopes = 64 // prefix and default namespace declarations in scope at once
)

// XML errors, to be answered with a stream error (RFC 6120 §4.9.3) of the same name.
var (
	ErrNotWellFormed = errors.New("not-well-formed")
	ErrRestrictedXML = errors.New("restricted-xml")
	ErrBadPrefix     = errors.New("bad-namespace-prefix")
	ErrEncoding      = errors.New("unsupported-encoding")
	ErrTooDeep       = errors.New("policy-violation")
	ErrInvalidXMLNS  = errors.New("invalid-namespace")
)

type tokenKind uint8

const (
	tokenEnd   tokenKind = iota // of the input; only between top-level elements
	tokenStart                  // name and attrs are set
	tokenClose
	tokenText // text is set, still escaped unless cdata
)

type rawAttr struct {
	name, value  []byte // value still escaped
	space, local []byte // of one with a prefix that is no declaration, once its element has been checked
}

type scope struct {
	depth         int
	prefix, space []byte // space still escaped
}

// scanner walks over one or more complete elements and checks that they are well-formed, in the restricted XML of RFC 6120 §11.
// It allocates nothing. Take one with newScanner and give it back with release: it is too large for a goroutine's stack.
type scanner struct {
	data  []byte
	pos   int
	depth int

	name  []byte
	attrs []rawAttr
	text  []byte
	cdata bool

	selfClosing bool
	attrBuf     [maxAttrs]rawAttr
	open        [maxDepth][]byte
	scopes      [maxScopes]scope
	nscopes     int
}

// scanners holds scanners between uses. What a used one still points to is overwritten by the next use.
var scanners = sync.Pool{New: func() any { return new(scanner) }}

// Names that every stream knows, as the scanner compares them. Never written to.
var (
	spaceXML    = []byte(NSXML)
	spaceClient = []byte(NSClient)
	spaceStream = []byte(NSStream)
	prefixXMLNS = []byte("xmlns:")
	streamName  = []byte("stream")
	cdataStart  = []byte("![CDATA[")
	cdataEnd    = []byte("]]>")
	colon       = []byte(":")
	nonChar1    = []byte("\uFFFE")
	nonChar2    = []byte("\uFFFF")
)

func newScanner(data []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.data = data
	return s
}

func (s *scanner) release() {
	s.data, s.name, s.attrs, s.text = nil, nil, nil, nil
	s.pos, s.depth, s.nscopes, s.selfClosing = 0, 0, 0, false
	scanners.Put(s)
}

// declare brings a prefix (nil for the default) into scope for everything.
func (s *scanner) declare(prefix, space []byte) {
	s.scopes[s.nscopes] = scope{depth: 0, prefix: prefix, space: space}
	s.nscopes++
}

// next returns the next token. After the start of an empty-element tag comes its tokenClose.
func (s *scanner) next() (tokenKind, error) {
	if s.selfClosing {
		s.selfClosing = false
		return tokenClose, s.leave()
	}
	if s.pos == len(s.data) {
		if s.depth > 0 {
			return 0, ErrNotWellFormed
		}
		return tokenEnd, nil
	}
	if s.data[s.pos] != '<' {
		return s.scanText()
	}
	rest := s.data[s.pos+1:]
	if len(rest) == 0 {
		return 0, ErrNotWellFormed
	}
	switch rest[0] {
	case '/':
		return s.scanClose()
	case '?':
		return 0, ErrRestrictedXML
	case '!':
		if bytes.HasPrefix(rest, cdataStart) && s.depth > 0 {
			return s.scanCDATA()
		}
		return 0, ErrRestrictedXML
	}
	return s.scanStart()
}

func (s *scanner) scanText() (tokenKind, error) {
	end := bytes.IndexByte(s.data[s.pos:], '<')
	if end < 0 {
		end = len(s.data) - s.pos
	}
	text := s.data[s.pos : s.pos+end]
	s.pos += end
	if err := checkText(text); err != nil {
		return 0, err
	}
	if bytes.Contains(text, cdataEnd) {
		return 0, ErrNotWellFormed
	}
	if s.depth == 0 && len(bytes.Trim(text, " \t\r\n")) > 0 {
		return 0, ErrNotWellFormed
	}
	s.text, s.cdata = text, false
	return tokenText, nil
}

func (s *scanner) scanCDATA() (tokenKind, error) {
	start := s.pos + len("<![CDATA[")
	end := bytes.Index(s.data[start:], cdataEnd)
	if end < 0 {
		return 0, ErrNotWellFormed
	}
	s.text, s.cdata = s.data[start:start+end], true
	s.pos = start + end + 3
	return tokenText, checkChars(s.text)
}

func (s *scanner) scanClose() (tokenKind, error) {
	end := bytes.IndexByte(s.data[s.pos:], '>')
	if end < 0 || s.depth == 0 {
		return 0, ErrNotWellFormed
	}
	name := bytes.TrimRight(s.data[s.pos+2:s.pos+end], " \t\r\n")
	if !bytes.Equal(name, s.open[s.depth-1]) {
		return 0, ErrNotWellFormed
	}
	s.pos += end + 1
	return tokenClose, s.leave()
}

func (s *scanner) leave() error {
	for s.nscopes > 0 && s.scopes[s.nscopes-1].depth == s.depth {
		s.nscopes--
	}
	s.depth--
	return nil
}

func (s *scanner) scanStart() (tokenKind, error) {
	s.pos++
	name := s.scanName()
	if name == nil {
		return 0, ErrNotWellFormed
	}
	if s.depth == maxDepth {
		return 0, ErrTooDeep
	}
	s.open[s.depth] = name
	s.depth++
	s.name, s.attrs = name, s.attrBuf[:0]
	for {
		space := s.skipSpace()
		if s.pos == len(s.data) {
			return 0, ErrNotWellFormed
		}
		switch s.data[s.pos] {
		case '>':
			s.pos++
			return tokenStart, s.checkNames()
		case '/':
			if s.pos+1 == len(s.data) || s.data[s.pos+1] != '>' {
				return 0, ErrNotWellFormed
			}
			s.pos += 2
			s.selfClosing = true
			return tokenStart, s.checkNames()
		}
		if !space {
			return 0, ErrNotWellFormed
		}
		if err := s.scanAttr(); err != nil {
			return 0, err
		}
	}
}

func (s *scanner) scanAttr() error {
	name := s.scanName()
	if name == nil {
		return ErrNotWellFormed
	}
	s.skipSpace()
	if s.pos == len(s.data) || s.data[s.pos] != '=' {
		return ErrNotWellFormed
	}
	s.pos++
	s.skipSpace()
	if s.pos == len(s.data) || s.data[s.pos] != '"' && s.data[s.pos] != '\'' {
		return ErrNotWellFormed
	}
	value, class := quoted(s.data[s.pos:])
	if value == nil || class&charLess != 0 {
		return ErrNotWellFormed
	}
	s.pos += len(value) + 2
	if class != 0 {
		if err := checkText(value); err != nil {
			return err
		}
	}
	if len(s.attrs) == maxAttrs {
		return ErrTooDeep
	}
	for i := range s.attrs {
		if bytes.Equal(s.attrs[i].name, name) {
			return ErrNotWellFormed
		}
	}
	s.attrs = append(s.attrs, rawAttr{name: name, value: value})
	return s.declareFrom(name, value)
}

// declareFrom brings a namespace declaration into scope. Two namespaces have their prefixes for good (Namespaces in XML §3).
func (s *scanner) declareFrom(name, value []byte) error {
	var prefix []byte
	switch {
	case string(name) == "xmlns":
	case bytes.HasPrefix(name, prefixXMLNS):
		if prefix = name[len("xmlns:"):]; len(value) == 0 || string(prefix) == "xmlns" {
			return ErrNotWellFormed
		}
	default:
		return nil
	}
	if space := plain(value); string(space) == NSXMLNS || (string(space) == NSXML) != (string(prefix) == "xml") {
		return ErrNotWellFormed
	}
	if s.nscopes == maxScopes {
		return ErrTooDeep
	}
	s.scopes[s.nscopes] = scope{s.depth, prefix, value}
	s.nscopes++
	return nil
}

// plain is unescape that makes no copy of what has no references.
func plain(value []byte) []byte {
	if bytes.IndexByte(value, '&') < 0 {
		return value
	}
	return []byte(unescape(value))
}

// checkNames checks the prefixes of the element just opened, and that no attribute is there twice under two of them.
func (s *scanner) checkNames() error {
	if _, _, ok := s.resolve(s.name, false); !ok {
		return ErrBadPrefix
	}
	for i := range s.attrs {
		a := &s.attrs[i]
		if bytes.IndexByte(a.name, ':') < 0 || bytes.HasPrefix(a.name, prefixXMLNS) {
			continue
		}
		space, local, ok := s.resolve(a.name, true)
		if !ok {
			return ErrBadPrefix
		}
		a.space, a.local = plain(space), local
		for _, b := range s.attrs[:i] {
			if bytes.Equal(b.local, a.local) && bytes.Equal(b.space, a.space) {
				return ErrNotWellFormed
			}
		}
	}
	return nil
}

// resolve splits a qualified name into its namespace (still escaped) and local part. ok is false where the prefix is not declared.
func (s *scanner) resolve(name []byte, attr bool) (space, local []byte, ok bool) {
	var prefix []byte
	local = name
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		prefix, local = name[:i], name[i+1:]
		if string(prefix) == "xml" {
			return spaceXML, local, true
		}
	} else if attr {
		return nil, local, true
	}
	for i := s.nscopes - 1; i >= 0; i-- {
		if bytes.Equal(s.scopes[i].prefix, prefix) {
			return s.scopes[i].space, local, true
		}
	}
	return nil, local, len(prefix) == 0
}

func (s *scanner) skipSpace() bool {
	start := s.pos
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
			continue
		}
		break
	}
	return s.pos > start
}

// scanName takes a name (Namespaces in XML §4), or returns nil. Of the characters above ASCII none is let through: which of them a
// name may have differs from parser to parser, and a name that the parser of only one peer refuses would end that peer's stream.
func (s *scanner) scanName() []byte {
	start, all := s.pos, uint8(0)
	for s.pos < len(s.data) {
		class := nameClass[s.data[s.pos]]
		if class == 0 {
			break
		}
		all |= class
		s.pos++
	}
	name := s.data[start:s.pos]
	if len(name) == 0 || nameClass[name[0]] != nameStart || all&nameColon != 0 && !isPrefixed(name) {
		return nil
	}
	return name
}

// isPrefixed says whether name, which begins as one, is two with a colon between.
func isPrefixed(name []byte) bool {
	_, local, _ := bytes.Cut(name, colon)
	return len(local) > 0 && nameClass[local[0]] == nameStart && bytes.IndexByte(local, ':') < 0
}

// Classes of the characters of names.
const (
	nameStart = 1 << iota // may begin one
	nameOther
	nameColon
)

var nameClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_':
			t[c] = nameStart
		case '0' <= c && c <= '9' || c == '-' || c == '.':
			t[c] = nameOther
		case c == ':':
			t[c] = nameColon
		}
	}
	return t
}()
