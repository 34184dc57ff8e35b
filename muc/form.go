package muc

import (
	"strings"

	"stammtisch/xmpp"
)

// field is one setting or fact of a room in a data form (XEP-0004).
type field struct {
	// place orders the fields of a form; those of the core leave gaps for extensions.
	place            int
	name, typ, label string
	desc             string
	options          []string
	values           []string
	// check says what is wrong with submitted values, or returns what applies them and says whether anything changed. Without it
	// the field cannot be changed, and what is submitted for it is passed over.
	check func(actor xmpp.JID, values []string) (apply func(*submission), err error)
}

// submission collects what a configuration form changes.
type submission struct {
	codes []int // status codes to tell the room
}

func (s *submission) changed(codes ...int) { s.codes = append(s.codes, codes...) }

func (f field) element() *xmpp.Element {
	el := xmpp.NewElement(xmpp.NSDataForm, "field", "type", f.typ, "var", f.name, "label", f.label)
	if f.desc != "" {
		el.With(xmpp.NewElement(xmpp.NSDataForm, "desc").WithText(f.desc))
	}
	for _, v := range f.options {
		el.With(xmpp.NewElement(xmpp.NSDataForm, "option").With(value(v)))
	}
	for _, v := range f.values {
		el.With(value(v))
	}
	return el
}

func value(v string) *xmpp.Element { return xmpp.NewElement(xmpp.NSDataForm, "value").WithText(v) }

// newForm returns a form of the given type, filled with the fields.
func newForm(typ, formType string, fields []field) *xmpp.Element {
	form := xmpp.NewElement(xmpp.NSDataForm, "x", "type", typ)
	form.With(field{name: "FORM_TYPE", typ: "hidden", values: []string{formType}}.element())
	for _, f := range fields {
		form.With(f.element())
	}
	return form
}

// formValues reads a submitted form: the values of each field that is there, and the form's type.
func formValues(form *xmpp.Element) (formType string, values map[string][]string) {
	values = make(map[string][]string)
	for f := range form.All(xmpp.NSDataForm, "field") {
		vs := []string{}
		for v := range f.All(xmpp.NSDataForm, "value") {
			vs = append(vs, v.Text)
		}
		values[f.Attr("var")] = vs
	}
	if ft := values["FORM_TYPE"]; len(ft) > 0 {
		formType = ft[0]
	}
	delete(values, "FORM_TYPE")
	return formType, values
}

func formBool(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// parseBool reads a boolean of a form (XEP-0004 §3.3).
func parseBool(values []string) (b, ok bool) {
	if len(values) != 1 {
		return false, false
	}
	switch strings.TrimSpace(values[0]) {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	}
	return false, false
}

// boolField is a field for a setting that is on or off.
func boolField(place int, name, label, desc string, now bool, set func(bool, *submission)) field {
	return field{
		place: place, name: name, typ: "boolean", label: label, desc: desc, values: []string{formBool(now)},
		check: func(_ xmpp.JID, values []string) (func(*submission), error) {
			to, ok := parseBool(values)
			if !ok {
				return nil, badField(name)
			}
			if to == now {
				return nil, nil
			}
			return func(s *submission) { set(to, s) }, nil
		},
	}
}

// textField is a field for a line of text.
func textField(place int, name, typ, label, now string, set func(string, *submission)) field {
	return field{
		place: place, name: name, typ: typ, label: label, values: []string{now},
		check: func(_ xmpp.JID, values []string) (func(*submission), error) {
			to := strings.Join(values, "\n")
			if len(to) > maxText {
				return nil, badField(name)
			}
			if to == now {
				return nil, nil
			}
			return func(s *submission) { set(to, s) }, nil
		},
	}
}

// maxText bounds a setting of text, in bytes.
const maxText = 4096

func badField(name string) error {
	return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.NotAcceptable, Text: "The value of " + name + " is not possible"}
}
