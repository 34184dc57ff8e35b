package xmpp

import "net/http"

// BOSH returns the handler for XMPP over HTTP (XEP-0124, XEP-0206).
func (s *Server) BOSH() http.Handler { return http.NotFoundHandler() }
