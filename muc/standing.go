package muc

// affiliation is somebody's lasting standing in a room (XEP-0045 §5.2), in rising order.
type affiliation int8

const (
	affOutcast affiliation = iota - 1
	affNone
	affMember
	affAdmin
	affOwner
)

var affiliationNames = map[affiliation]string{
	affOutcast: "outcast", affNone: "none", affMember: "member", affAdmin: "admin", affOwner: "owner",
}

func (a affiliation) String() string { return affiliationNames[a] }

func parseAffiliation(s string) (affiliation, bool) {
	for a, name := range affiliationNames {
		if name == s {
			return a, true
		}
	}
	return affNone, false
}

// role is what an occupant may do during this visit (XEP-0045 §5.1), in rising order.
type role uint8

const (
	noRole role = iota
	visitor
	participant
	moderator
)

var roleNames = [...]string{"none", "visitor", "participant", "moderator"}

func (r role) String() string { return roleNames[r] }

func parseRole(s string) (role, bool) {
	for r, name := range roleNames {
		if name == s {
			return role(r), true
		}
	}
	return noRole, false
}
