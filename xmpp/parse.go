package xmpp

import (
	"bytes"
	"fmt"
)

// ParseStanza checks that data is one whole stanza and reads its head. The stanza keeps data's bytes: they must not change any more.
// Addresses that are none are an *Error (jid-malformed) with the rest of the head filled in, so that it can be answered; everything
// else that is wrong with data is an error for the stream (ErrNotWellFormed and its like; ErrInvalidXMLNS for no stanza).
func ParseStanza(data []byte) (Stanza, error) {
	s := newScanner(data)
	defer s.release()
	s.declare(nil, spaceClient)
	if t, err := s.next(); err != nil {
		return Stanza{}, err
	} else if t != tokenStart {
		return Stanza{}, ErrNotWellFormed
	}
	st, addrErr, err := s.head()
	if err != nil {
		return Stanza{}, err
	}
	if err := s.payload(&st); err != nil {
		return Stanza{}, err
	}
	return st, addrErr
}

// head reads the start tag that s stands behind.
func (s *scanner) head() (st Stanza, addrErr, err error) {
	space, local, _ := s.resolve(s.name, false)
	switch string(local) {
	case "message":
		st.Kind = Message
	case "presence":
		st.Kind = Presence
	case "iq":
		st.Kind = IQ
	}
	if st.Kind == 0 || string(space) != NSClient || len(local) != len(s.name) {
		return st, nil, ErrInvalidXMLNS
	}
	var extra []byte
	for _, a := range s.attrs {
		switch string(a.name) {
		case "xmlns":
		case "type":
			st.Type = intern(a.value)
		case "id":
			st.ID = unescape(a.value)
		case "to":
			st.To, err = ParseJID(unescape(a.value))
		case "from":
			st.From, err = ParseJID(unescape(a.value))
		default:
			extra = append(append(append(extra, ' '), a.name...), '=')
			quote := byte('"')
			if bytes.IndexByte(a.value, '"') >= 0 {
				quote = '\''
			}
			extra = append(append(append(extra, quote), a.value...), quote)
		}
		if err != nil {
			addrErr, err = &Error{Type: Modify, Condition: JIDMalformed, Err: err}, nil
		}
	}
	st.attrs = string(extra)
	return st, addrErr, nil
}

// payload walks to the end of the stanza, which must be the end of the data.
func (s *scanner) payload(st *Stanza) error {
	start, end := s.pos, s.pos
	for s.depth > 0 {
		end = s.pos
		t, err := s.next()
		if err != nil {
			return err
		}
		if t == tokenStart && s.depth == 2 && st.Child == (Name{}) {
			space, local, _ := s.resolve(s.name, false)
			st.Child = Name{intern(space), intern(local)}
		}
	}
	if end > start {
		st.Payload = s.data[start:end:end]
	}
	return s.atEnd()
}

// atEnd checks that nothing but white space follows.
func (s *scanner) atEnd() error {
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch t {
		case tokenEnd:
			return nil
		case tokenText:
		default:
			return ErrNotWellFormed
		}
	}
}

// ParseElement parses data, which is one whole element, into a tree.
func ParseElement(data []byte) (*Element, error) {
	els, err := parseFragment(data, "", "")
	if err != nil {
		return nil, err
	}
	if len(els) != 1 {
		return nil, fmt.Errorf("%d elements where one is expected: %w", len(els), ErrNotWellFormed)
	}
	return els[0], nil
}

// parseTopLevel is ParseElement for an element of a stream that is no stanza.
func parseTopLevel(data []byte) (*Element, error) {
	s := newScanner(nil)
	defer s.release()
	s.declare(nil, spaceClient)
	s.declare(streamName, spaceStream)
	els, err := s.fragment(data)
	if err != nil {
		return nil, err
	}
	if len(els) != 1 {
		return nil, ErrNotWellFormed
	}
	return els[0], nil
}

// parseFragment parses the elements in data; space is the default namespace around them, decls the raw attributes of the start tag
// around them, whose prefix declarations are in scope. Text between the elements is dropped.
func parseFragment(data []byte, space, decls string) ([]*Element, error) {
	s := newScanner(nil)
	defer s.release()
	if space != "" {
		s.declare(nil, []byte(space))
	}
	if decls != "" {
		s.data = []byte("<x" + decls + ">")
		if _, err := s.next(); err != nil {
			return nil, err
		}
		for i := range s.nscopes {
			s.scopes[i].depth = 0
		}
		s.depth, s.pos = 0, 0
	}
	return s.fragment(data)
}

func (s *scanner) fragment(data []byte) ([]*Element, error) {
	s.data = data
	root := &Element{}
	stack := make([]*Element, 1, 8)
	stack[0] = root
	for {
		if s.depth == 0 && !s.selfClosing {
			s.skipText()
		}
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t {
		case tokenStart:
			el := s.element()
			top.Children = append(top.Children, el)
			stack = append(stack, el)
		case tokenClose:
			stack = stack[:len(stack)-1]
		case tokenText:
			if s.cdata {
				top.Text += string(s.text)
			} else {
				top.Text += unescape(s.text)
			}
		case tokenEnd:
			return root.Children, nil
		}
	}
}

// skipText skips text and CDATA sections, which, unlike between documents, may stand between the elements of a fragment.
func (s *scanner) skipText() {
	for {
		rest := s.data[s.pos:]
		i := bytes.IndexByte(rest, '<')
		if i < 0 {
			s.pos = len(s.data)
			return
		}
		s.pos += i
		if !bytes.HasPrefix(rest[i+1:], cdataStart) {
			return
		}
		end := bytes.Index(rest[i:], cdataEnd)
		if end < 0 {
			return
		}
		s.pos += end + len(cdataEnd)
	}
}

// element makes the element whose start tag s stands behind.
func (s *scanner) element() *Element {
	space, local, _ := s.resolve(s.name, false)
	el := &Element{Space: intern(space), Name: string(local)}
	prefixed := len(local) < len(s.name)
	for _, a := range s.attrs {
		switch {
		case bytes.HasPrefix(a.name, prefixXMLNS):
		case string(a.name) != "xmlns":
			space, local, _ := s.resolve(a.name, true)
			el.Attrs = append(el.Attrs, Attr{unescape(space), string(local), unescape(a.value)})
		case prefixed:
			el.Attrs = append(el.Attrs, Attr{NSXMLNS, "xmlns", unescape(a.value)})
		}
	}
	return el
}
