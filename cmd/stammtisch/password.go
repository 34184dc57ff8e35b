package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"
)

// askPassword asks for an account's new password: twice and without echo on a terminal, else one line of standard input.
func askPassword(std streams, account string) (string, error) {
	file, ok := std.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return readPassword(std.in)
	}
	first, err := prompt(std, file, "Password for "+account+": ")
	if err != nil {
		return "", err
	}
	again, err := prompt(std, file, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ")
	}
	return first, nil
}

// readPassword takes the first line, without its end. What a pipe holds after it is not read.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("no password on standard input")
	}
	return line, nil
}

// prompt reads one line without echo. An interrupt meanwhile gives the terminal its echo back before the program ends.
func prompt(std streams, file *os.File, text string) (string, error) {
	fd := int(file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	done := make(chan struct{})
	defer close(done)
	defer signal.Stop(interrupted)
	go func() {
		select {
		case <-interrupted:
			_ = term.Restore(fd, before)
			fmt.Fprintln(std.err)
			os.Exit(130) // 128 + SIGINT, as shells have it
		case <-done:
		}
	}()
	fmt.Fprint(std.err, text)
	line, err := term.ReadPassword(fd)
	fmt.Fprintln(std.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(line), nil
}

// isTerminal reports whether people read what is written to w.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
