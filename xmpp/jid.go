package xmpp

import (
	"errors"
	"fmt"
	"strings"

	"mellium.im/xmpp/jid"
)

// JID is an XMPP address (RFC 7622): a comparable value, fit for a map key. Its parts are prepared: the localpart and the
// domainpart in lower case, the resourcepart as it was given. The zero JID is no address.
type JID struct {
	local, domain, resource string
}

// ParseJID prepares and checks an address of the form [local@]domain[/resource].
func ParseJID(s string) (JID, error) {
	if j, ok := parsePlain(s); ok {
		return j, nil
	}
	p, err := jid.Parse(s)
	if err != nil {
		return JID{}, fmt.Errorf("parse address: %w", err)
	}
	return prepared(p)
}

// prepared takes what the library made of an address, unless preparing it again would make something else of it: two spellings of one
// address, such as of a domain with two dots behind it, must not be two keys of a map.
func prepared(p jid.JID) (JID, error) {
	if again, err := jid.Parse(p.String()); err != nil || !again.Equal(p) {
		return JID{}, errors.New("address cannot be prepared")
	}
	return JID{p.Localpart(), p.Domainpart(), p.Resourcepart()}, nil
}

// MustJID is ParseJID for addresses that are known at compile time; it panics on a bad one.
func MustJID(s string) JID {
	j, err := ParseJID(s)
	if err != nil {
		panic(err)
	}
	return j
}

// NewJID prepares and checks an address from its parts; local and resource may be empty.
func NewJID(local, domain, resource string) (JID, error) {
	if j, ok := plainParts(local, domain, resource); ok {
		return j, nil
	}
	p, err := jid.New(local, domain, resource)
	if err != nil {
		return JID{}, fmt.Errorf("build address: %w", err)
	}
	return prepared(p)
}

// parsePlain takes the addresses that preparation would leave as they are, which is nearly all of them.
func parsePlain(s string) (JID, bool) {
	rest, resource, hasResource := strings.Cut(s, "/")
	if hasResource && resource == "" {
		return JID{}, false
	}
	local, domain, hasLocal := strings.Cut(rest, "@")
	if !hasLocal {
		local, domain = "", rest
	} else if local == "" {
		return JID{}, false
	}
	return plainParts(local, domain, resource)
}

func plainParts(local, domain, resource string) (JID, bool) {
	if len(local) > 1023 || len(domain) == 0 || len(domain) > 253 || len(resource) > 1023 {
		return JID{}, false
	}
	for i := range len(local) {
		if c := local[i]; c <= ' ' || c >= 0x7f || 'A' <= c && c <= 'Z' || strings.IndexByte(`"&'/:<>@`, c) >= 0 {
			return JID{}, false
		}
	}
	label := 0
	for i := range len(domain) {
		switch c := domain[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			label++
		case c == '-' && label > 0 && i+1 < len(domain) && domain[i+1] != '.' && domain[i+1] != '-':
			label++
		case c == '.' && label > 0 && i+1 < len(domain):
			label = 0
		default:
			return JID{}, false
		}
		if label > 63 {
			return JID{}, false
		}
	}
	for i := range len(resource) {
		if c := resource[i]; c < ' ' || c >= 0x7f {
			return JID{}, false
		}
	}
	return JID{local, domain, resource}, true
}

// Local returns the part before the @, or "".
func (j JID) Local() string { return j.local }

// Domain returns the domainpart.
func (j JID) Domain() string { return j.domain }

// Resource returns the part after the first slash, or "".
func (j JID) Resource() string { return j.resource }

// Bare returns j without its resource.
func (j JID) Bare() JID { return JID{j.local, j.domain, ""} }

// IsBare says whether j has no resource.
func (j JID) IsBare() bool { return j.resource == "" }

// IsZero says whether j is no address at all.
func (j JID) IsZero() bool { return j.domain == "" }

// DomainJID returns the address of j's domain alone.
func (j JID) DomainJID() JID { return JID{"", j.domain, ""} }

// WithResource returns j with another resource, prepared and checked.
func (j JID) WithResource(resource string) (JID, error) {
	return NewJID(j.local, j.domain, resource)
}

// String returns the address in its text form; the zero JID gives "".
func (j JID) String() string {
	var b []byte
	return string(j.append(b))
}

func (j JID) append(dst []byte) []byte {
	if j.local != "" {
		dst = append(append(dst, j.local...), '@')
	}
	dst = append(dst, j.domain...)
	if j.resource != "" {
		dst = append(append(dst, '/'), j.resource...)
	}
	return dst
}
