package muc

import (
	"strconv"
	"time"
)

// created tells when the meeting began, which drives the clients' timer: when somebody joined the focus, or at any rate a second
// occupant the first.
type created struct {
	plain
	r  *room
	at time.Time
}

func (c *created) beforeSelf(*occupant) {
	if c.at.IsZero() && len(c.r.occupants.list) > 1 {
		c.at = c.r.svc.deps.Now().Truncate(time.Second)
	}
}

// info gives milliseconds since the epoch, as clients expect.
func (c *created) info(i *roomInfo) {
	if !c.at.IsZero() {
		i.fact(45, "muc#roominfo_created_timestamp", "The meeting created_timestamp.", strconv.FormatInt(c.at.UnixMilli(), 10))
	}
}
