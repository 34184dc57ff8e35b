package meetweb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
)

// configJS answers with config.js, the configuration that every Jitsi client loads first.
//
// Browsers run it as a script; the mobile apps evaluate it outside of a browser and take the object as JSON, so it is one literal and
// nothing else (docs/operation.md says how to add to it).
func (s *Server) configJS(w http.ResponseWriter, r *http.Request) {
	limitWrite(w)
	h := w.Header()
	h.Set("Content-Type", "application/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(s.renderConfig(r))
}

func (s *Server) renderConfig(r *http.Request) []byte {
	var buf bytes.Buffer
	buf.WriteString("var config = ")
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "    ")
	if err := enc.Encode(clientConfig(s.cfg.Domain, s.base(r), s.cfg.AccountsNeeded)); err != nil {
		panic(err) // a struct of strings, numbers and maps
	}
	out := append(bytes.TrimRight(buf.Bytes(), "\n"), ";\n"...)
	return append(out, s.custom("custom-config.js")...)
}

// custom returns what the operator adds to a generated script: statements such as `config.defaultLanguage = 'de';`, in a file of the
// data directory, as docker-jitsi-meet has it. It is read on every request, so that editing it takes effect at once.
func (s *Server) custom(name string) []byte {
	if s.cfg.Dir == nil {
		return nil
	}
	data, err := s.cfg.Dir.Read(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.log.Error("cannot read the custom script", "file", name, "err", err)
		}
		return nil
	}
	return append([]byte("\n// "+name+"\n"), data...)
}

var plainHost = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// base returns the URL that a request's browser reaches this server by.
func (s *Server) base(r *http.Request) *url.URL {
	if s.cfg.URLDefaulted && s.cfg.TLS != TLSOff && plainHost.MatchString(r.Host) {
		return &url.URL{Scheme: "https", Host: r.Host}
	}
	return s.cfg.URL
}

// object keeps the order of its keys when encoded: this file is also read by people.
type object []field

type field struct {
	key   string
	value any
}

// MarshalJSON encodes the fields in order.
func (o object) MarshalJSON() ([]byte, error) {
	buf := []byte{'{'}
	for i, f := range o {
		key, err := json.Marshal(f.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(append(append(buf, key...), ':'), value...)
	}
	return append(buf, '}'), nil
}

// clientConfig is config.js's object. The host names are those of the XMPP domain; the codecs are those that the focus offers (a
// longer list than the offer makes stock clients reject each update of their encodings, as lib-jitsi-meet does).
func clientConfig(domain string, base *url.URL, accountsNeeded bool) object {
	wss := "wss://"
	if base.Scheme == "http" {
		wss = "ws://"
	}
	codecs := []string{"VP8"}
	off := object{{"enabled", false}}
	return object{
		{"hosts", object{
			{"domain", domain},
			{"anonymousdomain", "guest." + domain},
			{"authdomain", domain},
			{"muc", "conference." + domain},
			{"focus", "focus." + domain},
		}},
		{"focusUserJid", "focus@auth." + domain},
		{"websocket", wss + base.Host + "/xmpp-websocket"},
		{"bosh", base.Scheme + "://" + base.Host + "/http-bind"},
		{"serviceUrl", wss + base.Host + "/xmpp-websocket"},
		{"websocketKeepAlive", 60000}, // milliseconds
		{"websocketKeepAliveUrl", base.Scheme + "://" + base.Host + "/xmpp-websocket"},
		// Both must be here: without p2p, or without its stunServers, stock clients connect to each other and ask a public server
		// for their address.
		{"p2p", object{{"enabled", false}, {"stunServers", []string{}}}},
		{"bridgeChannel", object{{"preferSctp", true}}},
		{"videoQuality", object{{"codecPreferenceOrder", codecs}, {"mobileCodecPreferenceOrder", codecs}}},
		{"enableOpusRed", false},
		{"flags", object{{"ssrcRewritingEnabled", false}}},
		{"resolution", 720},
		{"constraints", object{{"video", object{{"height", object{{"ideal", 720}, {"max", 720}, {"min", 180}}}}}}},
		{"channelLastN", -1},
		{"startAudioMuted", 10},
		{"startVideoMuted", 10},
		{"enableWelcomePage", true},
		{"prejoinConfig", object{{"enabled", true}}},
		{"requireDisplayName", false},
		{"defaultLanguage", "en"},
		// For our own client: whether rooms are started by account holders only.
		{"stammtisch", object{{"accountsNeeded", accountsNeeded}}},
		// Nothing that asks anybody but this server, and nothing that this server does not have.
		{"disableThirdPartyRequests", true},
		{"analytics", object{{"disabled", true}, {"rtcstatsEnabled", false}}},
		{"gravatar", object{{"disabled", true}}},
		{"disableDeepLinking", true},
		{"recordingService", off},
		{"liveStreaming", off},
		{"transcription", off},
		{"whiteboard", off},
	}
}
