package forward

// Add adds another conference's snapshot to s.
func (s *Stats) Add(o Stats) {
	s.Endpoints += o.Endpoints
	s.ConnectedEndpoints += o.ConnectedEndpoints
	s.InactiveEndpoints += o.InactiveEndpoints
	s.SendingAudio += o.SendingAudio
	s.SendingVideo += o.SendingVideo
	s.AudioSources += o.AudioSources
	s.VideoSources += o.VideoSources
	s.Totals.add(o.Totals)
	s.Rates.add(o.Rates)
	s.Reporting += o.Reporting
	s.RoundTrip += o.RoundTrip
	s.LossOut += o.LossOut
}

func (t *Totals) add(o Totals) {
	t.PacketsIn += o.PacketsIn
	t.BytesIn += o.BytesIn
	t.PacketsOut += o.PacketsOut
	t.BytesOut += o.BytesOut
	t.Malformed += o.Malformed
	t.UnknownPayloadType += o.UnknownPayloadType
	t.UnknownSSRC += o.UnknownSSRC
	t.Duplicate += o.Duplicate
	t.Padding += o.Padding
	t.Muted += o.Muted
	t.Silent += o.Silent
	t.KeyframesReceived += o.KeyframesReceived
	t.KeyframesRequested += o.KeyframesRequested
	t.Retransmitted += o.Retransmitted
	t.SpeakerChanges += o.SpeakerChanges
}

func (r *Rates) add(o Rates) {
	r.PacketsInPerSecond += o.PacketsInPerSecond
	r.PacketsOutPerSecond += o.PacketsOutPerSecond
	r.BitsInPerSecond += o.BitsInPerSecond
	r.BitsOutPerSecond += o.BitsOutPerSecond
	r.LostInPerSecond += o.LostInPerSecond
}
