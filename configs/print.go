package configs

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"
)

// Print writes c as a configuration file, with every key and its comment. Load reads it back to the same configuration.
func (c *Config) Print(w io.Writer) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(defaults, &doc); err != nil {
		return fmt.Errorf("defaults: %w", err)
	}
	values := map[string]reflect.Value{}
	each(reflect.ValueOf(c).Elem(), "", func(key string, field reflect.Value) { values[key] = field })
	if err := setValues(doc.Content[0], "", values); err != nil {
		return err
	}
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return err
	}
	_, err := w.Write(spaced(buf.Bytes()))
	return err
}

// spaced puts an empty line before each top-level comment, as the original has it; the encoder drops them.
func spaced(doc []byte) []byte {
	var out bytes.Buffer
	comment := true // nothing before the first line
	for line := range bytes.Lines(doc) {
		starts := bytes.HasPrefix(line, []byte("#"))
		if starts && !comment && out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n\n")) {
			out.WriteByte('\n')
		}
		comment = starts
		out.Write(line)
	}
	return out.Bytes()
}

func setValues(n *yaml.Node, prefix string, values map[string]reflect.Value) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := prefix+n.Content[i].Value, n.Content[i+1]
		if value.Kind == yaml.MappingNode {
			if err := setValues(value, key+".", values); err != nil {
				return err
			}
			continue
		}
		field, ok := values[key]
		if !ok {
			return fmt.Errorf("the defaults have a key %s that the schema does not have", key)
		}
		var fresh yaml.Node
		if err := fresh.Encode(plain(field)); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		fresh.HeadComment, fresh.LineComment, fresh.FootComment = value.HeadComment, value.LineComment, value.FootComment
		if fresh.Kind == yaml.SequenceNode {
			fresh.Style = yaml.FlowStyle
		}
		*value = fresh
	}
	return nil
}

// plain turns a field into what a person would write: a duration as text.
func plain(field reflect.Value) any {
	switch v := field.Interface().(type) {
	case time.Duration:
		return v.String()
	case []string:
		if v == nil {
			return []string{}
		}
		return v
	default:
		return v
	}
}
