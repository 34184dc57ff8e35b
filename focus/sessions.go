package focus

import (
	"sync"
	"time"

	"stammtisch/xmpp"
)

// authSession is a login that a browser may show again: whoever knows its id and comes from the same machine is that account.
type authSession struct {
	id, machineUID string
	identity       xmpp.JID // bare
	bound          xmpp.JID // the full JID that used it last
	lastActivity   time.Time
}

// authSessions are the logins. It is safe for concurrent use and calls nobody.
type authSessions struct {
	lifetime time.Duration
	limit    int
	ids      *ids

	mu       sync.Mutex
	byID     map[string]*authSession
	byBound  map[xmpp.JID]*authSession
	byOrigin map[authOrigin]*authSession
}

// authOrigin is where a session comes from: asking again gives the same one.
type authOrigin struct {
	identity   xmpp.JID
	machineUID string
}

func newAuthSessions(lifetime time.Duration, limit int, ids *ids) *authSessions {
	return &authSessions{lifetime: lifetime, limit: limit, ids: ids, byID: map[string]*authSession{},
		byBound: map[xmpp.JID]*authSession{}, byOrigin: map[authOrigin]*authSession{}}
}

// lookup returns a copy of the session of that id, unless it has expired.
func (a *authSessions) lookup(id string, now time.Time) (authSession, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.byID[id]
	if s == nil || now.Sub(s.lastActivity) > a.lifetime {
		return authSession{}, false
	}
	return *s, true
}

// open returns the session of that account on that machine, new or not.
func (a *authSessions) open(identity xmpp.JID, machineUID string, now time.Time) authSession {
	a.mu.Lock()
	defer a.mu.Unlock()
	origin := authOrigin{identity, machineUID}
	if s := a.byOrigin[origin]; s != nil && now.Sub(s.lastActivity) <= a.lifetime {
		return *s
	}
	if len(a.byID) >= a.limit {
		a.makeRoomLocked(now)
	}
	s := &authSession{id: a.ids.uuid(), machineUID: machineUID, identity: identity, lastActivity: now}
	a.byID[s.id], a.byOrigin[origin] = s, s
	return *s
}

// bind ties the session to the full JID that uses it now, and keeps it alive.
func (a *authSessions) bind(id string, jid xmpp.JID, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.byID[id]
	if s == nil {
		return
	}
	s.lastActivity = now
	if jid.IsZero() || s.bound == jid {
		return
	}
	if a.byBound[s.bound] == s {
		delete(a.byBound, s.bound)
	}
	s.bound = jid
	a.byBound[jid] = s
}

// authenticated says whether the full JID uses a session.
func (a *authSessions) authenticated(jid xmpp.JID, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.byBound[jid]
	return s != nil && now.Sub(s.lastActivity) <= a.lifetime
}

// removeOf forgets all sessions of an account.
func (a *authSessions) removeOf(identity xmpp.JID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.byID {
		if s.identity == identity {
			a.removeLocked(s)
		}
	}
}

// remove forgets a session and says whether there was one.
func (a *authSessions) remove(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.removeLocked(a.byID[id])
}

func (a *authSessions) removeLocked(s *authSession) bool {
	if s == nil {
		return false
	}
	delete(a.byID, s.id)
	if o := (authOrigin{s.identity, s.machineUID}); a.byOrigin[o] == s {
		delete(a.byOrigin, o)
	}
	if a.byBound[s.bound] == s {
		delete(a.byBound, s.bound)
	}
	return true
}

// expire forgets what has been idle for too long.
func (a *authSessions) expire(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expireLocked(now)
}

func (a *authSessions) expireLocked(now time.Time) {
	for _, s := range a.byID {
		if now.Sub(s.lastActivity) > a.lifetime {
			a.removeLocked(s)
		}
	}
}

// makeRoomLocked drops what has expired, or else the session that was idle longest.
func (a *authSessions) makeRoomLocked(now time.Time) {
	a.expireLocked(now)
	if len(a.byID) < a.limit {
		return
	}
	var oldest *authSession
	for _, s := range a.byID {
		if oldest == nil || s.lastActivity.Before(oldest.lastActivity) {
			oldest = s
		}
	}
	a.removeLocked(oldest)
}
