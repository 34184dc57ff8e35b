package forward

import (
	"sync/atomic"
	"time"
)

// traffic counts what an endpoint sent to the bridge, and what the bridge sent on to others of it.
type traffic struct {
	packetsIn, bytesIn, packetsOut, bytesOut atomic.Uint64
	keyframes                                atomic.Uint64 // received
	keyframesAsked, resent                   atomic.Uint64 // of it by the bridge; to it after NACKs
	lossOut                                  atomic.Uint32 // reported by it last, in 1/256
}

// Totals are counters since a conference began. In is what endpoints sent, Out what was forwarded of it to all
// receivers, payload bytes only and without retransmissions.
type Totals struct {
	PacketsIn, BytesIn, PacketsOut, BytesOut uint64

	// Incoming packets that were not forwarded.
	Malformed, UnknownPayloadType, UnknownSSRC, Duplicate, Padding, Muted, Silent uint64

	KeyframesReceived, KeyframesRequested, Retransmitted, SpeakerChanges uint64
}

// totals are the endpoint's counters.
func (e *Endpoint) totals() Totals {
	return Totals{
		PacketsIn: e.traffic.packetsIn.Load(), BytesIn: e.traffic.bytesIn.Load(),
		PacketsOut: e.traffic.packetsOut.Load(), BytesOut: e.traffic.bytesOut.Load(),
		Malformed: e.drops.malformed.Load(), UnknownPayloadType: e.drops.unknownPayloadType.Load(),
		UnknownSSRC: e.drops.unknownSSRC.Load(), Duplicate: e.drops.duplicate.Load(),
		Padding: e.drops.padding.Load(), Muted: e.drops.muted.Load(), Silent: e.drops.silent.Load(),
		KeyframesReceived: e.traffic.keyframes.Load(), KeyframesRequested: e.traffic.keyframesAsked.Load(),
		Retransmitted: e.traffic.resent.Load(),
	}
}

// Rates are what passed in the last second.
type Rates struct {
	PacketsInPerSecond, PacketsOutPerSecond float64
	BitsInPerSecond, BitsOutPerSecond       float64
	LostInPerSecond                         float64 // packets that did not come from the endpoints
}

// Stats is a snapshot of a conference.
type Stats struct {
	Endpoints, ConnectedEndpoints, InactiveEndpoints int
	// Sending counts endpoints with a source of that kind from which something came in the last seconds.
	SendingAudio, SendingVideo int
	AudioSources, VideoSources int
	Totals                     Totals
	Rates                      Rates

	// Sums over the endpoints that have reported: divide by Reporting.
	Reporting int
	RoundTrip time.Duration
	LossOut   float64 // the fraction that receivers miss
}

// sendingWithin is how recent a packet makes a source count as sending.
const sendingWithin = 2 * time.Second

// Stats returns a snapshot as of time now.
func (c *Conference) Stats(now time.Time) Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := Stats{Endpoints: len(c.endpoints), Rates: c.rates, Totals: c.totalsLocked()}
	for _, e := range c.endpoints {
		if e.connected {
			st.ConnectedEndpoints++
		}
		if e.inactive {
			st.InactiveEndpoints++
		}
		if rtt := e.RoundTrip(); rtt > 0 {
			st.Reporting++
			st.RoundTrip += rtt
			st.LossOut += float64(e.traffic.lossOut.Load()) / 256
		}
		audio, video := e.sendingSinceLocked(now.Add(-sendingWithin), &st)
		if audio {
			st.SendingAudio++
		}
		if video {
			st.SendingVideo++
		}
	}
	return st
}

// sendingSinceLocked counts e's sources in st and says of which kinds something came since t.
func (e *Endpoint) sendingSinceLocked(t time.Time, st *Stats) (audio, video bool) {
	for _, src := range e.sources {
		if src.media == Audio {
			st.AudioSources++
			audio = audio || src.heardSince(t)
		} else {
			st.VideoSources++
			video = video || src.heardSince(t)
		}
	}
	return audio, video
}

func (src *source) heardSince(t time.Time) bool {
	for _, enc := range src.encodings {
		if enc.lastHeard.Load() >= t.UnixNano() {
			return true
		}
	}
	return false
}

func (c *Conference) totalsLocked() Totals {
	t := c.departed
	for _, e := range c.endpoints {
		t.add(e.totals())
	}
	return t
}

// measure takes the rates since the last measurement, of the conference and of each encoding.
func (c *Conference) measure(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seconds := now.Sub(c.measuredAt).Seconds()
	first := c.measuredAt.IsZero()
	was, is := c.measured, c.totalsLocked()
	c.measuredAt, c.measured = now, is
	if first || seconds <= 0 {
		return
	}
	rate := func(is, was uint64) float64 { return float64(is-was) / seconds }
	c.rates = Rates{
		PacketsInPerSecond: rate(is.PacketsIn, was.PacketsIn), PacketsOutPerSecond: rate(is.PacketsOut, was.PacketsOut),
		BitsInPerSecond: 8 * rate(is.BytesIn, was.BytesIn), BitsOutPerSecond: 8 * rate(is.BytesOut, was.BytesOut),
	}
	for _, e := range c.endpoints {
		for _, src := range e.sources {
			for _, enc := range src.encodings {
				enc.mu.Lock()
				t := enc.stream.Totals()
				enc.mu.Unlock()
				enc.bitrate.Store(int64(8 * rate(t.Bytes, enc.measuredBytes)))
				c.rates.LostInPerSecond += rate(max(t.Lost, enc.measuredLost), enc.measuredLost)
				enc.measuredBytes, enc.measuredLost = t.Bytes, t.Lost
			}
		}
	}
}
