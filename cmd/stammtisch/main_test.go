package main

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// binaryDir holds the built program while the tests run.
var binaryDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stammtisch-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaryDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}
