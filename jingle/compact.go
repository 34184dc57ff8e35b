package jingle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Limits of what ParseCompact takes; far above what a conference needs.
const (
	maxCompactOwners  = 10000
	maxCompactSources = 1000 // per owner and media type
)

// compactSource is a source in compact form, as jicofo writes and lib-jitsi-meet reads it.
type compactSource struct {
	SSRC SSRC       `json:"s"`
	Name SourceName `json:"n,omitempty"`
	MSID string     `json:"m,omitempty"`
	// VideoType is "d" for a desktop and missing otherwise; clients take anything truthy.
	VideoType any `json:"v,omitempty"`
}

// Compact returns the compact JSON form of m: per owner video sources, video groups, audio sources, audio groups. Trailing empty
// arrays are cut, except that the first three are always there.
func (m SourceMap) Compact() []byte {
	b := []byte(`{"sources":{`)
	first := true
	for owner, set := range m.All() {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendJSON(b, string(owner)), ':')
		b = set.appendCompact(b)
	}
	return append(b, "}}"...)
}

func (s SourceSet) appendCompact(b []byte) []byte {
	video, audio := s.OfMedia(Video), s.OfMedia(Audio)
	b = append(video.appendCompactSources(append(b, '[')), ',')
	b = append(video.appendCompactGroups(b), ',')
	b = audio.appendCompactSources(b)
	if len(audio.Groups) > 0 {
		b = audio.appendCompactGroups(append(b, ','))
	}
	return append(b, ']')
}

func (s SourceSet) appendCompactSources(b []byte) []byte {
	b = append(b, '[')
	for i, src := range s.Sources {
		if i > 0 {
			b = append(b, ',')
		}
		c := compactSource{SSRC: src.SSRC, Name: src.Name, MSID: src.MSID}
		if strings.HasPrefix(string(src.VideoType), string(Desktop)) { // newer clients know variants
			c.VideoType = "d"
		}
		b = appendJSON(b, c)
	}
	return append(b, ']')
}

func (s SourceSet) appendCompactGroups(b []byte) []byte {
	b = append(b, '[')
	for i, g := range s.Groups {
		if i > 0 {
			b = append(b, ',')
		}
		letter := `["f"`
		if g.Semantics == SIM {
			letter = `["s"`
		}
		b = append(b, letter...)
		for _, ssrc := range g.SSRCs {
			b = append(append(b, ','), ssrc.String()...)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

// appendJSON appends v, which can always be marshalled; HTML is not escaped, because XML escaping follows.
func appendJSON(b []byte, v any) []byte {
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("marshal %T: %v", v, err))
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// ParseCompact reads the compact JSON form. Sources are checked one by one, not against each other.
func ParseCompact(data []byte) (SourceMap, error) {
	var doc struct {
		Sources map[EndpointID][]json.RawMessage `json:"sources"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return SourceMap{}, badRequest("compact sources are no JSON of the expected form")
	}
	if len(doc.Sources) > maxCompactOwners {
		return SourceMap{}, badRequest("compact sources of more than %d endpoints", maxCompactOwners)
	}
	m := SourceMap{byOwner: map[EndpointID]SourceSet{}}
	for owner, parts := range doc.Sources {
		var set SourceSet
		for i, part := range parts {
			media := Video
			if i >= 2 {
				media = Audio
			}
			var err error
			switch i {
			case 0, 2:
				err = set.parseCompactSources(part, media)
			case 1, 3:
				err = set.parseCompactGroups(part, media)
			}
			if err != nil {
				return SourceMap{}, err
			}
		}
		if !set.IsEmpty() {
			m.byOwner[owner] = set.withOwner(owner)
		}
	}
	return m, nil
}

func (s *SourceSet) parseCompactSources(data []byte, media MediaType) error {
	var sources []compactSource
	if err := json.Unmarshal(data, &sources); err != nil || len(sources) > maxCompactSources {
		return badRequest("invalid compact %s sources", media)
	}
	for _, c := range sources {
		if c.SSRC == 0 {
			return badRequest("invalid ssrc 0")
		}
		src := Source{SSRC: c.SSRC, Media: media, Name: c.Name, MSID: c.MSID}
		switch c.VideoType {
		case nil, false, "", 0.0:
		default:
			src.VideoType = Desktop
		}
		s.Sources = append(s.Sources, src)
	}
	return nil
}

func (s *SourceSet) parseCompactGroups(data []byte, media MediaType) error {
	var groups [][]json.RawMessage
	if err := json.Unmarshal(data, &groups); err != nil || len(groups) > maxCompactSources {
		return badRequest("invalid compact %s groups", media)
	}
	for _, raw := range groups {
		if len(raw) == 0 {
			return badRequest("compact group without semantics")
		}
		g := SSRCGroup{Media: media}
		switch string(raw[0]) {
		case `"f"`:
			g.Semantics = FID
		case `"s"`:
			g.Semantics = SIM
		default:
			return badRequest("compact group with unknown semantics")
		}
		for _, r := range raw[1:] {
			ssrc, err := parseSSRC(string(r))
			if err != nil {
				return err
			}
			g.SSRCs = append(g.SSRCs, ssrc)
		}
		s.Groups = append(s.Groups, g)
	}
	return nil
}
