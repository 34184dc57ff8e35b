package focus

import (
	"encoding/json"
	"testing"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// mute is the IQ with which a client mutes.
func (p *person) mute(what medium, target *person, text string) xmpp.Stanza {
	p.w.t.Helper()
	return p.iq("set", xmpp.NewElement(muteNamespace+string(what), "mute", "jid", target.jid.String()).WithText(text))
}

// muted returns the mute IQs that p was sent.
func (p *person) muted() (els []*xmpp.Element) {
	p.w.link.mu.Lock()
	defer p.w.link.mu.Unlock()
	for _, st := range p.w.link.sent {
		if st.To == p.jid && st.Child.Local == "mute" {
			els = append(els, st.Find("", "mute"))
		}
	}
	return els
}

// component makes a component say something.
func (w *world) component(from xmpp.JID, v map[string]any) {
	v["room"] = standup.String()
	b, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	el := xmpp.NewElement(xmpp.NSJitMeet, "json-message", "room", standup.String()).WithText(string(b))
	w.say(xmpp.NewStanza(xmpp.Message, "", from, focusJID, el))
}

func (w *world) moderator(p *person) {
	w.say(occupantPresence(p.jid, p.real, "owner", "moderator"))
	w.link.take()
}

func TestMute(t *testing.T) {
	scenario(t, "a moderator mutes", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.moderator(ana)
		if st := ana.mute(mediumAudio, ben, "true"); st.Type != "result" {
			t.Fatalf("answered %v", st)
		}
		if m := ben.muted(); len(m) != 1 || m[0].Attr("actor") != ana.jid.String() || m[0].Text != "true" || m[0].Space != "http://jitsi.org/jitmeet/audio" {
			t.Errorf("ben was sent %v", m)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 0 {
			t.Errorf("the bridge was asked %+v for a mere request", reqs)
		}
	})
	scenario(t, "what is not allowed", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		w.moderator(ana)
		for _, tt := range []struct {
			name       string
			by, target *person
			text       string
			want       xmpp.Condition // empty: result
		}{
			{"muting without the right", ben, ana, "true", xmpp.NotAllowed},
			{"unmuting somebody", ana, ben, "false", xmpp.NotAllowed},
			{"muting oneself", ben, ben, "true", ""},
			{"unmuting oneself", ben, ben, "false", ""},
			{"nonsense", ana, ben, "maybe", xmpp.BadRequest},
			{"a stranger", ana, &person{jid: xmpp.MustJID(standup.String() + "/nobody")}, "true", xmpp.ItemNotFound},
			{"somebody elsewhere", ana, &person{jid: xmpp.MustJID("other@conference.meet.example/ben")}, "true", xmpp.ItemNotFound},
		} {
			if st := tt.by.mute(mediumVideo, tt.target, tt.text); tt.want == "" && st.Type != "result" || tt.want != "" && !isError(st, tt.want) {
				t.Errorf("%s: answered %v", tt.name, st)
			}
		}
		if n := len(ana.muted()) + len(ben.muted()); n != 0 {
			t.Errorf("%d mute IQs", n)
		}
	})
}

func TestAVModeration(t *testing.T) {
	scenario(t, "audio is forbidden, one is allowed again", testConfig, func(t *testing.T, w *world) {
		ana, ben := w.call()
		cleo := w.join("cleo")
		cleo.accept()
		w.moderator(ana)
		w.component(avModJID, map[string]any{"type": "av_moderation", "enabled": true, "mediaType": "audio", "actor": ana.jid.String()})
		if len(ana.muted()) != 0 || len(ben.muted()) != 1 || len(cleo.muted()) != 1 || ben.muted()[0].Attr("actor") != "" {
			t.Errorf("muted: ana %v, ben %v, cleo %v", ana.muted(), ben.muted(), cleo.muted())
		}
		reqs := w.colibriRequests(jvb1)
		if len(reqs) != 1 || len(reqs[0].Endpoints) != 2 || *reqs[0].Endpoints[0].ForceMute != (jingle.ForceMute{Audio: true}) {
			t.Fatalf("the bridge was asked %+v", reqs)
		}
		if st := ben.mute(mediumAudio, ben, "false"); !isError(st, xmpp.NotAllowed) {
			t.Errorf("ben unmutes himself: %v", st)
		}
		w.component(avModJID, map[string]any{"type": "av_moderation", "whitelists": map[string]any{"audio": []string{ben.jid.String()}}})
		w.link.take()
		if st := ben.mute(mediumAudio, ben, "false"); st.Type != "result" {
			t.Errorf("ben may, and is answered %v", st)
		}
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || *reqs[0].Endpoints[0].ForceMute != (jingle.ForceMute{}) {
			t.Errorf("the bridge was asked %+v", reqs)
		}
		w.link.take()
		dora := w.join("dora")
		reqs = w.colibriRequests(jvb1)
		if len(reqs) != 1 || reqs[0].Endpoints[0].ForceMute == nil || !reqs[0].Endpoints[0].ForceMute.Audio {
			t.Errorf("dora is created with %+v", reqs)
		}
		if m := dora.one(jingle.SessionInitiate).StartMuted; m == nil || !m.Audio || m.Video {
			t.Errorf("dora starts muted: %+v", m)
		}
	})
	scenario(t, "video is dropped only with screens", testConfig, func(t *testing.T, w *world) {
		w.call()
		w.component(avModJID, map[string]any{"type": "av_moderation", "enabled": true, "mediaType": "video"})
		if reqs := w.colibriRequests(jvb1); len(reqs) != 0 {
			t.Errorf("the bridge was asked %+v", reqs)
		}
		w.component(avModJID, map[string]any{"type": "av_moderation", "enabled": true, "mediaType": "desktop"})
		if reqs := w.colibriRequests(jvb1); len(reqs) != 1 || !reqs[0].Endpoints[0].ForceMute.Video {
			t.Errorf("the bridge was asked %+v", reqs)
		}
	})
	scenario(t, "others are not obeyed", testConfig, func(t *testing.T, w *world) {
		_, ben := w.call()
		for _, from := range []xmpp.JID{metaJID, ben.jid, ben.real, xmpp.MustJID("avmoderation.evil.example")} {
			w.component(from, map[string]any{"type": "av_moderation", "enabled": true, "mediaType": "audio"})
		}
		if n := len(ben.muted()); n != 0 {
			t.Error("muted by a stranger")
		}
	})
	scenario(t, "start muted by the room's metadata", testConfig, func(t *testing.T, w *world) {
		w.call()
		w.component(metaJID, map[string]any{"type": "room_metadata", "metadata": map[string]any{"startMuted": map[string]any{"audio": true}}})
		cleo := w.join("cleo")
		if m := cleo.one(jingle.SessionInitiate).StartMuted; m == nil || !m.Audio || m.Video {
			t.Errorf("cleo starts muted: %+v", m)
		}
	})
	cfg := testConfig
	cfg.AVModeration, cfg.RoomMetadata = xmpp.JID{}, xmpp.JID{}
	scenario(t, "the component is discovered", cfg, func(t *testing.T, w *world) {
		info := clientInfo().With(xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "component", "type", "av_moderation", "name", avModJID.String()),
			xmpp.NewElement(xmpp.NSDiscoInfo, "identity", "category", "component", "type", "room_metadata", "name", "not an address @@"))
		w.say(xmpp.NewStanza(xmpp.IQ, "result", cfg.Domain, focusJID, info).WithID("-d:any"))
		_, ben := w.call()
		w.component(avModJID, map[string]any{"type": "av_moderation", "enabled": true, "mediaType": "audio"})
		if n := len(ben.muted()); n != 1 {
			t.Errorf("ben was muted %d times", n)
		}
	})
}
