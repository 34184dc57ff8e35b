// Command stammtisch serves video conferences that Jitsi clients and its own web client join, and manages the accounts of those who
// may start them. Each sub-command has a file of its own; root.go puts them together, serve.go wires the packages.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], stdio()))
}
