package xmpp

// discoInfo builds the answer to a disco#info request (XEP-0030 §3). The node that was asked for is repeated.
func discoInfo(st Stanza, identities []Identity, features []string) *Element {
	query := NewElement(NSDiscoInfo, "query", "node", st.Find(NSDiscoInfo, "query").Attr("node"))
	for _, id := range identities {
		query.With(NewElement(NSDiscoInfo, "identity", "category", id.Category, "type", id.Type, "name", id.Name))
	}
	for _, f := range features {
		query.With(NewElement(NSDiscoInfo, "feature", "var", f))
	}
	return query
}

// Announce adds an identity to what disco#info of a local host shows, as a component does that Jitsi's clients are to find.
func (s *Server) Announce(hostName string, id Identity) {
	if h := s.hosts[hostName]; h != nil {
		h.mu.Lock()
		h.announced = append(h.announced, id)
		h.mu.Unlock()
	}
}

func (h *host) discoInfo(st Stanza) (*Element, error) {
	if node := st.Find(NSDiscoInfo, "query").Attr("node"); node != "" {
		return nil, &Error{Type: Cancel, Condition: ItemNotFound}
	}
	identities := append([]Identity{{"server", "im", h.srv.cfg.Software}}, h.cfg.Identities...)
	h.mu.Lock()
	identities = append(identities, h.announced...)
	h.mu.Unlock()
	features := []string{NSDiscoInfo, NSDiscoItems, NSPing, NSVersion, NSExtDisco, NSExtDisco1, NSRoster}
	return discoInfo(st, identities, append(features, h.cfg.Features...)), nil
}

func (h *host) discoItems(st Stanza) (*Element, error) {
	query := NewElement(NSDiscoItems, "query", "node", st.Find(NSDiscoItems, "query").Attr("node"))
	if query.Attr("node") == "" {
		for _, item := range h.cfg.Items {
			query.With(NewElement(NSDiscoItems, "item", "jid", item.JID.String(), "name", item.Name))
		}
	}
	return query, nil
}

// accountInfo answers disco#info for a bare address: what kind of account it is.
func (h *host) accountInfo(st Stanza) (*Element, error) {
	kind := "registered"
	if h.cfg.Auth == AuthAnonymous {
		kind = "anonymous"
	}
	return discoInfo(st, []Identity{{"account", kind, ""}}, []string{NSDiscoInfo}), nil
}
