package focus

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"stammtisch/xmpp"
)

// maxRequestBody bounds the body of a conference request.
const maxRequestBody = 16 << 10

// ServeHTTP answers conference requests over HTTP: POST with a JSON body, as jicofo does at /conference-request/v1. Nobody's address is
// known here, so that with authentication only running conferences, and logins made elsewhere, get people in.
func (f *Focus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodOptions:
		w.Header().Set("Allow", "POST, OPTIONS")
		w.WriteHeader(http.StatusOK)
		return
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "POST, OPTIONS")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	var in struct {
		Room       string         `json:"room"`
		MachineUID string         `json:"machineUid"`
		SessionID  string         `json:"sessionId"`
		Properties map[string]any `json:"properties"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBody)).Decode(&in); err != nil {
		http.Error(w, "Bad request", http.StatusBadRequest)
		return
	}
	req := Request{Room: in.Room, MachineUID: in.MachineUID, SessionID: in.SessionID, Properties: map[string]string{}}
	for name, v := range in.Properties {
		req.Properties[name] = fmt.Sprint(v)
	}
	resp, err := f.ConferenceRequest(r.Context(), req)
	if err != nil {
		httpError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// An error here is the client's going away.
	_ = json.NewEncoder(w).Encode(struct {
		Room       string            `json:"room"`
		Ready      bool              `json:"ready"`
		FocusJID   string            `json:"focusJid"`
		SessionID  string            `json:"sessionId,omitempty"`
		Identity   string            `json:"identity,omitempty"`
		Properties map[string]string `json:"properties"`
	}{resp.Room.String(), resp.Ready, resp.FocusJID.String(), resp.SessionID, resp.Identity, resp.Properties})
}

// httpError maps a refusal as jicofo does.
func httpError(w http.ResponseWriter, err error) {
	e := xmpp.AsError(err)
	switch {
	case e.Condition == xmpp.NotAuthorized:
		http.Error(w, "Not authorized", http.StatusForbidden)
	case errors.Is(err, errSessionInvalid):
		// Clients look for this text, and not at the beginning.
		http.Error(w, "Error 400 invalid-session", http.StatusBadRequest)
	case e.Condition == xmpp.ResourceConstraint:
		http.Error(w, "Too many conferences", http.StatusServiceUnavailable)
	default:
		http.Error(w, "Bad request", http.StatusBadRequest)
	}
}
