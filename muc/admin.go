package muc

import (
	"cmp"
	"slices"

	"stammtisch/xmpp"
)

// adminGet lists who has a role or an affiliation (XEP-0045 §9).
func (r *room) adminGet(st xmpp.Stanza) (*xmpp.Element, error) {
	item := st.Find(xmpp.NSMUCAdmin, "query").Child(xmpp.NSMUCAdmin, "item")
	affName, byAff := item.LookupAttr("affiliation")
	roleName, byRole := item.LookupAttr("role")
	aff, affKnown := parseAffiliation(affName)
	rl, roleKnown := parseRole(roleName)
	switch {
	case byAff && affKnown && !byRole:
		return r.listAffiliation(st.From, aff)
	case byRole && roleKnown && !byAff:
		return r.listRole(st.From, rl)
	}
	return nil, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.BadRequest}
}

func (r *room) listAffiliation(actor xmpp.JID, aff affiliation) (*xmpp.Element, error) {
	by := r.affiliationOf(actor)
	mayList := by >= affAdmin && by >= aff || by >= affMember && r.settings.membersOnly && r.whois == "anyone"
	if !mayList {
		return nil, &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden}
	}
	query := xmpp.NewElement(xmpp.NSMUCAdmin, "query")
	for _, account := range r.accountsWith(aff) {
		query.With(xmpp.NewElement(xmpp.NSMUCAdmin, "item", "affiliation", aff.String(), "jid", account.String()))
	}
	return query, nil
}

func (r *room) accountsWith(aff affiliation) []xmpp.JID {
	var accounts []xmpp.JID
	for j, a := range r.affiliations {
		if a == aff {
			accounts = append(accounts, j)
		}
	}
	slices.SortFunc(accounts, func(a, b xmpp.JID) int { return cmp.Compare(a.String(), b.String()) })
	return accounts
}

func (r *room) listRole(actor xmpp.JID, rl role) (*xmpp.Element, error) {
	if o := r.occupants.byJID[actor]; o == nil && r.affiliationOf(actor) < affAdmin || o != nil && o.role < moderator {
		return nil, &xmpp.Error{Type: xmpp.Auth, Condition: xmpp.Forbidden}
	}
	query := xmpp.NewElement(xmpp.NSMUCAdmin, "query")
	for _, o := range r.occupants.list {
		if o.role == rl {
			query.With(xmpp.NewElement(xmpp.NSMUCAdmin, "item", "affiliation", r.affiliationOf(o.jid).String(),
				"jid", o.jid.String(), "nick", o.nick, "role", rl.String()))
		}
	}
	return query, nil
}

// adminSet changes roles and affiliations. Several items are one request: all are checked before the first is done.
func (r *room) adminSet(st xmpp.Stanza) (*xmpp.Element, error) {
	var todo []func()
	said := st.Size()
	for item := range st.Find(xmpp.NSMUCAdmin, "query").All(xmpp.NSMUCAdmin, "item") {
		do, bytes, err := r.adminItem(st.From, item)
		if err != nil {
			return nil, err
		}
		todo = append(todo, do)
		said += bytes
	}
	if len(todo) == 0 {
		return nil, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.BadRequest}
	}
	if err := r.mayChange(st.From, said); err != nil {
		return nil, err
	}
	for _, do := range todo {
		do()
	}
	return nil, nil
}

// mayChange says whether actor may make a change now of which the room says that many bytes to everybody. What a room's owners and
// moderators change, all of them together, is as much as one occupant may say.
func (r *room) mayChange(actor xmpp.JID, bytes int) error {
	rate := r.svc.cfg.Limits.Bytes
	if r.svc.isAdmin(actor) || rate.PerSecond <= 0 {
		return nil
	}
	if bytes > rate.Burst {
		return &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.PolicyViolation, Text: "These are too many changes at once"}
	}
	if ok, _ := r.changes.takeMany(rate, bytes, r.svc.deps.Now()); !ok {
		return errTooFast
	}
	return nil
}

// changeBytes is about what the room says of a change, beside what an occupant that it concerns says.
const changeBytes = 512

// adminItem checks one item and returns what carries it out, and how much the room will say of it.
func (r *room) adminItem(actor xmpp.JID, item *xmpp.Element) (do func(), bytes int, err error) {
	account, err := itemAccount(item)
	if err != nil {
		return nil, 0, err
	}
	affName, byAff := item.LookupAttr("affiliation")
	roleName, byRole := item.LookupAttr("role")
	nick := item.Attr("nick")
	o := r.occupants.byNick[nick]
	switch {
	case byAff && !byRole:
		if account.IsZero() && o != nil {
			account = o.jid.Bare()
		}
		return r.affiliationItem(actor, account, affName, item.ChildText(xmpp.NSMUCAdmin, "reason"))
	case byRole && !byAff:
		if nick == "" && !account.IsZero() {
			o = r.occupants.ofAccount(account)
		}
		return r.roleItem(actor, o, roleName, item.ChildText(xmpp.NSMUCAdmin, "reason"))
	}
	return nil, 0, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.BadRequest}
}

// saidBy is how much the occupants say that an affiliation of account concerns, in bytes.
func (r *room) saidBy(account xmpp.JID) (bytes int) {
	for _, o := range r.occupants.list {
		if covers(account, o.jid) {
			bytes += o.said.Size()
		}
	}
	return bytes
}

func itemAccount(item *xmpp.Element) (xmpp.JID, error) {
	text := item.Attr("jid")
	if text == "" {
		return xmpp.JID{}, nil
	}
	account, err := xmpp.ParseJID(text)
	if err != nil {
		return account, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.JIDMalformed, Err: err}
	}
	if !account.IsBare() {
		return account, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.JIDMalformed, Text: "Bare JID expected, got full JID"}
	}
	return account, nil
}

func (r *room) affiliationItem(actor, account xmpp.JID, name, reason string) (do func(), bytes int, err error) {
	to, known := parseAffiliation(name)
	switch {
	case account.IsZero():
		return nil, 0, &xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.BadRequest}
	case !known:
		return nil, 0, errNotAcceptable
	}
	if err := r.mayAffiliate(actor, account, to); err != nil {
		return nil, 0, err
	}
	if bytes = changeBytes; to != affOutcast { // who has to go says nothing
		bytes += r.saidBy(account)
	}
	return func() {
		if r.mayAffiliate(actor, account, to) == nil { // an item before may have made it the last owner
			r.affiliate(actor, account, to, reason)
		}
	}, bytes, nil
}

func (r *room) roleItem(actor xmpp.JID, o *occupant, name, reason string) (do func(), bytes int, err error) {
	to, known := parseRole(name)
	switch {
	case o == nil:
		return nil, 0, &xmpp.Error{Type: xmpp.Modify, Condition: xmpp.ItemNotFound}
	case !known:
		return nil, 0, errNotAcceptable
	}
	if err := r.mayGiveRole(actor, o, to); err != nil {
		return nil, 0, err
	}
	if bytes = changeBytes; to != noRole {
		bytes += o.said.Size()
	}
	return func() {
		if r.occupants.byJID[o.jid] == o {
			r.giveRole(actor, o, to, reason)
		}
	}, bytes, nil
}
