package forward

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"stammtisch/bridge/receive"
	"stammtisch/bridge/udp"
)

// How often an endpoint is told what arrived of its packets. Feedback rides on arrivals: without any there is nothing
// to tell. The figures are jitsi-videobridge's.
const (
	reportInterval        = 500 * time.Millisecond
	transportCCInterval   = 100 * time.Millisecond
	transportCCAfterFrame = 20 * time.Millisecond
	maxReportBlocks       = 31 // RFC 3550 §6.4.1: the count has five bits
)

// feedback is what the bridge tells a sender about its packets: receiver reports and transport-wide congestion control
// feedback, without which a browser's uplink stays at its start bitrate.
type feedback struct {
	sender     uint32
	lastReport atomic.Int64 // Unix nanoseconds

	mu       sync.Mutex
	recorder *twcc.Recorder // guarded by mu
	lastCC   time.Time      // guarded by mu
}

func (f *feedback) init(sender uint32) {
	f.sender = sender
	f.recorder = twcc.NewRecorder(sender)
}

// record notes a transport-wide sequence number and sends feedback when it is time.
func (f *feedback) record(e *Endpoint, b *udp.Batch, ssrc uint32, number uint16, marker bool, now time.Time) {
	for _, p := range f.due(ssrc, number, marker, now) {
		e.sendRTCP(b, p)
	}
}

// due notes the number and returns the feedback if it is time for it.
func (f *feedback) due(ssrc uint32, number uint16, marker bool, now time.Time) []rtcp.Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recorder.Record(ssrc, number, now.UnixMicro())
	since := now.Sub(f.lastCC)
	if since < transportCCInterval && (!marker || since < transportCCAfterFrame) {
		return nil
	}
	f.lastCC = now
	return f.recorder.BuildFeedbackPacket()
}

// report sends receiver reports for what e sends when it is time.
func (f *feedback) report(e *Endpoint, b *udp.Batch, now time.Time) {
	last := f.lastReport.Load()
	if now.UnixNano()-last < int64(reportInterval) || !f.lastReport.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	rr := rtcp.ReceiverReport{SSRC: f.sender}
	for _, in := range *e.incoming.Load() {
		if in.rtx {
			continue
		}
		r, ok := in.encoding.report(now)
		if !ok {
			continue
		}
		if rr.Reports = append(rr.Reports, reportBlock(in.encoding.ssrc, r)); len(rr.Reports) == maxReportBlocks {
			e.sendRTCP(b, &rr)
			rr.Reports = nil
		}
	}
	if len(rr.Reports) > 0 {
		e.sendRTCP(b, &rr)
	}
}

func reportBlock(ssrc uint32, r receive.Report) rtcp.ReceptionReport {
	return rtcp.ReceptionReport{
		SSRC: ssrc, FractionLost: r.FractionLost, TotalLost: r.TotalLost, LastSequenceNumber: r.HighestSeq,
		Jitter: r.Jitter, LastSenderReport: r.LastSR, Delay: r.DelaySinceLast,
	}
}

// sendNACK asks e for the packets of its stream ssrc that are missing.
func (e *Endpoint) sendNACK(b *udp.Batch, ssrc uint32, missing []uint16) {
	e.sendRTCP(b, &rtcp.TransportLayerNack{
		SenderSSRC: e.feedback.sender, MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing),
	})
}

func (e *Endpoint) sendRTCP(b *udp.Batch, p rtcp.Packet) {
	if raw, err := p.Marshal(); err == nil {
		e.outlet.WriteRTCP(b, raw)
	}
}
