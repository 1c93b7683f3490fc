package voice

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTrimmer cuts a stream into any chunks: the sound is the whole stream's, trimmed, and marks stay where they were.
func TestTrimmer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		margin := rapid.IntRange(0, 5).Draw(t, "margin")
		samples := rapid.SliceOfN(rapid.SampledFrom([]float32{0, 0, 0, 0.0005, -0.0009, 0.5, -0.7}), 0, 60).Draw(t, "samples")
		var places []int
		for i := range samples {
			if rapid.IntRange(0, 9).Draw(t, "mark") == 0 {
				places = append(places, i)
			}
		}
		loud := func(x float32) bool { return x >= Silence || x <= -Silence }
		from := slices.IndexFunc(samples, loud)
		var want []float32
		wantMarks := map[int]int{}
		if from >= 0 {
			to := len(samples)
			for !loud(samples[to-1]) {
				to--
			}
			start := max(0, from-margin)
			want = samples[start:min(len(samples), to+margin)]
			for _, p := range places {
				if p < to {
					wantMarks[p] = max(0, p-start)
				}
			}
		}
		trim := Trimmer{Margin: margin}
		var got []float32
		gotMarks := map[int]int{}
		take := func(c Chunk) {
			for _, m := range c.Marks {
				if m.Sample < 0 || m.Sample >= len(c.Samples) {
					t.Fatalf("mark %+v in %d samples", m, len(c.Samples))
				}
				gotMarks[m.Offset] = len(got) + m.Sample
			}
			got = append(got, c.Samples...)
		}
		for a := 0; a < len(samples); {
			b := min(len(samples), a+rapid.IntRange(1, 20).Draw(t, "chunk"))
			var marks []Mark
			for _, p := range places {
				if p >= a && p < b {
					marks = append(marks, Mark{Sample: p - a, Offset: p})
				}
			}
			before := slices.Clone(samples[a:b])
			take(trim.Add(samples[a:b], marks))
			if !slices.Equal(before, samples[a:b]) {
				t.Fatal("Add changed its samples")
			}
			a = b
		}
		take(trim.End())
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for p, at := range wantMarks {
			if gotMarks[p] != at {
				t.Fatalf("mark of sample %d at %d, want %d", p, gotMarks[p], at)
			}
		}
	})
}

func TestLimit(t *testing.T) {
	s := []float32{0, 0.5, -0.8, 0.9, -1.5, 100, float32(math.NaN()), float32(math.Inf(1))}
	Limit(s, 1)
	if s[0] != 0 || s[1] != 0.5 || s[2] != -0.8 || s[3] <= 0.8 || s[3] >= 0.9 || s[4] >= -0.9 || s[4] < -1 || s[5] > 1 || s[6] != 0 || s[7] != 1 {
		t.Errorf("%v", s)
	}
	s = []float32{0.3, -0.6}
	Limit(s, 2)
	if s[0] != 0.6 || s[1] >= -0.9 || s[1] < -1 {
		t.Errorf("%v", s)
	}
}

func TestComplete(t *testing.T) {
	r, err := Request{Text: "a"}.Complete()
	if err != nil || r.Speed != 1 || r.Volume != 1 || r.Pitch != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	for want, r := range map[string]Request{"speed": {Speed: 3.01}, "pitch": {Pitch: -12.5}, "volume": {Volume: math.NaN()}} {
		if _, err := r.Complete(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestTrace(t *testing.T) {
	Trace(t.Context())("nobody listens", 0)
	var got []string
	ctx := WithTrace(context.Background(), func(part string, _ time.Duration) { got = append(got, part) })
	Trace(ctx)("g2p", time.Second)
	if !slices.Equal(got, []string{"g2p"}) {
		t.Errorf("%q", got)
	}
}
