package xmpp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"time"
)

// Service is a STUN or TURN service that clients may use (XEP-0215).
type Service struct {
	Type      string // "stun", "turn" or "turns"
	Host      string
	Port      int
	Transport string // "udp" or "tcp"; may be empty
	// Username and Password are given out as they are.
	Username, Password string
	// Secret, if set, makes credentials that are good for TTL, as TURN servers with a shared secret check them ("TURN REST API"):
	// the name is the time of expiry, the password its HMAC-SHA1. TTL is a day when zero.
	Secret string
	TTL    time.Duration
}

func (s Service) element(space string, now time.Time) *Element {
	username, password, expires := s.Username, s.Password, ""
	if s.Secret != "" {
		ttl := s.TTL
		if ttl == 0 {
			ttl = 24 * time.Hour
		}
		end := now.Add(ttl)
		username = strconv.FormatInt(end.Unix(), 10)
		mac := hmac.New(sha1.New, []byte(s.Secret))
		mac.Write([]byte(username))
		password, expires = base64.StdEncoding.EncodeToString(mac.Sum(nil)), end.UTC().Format(time.RFC3339)
	}
	port, restricted := "", ""
	if s.Port != 0 {
		port = strconv.Itoa(s.Port)
	}
	if password != "" {
		restricted = "true"
	}
	return NewElement(space, "service", "type", s.Type, "host", s.Host, "port", port, "transport", s.Transport,
		"username", username, "password", password, "expires", expires, "restricted", restricted)
}

// services answers the request for all services, or for those of one type (XEP-0215 §3).
func (h *host) services(st Stanza) (*Element, error) {
	want := st.Find(st.Child.Space, "services").Attr("type")
	list := NewElement(st.Child.Space, "services", "type", want)
	now := time.Now()
	for _, s := range h.cfg.Services {
		if want == "" || want == s.Type {
			list.With(s.element(st.Child.Space, now))
		}
	}
	return list, nil
}
