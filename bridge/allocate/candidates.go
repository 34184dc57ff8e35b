package allocate

// candidate is a layer that a want may get, with its index in the source.
type candidate struct {
	Layer
	index int
}

// choice is the state of one want during an allocation. Positions are indexes into layers.
type choice struct {
	layers    []candidate
	at        int // NoLayer at first
	preferred int
	oversend  int // NoLayer if the want must not exceed the budget
	onStage   bool
}

func (c *choice) cost() BitsPerSecond {
	if c.at < 0 {
		return 0
	}
	return c.layers[c.at].Bitrate
}

// improve moves c up within available: an on-stage source at once as far as its preferred layer, others by one step.
func (c *choice) improve(available BitsPerSecond, first bool) {
	if c.onStage && c.at < 0 {
		for i := 0; i <= c.preferred && (i == 0 || c.layers[i].Bitrate < available); i++ {
			if c.layers[i].Bitrate < available {
				c.at = i
			}
		}
	} else if c.at+1 < len(c.layers) && c.layers[c.at+1].Bitrate < available {
		c.at++
	}
	if c.at >= 0 { // whatever is better and no dearer
		for i := c.at + 1; i < len(c.layers); i++ {
			if c.layers[i].Bitrate <= c.layers[c.at].Bitrate {
				c.at = i
			}
		}
	}
	if first && c.at < c.oversend && c.layers[c.oversend].Bitrate <= available+oversend {
		c.at = c.oversend
	}
}

// candidates are the layers that w's height allows, lowest first.
func candidates(w Want) choice {
	c := choice{at: NoLayer, oversend: NoLayer, onStage: w.OnStage}
	if w.MaxHeightPx == 0 || len(w.Source.Layers) == 0 {
		return c
	}
	sending := active(w.Source.Layers)
	lowest := sending[0].HeightPx
	for _, l := range sending {
		lowest = min(lowest, l.HeightPx)
	}
	for _, l := range sending {
		// A source that has nothing so small is sent all the same: the receiver asked for some of it.
		if w.MaxHeightPx < 0 || l.HeightPx <= w.MaxHeightPx || l.HeightPx == lowest {
			c.layers = append(c.layers, l)
		}
	}
	if w.Source.Desktop {
		c.preferred = len(c.layers) - 1
		if w.OnStage {
			c.oversend = cheapestAtTop(c.layers)
		}
		return c
	}
	limit := preferredHeightPx
	if w.MaxHeightPx > 0 && w.MaxHeightPx <= 180 {
		limit = w.MaxHeightPx
	}
	limit = max(limit, lowest)
	for i, l := range c.layers {
		if l.HeightPx <= limit {
			c.preferred = i
		}
	}
	return c
}

// active are the layers being sent. If none is, because the source is only just starting or paused, all count: otherwise
// a source whose sender was told to stop could never come back.
func active(layers []Layer) []candidate {
	all := make([]candidate, 0, len(layers))
	for i, l := range layers {
		if l.Bitrate > 0 {
			all = append(all, candidate{l, i})
		}
	}
	if len(all) > 0 {
		return all
	}
	for i, l := range layers {
		all = append(all, candidate{l, i})
	}
	return all
}

func cheapestAtTop(layers []candidate) int {
	best := len(layers) - 1
	for i, l := range layers {
		if l.HeightPx == layers[len(layers)-1].HeightPx && l.Bitrate < layers[best].Bitrate {
			best = i
		}
	}
	return best
}
