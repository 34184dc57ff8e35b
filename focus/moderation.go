package focus

import (
	"encoding/json"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// moderation is what the room's components say about who may be heard and seen.
type moderation struct {
	forbidden map[medium]bool
	// allowed are those who may be heard all the same, by their address in the room.
	allowed                          map[medium]map[string]bool
	startAudioMuted, startVideoMuted bool
}

// mayUnmute says whether p may send that medium. Moderators always may.
func (m *moderation) mayUnmute(p *participant, what medium) bool {
	return !m.forbidden[what] || p.role != roleNone || m.allowed[what][p.occupant.String()]
}

// mustMute is what a bridge must drop of p. It cannot tell a screen from a camera: video is dropped when both are forbidden.
func (m *moderation) mustMute(p *participant) jingle.ForceMute {
	return jingle.ForceMute{Audio: !m.mayUnmute(p, mediumAudio), Video: !m.mayUnmute(p, mediumVideo) && !m.mayUnmute(p, mediumDesktop)}
}

// components are the addresses whose messages are obeyed.
type components struct {
	avModeration, roomMetadata, breakout xmpp.JID
}

// componentMessage is the JSON of a component's message, as Jitsi's Prosody plugins write it.
type componentMessage struct {
	Type string `json:"type"`
	Room string `json:"room"`

	Enabled    *bool               `json:"enabled"`
	MediaType  medium              `json:"mediaType"`
	Actor      string              `json:"actor"`
	Whitelists map[medium][]string `json:"whitelists"`

	Metadata struct {
		StartMuted *struct {
			Audio bool `json:"audio"`
			Video bool `json:"video"`
		} `json:"startMuted"`
	} `json:"metadata"`
}

// parseComponentMessage reads the json-message of st and the room that it is about.
func parseComponentMessage(st xmpp.Stanza) (msg componentMessage, room xmpp.JID, ok bool) {
	el := st.Find(xmpp.NSJitMeet, "json-message")
	if el == nil || json.Unmarshal([]byte(el.Text), &msg) != nil {
		return msg, room, false
	}
	name := el.Attr("room")
	if name == "" {
		name = msg.Room
	}
	room, err := xmpp.ParseJID(name)
	return msg, room, err == nil
}

// componentEvent is a message from a component about this room.
type componentEvent struct {
	from xmpp.JID
	msg  componentMessage
}

func (ev componentEvent) apply(c *conference) {
	from := ev.from.Bare()
	switch {
	case ev.msg.Type == "av_moderation" && from == c.env.components.avModeration:
		c.moderate(ev.msg)
	case ev.msg.Type == "room_metadata" && from == c.env.components.roomMetadata:
		if s := ev.msg.Metadata.StartMuted; s != nil {
			c.mod.startAudioMuted, c.mod.startVideoMuted = s.Audio, s.Video
		}
	}
}

// moderate applies a change of who may be heard. When a medium becomes forbidden, everybody whom that concerns is muted, except who
// did it.
func (c *conference) moderate(msg componentMessage) {
	if c.mod.forbidden == nil {
		c.mod.forbidden, c.mod.allowed = map[medium]bool{}, map[medium]map[string]bool{}
	}
	for what, jids := range msg.Whitelists {
		set := map[string]bool{}
		for _, j := range jids {
			set[j] = true
		}
		c.mod.allowed[what] = set
	}
	if msg.Enabled == nil || msg.MediaType == "" {
		return
	}
	was := c.mod.forbidden[msg.MediaType]
	c.mod.forbidden[msg.MediaType] = *msg.Enabled
	if *msg.Enabled && !was {
		c.muteEverybody(msg.MediaType, msg.Actor)
	}
}

// muteEverybody mutes those who may not send a medium any more, at the bridge with one request and by asking each.
func (c *conference) muteEverybody(what medium, actor string) {
	batch := &jingle.ConferenceModify{}
	for _, p := range c.inOrder() {
		if p.occupant.String() == actor || c.mod.mayUnmute(p, what) {
			continue
		}
		if want := c.mod.mustMute(p); want != p.forceMute {
			p.forceMute = want
			if p.session != nil {
				batch.Endpoints = append(batch.Endpoints, jingle.ColibriEndpoint{ID: p.id, ForceMute: &want})
			}
		}
		c.tell(p.occupant, xmpp.NewElement(muteNamespace+string(what), "mute", "jid", p.occupant.String()).WithText("true"))
	}
	if b := c.bridge; b != nil && len(batch.Endpoints) > 0 {
		c.colibri(b, batch, func(c *conference, reply *xmpp.Stanza) { c.updated(b, reply) })
	}
}
