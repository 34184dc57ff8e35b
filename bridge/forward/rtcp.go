package forward

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"stammtisch/bridge/udp"
)

// maxNACKs bounds how many packets one compound may ask for.
const maxNACKs = 512

// HandleRTCP takes one decrypted RTCP packet from the endpoint, which arrived at the given time. It borrows compound
// until it returns; what is to be sent goes to b. Sender reports are passed on to receivers, rewritten; everything else
// ends here. It never blocks.
func (e *Endpoint) HandleRTCP(b *udp.Batch, compound []byte, arrival time.Time) {
	e.lastHeard.Store(arrival.UnixNano())
	nacks := 0
	// One by one: a packet that cannot be read must not cost the others.
	for len(compound) >= 4 {
		size := 4 * (1 + int(binary.BigEndian.Uint16(compound[2:])))
		if compound[0]>>6 != 2 || size > len(compound) {
			e.drops.malformed.Add(1)
			return
		}
		packets, err := rtcp.Unmarshal(compound[:size])
		compound = compound[size:]
		if err != nil {
			e.drops.malformed.Add(1)
			continue
		}
		for _, p := range packets {
			e.handleControl(b, p, &nacks, arrival)
		}
	}
}

func (e *Endpoint) handleControl(b *udp.Batch, p rtcp.Packet, nacks *int, now time.Time) {
	switch p := p.(type) {
	case *rtcp.SenderReport:
		e.handleReports(p.Reports, now)
		e.handleSenderReport(b, p, now)
	case *rtcp.ReceiverReport:
		e.handleReports(p.Reports, now)
	case *rtcp.PictureLossIndication:
		e.handleKeyframeRequest(b, p.MediaSSRC, now)
	case *rtcp.FullIntraRequest:
		for _, entry := range p.FIR {
			e.handleKeyframeRequest(b, entry.SSRC, now)
		}
	case *rtcp.TransportLayerNack:
		e.handleNACK(b, p, nacks, now)
	}
}

func (e *Endpoint) handleKeyframeRequest(b *udp.Batch, ssrc uint32, now time.Time) {
	if s := (*e.slots.Load())[ssrc]; s != nil {
		s.refresh(b, now)
	}
}

func (e *Endpoint) handleNACK(b *udp.Batch, p *rtcp.TransportLayerNack, nacks *int, now time.Time) {
	s := (*e.slots.Load())[p.MediaSSRC]
	if s == nil {
		return
	}
	w := e.conference.work.Get().(*work)
	defer e.conference.work.Put(w)
	for _, pair := range p.Nacks {
		pair.Range(func(seq uint16) bool {
			*nacks++
			if *nacks <= maxNACKs {
				s.retransmit(b, w, seq, now)
			}
			return *nacks < maxNACKs
		})
	}
}

// handleSenderReport passes the sender's clock on to those who receive the encoding it is about. This is all that
// receivers have for lip-sync.
func (e *Endpoint) handleSenderReport(b *udp.Batch, sr *rtcp.SenderReport, now time.Time) {
	in, ok := (*e.incoming.Load())[sr.SSRC]
	if !ok || in.rtx {
		return
	}
	enc := in.encoding
	enc.senderReport(sr.NTPTime, now)
	w := e.conference.work.Get().(*work)
	defer e.conference.work.Put(w)
	for _, s := range *enc.source.subscribers.Load() {
		s.senderReport(b, w, enc.index, sr, now)
	}
}

// senderReport sends sr to the slot's receiver as its own: with the outgoing SSRC, timestamps shifted as the media are,
// and what was really sent counted.
func (s *slot) senderReport(b *udp.Batch, w *work, encoding int, sr *rtcp.SenderReport, now time.Time) {
	s.mu.Lock()
	forward := s.projection.current == encoding && s.packets > 0
	var shift, packets, octets uint32
	if forward {
		shift, packets, octets = s.projection.epoch().timestamp, s.packets, s.octets
	}
	s.mu.Unlock()
	if !forward {
		return
	}
	p := append(w.buffer[:0], 0x80, byte(rtcp.TypeSenderReport), 0, 6) // RFC 3550 §6.4.1, no report blocks
	p = binary.BigEndian.AppendUint32(p, s.ssrc)
	p = binary.BigEndian.AppendUint64(p, sr.NTPTime)
	p = binary.BigEndian.AppendUint32(p, sr.RTPTime+shift)
	p = binary.BigEndian.AppendUint32(p, packets)
	p = binary.BigEndian.AppendUint32(p, octets)
	s.receiver.reports.sent(s.ssrc, uint32(sr.NTPTime>>16), now)
	s.receiver.outlet.WriteRTCP(b, p)
}

// handleReports takes the round-trip time from a receiver's report blocks (RFC 3550 §6.4.1).
func (e *Endpoint) handleReports(blocks []rtcp.ReceptionReport, now time.Time) {
	for _, r := range blocks {
		e.traffic.lossOut.Store(uint32(r.FractionLost))
		if r.LastSenderReport == 0 {
			continue
		}
		at, ok := e.reports.find(r.SSRC, r.LastSenderReport)
		if !ok {
			continue
		}
		rtt := now.Sub(at) - time.Duration(r.Delay)*time.Second/65536
		if rtt > 0 && rtt < maxRTT {
			e.rtt.Store(int64(rtt))
		}
	}
}

// maxRTT is what a believable round-trip time stays below.
const maxRTT = 7 * time.Second

// reportLog remembers which sender reports went to a receiver, and when.
type reportLog struct {
	mu     sync.Mutex
	recent [128]sentReport // guarded by mu; the newest at (n-1)%len
	n      int             // guarded by mu
}

type sentReport struct {
	ssrc, id uint32 // id is the middle of the NTP timestamp, as LSR carries it
	at       time.Time
}

func (l *reportLog) sent(ssrc, id uint32, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent[l.n%len(l.recent)] = sentReport{ssrc: ssrc, id: id, at: now}
	l.n++
}

func (l *reportLog) find(ssrc, id uint32) (at time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.recent {
		if r.ssrc == ssrc && r.id == id && !r.at.IsZero() {
			return r.at, true
		}
	}
	return time.Time{}, false
}
