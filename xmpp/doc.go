// Package xmpp is the XMPP core: addresses, stanzas, streams, authentication, hosts and routing.
// It knows nothing of rooms or conferences; those are components ([Entity]) that it routes to.
//
// Read first: [JID], [Stanza] (bytes with a parsed head, so that routing never looks inside), and [Link], by which an entity
// in this process or another one takes part. Then [Server]: hosts, the router, and streams over TCP ([Server.ServeTCP]), WebSocket
// ([Server.WebSocket]) and BOSH ([Server.BOSH]); [Server.NewLink] and [Dial] give links.
//
// On the server, a stream is one connection and goes through the negotiation; a session is a bound address, carried by a stream and,
// with stream management, by the next one. A stanza is routed on the goroutine that read it: it goes into the addressee's bounded
// queue, and the next one is read after that.
package xmpp
