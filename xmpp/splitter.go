package xmpp

import (
	"bytes"
	"errors"
)

// splitter finds the top-level elements in the bytes of a TCP stream (RFC 6120 §4) without looking at what they mean; ParseStanza
// checks them. It looks at each byte once, however small the pieces are that the bytes arrive in.
type splitter struct {
	buf   []byte // what was read and not yet handed out
	pos   int    // how far buf was looked at
	start int    // where the element begins that is being looked at
	depth int
	in    splitState
	quote byte
	tag   int // where the tag begins that is being looked at

	header bool // a stream's header comes next
	max    int  // bytes that an element may have
}

type splitState uint8

const (
	inText splitState = iota
	inTag
	inQuote
	inCDATA
	inDecl // the XML declaration before a header
)

// errNeedMore says that buf ends before the element does.
var errNeedMore = errors.New("need more")

// next returns the next top-level element, the stream's header as an empty element, or an error: errNeedMore, errPeerClosed for the
// stream's end tag, or what is wrong. The bytes are part of buf and valid until feed is called.
func (s *splitter) next() ([]byte, error) {
	for s.pos < len(s.buf) {
		el, err := s.step()
		if el != nil || err != nil {
			return el, err
		}
		if s.pos-s.start > s.max {
			return nil, stanzaTooBig()
		}
	}
	if s.depth == 0 && s.in == inText {
		s.start = s.pos
	}
	if len(s.buf)-s.start > s.max {
		return nil, stanzaTooBig()
	}
	return nil, errNeedMore
}

// step looks at the bytes up to the next one that matters. Where the buffer ends within a word it returns errNeedMore.
func (s *splitter) step() ([]byte, error) {
	rest := s.buf[s.pos:]
	switch s.in {
	case inText:
		i := bytes.IndexByte(rest, '<')
		if s.depth == 0 && len(bytes.Trim(rest[:max(i, 0)], " \t\r\n")) > 0 {
			return nil, ErrNotWellFormed
		}
		if i < 0 {
			if s.depth == 0 && len(bytes.Trim(rest, " \t\r\n")) > 0 {
				return nil, ErrNotWellFormed
			}
			s.pos = len(s.buf)
			return nil, nil
		}
		if s.pos += i; s.depth == 0 {
			s.start = s.pos
		}
		return nil, s.openAngle()
	case inQuote:
		if i := bytes.IndexByte(rest, s.quote); i >= 0 {
			s.pos += i + 1
			s.in = inTag
			return nil, nil
		}
		s.pos = len(s.buf)
		return nil, nil
	case inCDATA, inDecl:
		return nil, s.skipTo()
	}
	return s.insideTag(rest)
}

// openAngle decides what begins with the < at pos.
func (s *splitter) openAngle() error {
	rest := s.buf[s.pos+1:]
	switch {
	case len(rest) == 0:
		return errNeedMore
	case rest[0] == '!':
		n := min(len(rest), len(cdataStart))
		if !bytes.Equal(rest[:n], cdataStart[:n]) || s.depth == 0 {
			return ErrRestrictedXML
		}
		if n < len(cdataStart) {
			return errNeedMore
		}
		s.in = inCDATA
		s.pos += 1 + n
	case rest[0] == '?':
		if !s.header || s.depth > 0 {
			return ErrRestrictedXML
		}
		s.in = inDecl
		s.pos += 2
	default:
		s.in, s.tag = inTag, s.pos
		s.pos++
	}
	return nil
}

// skipTo looks for the end of a CDATA section or of the XML declaration.
func (s *splitter) skipTo() error {
	end := cdataEnd
	if s.in == inDecl {
		end = declEnd
	}
	i := bytes.Index(s.buf[s.pos:], end)
	if i < 0 {
		s.pos = max(s.pos, len(s.buf)-len(end)+1)
		return errNeedMore
	}
	s.pos += i + len(end)
	s.in = inText
	return nil
}

var declEnd = []byte("?>")

// insideTag looks for the end of a tag.
func (s *splitter) insideTag(rest []byte) ([]byte, error) {
	i := bytes.IndexAny(rest, `>"'`)
	if i < 0 {
		s.pos = len(s.buf)
		return nil, nil
	}
	s.pos += i + 1
	if rest[i] != '>' {
		s.in, s.quote = inQuote, rest[i]
		return nil, nil
	}
	s.in = inText
	tag := s.buf[s.tag:s.pos]
	closing, empty := tag[1] == '/', tag[len(tag)-2] == '/'
	switch {
	case s.depth == 0 && closing:
		if name := bytes.TrimSpace(tag[2 : len(tag)-1]); s.header || !bytes.HasSuffix(name, streamName) {
			return nil, ErrNotWellFormed
		}
		return nil, errPeerClosed
	case s.depth == 0 && s.header:
		return s.takeHeader(tag, empty)
	case closing:
		s.depth--
	case !empty:
		s.depth++
	}
	if s.depth > maxDepth {
		return nil, ErrTooDeep
	}
	if s.depth > 0 {
		return nil, nil
	}
	el := s.buf[s.start:s.pos]
	s.start = s.pos
	return el, nil
}

// takeHeader hands the start tag of a stream out as an empty element.
func (s *splitter) takeHeader(tag []byte, empty bool) ([]byte, error) {
	s.header, s.start = false, s.pos
	if empty {
		return nil, ErrNotWellFormed
	}
	return append(append([]byte(nil), tag[:len(tag)-1]...), "/>"...), nil
}

// room returns space to read into, after dropping what was handed out.
func (s *splitter) room() []byte {
	if s.start > 0 {
		n := copy(s.buf, s.buf[s.start:])
		s.buf = s.buf[:n]
		s.pos -= s.start
		s.tag -= s.start
		s.start = 0
	}
	const least = 4096
	if cap(s.buf)-len(s.buf) < least/2 {
		s.buf = append(make([]byte, 0, max(least, 2*cap(s.buf))), s.buf...)
	}
	return s.buf[len(s.buf):cap(s.buf)]
}

// fed says that n bytes were read into what room returned.
func (s *splitter) fed(n int) { s.buf = s.buf[:len(s.buf)+n] }

// partial says whether an element has begun and not ended.
func (s *splitter) partial() bool { return s.depth > 0 || s.in != inText || s.start < len(s.buf) }

// rest drops the buffer where nothing is in it, so that an idle stream holds none.
func (s *splitter) rest() {
	if s.start == len(s.buf) && !s.partial() && cap(s.buf) > 512 {
		*s = splitter{header: s.header, max: s.max}
	}
}
