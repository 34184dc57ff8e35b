package bridge

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"stammtisch/jingle"
	"stammtisch/xmpp"
)

// FuzzService hands the bridge stanzas of whatever kind, with the addresses that a focus would use; afterwards it still works, and
// every request has been answered once.
func FuzzService(f *testing.F) {
	e := newEndpoint("a")
	create := one(e)
	create.Create = true
	for _, el := range []*xmpp.Element{
		create.Element(), one(jingle.ColibriEndpoint{ID: "a", ForceMute: &jingle.ForceMute{Audio: true}}).Element(),
		one(jingle.ColibriEndpoint{ID: "a", Transport: &jingle.ColibriTransport{ICERestart: true}}).Element(),
		(&jingle.ConferenceModify{MeetingID: meeting, Expire: true}).Element(), xmpp.NewElement(xmpp.NSDiscoInfo, "query"),
	} {
		f.Add(`<iq type="get" id="1">` + el.String() + `</iq>`)
	}
	f.Add(`<presence type="unavailable" from="` + seatJID.String() + `"/>`)
	f.Add(`<message><body/></message>`)
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, text string) {
		st, err := xmpp.ParseStanza([]byte(text))
		if err != nil {
			return
		}
		if st.From != seatJID {
			st.From = focusJID
		}
		st.To = selfJID
		w.link.in <- st
		fence := w.post("get", focusJID, xmpp.NewElement(xmpp.NSPing, "ping"))
		w.link.await(t, "an answer after "+text, func(a xmpp.Stanza) bool { return a.ID == fence })
		now := w.Stats()
		if now.Panics != 0 {
			t.Fatalf("%s makes the bridge panic", text)
		}
		if now.Conferences > 20 || now.Media.Endpoints > 50 { // each has its own goroutines and timers
			w.each((*conference).expire)
			until(t, "conferences end", func() bool { return w.Stats().Conferences == 0 })
		}
	})
}

// FuzzSocket feeds the channel's WebSocket what clients send: it ends or waits for more, never takes more than allowed, and what it
// writes itself are whole frames.
func FuzzSocket(f *testing.F) {
	frame := func(fr ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(fr)) }
	f.Add(frame(ws.NewTextFrame([]byte(`{"colibriClass":"ClientHello"}`))))
	f.Add(append(frame(ws.NewPingFrame([]byte("x"))), frame(ws.NewCloseFrame(nil))...))
	part := ws.NewTextFrame([]byte("ab"))
	part.Header.Fin = false
	f.Add(append(frame(part), frame(ws.NewFrame(ws.OpContinuation, true, []byte("c")))...))
	f.Add(ws.MustCompileFrame(ws.NewTextFrame([]byte("not masked"))))
	f.Add(frame(ws.NewTextFrame([]byte{0xff})))
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		ours, theirs := net.Pipe()
		var wrote bytes.Buffer
		var peer sync.WaitGroup
		peer.Go(func() { _, _ = io.Copy(&wrote, theirs) })
		c := newSocketChannel(ours)
		var writer sync.WaitGroup
		writer.Go(c.writeLoop)
		c.readLoop(bytes.NewReader(data), func(msg []byte) {
			if len(msg) > maxChannelMessage {
				t.Errorf("a message of %d bytes is taken", len(msg))
			}
			_, _ = parseClientMessage(msg)
		})
		c.close(ws.StatusNormalClosure, "")
		writer.Wait()
		_ = ours.Close()
		peer.Wait()
		last := ws.OpCode(0)
		for wrote.Len() > 0 {
			fr, err := ws.ReadFrame(&wrote)
			if err != nil {
				t.Fatalf("the bridge wrote half a frame: %v", err)
			}
			last = fr.Header.OpCode
		}
		if last != ws.OpClose {
			t.Errorf("the last frame is %v, want a close", last)
		}
	})
}
