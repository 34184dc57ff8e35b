package xmpp

import (
	"bytes"
	"unicode/utf8"
)

// Classes of characters that need a closer look.
const (
	charLess  = 1 << iota // <
	charOther             // the beginning of a reference, control characters, and what is above ASCII
)

var charClass = func() (t [256]uint8) {
	for c := range t {
		if c < ' ' || c == '&' || c >= utf8.RuneSelf {
			t[c] = charOther
		}
	}
	t['<'] = charLess
	return t
}()

// quoted returns the text in the quotes that data begins with, and the classes of its characters; nil where the end is missing.
func quoted(data []byte) (text []byte, class uint8) {
	quote := data[0]
	for i, c := range data[1:] {
		if c == quote {
			return data[1 : i+1], class
		}
		class |= charClass[c]
	}
	return nil, 0
}

// checkText checks characters and references in character data or an attribute value.
func checkText(text []byte) error {
	if err := checkChars(text); err != nil {
		return err
	}
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return nil
		}
		_, n, err := reference(text[i:])
		if err != nil {
			return err
		}
		text = text[i+n:]
	}
}

// checkChars checks for UTF-8 and for the characters that XML 1.0 §2.2 allows.
func checkChars(text []byte) error {
	ascii := true
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return ErrNotWellFormed
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return nil
	}
	if !utf8.Valid(text) {
		return ErrEncoding
	}
	if bytes.Contains(text, nonChar1) || bytes.Contains(text, nonChar2) {
		return ErrNotWellFormed
	}
	return nil
}

// reference decodes the entity or character reference that b begins with and says how long it is.
func reference(b []byte) (r rune, n int, err error) {
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 2 {
		return 0, 0, ErrNotWellFormed
	}
	name := b[1:end]
	switch string(name) {
	case "lt":
		return '<', end + 1, nil
	case "gt":
		return '>', end + 1, nil
	case "amp":
		return '&', end + 1, nil
	case "apos":
		return '\'', end + 1, nil
	case "quot":
		return '"', end + 1, nil
	}
	if name[0] != '#' {
		return 0, 0, ErrRestrictedXML
	}
	if r, ok := charReference(name[1:]); ok {
		return r, end + 1, nil
	}
	return 0, 0, ErrNotWellFormed
}

func charReference(digits []byte) (rune, bool) {
	base := rune(10)
	if len(digits) > 0 && digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	var r rune
	for _, c := range digits {
		d := rune(99)
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case 'a' <= c && c <= 'f':
			d = rune(c-'a') + 10
		case 'A' <= c && c <= 'F':
			d = rune(c-'A') + 10
		}
		if d >= base {
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	legal := r >= ' ' && r != 0xFFFE && r != 0xFFFF && (r < 0xD800 || r > 0xDFFF) || r == '\t' || r == '\n' || r == '\r'
	return r, legal && len(digits) > 0
}

// unescape decodes checked character data.
func unescape(b []byte) string {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i >= 0 {
		out = append(out, b[:i]...)
		r, n, err := reference(b[i:])
		if err != nil {
			break
		}
		out = utf8.AppendRune(out, r)
		b = b[i+n:]
		i = bytes.IndexByte(b, '&')
	}
	return string(append(out, b...))
}

// AppendText appends s escaped for character data and attribute values. What XML cannot carry (RFC 6120 §11, XML 1.0 §2.2) becomes
// U+FFFD.
func AppendText(dst []byte, s string) []byte {
	plain := 0
	for i := 0; i < len(s); i++ {
		esc := ""
		switch c := s[i]; {
		case c == '&':
			esc = "&amp;"
		case c == '<':
			esc = "&lt;"
		case c == '>':
			esc = "&gt;"
		case c == '"':
			esc = "&quot;"
		case c == '\'':
			esc = "&apos;"
		case c == '\n':
			esc = "&#xA;"
		case c == '\r':
			esc = "&#xD;"
		case c == '\t':
			esc = "&#x9;"
		case c < ' ':
			esc = "\uFFFD"
		default:
			continue
		}
		dst = append(append(dst, s[plain:i]...), esc...)
		plain = i + 1
	}
	return append(dst, s[plain:]...)
}
