package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// difference is something of a recorded answer that ours does not have.
type difference struct {
	kind string // absent: element, attribute, xmlns or JSON member; value: of an attribute or text
	path string
	note string
}

func (d difference) String() string { return fmt.Sprintf("%s %s: %s", d.kind, d.path, d.note) }

// identity names the attributes that tell children of one name apart. Two children that differ there are different things.
var identity = map[string][]string{
	"feature": {"var"}, "field": {"var"}, "identity": {"category", "type"}, "p": {"name"}, "property": {"name", "key"}, "status": {"code"},
	"component": {"name"}, "content": {"name"}, "payload-type": {"id"}, "parameter": {"name"}, "rtcp-fb": {"type", "subtype"},
	"rtp-hdrext": {"uri"}, "group": {"semantics"},
}

// label is an element's step in a path: its name and what tells it apart.
func label(n *node) string {
	var keys []string
	for _, a := range identity[n.name] {
		if v := n.attr(a); v != "" {
			keys = append(keys, v)
		}
	}
	switch {
	case n.name == "mechanism":
		keys = append(keys, n.text)
	case n.name == "sm" || n.name == "x": // of several namespaces side by side
		keys = append(keys, n.space)
	}
	if len(keys) == 0 {
		return n.name
	}
	return n.name + "[" + strings.Join(keys, " ") + "]"
}

// rootLabel is a stanza's first step: its name, type and the service or kind of sender it comes from.
func rootLabel(n *node) string {
	name := n.name
	if typ := n.attr("type"); typ != "" {
		name += "." + typ
	}
	if action := n.at("jingle").attr("action"); action != "" {
		return name + "." + action
	}
	local, rest, isFull := strings.Cut(n.attr("from"), "@")
	host, nick, _ := strings.Cut(rest, "/")
	switch {
	case !isStanza(n.name) || n.attr("from") == "":
		return name
	case !isFull:
		return name + "(" + local + ")"
	case nick == "focus":
		return name + "(focus)"
	case nick != "":
		return name + "(occupant)"
	default:
		return name + "(room of " + host + ")"
	}
}

// compare lists what of want is not in got. path is theirs.
func compare(path string, want, got *node) []difference {
	var diffs []difference
	add := func(kind, at, format string, args ...any) {
		diffs = append(diffs, difference{kind, at, fmt.Sprintf(format, args...)})
	}
	if want.declared && !got.declared {
		add("absent", path+"@xmlns", "%s is not written out on the element", want.space)
	}
	for _, a := range want.attrs {
		at := path + "@" + attrName(a)
		i := slices.IndexFunc(got.attrs, func(b xml.Attr) bool { return a.Name == b.Name })
		if i < 0 {
			add("absent", at, "was %q", a.Value)
		} else if got.attrs[i].Value != a.Value {
			add("value", at, "was %q, is %q", a.Value, got.attrs[i].Value)
		}
	}
	diffs = append(diffs, compareText(path+"#", want.text, got.text)...)
	return append(diffs, compareChildren(path, want, got)...)
}

func attrName(a xml.Attr) string {
	if a.Name.Space == "http://www.w3.org/XML/1998/namespace" || a.Name.Space == "xml" {
		return "xml:" + a.Name.Local
	}
	return a.Name.Local
}

// compareChildren finds for each child its most similar counterpart.
func compareChildren(path string, want, got *node) (diffs []difference) {
	free := slices.Clone(got.children)
	for _, w := range want.children {
		at := path + "/" + label(w)
		best, fewest := -1, []difference(nil)
		for i, g := range free {
			if g.space != w.space || g.name != w.name || label(g) != label(w) {
				continue
			}
			if d := compare(at, w, g); best < 0 || len(d) < len(fewest) {
				best, fewest = i, d
			}
		}
		if best < 0 {
			diffs = append(diffs, difference{"absent", at, "in namespace " + w.space})
			continue
		}
		free = slices.Delete(free, best, best+1)
		diffs = append(diffs, fewest...)
	}
	return diffs
}

// compareText compares text as JSON where it is, so that the order of members does not count.
func compareText(path, want, got string) []difference {
	var w, g any
	if strings.HasPrefix(want, "{") && json.Unmarshal([]byte(want), &w) == nil && json.Unmarshal([]byte(got), &g) == nil {
		return compareJSON(path, w, g)
	}
	switch {
	case want == got:
		return nil
	case want != "" && got == "":
		return []difference{{"absent", path, fmt.Sprintf("was %q", want)}}
	default:
		return []difference{{"value", path, fmt.Sprintf("was %q, is %q", want, got)}}
	}
}

func compareJSON(path string, want, got any) (diffs []difference) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []difference{{"value", path, fmt.Sprintf("was an object, is %v", got)}}
		}
		for key, v := range w {
			if in, ok := g[key]; ok {
				diffs = append(diffs, compareJSON(path+"."+key, v, in)...)
			} else {
				diffs = append(diffs, difference{"absent", path + "." + key, fmt.Sprintf("was %v", v)})
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []difference{{"value", path, fmt.Sprintf("was %v, is %v", want, got)}}
		}
		for i := range w {
			diffs = append(diffs, compareJSON(fmt.Sprintf("%s.%d", path, i), w[i], g[i])...)
		}
	default:
		if want != got {
			return []difference{{"value", path, fmt.Sprintf("was %v, is %v", want, got)}}
		}
	}
	return diffs
}
