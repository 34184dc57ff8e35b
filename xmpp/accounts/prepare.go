package accounts

import (
	"errors"
	"fmt"

	"github.com/xdg-go/stringprep"
	"mellium.im/xmpp/jid"
)

// maxPassword bounds the work that a password from the network can cause, in bytes.
const maxPassword = 1023

// prepareName returns user and host as RFC 7622 §3.2 and §3.3 prepare them.
func prepareName(user, host string) (string, string, error) {
	if user == "" {
		return "", "", fmt.Errorf("user name %w: it is empty", ErrInvalid)
	}
	if host == "" {
		return "", "", fmt.Errorf("host name %w: it is empty", ErrInvalid)
	}
	d, err := jid.New("", host, "")
	if err != nil {
		return "", "", fmt.Errorf("host name %q %w", host, ErrInvalid)
	}
	j, err := jid.New(user, d.Domainpart(), "")
	if err != nil {
		return "", "", fmt.Errorf("user name %q %w: letters, digits and marks other than \"&'/:<>@ can be used", user, ErrInvalid)
	}
	return j.Localpart(), j.Domainpart(), nil
}

// preparePassword returns password as RFC 5802 §2.2 prepares it, by SASLprep. Its errors never show any of it.
func preparePassword(password string) (string, error) {
	if password == "" {
		return "", fmt.Errorf("password %w: it is empty", ErrInvalid)
	}
	if len(password) > maxPassword {
		return "", fmt.Errorf("password %w: it is longer than %d bytes", ErrInvalid, maxPassword)
	}
	out, err := stringprep.SASLprep.Prepare(password)
	var reason stringprep.Error
	switch {
	case errors.As(err, &reason):
		return "", fmt.Errorf("password %w: it has characters that clients send in different ways (%s)", ErrInvalid, reason.Msg)
	case err != nil:
		return "", fmt.Errorf("password %w", ErrInvalid)
	case out == "":
		return "", fmt.Errorf("password %w: nothing visible is left of it", ErrInvalid)
	}
	return out, nil
}
