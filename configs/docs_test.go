package configs

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const docsHead = `# Configuration

One YAML file, given with ` + "`--config`" + ` or ` + "`STAMMTISCH_CONFIG`" + `; without one the defaults below serve on localhost. It needs only the keys that differ.
` + "`stammtisch serve --print-config`" + ` prints what is in effect. An unknown key is an error that names the nearest one; all problems are
reported at once, with file and line.

Every key can be set by the environment instead, which wins over the file: ` + "`web.listen`" + ` is ` + "`STAMMTISCH_WEB_LISTEN`" + `, lists are separated by
commas. An empty one counts as not set. ` + "`--data`" + ` wins over both.

`

// docs/configuration.md is made from the embedded defaults, so that it cannot tell anything else. Rewrite it with
// go test ./configs -update.
func TestDocumentationIsTheSchema(t *testing.T) {
	const path = "../docs/configuration.md"
	want := docsHead + "```yaml\n" + string(defaults) + "```\n"
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(got), "\r\n", "\n") != want {
		t.Errorf("%s differs from the schema; run: go test ./configs -update", path)
	}
}
