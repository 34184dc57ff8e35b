package xmpp

import "sync/atomic"

// Stats is a snapshot of a server's counters. What is not said to be current counts up.
type Stats struct {
	Sessions    int // current: bound, with or without a stream
	Hibernating int // current: waiting for their client to resume
	Streams     int // current: TCP, WebSocket and BOSH, bound or not
	Links       int // current: in-process links

	StreamsOpened map[string]uint64 // by "tcp", "websocket", "bosh"
	StanzasIn     uint64            // from clients
	StanzasOut    uint64            // to clients
	BytesIn       uint64
	BytesOut      uint64
	AuthSuccesses uint64
	AuthFailures  uint64
	AuthSlowed    uint64            // attempts that had to wait or were refused because of earlier failures
	Resumed       uint64            // XEP-0198
	ResumeFailed  uint64            //
	Bounced       uint64            // stanzas answered with an error by the router
	Ended         map[string]uint64 // sessions and streams by why they ended
	QueueFull     map[string]uint64 // stanzas refused as resource-constraint, by kind of addressee
	Paced         uint64            // stanzas after which a client had to wait because it sends too much
}

// counters are the server's own; each is safe to use from everywhere.
type counters struct {
	sessions, hibernating, streams, links atomic.Int64

	stanzasIn, stanzasOut, bytesIn, bytesOut atomic.Uint64
	authOK, authFailed, authSlowed           atomic.Uint64
	resumed, resumeFailed, bounced, paced    atomic.Uint64

	opened, ended, queueFull labelled
}

// labelled counts by label. The labels are few and known.
type labelled struct {
	m syncMap[string, *atomic.Uint64]
}

func (l *labelled) add(label string) {
	c, ok := l.m.load(label)
	if !ok {
		c = l.m.loadOrStore(label, new(atomic.Uint64))
	}
	c.Add(1)
}

func (l *labelled) snapshot() map[string]uint64 {
	m := make(map[string]uint64)
	l.m.each(func(k string, c *atomic.Uint64) { m[k] = c.Load() })
	return m
}

// Stats returns a snapshot of the counters.
func (s *Server) Stats() Stats {
	c := &s.count
	return Stats{
		Sessions: int(c.sessions.Load()), Hibernating: int(c.hibernating.Load()), Streams: int(c.streams.Load()), Links: int(c.links.Load()),
		StreamsOpened: c.opened.snapshot(), StanzasIn: c.stanzasIn.Load(), StanzasOut: c.stanzasOut.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		AuthSuccesses: c.authOK.Load(), AuthFailures: c.authFailed.Load(), AuthSlowed: c.authSlowed.Load(),
		Paced: c.paced.Load(), Resumed: c.resumed.Load(), ResumeFailed: c.resumeFailed.Load(), Bounced: c.bounced.Load(),
		Ended: c.ended.snapshot(), QueueFull: c.queueFull.snapshot(),
	}
}
