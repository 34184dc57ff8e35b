package focus

import (
	"strings"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// muteNamespace is what the namespaces of mute IQs begin with; the medium follows.
const muteNamespace = "http://jitsi.org/jitmeet/"

// medium is what can be muted and moderated: screen shares apart from cameras.
type medium string

const (
	mediumAudio   medium = "audio"
	mediumVideo   medium = "video"
	mediumDesktop medium = "desktop"
)

// muteMedia returns the medium of a mute element's namespace, or "".
func muteMedia(space string) medium {
	switch m := medium(strings.TrimPrefix(space, muteNamespace)); m {
	case mediumAudio, mediumVideo, mediumDesktop:
		if strings.HasPrefix(space, muteNamespace) {
			return m
		}
	}
	return ""
}

// muteIQ handles a participant's wish to mute somebody, or to be heard again itself.
func (c *conference) muteIQ(p *participant, st xmpp.Stanza) {
	target, mute, err := c.muteRequest(p, st)
	if err != nil {
		c.refuse(st, err)
		return
	}
	// The bridge drops somebody's media only where moderation forbids it; a mere request to mute is obeyed by the client.
	c.syncForceMute(target)
	c.reply(st)
	if mute && target != p {
		el := xmpp.NewElement(st.Child.Space, "mute", "jid", target.occupant.String(), "actor", p.occupant.String()).WithText("true")
		c.tell(target.occupant, el)
	}
}

// muteRequest reads the request and checks that p may ask it. Only moderators mute others, nobody unmutes others, and who is forbidden
// to speak does not unmute itself.
func (c *conference) muteRequest(p *participant, st xmpp.Stanza) (target *participant, mute bool, err error) {
	el := st.Find("", "mute")
	jid, jidErr := xmpp.ParseJID(el.Attr("jid"))
	text := strings.TrimSpace(el.Text)
	if st.Type != "set" || jidErr != nil || text != "true" && text != "false" {
		return nil, false, refused(xmpp.Modify, xmpp.BadRequest, "")
	}
	mute = text == "true"
	target = c.members[jingle.EndpointID(jid.Resource())]
	notAllowed := refused(xmpp.Cancel, xmpp.NotAllowed, "")
	switch {
	case target == nil || target.occupant != jid:
		return nil, false, refused(xmpp.Cancel, xmpp.ItemNotFound, "")
	case target != p && (!mute || p.role == roleNone):
		return nil, false, notAllowed
	case target == p && !mute && !c.mod.mayUnmute(p, muteMedia(el.Space)):
		return nil, false, notAllowed
	}
	return target, mute, nil
}

// syncForceMute makes the bridge drop what moderation forbids target to send, and nothing else.
func (c *conference) syncForceMute(target *participant) {
	want := c.mod.mustMute(target)
	if want == target.forceMute {
		return
	}
	target.forceMute = want
	if target.session != nil {
		c.update(target, jingle.ColibriEndpoint{ForceMute: &want})
	}
}
