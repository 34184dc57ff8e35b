package allocate

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func camera(name string, rates ...BitsPerSecond) Source {
	s := Source{Name: name, Enabled: true}
	for i, r := range rates {
		s.Layers = append(s.Layers, Layer{HeightPx: 180 << i, Bitrate: r})
	}
	return s
}

func desktop(name string, rates ...BitsPerSecond) Source {
	s := camera(name, rates...)
	s.Desktop = true
	return s
}

func disabled(s Source) Source {
	s.Enabled = false
	return s
}

var all = []BitsPerSecond{150_000, 500_000, 1_500_000}

func TestEffective(t *testing.T) {
	sources := []Source{camera("a", all...), camera("b", all...), disabled(camera("c", all...)), camera("d", all...)}
	for name, tt := range map[string]struct {
		c       Constraints
		order   []string
		heights []int
	}{
		"default for all": {
			Constraints{LastN: Unlimited, DefaultHeightPx: 180},
			[]string{"a", "b", "d", "c"}, []int{180, 180, 180, 0},
		},
		"on stage, then selected, then speech order": {
			Constraints{LastN: Unlimited, DefaultHeightPx: 180, Selected: []string{"b", "d"}, OnStage: []string{"d", "gone"}, HeightPx: map[string]int{"d": 720}},
			[]string{"d", "b", "a", "c"}, []int{720, 180, 180, 0},
		},
		"last-N counts what is shown": {
			Constraints{LastN: 1, DefaultHeightPx: 180, HeightPx: map[string]int{"a": 0}},
			[]string{"a", "b", "d", "c"}, []int{0, 180, 0, 0},
		},
		"audio only": {
			Constraints{LastN: 0, DefaultHeightPx: 720, OnStage: []string{"b"}},
			[]string{"b", "a", "d", "c"}, []int{0, 0, 0, 0},
		},
		"unlimited height": {
			Constraints{LastN: 2, DefaultHeightPx: -7},
			[]string{"a", "b", "d", "c"}, []int{Unlimited, Unlimited, 0, 0},
		},
	} {
		var order []string
		var heights []int
		for _, w := range Effective(sources, tt.c) {
			order, heights = append(order, w.Source.Name), append(heights, w.MaxHeightPx)
		}
		if !slices.Equal(order, tt.order) || !slices.Equal(heights, tt.heights) {
			t.Errorf("%s: Effective(%+v) = %v %v, want %v %v", name, tt.c, order, heights, tt.order, tt.heights)
		}
	}
}

func TestAllocate(t *testing.T) {
	type want struct {
		source  Source
		height  int
		onStage bool
	}
	for name, tt := range map[string]struct {
		budget BitsPerSecond
		wants  []want
		result []int
	}{
		"plenty: the height decides": {
			Infinite,
			[]want{{camera("a", all...), 180, false}, {camera("b", all...), 360, false}, {camera("c", all...), 720, true}, {camera("d", all...), Unlimited, false}, {camera("e", all...), 0, true}},
			[]int{0, 1, 2, 2, NoLayer},
		},
		"between two heights":               {Infinite, []want{{camera("a", all...), 500, false}}, []int{1}},
		"nothing sent yet":                  {Infinite, []want{{camera("a", 0, 0, 0), 720, false}}, []int{2}},
		"a layer that stopped is no choice": {Infinite, []want{{camera("a", 150_000, 500_000, 0), 720, false}}, []int{1}},
		"a share that sends only its full size goes to a thumbnail too": {
			Infinite, []want{{desktop("a", 0, 0, 900_000), 180, false}}, []int{2},
		},
		"one encoding": {Infinite, []want{{camera("a", 300_000), 90, false}}, []int{0}},
		"no encoding":  {Infinite, []want{{camera("a"), 90, false}}, []int{NoLayer}},
		"the stage first, thumbnails with the rest": {
			800_000,
			[]want{{camera("a", all...), 720, true}, {camera("b", all...), 180, false}, {camera("c", all...), 180, false}},
			[]int{1, 0, NoLayer},
		},
		"an unsatisfied stage starves the others": {
			400_000,
			[]want{{camera("a", all...), 720, true}, {camera("b", all...), 180, false}},
			[]int{0, NoLayer},
		},
		"tiles share in rounds": {
			900_000,
			[]want{{camera("a", all...), 720, false}, {camera("b", all...), 720, false}, {camera("c", all...), 720, false}},
			[]int{1, 0, 0},
		},
		"a share on stage may oversend": {
			1_300_000, []want{{desktop("a", 0, 0, 1_500_000), 2160, true}}, []int{2},
		},
		"but not without bounds": {
			900_000, []want{{desktop("a", 0, 0, 1_500_000), 2160, true}}, []int{NoLayer},
		},
		"nor in second place": {
			1_600_000, []want{{camera("b", all...), 180, false}, {desktop("a", 0, 0, 1_500_000), 2160, true}}, []int{0, NoLayer},
		},
	} {
		var wants []Want
		for _, w := range tt.wants {
			wants = append(wants, Want{Source: &w.source, MaxHeightPx: w.height, OnStage: w.onStage})
		}
		if got := Allocate(tt.budget, wants); !slices.Equal(got, tt.result) {
			t.Errorf("%s: Allocate = %v, want %v", name, got, tt.result)
		}
	}
}

// TestAllocateKeepsTheBudget checks for arbitrary conferences that the choices exist, fit and are allowed.
func TestAllocateKeepsTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		budget := BitsPerSecond(rapid.Int64Range(0, 10_000_000).Draw(t, "budget"))
		var wants []Want
		for range rapid.IntRange(0, 8).Draw(t, "sources") {
			s := camera("x")
			s.Desktop = rapid.Bool().Draw(t, "desktop")
			rates := rapid.SliceOfN(rapid.Int64Range(0, 3_000_000), 0, 3).Draw(t, "rates")
			for i, r := range rates {
				s.Layers = append(s.Layers, Layer{HeightPx: 180 << i, Bitrate: BitsPerSecond(r)})
			}
			wants = append(wants, Want{Source: &s, MaxHeightPx: rapid.SampledFrom([]int{-1, 0, 90, 180, 360, 720}).Draw(t, "height"), OnStage: rapid.Bool().Draw(t, "stage")})
		}
		got := Allocate(budget, wants)
		sum := BitsPerSecond(0)
		for i, at := range got {
			if at == NoLayer {
				continue
			}
			if wants[i].MaxHeightPx == 0 || at >= len(wants[i].Source.Layers) {
				t.Fatalf("want %d (%+v) got layer %d", i, wants[i], at)
			}
			sum += wants[i].Source.Layers[at].Bitrate
		}
		if sum > budget+oversend {
			t.Errorf("allocated %d of %d", sum, budget)
		}
	})
}
