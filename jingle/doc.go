// Package jingle is the data that focus, bridge and clients exchange: Jingle sessions (XEP-0166, 0167, 0176, 0320, 0338, 0339),
// media sources, Jitsi's Colibri2 and the statistics in a bridge's presence. It parses and builds; it does no I/O, starts no
// goroutine and keeps no state.
//
// Read first: Jingle (one IQ's payload), SourceMap (who sends what) and ConferenceModify (what a focus asks of a bridge).
package jingle

// Namespaces that this package reads and writes.
const (
	NSJingle      = "urn:xmpp:jingle:1"
	NSRTP         = "urn:xmpp:jingle:apps:rtp:1"
	NSICE         = "urn:xmpp:jingle:transports:ice-udp:1"
	NSDTLS        = "urn:xmpp:jingle:apps:dtls:0"
	NSSSMA        = "urn:xmpp:jingle:apps:rtp:ssma:0"
	NSHdrExt      = "urn:xmpp:jingle:apps:rtp:rtp-hdrext:0"
	NSFeedback    = "urn:xmpp:jingle:apps:rtp:rtcp-fb:0"
	NSSCTP        = "urn:xmpp:jingle:transports:dtls-sctp:1"
	NSGrouping    = "urn:xmpp:jingle:apps:grouping:0"
	NSStartMuted  = "http://jitsi.org/jitmeet/start-muted"
	NSColibri     = "http://jitsi.org/protocol/colibri"
	NSColibri2    = "jitsi:colibri2"
	NSHealthcheck = "http://jitsi.org/protocol/healthcheck"
)
