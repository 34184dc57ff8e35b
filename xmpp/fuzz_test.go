package xmpp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// prologues bring a stream into each of its states.
var prologues = []string{
	"",
	strings.Replace(tcpOpen, "%s", "guest.meet.example", 1),
	strings.Replace(tcpOpen, "%s", "meet.example", 1) + `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="SCRAM-SHA-1"/>`,
	strings.Replace(tcpOpen, "%s", "guest.meet.example", 1) + `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>`,
	strings.Replace(tcpOpen, "%s", "guest.meet.example", 1) + `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>` +
		strings.Replace(tcpOpen, "%s", "guest.meet.example", 1),
	strings.Replace(tcpOpen, "%s", "guest.meet.example", 1) + `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>` +
		strings.Replace(tcpOpen, "%s", "guest.meet.example", 1) +
		`<iq type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq><enable xmlns="urn:xmpp:sm:3" resume="true"/>`,
}

var hostileSeeds = []string{
	"", "<", "</stream:stream>", "<a", "<iq type='get' id='1'/>", "<presence to='x'/>", "\xff", "<!--", "<![CDATA[", "<?xml version='1.0'?>",
	`<resume xmlns="urn:xmpp:sm:3" h="0" previd="x"/>`, `<a xmlns="urn:xmpp:sm:3" h="4294967295"/>`, `<r xmlns="urn:xmpp:sm:3"/>`,
	`<response xmlns="urn:ietf:params:xml:ns:xmpp-sasl">biws</response>`, `<abort xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`,
	`<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>`, `<stream:error><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>`,
	`<iq type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>&#x20;</resource></bind></iq>`,
	`<message to="guest.meet.example/x" from="y"><body>&lt;</body></message>`, `<stream:stream to="guest.meet.example">`,
}

// fuzzServer is a server whose streams end soon after their client.
func fuzzServer(f *testing.F) *Server {
	srv, err := New(Config{Hosts: []Host{{Name: "meet.example", Auth: AuthAccounts}, {Name: "guest.meet.example", Auth: AuthAnonymous, Hibernation: time.Millisecond}},
		Limits: Limits{PreAuthPerAddress: 1000}}, Deps{Accounts: &testAccounts{}})
	if err != nil {
		f.Fatal(err)
	}
	return srv
}

// conversation sends lines, reads whatever comes, and waits for the end of the stream.
func conversation(t *testing.T, conn net.Conn, lines ...[]byte) {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, conn)
		read <- err
	}()
	for _, l := range lines {
		if _, err := conn.Write(l); err != nil {
			break
		}
	}
	_ = conn.Close()
	if err := <-read; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("reading ends with %v", err)
	}
}

func FuzzTCPStream(f *testing.F) {
	for state := range prologues {
		for _, seed := range hostileSeeds {
			f.Add(state, []byte(seed))
		}
	}
	srv := fuzzServer(f)
	f.Fuzz(func(t *testing.T, state int, data []byte) {
		if state < 0 || state >= len(prologues) {
			return
		}
		mine, theirs := net.Pipe()
		srv.startTCP(theirs)
		conversation(t, mine, []byte(prologues[state]), data)
		waitForStreams(t, srv)
	})
}

func waitForStreams(t *testing.T, srv *Server) {
	t.Helper()
	eventually(t, func() string {
		if st := srv.Stats(); st.Streams > 0 || st.Sessions > 0 {
			return fmt.Sprintf("left: %+v", st)
		}
		return ""
	})
}

// FuzzWebSocketFrames feeds raw bytes behind the handshake, and a message of each kind.
func FuzzWebSocketFrames(f *testing.F) {
	for _, seed := range hostileSeeds {
		f.Add([]byte(seed))
		frame, err := ws.CompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(seed))))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Add([]byte("\x01\x80\x00\x00\x00\x00\x80\x80\x00\x00\x00\x00")) // two fragments
	f.Add([]byte("\x89\x80\x00\x00\x00\x00\x88\x80\x00\x00\x00\x00")) // ping, close
	srv := fuzzServer(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		mine, theirs := net.Pipe()
		tr := &wsTransport{idle: time.Second, frame: time.Second}
		tr.init(theirs)
		c, err := srv.newStream("websocket", tr, ClientAddr{}, "")
		if err != nil {
			t.Fatal(err)
		}
		go c.serve()
		conversation(t, mine, data)
		waitForStreams(t, srv)
	})
}

// FuzzSplitter checks that the pieces that bytes arrive in make no difference.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte(`<?xml version='1.0'?><stream:stream to="a>b"> <iq a='"'><![CDATA[</iq>]]>]]&gt;<x/></iq>  <presence/></stream:stream>`), uint8(3))
	f.Add([]byte(`<stream:stream><a><b/></a><c d="/>"/>text`), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		whole, wholeErr := split(data, len(data)+1)
		pieces, piecesErr := split(data, int(piece)+1)
		if fmt.Sprint(whole) != fmt.Sprint(pieces) || fmt.Sprint(wholeErr) != fmt.Sprint(piecesErr) {
			t.Errorf("%q in pieces of %d:\n%q, %v\nat once:\n%q, %v", data, piece+1, pieces, piecesErr, whole, wholeErr)
		}
	})
}

func split(data []byte, piece int) (els []string, err error) {
	s := splitter{header: true, max: 1 << 20}
	for {
		el, err := s.next()
		switch {
		case err == nil:
			els = append(els, string(el))
			continue
		case !errors.Is(err, errNeedMore) || len(data) == 0:
			return els, err
		}
		s.rest()
		n := copy(s.room(), data[:min(piece, len(data))])
		s.fed(n)
		data = data[n:]
	}
}
