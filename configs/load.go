package configs

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Source says where a configuration comes from.
type Source struct {
	// File is the path of the YAML file; empty for none.
	File string
	// Data, when not empty, is used instead of the key data; relative to the working directory.
	Data string
	// Getenv looks a variable of the environment up; os.LookupEnv outside of tests.
	Getenv func(string) (string, bool)
	// Root says whether the program runs as root, which has its own default data directory.
	Root bool
}

// Load reads src over the defaults, then the environment over both, and checks the result. What is wrong with the configuration
// comes back as one *Error with all of it; a file that cannot be read as the file system's error.
func Load(src Source) (*Config, error) {
	var file []byte
	if src.File != "" {
		var err error
		if file, err = os.ReadFile(src.File); err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
	}
	r := &report{lines: map[string]int{}}
	checkShape(file, r)
	v, err := merge(file, src.Getenv)
	if err != nil {
		if len(r.problems) == 0 { // else it repeats them
			r.add("", "%v", err)
		}
		return nil, r.err(src.File)
	}
	cfg := new(Config)
	decode(v, cfg, r)
	if err := cfg.resolve(src, given(r, src, "data")); err != nil {
		return nil, err
	}
	cfg.validate(r)
	if err := r.err(src.File); err != nil {
		return nil, err
	}
	return cfg, nil
}

// merge lays the defaults, docker-jitsi-meet's names, the file and the environment over each other.
func merge(file []byte, getenv func(string) (string, bool)) (*viper.Viper, error) {
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(defaults)); err != nil {
		return nil, fmt.Errorf("defaults: %w", err)
	}
	if getenv != nil {
		if err := v.MergeConfigMap(nested(dockerValues(getenv))); err != nil {
			return nil, err
		}
	}
	if err := v.MergeConfig(bytes.NewReader(file)); err != nil {
		return nil, err
	}
	if getenv == nil {
		return v, nil
	}
	for _, key := range v.AllKeys() {
		if value, ok := getenv(EnvName(key)); ok && value != "" {
			v.Set(key, value)
		}
	}
	return v, nil
}

// nested turns keys such as web.url into groups.
func nested(flat map[string]string) map[string]any {
	out := map[string]any{}
	for key, value := range flat {
		group, name, found := strings.Cut(key, ".")
		if !found {
			out[key] = value
			continue
		}
		in, ok := out[group].(map[string]any)
		if !ok {
			in = map[string]any{}
			out[group] = in
		}
		in[name] = value
	}
	return out
}

// EnvName returns the environment variable that overrides key: STAMMTISCH_WEB_LISTEN for web.listen.
func EnvName(key string) string {
	return "STAMMTISCH_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// decode fills cfg, key by key so that every bad value is reported with its own key. checkShape has seen to unknown keys in the file;
// being exact here keeps the schema and the defaults the same.
func decode(v *viper.Viper, cfg *Config, r *report) {
	each(reflect.ValueOf(cfg).Elem(), "", func(key string, field reflect.Value) {
		value := v.Get(key)
		if _, list := value.([]any); !list {
			text := fmt.Sprint(value) // as the environment would have it: 5 is no duration, false is not 0
			value = text
			if field.Kind() == reflect.Slice {
				value = splitList(text)
			}
		}
		dec, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			Result: field.Addr().Interface(), WeaklyTypedInput: true, ErrorUnused: true,
			DecodeHook: mapstructure.StringToTimeDurationHookFunc(),
		})
		if err == nil {
			err = dec.Decode(value)
		}
		if err != nil {
			r.add(key, "must be %s, not %q", kind(field.Type()), fmt.Sprint(value))
		}
	})
}

func splitList(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// each calls f for every key of the schema below v that holds a value.
func each(v reflect.Value, prefix string, f func(key string, field reflect.Value)) {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		if field := v.Field(i); field.Kind() == reflect.Struct {
			each(field, prefix+key+".", f)
		} else {
			f(prefix+key, field)
		}
	}
}

// given reports whether key was set by the file or the environment.
func given(r *report, src Source, key string) bool {
	if r.lines[key] > 0 {
		return true
	}
	if src.Getenv == nil {
		return false
	}
	value, ok := src.Getenv(EnvName(key))
	return ok && value != ""
}
