// Package transport is an endpoint's media connection: an ICE path with DTLS, SRTP and the bridge channel's data channel
// on it, all bundled on one 5-tuple. It is not a peer connection: it knows no tracks, no SDP and no codecs, and carries
// RTP packets as they are.
//
// Read [Transport] first. [Deps] says what one needs, [Description] is what both sides tell each other by signalling,
// [Handler] gets what the endpoint sends.
package transport
