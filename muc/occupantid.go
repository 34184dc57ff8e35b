package muc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"stammtisch/xmpp"
)

// occupantID adds to presence and messages an id that stays the same for an account in this room and says nothing of it
// (XEP-0421).
type occupantID struct {
	plain
	r    *room
	salt []byte
}

func (x *occupantID) element(o *occupant) *xmpp.Element {
	h := hmac.New(sha256.New, x.salt)
	h.Write([]byte(o.jid.Bare().String()))
	return xmpp.NewElement(nsOccupantID, "occupant-id", "id", base64.StdEncoding.EncodeToString(h.Sum(nil)))
}

func (x *occupantID) presenceOut(o *occupant, _ bool) []*xmpp.Element {
	return []*xmpp.Element{x.element(o)}
}

func (x *occupantID) messageIn(o *occupant, msg *xmpp.Stanza, _ []*xmpp.Element) error {
	*msg = appendPayload(*msg, x.element(o))
	return nil
}

func (x *occupantID) info(i *roomInfo) { i.feature(nsOccupantID) }
