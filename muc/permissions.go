package muc

import "stammtisch/xmpp"

// permissions tells moderators in their own presence what Jitsi's clients may offer them; who has none is shown none of it.
type permissions struct {
	plain
	r *room
}

func (p permissions) presenceOut(o *occupant, own bool) []*xmpp.Element {
	if !own || o.role != moderator || o.admin || len(p.r.svc.cfg.Permissions) == 0 {
		return nil
	}
	el := xmpp.NewElement(xmpp.NSJitMeet, "permissions")
	for _, name := range p.r.svc.cfg.Permissions {
		el.With(xmpp.NewElement(xmpp.NSJitMeet, "p", "name", name, "val", "true"))
	}
	return []*xmpp.Element{el}
}

// jitsiPermissions are those that Jitsi's own server gives moderators.
func jitsiPermissions() []string {
	return []string{"livestreaming", "recording", "transcription", "outbound-call", "create-polls", "send-groupchat", "flip",
		"live-translation", "live-translation-subscribe"}
}
