package speaker

import "math"

// The three time scales of Volfin and Cohen: immediates (one level), mediums (5 of them), longs (10 mediums).
const (
	historyLen  = 50
	mediumLen   = historyLen / perMedium
	perMedium   = 5
	maxLevel    = 127
	subunits    = 13 // levels are divided into so many steps
	subunit     = (maxLevel + subunits - 1) / subunits
	mediumAbove = 7 // an immediate counts as speech above this
	longAbove   = 4 // a medium counts as speech above this
	noiseWindow = 750
	scoreFloor  = 1e-10
)

// scale is one time scale's parameters of the speech activity score.
type scale struct {
	n      int
	lambda float64
}

var (
	immediateScale = scale{n: subunits, lambda: 0.78}
	mediumScale    = scale{n: perMedium, lambda: 24}
	longScale      = scale{n: mediumLen, lambda: 47}
)

// score is the log-likelihood ratio of speech for v active parts out of n.
func (s scale) score(v int) float64 {
	choose := 0.0 // ln C(n, v)
	for i := 1; i <= v; i++ {
		choose += math.Log(float64(s.n-v+i)) - math.Log(float64(i))
	}
	x := choose + float64(s.n)*math.Log(0.5) - math.Log(s.lambda) + s.lambda*float64(v)
	return max(x, scoreFloor)
}

// voice is one speaker's level history and scores.
type voice struct {
	levels [historyLen]uint8 // newest at index (next-1)
	next   int

	// The noise floor: lowered at once, raised slowly.
	minLevel, windowMin uint8
	windowLen           int

	immediate, medium, long float64
}

func (v *voice) push(level uint8) {
	level = min(level, maxLevel)
	v.levels[v.next] = level
	v.next = (v.next + 1) % historyLen
	v.trackNoise(level)
}

func (v *voice) trackNoise(level uint8) {
	if level == 0 {
		return
	}
	if v.minLevel == 0 || level < v.minLevel {
		v.minLevel, v.windowMin, v.windowLen = level, 0, 0
		return
	}
	if v.windowMin == 0 || level < v.windowMin {
		v.windowMin = level
	}
	if v.windowLen++; v.windowLen >= noiseWindow {
		v.minLevel = uint8(math.Sqrt(float64(v.minLevel) * float64(v.windowMin)))
		v.windowMin, v.windowLen = 0, 0
	}
}

// step is the immediate sub-unit of the level i places before the newest.
func (v *voice) step(i int) int {
	level := v.levels[(v.next-1-i+2*historyLen)%historyLen]
	if int(level) < int(v.minLevel)+subunit {
		return 0
	}
	return int(level) / subunit
}

// evaluate computes the scores of the newest immediate, medium and long.
func (v *voice) evaluate() {
	first, longs := 0, 0
	for m := range mediumLen {
		active := 0
		for i := range perMedium {
			if v.step(m*perMedium+i) > mediumAbove {
				active++
			}
		}
		if m == 0 {
			first = active
		}
		if active > longAbove {
			longs++
		}
	}
	v.immediate = immediateScale.score(v.step(0))
	v.medium = mediumScale.score(first)
	v.long = longScale.score(longs)
}
