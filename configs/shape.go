package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// checkShape walks the file against the schema: unknown and repeated keys, values of the wrong shape. It notes each key's line.
func checkShape(file []byte, r *report) {
	dec := yaml.NewDecoder(bytes.NewReader(file))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			r.add("", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		return
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.add("", "holds more than one document")
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return
	}
	checkGroup(doc.Content[0], reflect.TypeFor[Config](), "", r)
}

func checkGroup(n *yaml.Node, t reflect.Type, path string, r *report) {
	if n.Kind != yaml.MappingNode {
		r.add(path, "must be %s", kind(t))
		return
	}
	schema := fields(t)
	prefix := path
	if prefix != "" {
		prefix += "."
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		key := prefix + name.Value
		ft, known := schema[name.Value]
		if !known {
			r.problems = append(r.problems, Problem{Key: key, Line: name.Line, Text: unknown(name.Value, prefix, schema)})
			continue
		}
		if _, twice := r.lines[key]; twice {
			r.problems = append(r.problems, Problem{Key: key, Line: name.Line, Text: "is set twice"})
			continue
		}
		r.lines[key] = name.Line
		checkValue(value, ft, key, r)
	}
}

func checkValue(n *yaml.Node, t reflect.Type, key string, r *report) {
	switch {
	case n.Kind == yaml.AliasNode:
		checkValue(n.Alias, t, key, r)
	case t.Kind() == reflect.Struct && isNull(n):
	case t.Kind() == reflect.Struct:
		checkGroup(n, t, key, r)
	case isNull(n):
		r.add(key, "has no value; leave the key out to get its default")
	case t.Kind() == reflect.Slice:
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				r.add(key, "must be a list of single values")
			}
		}
		if n.Kind == yaml.MappingNode {
			r.add(key, "must be %s", kind(t))
		}
	case n.Kind != yaml.ScalarNode:
		r.add(key, "must be %s", kind(t))
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func unknown(name, prefix string, schema map[string]reflect.Type) string {
	keys := slices.Sorted(maps.Keys(schema))
	if near := nearest(name, keys); near != "" {
		return fmt.Sprintf("unknown key; did you mean %s%s?", prefix, near)
	}
	return fmt.Sprintf("unknown key; known here: %s", strings.Join(keys, ", "))
}
