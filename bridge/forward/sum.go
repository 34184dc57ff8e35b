package forward

// Add adds o to st, as if both conferences were one.
func (st *Stats) Add(o Stats) {
	st.Endpoints += o.Endpoints
	st.ConnectedEndpoints += o.ConnectedEndpoints
	st.InactiveEndpoints += o.InactiveEndpoints
	st.SendingAudio += o.SendingAudio
	st.SendingVideo += o.SendingVideo
	st.AudioSources += o.AudioSources
	st.VideoSources += o.VideoSources
	st.Totals.add(o.Totals)
	st.Rates.PacketsInPerSecond += o.Rates.PacketsInPerSecond
	st.Rates.PacketsOutPerSecond += o.Rates.PacketsOutPerSecond
	st.Rates.BitsInPerSecond += o.Rates.BitsInPerSecond
	st.Rates.BitsOutPerSecond += o.Rates.BitsOutPerSecond
}
