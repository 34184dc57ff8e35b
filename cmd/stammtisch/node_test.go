package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is an element as these tests read it, with a parser that is not the server's own.
type node struct {
	space, name string
	attrs       []xml.Attr // without xmlns; Name.Space is resolved
	declared    bool       // has an xmlns attribute of its own, which Jitsi's clients look for literally
	children    []*node
	text        string // trimmed where there are children
}

// parseNode reads one element.
func parseNode(raw string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(raw))
	for {
		switch tok, err := d.Token(); {
		case err != nil:
			return nil, fmt.Errorf("%q: %w", raw, err)
		default:
			if start, ok := tok.(xml.StartElement); ok {
				return readNode(d, start)
			}
		}
	}
}

// readNode reads what follows a start tag up to its end tag.
func readNode(d *xml.Decoder, start xml.StartElement) (*node, error) {
	n := newNode(start)
	for {
		tok, err := d.Token()
		switch tok := tok.(type) {
		case xml.StartElement:
			child, err := readNode(d, tok)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, child)
		case xml.CharData:
			n.text += string(tok)
		case xml.EndElement:
			if len(n.children) > 0 {
				n.text = strings.TrimSpace(n.text)
			}
			return n, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
}

func newNode(start xml.StartElement) *node {
	n := &node{space: start.Name.Space, name: start.Name.Local}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			n.declared = true
		case a.Name.Space == "xmlns": // a prefix
		default:
			n.attrs = append(n.attrs, a)
		}
	}
	return n
}

// attr returns an attribute's value or "". It may be called on nil.
func (n *node) attr(name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// at goes down by names and returns the first element there, or nil. It may be called on nil.
func (n *node) at(names ...string) *node {
	if n == nil || len(names) == 0 {
		return n
	}
	for _, c := range n.children {
		if c.name == names[0] {
			if found := c.at(names[1:]...); found != nil {
				return found
			}
		}
	}
	return nil
}

// is says whether n has that name and, unless empty, that type. It may be called on nil.
func (n *node) is(name, typ string) bool {
	return n != nil && n.name == name && (typ == "" || n.attr("type") == typ)
}

// body is the text of a child, or "".
func (n *node) body(name string) string {
	if c := n.at(name); c != nil {
		return c.text
	}
	return ""
}

// has says whether a MUC presence has the status code.
func (n *node) has(code string) bool {
	if n == nil {
		return false
	}
	for _, c := range n.children {
		if c.name == "status" && c.attr("code") == code || c.name == "x" && c.has(code) {
			return true
		}
	}
	return false
}

// String is for failure texts.
func (n *node) String() string {
	if n == nil {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%s", n.name)
	if n.declared {
		fmt.Fprintf(&b, " xmlns='%s'", n.space)
	}
	for _, a := range n.attrs {
		fmt.Fprintf(&b, " %s='%s'", a.Name.Local, a.Value)
	}
	b.WriteString(">" + n.text)
	for _, c := range n.children {
		b.WriteString(c.String())
	}
	return b.String() + "</>"
}
