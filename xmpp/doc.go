// Package xmpp is the XMPP core: addresses, stanzas, streams, authentication, hosts and routing.
// It knows nothing of rooms or conferences; those are components ([Entity]) that it routes to.
//
// Read first: [JID], [Stanza] (bytes with a parsed head, so that routing never looks inside), and [Link], by which an entity
// in this process or another one takes part.
package xmpp
