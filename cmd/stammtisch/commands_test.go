package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a command line in a data directory of its own and returns what it left behind.
func command(t *testing.T, dir, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append(args, "--data", dir), streams{in: strings.NewReader(stdin), out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

func TestAccountCommands(t *testing.T) {
	t.Setenv("STAMMTISCH_CONFIG", "")
	dir := filepath.Join(t.TempDir(), "data")
	for _, tt := range []struct {
		name  string
		stdin string
		args  []string
		code  int
		out   string
		err   string // part of what is written to standard error; "" for nothing at all
	}{
		{"list of no server", "", []string{"users"}, 1, "", "stammtisch: no accounts in " + dir + "; give the same --config and --data as the server\n"},
		{"passwd of no server", "", []string{"passwd", "alice", "localhost", "x"}, 1, "", "no accounts in"},
		{"deluser of no server", "", []string{"deluser", "alice", "localhost"}, 1, "", "no accounts in"},
		{"register", "", []string{"register", "alice", "localhost", "secret"}, 0, "", ""},
		{"register from standard input", "from stdin\r\nnot this", []string{"register", "ben", "localhost"}, 0, "", ""},
		{"address in one", "pw\n", []string{"register", "cem@localhost"}, 0, "", ""},
		{"component's account", "", []string{"register", "jvb", "auth.localhost", "pw"}, 0, "", ""},
		{"list", "", []string{"users"}, 0, "jvb@auth.localhost\nalice@localhost\nben@localhost\ncem@localhost\n", ""},
		{"list of a host", "", []string{"users", "auth.localhost"}, 0, "jvb@auth.localhost\n", ""},
		{"twice", "", []string{"register", "Alice", "localhost", "x"}, 1, "", "stammtisch: alice@localhost: account exists; 'stammtisch passwd' changes its password\n"},
		{"other host", "", []string{"register", "dora", "example.org", "x"}, 1, "", "no accounts are kept for host example.org, only for localhost"},
		{"bad name", "", []string{"register", "a b", "localhost", "x"}, 1, "", "user name \"a b\" not allowed"},
		{"empty standard input", "", []string{"register", "dora", "localhost"}, 1, "", "no password on standard input"},
		{"passwd", "", []string{"passwd", "alice", "localhost", "other"}, 0, "", ""},
		{"passwd of nobody", "", []string{"passwd", "dora", "localhost", "x"}, 1, "", "stammtisch: dora@localhost: no such account\n"},
		{"known before a password is asked for: exists", "", []string{"register", "alice", "localhost"}, 1, "", "account exists"},
		{"known before a password is asked for: exists not", "", []string{"passwd", "dora", "localhost"}, 1, "", "no such account"},
		{"deluser", "", []string{"deluser", "ben", "localhost"}, 0, "", ""},
		{"deluser again", "", []string{"deluser", "ben@localhost"}, 1, "", "no such account"},
		{"too few", "", []string{"register", "alice"}, 2, "", "USER and HOST are needed"},
		{"too many", "", []string{"register", "a", "b", "c", "d"}, 2, "", "too many arguments"},
		{"deluser with password", "", []string{"deluser", "a", "b", "c"}, 2, "", "too many arguments"},
		{"unknown command", "", []string{"regster", "a", "b"}, 2, "", "unknown command \"regster\""},
		{"unknown flag", "", []string{"users", "--lnog"}, 2, "", "unknown flag: --lnog"},
		{"no role", "", []string{"serve", "--roles", ""}, 2, "", "no role"},
		{"unknown role", "", []string{"serve", "--roles", "xmpp,fokus"}, 2, "", "unknown role \"fokus\""},
		{"missing file", "", []string{"users", "--config", "/nonexistent.yaml"}, 1, "", "no such file"},
	} {
		code, out, errs := command(t, dir, tt.stdin, tt.args...)
		if code != tt.code || out != tt.out || !strings.Contains(errs, tt.err) || (tt.err == "") != (errs == "") {
			t.Errorf("%s: stammtisch %s\nexit %d, want %d\nout %q, want %q\nerr %q, want %q",
				tt.name, strings.Join(tt.args, " "), code, tt.code, out, tt.out, errs, tt.err)
		}
		for line := range strings.Lines(errs) {
			if !strings.HasPrefix(line, "stammtisch: ") && line != "Try 'stammtisch help'.\n" {
				t.Errorf("%s: error line %q does not name the program", tt.name, line)
			}
		}
	}
}

func TestConfigurationProblemsAreAllPrinted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, []byte("domian: x\nweb:\n  lisen: y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, t.TempDir(), "", "users", "--config", file)
	want := "stammtisch: s.yaml:1: domian: unknown key; did you mean domain?\nstammtisch: s.yaml:3: web.lisen: unknown key; did you mean web.listen?\n"
	if code != 1 || errs != want {
		t.Errorf("exit %d, error\n%s, want\n%s", code, errs, want)
	}
}

func TestPrintConfigAndVersion(t *testing.T) {
	code, out, errs := command(t, t.TempDir(), "", "serve", "--print-config")
	if code != 0 || errs != "" || !strings.Contains(out, "\ndomain: localhost\n") || !strings.Contains(out, "listen: 127.0.0.1:8443") {
		t.Errorf("exit %d, error %q, output\n%s", code, errs, out)
	}
	code, out, _ = command(t, t.TempDir(), "", "version")
	if code != 0 || !strings.HasPrefix(out, "stammtisch ") {
		t.Errorf("version: exit %d, output %q", code, out)
	}
	var flag bytes.Buffer
	if code := run(t.Context(), []string{"--version"}, streams{out: &flag, err: &flag}); code != 0 || flag.String() != out {
		t.Errorf("--version: exit %d, output %q, want %q, as 'version' has it", code, flag.String(), out)
	}
}

func TestCompletion(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string // before cobra's note on the directive
	}{
		{[]string{"serve", "--roles", ""}, "xmpp\nfocus\nbridge\nweb\n:4\n"}, // 4: no file names
		{[]string{"passwd", ""}, ":4\n"},
		{[]string{"users", "--config", ""}, "yaml\nyml\n:8\n"}, // 8: files of these kinds
		{[]string{"users", "--data", ""}, ":16\n"},             // 16: directories
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"__complete"}, tt.args...), streams{out: &out, err: &errs})
		if code != 0 || out.String() != tt.want {
			t.Errorf("completion of %q: exit %d, %q, want %q; %s", tt.args, code, out.String(), tt.want, errs.String())
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, errs := command(t, t.TempDir(), "", "completion", shell); code != 0 || !strings.Contains(out, "stammtisch") {
			t.Errorf("completion %s: exit %d, %s", shell, code, errs)
		}
	}
}
