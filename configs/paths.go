package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// resolve fills in what depends on other keys and makes paths absolute.
func (c *Config) resolve(src Source, dataGiven bool) error {
	dir := ""
	if src.File != "" {
		abs, err := filepath.Abs(src.File)
		if err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
		dir = filepath.Dir(abs)
	}
	switch {
	case src.Data != "":
		c.Data = src.Data
	case dir != "" || dataGiven:
		c.Data = under(dir, c.Data)
	default:
		var err error
		if c.Data, err = defaultData(src); err != nil {
			return err
		}
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	c.Data = abs
	for _, p := range []*string{&c.Web.Cert, &c.Web.Key, &c.Web.Root, &c.XMPP.PasswordFile} {
		*p = under(dir, *p)
	}
	c.fillWeb()
	return nil
}

func under(dir, path string) string {
	if path == "" || dir == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// defaultData is where data is kept when nobody says: the same for every command of a user.
func defaultData(src Source) (string, error) {
	if src.Root {
		return "/var/lib/stammtisch", nil
	}
	env := src.Getenv
	if env == nil {
		env = os.LookupEnv
	}
	// XDG Base Directory Specification: relative values are invalid and ignored.
	if dir, _ := env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "stammtisch"), nil
	}
	if home, _ := env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "stammtisch"), nil
	}
	return "", errors.New("data directory: neither HOME nor XDG_DATA_HOME is set; use --data")
}
