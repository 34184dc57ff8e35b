package bridge

import (
	"strconv"

	"stammtisch/bridge/forward"
	"stammtisch/bridge/ice"
	"stammtisch/bridge/transport"
	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// Between Colibri2 and the media core, which knows no signalling.

// formats are what the focus gave an endpoint: each request adds to it, none takes away.
type formats struct{ negotiated forward.Negotiated }

// add translates media.
func (f *formats) add(media []jingle.ColibriMedia) {
	n := &f.negotiated
	for _, m := range media {
		for _, pt := range m.PayloadTypes {
			p := forward.PayloadType{ID: uint8(pt.ID), Media: mediaType(m.Type), Name: pt.Name, ClockRate: uint32(pt.ClockRate)}
			if apt, err := strconv.ParseUint(pt.Parameter("apt"), 10, 7); err == nil {
				p.Associated = uint8(apt)
			}
			n.PayloadTypes = append(n.PayloadTypes, p)
		}
		for _, x := range m.HeaderExtensions {
			n.Extensions.Set(x.URI, x.ID)
		}
	}
}

func mediaType(t jingle.MediaType) forward.Media {
	if t == jingle.Audio {
		return forward.Audio
	}
	return forward.Video
}

// sources translates an endpoint's complete list of sources.
func sources(list []jingle.MediaSource) []forward.Source {
	out := make([]forward.Source, 0, len(list))
	for _, m := range list {
		src := forward.Source{Name: string(m.ID), Media: mediaType(m.Type)}
		for _, s := range m.Sources {
			src.SSRCs = append(src.SSRCs, uint32(s.SSRC))
			if s.VideoType != "" {
				src.VideoType = forward.ParseVideoType(string(s.VideoType))
			}
		}
		for _, g := range m.Groups {
			group := forward.Group{Semantics: string(g.Semantics)}
			for _, ssrc := range g.SSRCs {
				group.SSRCs = append(group.SSRCs, uint32(ssrc))
			}
			src.Groups = append(src.Groups, group)
		}
		out = append(out, src)
	}
	return out
}

// iceTransport translates what the bridge tells a client.
func iceTransport(d transport.Description) *jingle.Transport {
	t := &jingle.Transport{Ufrag: d.Ufrag, Pwd: d.Password, RTCPMux: true}
	for _, f := range d.Fingerprints {
		t.Fingerprints = append(t.Fingerprints, jingle.Fingerprint{Hash: f.Hash, Setup: d.Setup, Value: f.Value})
	}
	for i, c := range d.Candidates {
		t.Candidates = append(t.Candidates, jingle.Candidate{
			ID: d.Ufrag + "c" + strconv.Itoa(i), Foundation: c.Foundation, Component: 1, Protocol: "udp",
			Priority: c.Priority, IP: c.Address, Port: c.Port, Type: c.Type,
		})
	}
	return t
}

// description translates what a client tells the bridge.
func description(t *jingle.Transport) transport.Description {
	d := transport.Description{Ufrag: t.Ufrag, Password: t.Pwd}
	for _, f := range t.Fingerprints {
		d.Fingerprints = append(d.Fingerprints, transport.Fingerprint{Hash: f.Hash, Value: f.Value})
		d.Setup = f.Setup
	}
	for _, c := range t.Candidates {
		if c.Protocol == "udp" && c.Component == 1 {
			d.Candidates = append(d.Candidates, ice.Candidate{
				Foundation: c.Foundation, Priority: c.Priority, Type: c.Type, Address: c.IP, Port: c.Port,
			})
		}
	}
	return d
}

// badTransport makes an error of the transport one that the focus can do something with.
func badTransport(err error) error {
	if err == nil {
		return nil
	}
	return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.BadRequest, Text: "transport cannot be used", Err: err}
}
