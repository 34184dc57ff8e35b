// Package udp is the bridge's socket layer: one UDP port on every local address, read and written in batches.
//
// It tells STUN, DTLS and SRTP apart by their first byte (RFC 7983) and looks up who a datagram belongs to by the remote
// address it came from. It knows neither ICE nor keys: whoever has validated a remote address associates it with a [Flow],
// and what comes from any other address, STUN excepted, is dropped and counted.
//
// Read [Server] (the port), [Socket] (one local address of it), [Remote] (an address on the other side, as one socket
// reaches it) and [Batch] (how datagrams leave) first. On the way in and out nothing is allocated and nothing waits: a
// datagram the kernel does not take at once is dropped and counted.
package udp
