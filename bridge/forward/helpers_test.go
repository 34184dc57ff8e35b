package forward

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/rtp"
	"stammtisch/bridge/udp"
	"stammtisch/bridge/vp8"
)

// bridgeSSRC is the feedback SSRC of the conferences under test.
const bridgeSSRC = 99

// jitsi is what jicofo negotiates by default, reduced to Opus and VP8, plus video orientation as mobile clients signal.
var jitsi = Negotiated{
	PayloadTypes: []PayloadType{
		{ID: 111, Media: Audio, Name: "opus", ClockRate: 48000},
		{ID: 100, Media: Video, Name: "VP8", ClockRate: 90000},
		{ID: 96, Media: Video, Name: "rtx", ClockRate: 90000, Associated: 100},
	},
	Extensions: rtp.Extensions{AudioLevel: 1, AbsSendTime: 3, TransportCC: 5, MID: 10, VideoOrientation: 4},
}

// received is a packet as a receiver sees it.
type received struct {
	rtp.Header
	ext     uint64 // by roll-over counter and sequence number
	raw     []byte
	payload []byte
	values  rtp.Values
	hasMID  bool
	vp8     vp8.Descriptor
}

// browser is an Outlet that keeps what it is given.
type browser struct {
	t       testing.TB
	mu      sync.Mutex
	packets []received
	control []rtcp.Packet
	discard bool
	count   int
}

func (o *browser) WriteRTP(_ *udp.Batch, roc uint32, header, payload []byte) {
	if o.discard {
		o.count++
		return
	}
	raw := append(slices.Clone(header), payload...)
	h, err := rtp.Parse(raw)
	if err != nil {
		o.t.Errorf("unreadable packet %x: %v", header, err)
		return
	}
	r := received{Header: h, raw: raw, payload: h.Payload(raw), ext: uint64(roc)<<16 | uint64(h.SequenceNumber)}
	r.values = h.Read(raw, &jitsi.Extensions)
	for it := h.Elements(raw); ; {
		id, _, ok := it.Next()
		if !ok {
			break
		}
		r.hasMID = r.hasMID || id == jitsi.Extensions.MID
	}
	if h.PayloadType == 100 {
		if r.vp8, err = vp8.Parse(r.payload); err != nil {
			o.t.Errorf("unreadable VP8 packet: %v", err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.packets = append(o.packets, r)
}

func (o *browser) WriteRTCP(_ *udp.Batch, compound []byte) {
	if o.discard {
		return
	}
	packets, err := rtcp.Unmarshal(compound)
	if err != nil {
		o.t.Errorf("unreadable RTCP %x: %v", compound, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.control = append(o.control, packets...)
}

// take returns and forgets what came.
func (o *browser) take() []received {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.packets
	o.packets = nil
	return p
}

// feedback returns and forgets the RTCP packets of type T that came, and forgets the others.
func feedbackOf[T rtcp.Packet](o *browser) (found []T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.control {
		if p, ok := p.(T); ok {
			found = append(found, p)
		}
	}
	o.control = nil
	return found
}

// journal is an Events that writes down what it is told.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) SenderConstraints(owner, source string, maxHeight int) {
	j.add("%s: send %s up to %d", owner, source, maxHeight)
}
func (j *journal) ForwardedSources(receiver string, sources []string) {
	j.add("%s: gets %v", receiver, sources)
}
func (j *journal) DominantSpeaker(dominant string, previous []string, silence bool) {
	j.add("%s speaks after %v, silence %v", dominant, previous, silence)
}
func (j *journal) Connectivity(endpoint string, active bool) {
	j.add("%s active %v", endpoint, active)
}

// take returns and forgets the lines, sorted.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lines
	j.lines = nil
	slices.Sort(l)
	return l
}

// room is a conference under test with its own clock.
type room struct {
	t       testing.TB
	c       *Conference
	now     time.Time
	journal *journal
}

func newRoom(t testing.TB) *room {
	r := &room{t: t, now: time.Unix(1_700_000_000, 0), journal: &journal{}}
	r.c = NewConference(Config{
		Events: r.journal, FeedbackSSRC: bridgeSSRC, Dispatch: func(send func(*udp.Batch)) { send(nil) },
	})
	return r
}

// pass lets time pass in steps of 10 ms.
func (r *room) pass(d time.Duration) {
	for end := r.now.Add(d); r.now.Before(end); {
		r.now = r.now.Add(min(10*time.Millisecond, end.Sub(r.now)))
		r.c.step(r.now)
	}
}

// member is an endpoint with its browser.
type member struct {
	*Endpoint
	*browser
	room *room
	id   string
	ssrc uint32 // audio; video and RTX SSRCs follow
	cam  [3]*camera
	seq  uint16 // audio
}

// join adds a connected endpoint with a microphone and a camera of three encodings.
func (r *room) join(id string) *member {
	m := r.enter(id, jitsi)
	m.SetSources([]Source{m.audioSource(), m.videoSource(Camera)})
	m.SetConnected(true)
	r.pass(50 * time.Millisecond)
	return m
}

func (r *room) enter(id string, n Negotiated) *member {
	m := &member{browser: &browser{t: r.t}, room: r, id: id, ssrc: uint32(id[0]) * 100}
	var err error
	if m.Endpoint, err = r.c.AddEndpoint(id, m.browser, n, r.now); err != nil {
		r.t.Fatal(err)
	}
	for i := range m.cam {
		m.cam[i] = newCamera(m.ssrc+1+uint32(i), i)
	}
	return m
}

func (m *member) audioSource() Source {
	return Source{Name: m.id + "-a0", Media: Audio, SSRCs: []uint32{m.ssrc}}
}

func (m *member) videoSource(t VideoType) Source {
	s := Source{Name: m.id + "-v0", Media: Video, VideoType: t, Groups: []Group{{Semantics: "SIM"}}}
	for i := range uint32(3) {
		primary, rtx := m.ssrc+1+i, m.ssrc+11+i
		s.SSRCs = append(s.SSRCs, primary, rtx)
		s.Groups[0].SSRCs = append(s.Groups[0].SSRCs, primary)
		s.Groups = append(s.Groups, Group{Semantics: "FID", SSRCs: []uint32{primary, rtx}})
	}
	return s
}

// talk sends one Opus packet with the given RFC 6464 level.
func (m *member) talk(level uint8) {
	m.seq++
	p := rtp.AppendHeader(nil, rtp.Outgoing{PayloadType: 111, SequenceNumber: m.seq, Timestamp: uint32(m.seq) * 960, SSRC: m.ssrc})
	p = rtp.AppendElement(p, 1, uint32(level), 1)
	p = rtp.FinishExtensions(rtp.AppendElement(p, 10, 'x', 1))
	m.HandleRTP(nil, append(p, "opus"...), m.room.now)
}

// send sends packets.
func (m *member) send(packets ...[]byte) {
	for _, p := range packets {
		m.HandleRTP(nil, slices.Clone(p), m.room.now)
	}
}

// film lets the camera run at 30 frames per second for n frames; every encoding sends a frame, and a key frame where
// the sender was asked for one.
func (m *member) film(n int, encodings ...int) {
	if len(encodings) == 0 {
		encodings = []int{0, 1, 2}
	}
	for range n {
		if len(feedbackOf[*rtcp.PictureLossIndication](m.browser)) > 0 {
			for _, c := range m.cam {
				c.wantKey = true
			}
		}
		for _, i := range encodings {
			m.send(m.cam[i].frame(m.room.now)...)
		}
		m.room.pass(33 * time.Millisecond)
	}
}

func ptr[T any](v T) *T { return &v }
