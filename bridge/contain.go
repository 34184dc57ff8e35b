package bridge

import "stammtisch/xmpp/contain"

// A panic anywhere in a conference, its goroutine, its media's, or a packet on its way through, ends that conference and nothing else.
// Clients notice that their connection is closed, and the focus, at its next request, that the conference is gone; both start over.

// do runs one piece of work of the conference's goroutine.
func (c *conference) do(f func()) {
	defer c.contain()
	f()
}

// contain is to be deferred by whoever runs code of the conference.
func (c *conference) contain() {
	p := recover()
	if p == nil {
		return
	}
	c.service.counters.panics.Add(1)
	contain.Log(c.log, p)
	if c.broken.CompareAndSwap(false, true) {
		close(c.fail)
	}
}
