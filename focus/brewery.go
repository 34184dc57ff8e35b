package focus

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// maxBridges bounds what the brewery can make us keep.
const maxBridges = 1000

// rampUp is how long an endpoint that was just added to a bridge is not yet in the load that the bridge reports.
const rampUp = 20 * time.Second

// defaultParticipantStress is what an endpoint adds to a bridge's load, where the bridge does not say.
const defaultParticipantStress = 0.01

// rejoinAfter is the pause before the brewery is tried again.
const rejoinAfter = 5 * time.Second

// bridge is one bridge as the brewery and its health checks show it.
type bridge struct {
	bridgeInfo // stress is the reported one here
	perStress  float64
	added      []time.Time // endpoints of the last rampUp
	failedAt   time.Time   // zero while operational
	nextCheck  time.Time
	check      string // id of the health check under way, or ""
	retried    bool   // that check is the second attempt
}

// brewery knows the bridges: it joins their room, follows their presence and checks their health. Its methods return the stanzas to
// be sent; none of them sends. It is safe for concurrent use.
type brewery struct {
	cfg  Config
	ids  *ids
	self xmpp.JID // our address in the room
	log  *slog.Logger

	mu      sync.Mutex
	joined  bool
	next    time.Time // of the next attempt to join, while not joined
	bridges map[xmpp.JID]*bridge
	view    bridgeView // of the last change; never written to
}

// bridgeChange is what conferences have to know at once.
type bridgeChange struct {
	// lost are bridges whose conferences must move.
	lost []xmpp.JID
	// usable says that some bridge has become usable.
	usable bool
}

func newBrewery(cfg Config, ids *ids, log *slog.Logger) (*brewery, error) {
	self, err := cfg.Brewery.WithResource(focusNick)
	if err != nil {
		return nil, err
	}
	return &brewery{cfg: cfg, ids: ids, self: self, log: log, bridges: map[xmpp.JID]*bridge{}}, nil
}

// snapshot returns the bridges with their corrected load.
func (b *brewery) snapshot() bridgeView {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view
}

// publishLocked renews the snapshot, in no particular order.
func (b *brewery) publishLocked(now time.Time) {
	view := make(bridgeView, 0, len(b.bridges))
	for _, br := range b.bridges {
		br.added = slices.DeleteFunc(br.added, func(t time.Time) bool { return now.Sub(t) >= rampUp })
		info := br.bridgeInfo
		info.stress += float64(len(br.added)) * br.perStress
		view = append(view, info)
	}
	b.view = view
}

// used tells that an endpoint was put on a bridge.
func (b *brewery) used(jid xmpp.JID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if br := b.bridges[jid]; br != nil {
		br.added = append(br.added, now)
		b.publishLocked(now)
	}
}

// failed tells that a bridge did not do what a conference asked of it; it is left alone for a while.
func (b *brewery) failed(jid xmpp.JID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if br := b.bridges[jid]; br != nil {
		b.log.Warn("bridge is not operational", "bridge", jid.Resource())
		br.operational, br.failedAt = false, now
		b.publishLocked(now)
	}
}

// shutsDown tells that a bridge takes no new conferences.
func (b *brewery) shutsDown(jid xmpp.JID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if br := b.bridges[jid]; br != nil {
		br.graceful = true
		b.publishLocked(now)
	}
}

// presence follows the room. Presence of the room's other members, which are no bridges, is ignored.
func (b *brewery) presence(st xmpp.Stanza, now time.Time) (out []xmpp.Stanza, change bridgeChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if st.From == b.self {
		return b.selfPresenceLocked(st, now)
	}
	if st.Type == "unavailable" {
		if _, known := b.bridges[st.From]; known {
			delete(b.bridges, st.From)
			b.publishLocked(now)
			b.log.Info("bridge has left", "bridge", st.From.Resource())
			change.lost = append(change.lost, st.From)
		}
		return nil, change
	}
	if st.Type != "" {
		return nil, change
	}
	stats, ok := jingle.ParseStats(st.Find(jingle.NSColibri, "stats"))
	if !ok {
		return nil, change
	}
	return nil, b.updateLocked(st.From, stats, now)
}

func (b *brewery) updateLocked(jid xmpp.JID, stats jingle.Stats, now time.Time) (change bridgeChange) {
	br := b.bridges[jid]
	if br == nil {
		if len(b.bridges) >= maxBridges {
			return change
		}
		br = &bridge{bridgeInfo: bridgeInfo{jid: jid, operational: true}, nextCheck: now.Add(b.cfg.HealthInterval)}
		b.bridges[jid] = br
		change.usable = true
		b.log.Info("bridge has come", "bridge", jid.Resource())
	}
	br.stress = stats.Float("stress_level", 0)
	br.perStress = stats.Float("average_participant_stress", defaultParticipantStress)
	br.draining = stats.Bool("drain", true)
	br.region, _ = stats.Lookup("region")
	// These two are never taken back: a bridge that goes does not come back under the same address.
	br.graceful = br.graceful || stats.Bool("graceful_shutdown", false)
	if !br.shuttingDown && stats.Bool("shutting_down", false) {
		br.shuttingDown = true
		change.lost = append(change.lost, jid)
	}
	b.publishLocked(now)
	return change
}

// selfPresenceLocked handles our own reflection: joined, refused or put out.
func (b *brewery) selfPresenceLocked(st xmpp.Stanza, now time.Time) (out []xmpp.Stanza, change bridgeChange) {
	switch st.Type {
	case "":
		if !b.joined {
			b.joined = true
			// As every room, it is configured by whoever comes first; a room that is locked until then opens here (XEP-0045 §10.1.2).
			out = append(out, whoisForm(b.cfg.Brewery).WithID("-b:"+b.ids.token()))
		}
	case "unavailable", "error":
		b.joined, b.next = false, now.Add(rejoinAfter)
		for jid := range b.bridges {
			change.lost = append(change.lost, jid)
		}
		clear(b.bridges)
		b.publishLocked(now)
		b.log.Warn("not in the bridges' room", "type", st.Type)
	}
	return out, change
}

// reply handles the answer to a health check, or its failure where st has type error.
func (b *brewery) reply(st xmpp.Stanza, now time.Time) (change bridgeChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	br := b.bridges[st.From]
	if br == nil || br.check == "" || br.check != st.ID {
		return change
	}
	br.check, br.nextCheck = "", now.Add(b.cfg.HealthInterval)
	if st.Type == "result" {
		if !br.operational && now.Sub(br.failedAt) >= b.cfg.BridgeResetAfter {
			br.operational = true
			change.usable = true
			b.publishLocked(now)
			b.log.Info("bridge is operational again", "bridge", br.jid.Resource())
		}
		return change
	}
	switch e := xmpp.ParseError(st); e.Condition {
	case xmpp.InternalServerError, xmpp.ServiceUnavailable:
		br.failedAt = now
		if br.operational {
			br.operational = false
			change.lost = append(change.lost, br.jid)
			b.log.Warn("bridge says it is unhealthy", "bridge", br.jid.Resource())
		}
		b.publishLocked(now)
	default:
		b.log.Info("health check refused", "bridge", br.jid.Resource(), "condition", e.Condition)
	}
	return change
}

// tick sends what is due and returns when it wants to be called again. A bridge that has been asked twice in vain is not used any
// more, but keeps its conferences: more often than the bridge, the network is slow.
func (b *brewery) tick(now time.Time) (out []xmpp.Stanza, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next = now.Add(b.cfg.HealthInterval)
	if !b.joined {
		if !now.Before(b.next) {
			b.next = now.Add(b.cfg.ReplyTimeout)
			out = append(out, xmpp.NewStanza(xmpp.Presence, "", xmpp.JID{}, b.self, xmpp.NewElement(xmpp.NSMUC, "x")))
		}
		next = b.next
	}
	for _, br := range b.bridges {
		if !now.Before(br.nextCheck) {
			out = append(out, b.checkLocked(br, now)...)
		}
		if br.nextCheck.Before(next) {
			next = br.nextCheck
		}
	}
	b.publishLocked(now) // the ramp-up of the past is over
	return out, next
}

// checkLocked starts a health check, or draws the conclusion from one that was not answered.
func (b *brewery) checkLocked(br *bridge, now time.Time) []xmpp.Stanza {
	switch {
	case br.check == "":
		br.retried = false
	case !br.retried:
		br.retried = true
	default:
		br.check, br.nextCheck, br.failedAt = "", now.Add(b.cfg.HealthInterval), now
		if br.operational {
			br.operational = false
			b.log.Warn("bridge does not answer", "bridge", br.jid.Resource())
		}
		return nil
	}
	br.check, br.nextCheck = "-b:"+b.ids.token(), now.Add(b.cfg.ReplyTimeout)
	return []xmpp.Stanza{xmpp.NewStanza(xmpp.IQ, "get", xmpp.JID{}, br.jid, jingle.Healthcheck()).WithID(br.check)}
}

// leave says goodbye to the room.
func (b *brewery) leave() []xmpp.Stanza {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.joined {
		return nil
	}
	b.joined = false
	return []xmpp.Stanza{xmpp.NewStanza(xmpp.Presence, "unavailable", xmpp.JID{}, b.self)}
}
