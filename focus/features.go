package focus

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"
	"sync"

	"stammtisch/xmpp"
)

// features are what a client can do, as far as it matters for its invitation.
type features struct {
	audio, video, sctp, rtx, tcc, json bool
}

// defaultFeatures are assumed of a client that does not answer.
var defaultFeatures = features{audio: true, video: true, sctp: true}

// parseFeatures reads a disco#info answer.
func parseFeatures(query *xmpp.Element) features {
	var f features
	for c := range query.All(xmpp.NSDiscoInfo, "feature") {
		switch c.Attr("var") {
		case "urn:xmpp:jingle:apps:rtp:audio":
			f.audio = true
		case "urn:xmpp:jingle:apps:rtp:video":
			f.video = true
		case "urn:xmpp:jingle:transports:dtls-sctp:1":
			f.sctp = true
		case "urn:ietf:rfc:4588":
			f.rtx = true
		case "http://jitsi.org/tcc":
			f.tcc = true
		case "http://jitsi.org/json-encoded-sources":
			f.json = true
		}
	}
	return f
}

// caps names a client's features (XEP-0115).
type caps struct {
	node, ver string
}

// capsVerification computes the verification string of a disco#info answer (XEP-0115 §5.1). Extended information is hashed as well.
func capsVerification(query *xmpp.Element) string {
	var ids, feats, forms []string
	for _, c := range query.Children {
		switch {
		case c.Is(xmpp.NSDiscoInfo, "identity"):
			lang := ""
			for _, a := range c.Attrs {
				if a.Space == xmpp.NSXML && a.Name == "lang" {
					lang = a.Value
				}
			}
			ids = append(ids, c.Attr("category")+"/"+c.Attr("type")+"/"+lang+"/"+c.Attr("name")+"<")
		case c.Is(xmpp.NSDiscoInfo, "feature"):
			feats = append(feats, c.Attr("var")+"<")
		case c.Is(xmpp.NSDataForm, "x"):
			forms = append(forms, formVerification(c))
		}
	}
	slices.Sort(ids)
	slices.Sort(feats)
	slices.Sort(forms)
	sum := sha1.Sum([]byte(strings.Join(ids, "") + strings.Join(feats, "") + strings.Join(forms, "")))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func formVerification(x *xmpp.Element) string {
	formType := ""
	var fields []string
	for f := range x.All(xmpp.NSDataForm, "field") {
		var values []string
		for v := range f.All(xmpp.NSDataForm, "value") {
			values = append(values, v.Text+"<")
		}
		slices.Sort(values)
		if f.Attr("var") == "FORM_TYPE" {
			formType = strings.Join(values, "")
			continue
		}
		fields = append(fields, f.Attr("var")+"<"+strings.Join(values, ""))
	}
	slices.Sort(fields)
	return formType + strings.Join(fields, "")
}

// maxCaps bounds the cache; there are only so many client versions.
const maxCaps = 1000

// capsCache remembers features by caps. Only answers that match their hash are remembered: a client must not be able to speak for
// others. It is safe for concurrent use.
type capsCache struct {
	mu    sync.Mutex
	known map[caps]features
}

func (c *capsCache) lookup(k caps) (features, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.known[k]
	return f, ok
}

// learn remembers the answer to a query for k, if it is genuine.
func (c *capsCache) learn(k caps, query *xmpp.Element) {
	if k.ver == "" || capsVerification(query) != k.ver {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxCaps {
		clear(c.known)
	}
	if c.known == nil {
		c.known = map[caps]features{}
	}
	c.known[k] = parseFeatures(query)
}
