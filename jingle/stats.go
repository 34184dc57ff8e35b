package jingle

import (
	"strconv"

	"stammtisch/xmpp"
)

// Stats are the statistics in a bridge's presence in the brewery, in order.
type Stats []Stat

// Stat is one of them.
type Stat struct {
	Name, Value string
}

// ParseStats reads a colibri stats element.
func ParseStats(el *xmpp.Element) (Stats, bool) {
	if !el.Is(NSColibri, "stats") {
		return nil, false
	}
	stats := Stats{}
	for c := range el.All("", "stat") {
		if name := c.Attr("name"); name != "" {
			stats = append(stats, Stat{name, c.Attr("value")})
		}
	}
	return stats, true
}

// Element builds the stats element.
func (s Stats) Element() *xmpp.Element {
	el := xmpp.NewElement(NSColibri, "stats")
	for _, st := range s {
		c := xmpp.NewElement(NSColibri, "stat", "name", st.Name)
		c.SetAttr("value", st.Value)
		el.With(c)
	}
	return el
}

// Lookup returns the value of the statistic of that name.
func (s Stats) Lookup(name string) (string, bool) {
	for _, st := range s {
		if st.Name == name {
			return st.Value, true
		}
	}
	return "", false
}

// Bool returns the statistic as a boolean, def where it is missing or none.
func (s Stats) Bool(name string, def bool) bool {
	v, _ := s.Lookup(name)
	if b, err := strconv.ParseBool(v); err == nil {
		return b
	}
	return def
}

// Float returns the statistic as a number, def where it is missing or none.
func (s Stats) Float(name string, def float64) float64 {
	v, _ := s.Lookup(name)
	if f, err := strconv.ParseFloat(v, 64); err == nil && f == f {
		return f
	}
	return def
}

// Healthcheck is the payload of the IQ with which a focus asks whether a bridge works.
func Healthcheck() *xmpp.Element { return xmpp.NewElement(NSHealthcheck, "healthcheck") }
