// Package focus negotiates conferences, as jicofo does: it admits people to rooms, invites them to a bridge with Jingle, tells the
// bridge about them with Colibri2 and tells them about each other's sources. It reaches everybody, bridges included, with stanzas over
// one xmpp.Link, so that rooms and bridges may be ours or Jitsi's, in this process or in another. Media and HTTP serving are not its
// business; it only offers an http.Handler for conference requests.
//
// Read first: Focus, then conference (the state of one conference; step is its only entrance) and brewery (the bridges).
package focus
