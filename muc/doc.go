// Package muc is the rooms service: Multi-User Chat (XEP-0045) as Jitsi's clients, focus and bridges use it, for one domain.
// A server runs two of them with the same code, one for conferences and one for the brewery where bridges announce themselves.
// It knows nothing of Jingle or media: what occupants say in presence is stored and passed on as the bytes that arrived.
//
// Read first: [Service], the component; meeting, the goroutine that owns a main room and what belongs to it; room with its
// occupants; and extension, by which everything that not every room needs hooks in, one file each.
//
// # Queues
//
// Nothing in this package waits for a recipient. Stanzas for a room are posted to its meeting's queue, which is bounded in number
// and bytes, in all and for each sender: who sends faster than the room works is answered resource-constraint, the others notice
// nothing. A leave is never lost. Whatever goes out is handed to the router, which does not block either; an occupant for whom it
// takes no more has lost part of the room's state and is removed with status 333 (XEP-0045 §15.6.2).
//
// The occupants that a joiner is told of are handed over as one thing: each occupant's presence is kept as it was last encoded, so that
// entering a room of a thousand takes the meeting some microseconds, and all who enter share it. The router sends it at their pace.
package muc
