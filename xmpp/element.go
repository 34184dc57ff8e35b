package xmpp

import "iter"

// Element is a small document tree for what has to be looked into or built. Text is the element's own character data; its order
// relative to the children is not kept, which none of the protocols here needs. Stanzas that are only passed on are never parsed
// into one.
type Element struct {
	Space, Name string
	Attrs       []Attr
	Children    []*Element
	Text        string
}

// Attr is an attribute. Space is empty for those without prefix, which is nearly all. Declarations of namespaces are none, except for
// the xmlns of an element with a prefix, which is not about the element itself: its Space is NSXMLNS.
type Attr struct {
	Space, Name, Value string
}

// NewElement returns an element with the given attributes, name and value in turn. A value of "" is left out.
func NewElement(space, name string, attrs ...string) *Element {
	el := &Element{Space: space, Name: name}
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			el.Attrs = append(el.Attrs, Attr{Name: attrs[i], Value: attrs[i+1]})
		}
	}
	return el
}

// With appends children and returns e. Nil children are left out.
func (e *Element) With(children ...*Element) *Element {
	for _, c := range children {
		if c != nil {
			e.Children = append(e.Children, c)
		}
	}
	return e
}

// WithText sets the character data and returns e.
func (e *Element) WithText(text string) *Element { e.Text = text; return e }

// Is says whether e has this expanded name. It may be called on nil.
func (e *Element) Is(space, name string) bool {
	return e != nil && e.Space == space && e.Name == name
}

// Attr returns the value of the attribute without prefix of that name, or "". It may be called on nil.
func (e *Element) Attr(name string) string {
	v, _ := e.LookupAttr(name)
	return v
}

// LookupAttr is Attr that tells a missing attribute from an empty one.
func (e *Element) LookupAttr(name string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if a.Name == name && a.Space == "" {
			return a.Value, true
		}
	}
	return "", false
}

// SetAttr sets the attribute without prefix of that name, even to "".
func (e *Element) SetAttr(name, value string) {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name && e.Attrs[i].Space == "" {
			e.Attrs[i].Value = value
			return
		}
	}
	e.Attrs = append(e.Attrs, Attr{Name: name, Value: value})
}

// Child returns the first child with that name, or nil. An empty space matches every namespace. It may be called on nil.
func (e *Element) Child(space, name string) *Element {
	for c := range e.All(space, name) {
		return c
	}
	return nil
}

// All yields the children with that name in order. An empty space matches every namespace. It may be called on nil.
func (e *Element) All(space, name string) iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		if e == nil {
			return
		}
		for _, c := range e.Children {
			if c.Name == name && (space == "" || c.Space == space) && !yield(c) {
				return
			}
		}
	}
}

// ChildText returns the text of the first child with that name, or "".
func (e *Element) ChildText(space, name string) string {
	if c := e.Child(space, name); c != nil {
		return c.Text
	}
	return ""
}

// Append appends e in its text form to dst, inside an element whose namespace is parent. An xmlns attribute is written wherever
// the namespace changes: Jitsi's clients look for it literally. Prefixes are never written except xml:.
func (e *Element) Append(dst []byte, parent string) []byte {
	dst = append(append(dst, '<'), e.Name...)
	if e.Space != parent {
		dst = appendAttrAlways(dst, "xmlns", e.Space)
	}
	for _, a := range e.Attrs {
		if a.Space == NSXML {
			dst = appendAttrAlways(dst, "xml:"+a.Name, a.Value)
		} else if a.Space == "" {
			dst = appendAttrAlways(dst, a.Name, a.Value)
		}
	}
	if e.Text == "" && len(e.Children) == 0 {
		return append(dst, "/>"...)
	}
	dst = append(dst, '>')
	dst = AppendText(dst, e.Text)
	for _, c := range e.Children {
		dst = c.Append(dst, e.Space)
	}
	dst = append(append(dst, "</"...), e.Name...)
	return append(dst, '>')
}

// String returns e as a document of its own.
func (e *Element) String() string { return string(e.Append(nil, "")) }

// Clone returns a deep copy.
func (e *Element) Clone() *Element {
	c := *e
	c.Attrs = append([]Attr(nil), e.Attrs...)
	c.Children = make([]*Element, len(e.Children))
	for i, k := range e.Children {
		c.Children[i] = k.Clone()
	}
	return &c
}

func appendAttr(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendAttrAlways(dst, name, value)
}

func appendAddr(dst []byte, name string, j JID) []byte {
	if j.IsZero() {
		return dst
	}
	dst = append(append(append(dst, ' '), name...), `="`...)
	if j.local != "" {
		dst = append(AppendText(dst, j.local), '@')
	}
	dst = AppendText(dst, j.domain)
	if j.resource != "" {
		dst = AppendText(append(dst, '/'), j.resource)
	}
	return append(dst, '"')
}

func appendAttrAlways(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, ' '), name...), `="`...)
	return append(AppendText(dst, value), '"')
}
