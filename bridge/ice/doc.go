// Package ice owns the network path of an endpoint: which of the endpoint's addresses is used, from which of ours.
//
// It speaks full, controlling ICE (RFC 8445) by one pion agent per generation of credentials. The agents get STUN only,
// through a [Mux] that finds them by ufrag; everything else flows past them, addressed by what [Path.Remote] says. So a
// client whose address stays the same can be given new credentials, and an agent costs nothing per media packet.
//
// Start at [Mux], which serves all paths of a [udp.Server], then [Path].
package ice
