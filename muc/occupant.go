package muc

import (
	"slices"
	"time"

	"stammtisch/xmpp"
)

// occupant is somebody in a room.
type occupant struct {
	nick string
	jid  xmpp.JID // the real address, full
	at   xmpp.JID // room/nick
	// admin marks the service's own, such as the focus: no limits apply to them.
	admin bool
	role  role
	// said is the latest presence as it was published: from is at, the payload is what the occupant said and nothing of ours.
	said xmpp.Stanza
	// listed caches said with our part added, for those who see real addresses and those who do not; nil where it is stale. Who
	// enters shares them, so that they are replaced and never changed.
	listed [2]*xmpp.Stanza
	// held is presence that waits for the rate to allow it.
	held *xmpp.Stanza
	// lost is set when the router took a stanza for the occupant no more.
	lost bool

	presence, groupchat, private, bytes bucket
}

// say makes st, already filtered, the occupant's presence.
func (o *occupant) say(st xmpp.Stanza) {
	st.From, st.To = o.at, xmpp.JID{}
	o.said = st
	o.stale()
}

func (o *occupant) stale() { o.listed = [2]*xmpp.Stanza{} }

// occupants finds occupants by nick and by address and keeps them in the order in which they came.
type occupants struct {
	list   []*occupant
	byNick map[string]*occupant
	byJID  map[xmpp.JID]*occupant
}

func newOccupants() occupants {
	return occupants{byNick: make(map[string]*occupant), byJID: make(map[xmpp.JID]*occupant)}
}

func (os *occupants) add(o *occupant) {
	os.list = append(os.list, o)
	os.byNick[o.nick], os.byJID[o.jid] = o, o
}

// remove takes o out. The list is replaced, not changed, so that one being walked over stays whole.
func (os *occupants) remove(o *occupant) {
	if i := slices.Index(os.list, o); i >= 0 {
		os.list = slices.Concat(os.list[:i], os.list[i+1:])
		delete(os.byNick, o.nick)
		delete(os.byJID, o.jid)
	}
}

// ofAccount returns an occupant whose bare address is j.
func (os *occupants) ofAccount(j xmpp.JID) *occupant {
	for _, o := range os.list {
		if o.jid.Bare() == j.Bare() {
			return o
		}
	}
	return nil
}

// bucket is a token bucket.
type bucket struct {
	spent float64
	last  time.Time
}

// take spends a token if rate has one at now; otherwise it says when there will be one.
func (b *bucket) take(rate Rate, now time.Time) (ok bool, in time.Duration) {
	return b.takeMany(rate, 1, now)
}

// takeMany is take for n tokens at once.
func (b *bucket) takeMany(rate Rate, n int, now time.Time) (ok bool, in time.Duration) {
	if rate.PerSecond <= 0 {
		return true, 0
	}
	b.spent = max(0, b.spent-now.Sub(b.last).Seconds()*rate.PerSecond)
	b.last = now
	burst := float64(max(rate.Burst, n))
	if b.spent+float64(n) <= burst {
		b.spent += float64(n)
		return true, 0
	}
	missing := b.spent + float64(n) - burst
	return false, time.Duration(missing/rate.PerSecond*float64(time.Second)) + time.Millisecond
}
