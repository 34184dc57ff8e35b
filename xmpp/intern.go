package xmpp

// intern is unescape without an allocation for the names that nearly every stanza carries.
func intern(b []byte) string {
	if s, ok := wellKnown[string(b)]; ok {
		return s
	}
	return unescape(b)
}

// wellKnown is never written to after the package's initialisation.
var wellKnown = func() map[string]string {
	m := make(map[string]string)
	for _, s := range []string{
		NSClient, NSSASL, NSBind, NSSession, NSSM, NSPing, NSDiscoInfo, NSDiscoItems, NSCaps, NSExtDisco, NSMUC, NSMUCUser, NSMUCAdmin,
		NSMUCOwner, NSDelay, NSVersion, NSJitMeet, NSFocus, NSNick, NSChatStates, NSRoster, NSStanzas, NSFraming,
		"urn:xmpp:jingle:1", "http://jitsi.org/protocol/colibri", "jitsi:colibri2", "http://jitsi.org/jitmeet/audio",
		"http://jitsi.org/jitmeet/video", "http://jitsi.org/jitmeet/presence",
		"get", "set", "result", "error", "unavailable", "groupchat", "chat", "normal", "headline",
		"query", "ping", "x", "jingle", "conference", "body", "json-message", "stats-id", "c", "nick", "iq", "presence", "message",
		"bind", "session", "services", "conference-modify", "conference-modified", "subject", "a", "r", "stats",
	} {
		m[s] = s
	}
	return m
}()
