package audio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFormat(t *testing.T) {
	f := Format{24000, 2}
	if d := f.Duration(4800); d != 100*time.Millisecond {
		t.Error(d)
	}
	if n := f.Samples(100 * time.Millisecond); n != 4800 {
		t.Error(n)
	}
	for _, bad := range []Format{{}, {24000, 0}, {24000, 33}, {999, 1}, {768001, 1}, {-1, 1}} {
		if bad.Validate() == nil {
			t.Errorf("%v is valid", bad)
		}
	}
}

func TestInt16(t *testing.T) {
	for in, want := range map[float32]int16{
		0: 0, 1: 32767, -1: -32767, 2: 32767, -2: -32767, 0.5: 16384, -0.5: -16384,
		float32(math.Inf(1)): 32767, float32(math.Inf(-1)): -32767, float32(math.NaN()): 0, 1e-5: 0, 2e-5: 1, -2e-5: -1,
	} {
		if got := Int16(in); got != want {
			t.Errorf("Int16(%v) = %d, want %d", in, got, want)
		}
	}
	for i := math.MinInt16; i <= math.MaxInt16; i++ {
		want := max(i, -32767)
		if got := AppendInt16(nil, AppendFloat32(nil, []int16{int16(i)}))[0]; int(got) != want {
			t.Fatalf("%d comes back as %d", i, got)
		}
	}
}

func TestAppendChannels(t *testing.T) {
	for _, tt := range []struct {
		from, to int
		in, want []float32
	}{
		{1, 2, []float32{1, 2}, []float32{1, 1, 2, 2}},
		{2, 1, []float32{1, 2, 3, 5}, []float32{1.5, 4}},
		{2, 2, []float32{1, 2}, []float32{1, 2}},
		{2, 3, []float32{1, 2, 3, 4}, []float32{1, 2, 0, 3, 4, 0}},
		{3, 2, []float32{1, 2, 3, 4, 5, 6}, []float32{1, 2, 4, 5}},
	} {
		if d := cmp.Diff(tt.want, AppendChannels(nil, tt.in, tt.from, tt.to)); d != "" {
			t.Errorf("%d to %d: %s", tt.from, tt.to, d)
		}
	}
}

func TestFader(t *testing.T) {
	f := Format{24000, 2}
	rapid.Check(t, func(t *rapid.T) {
		fader := NewFader(f)
		for range 2 { // a Fader begins anew
			frames := rapid.IntRange(0, 1000).Draw(t, "frames")
			in := AppendChannels(nil, sine(f.Rate, frames, 500, 0.8), 1, 2)
			want := append([]float32(nil), in...)
			// Fades of a sound shorter than two fades overlap: the fader fades in over FadeTime whatever follows.
			n := f.Samples(FadeTime) / 2
			for i := range min(n, frames) {
				want[2*i] *= fadeGain(i, n)
				want[2*i+1] *= fadeGain(i, n)
			}
			FadeOut(f, want)
			var got []float32
			for len(in) > 0 {
				k := min(2*rapid.IntRange(1, 300).Draw(t, "piece"), len(in))
				got = fader.Append(got, in[:k])
				if held := k + 2*len(want); len(got) > held {
					t.Fatal("more came out than went in")
				}
				in = in[k:]
			}
			got = fader.End(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Fatal(d)
			}
		}
	})
	s := sine(24000, 2400, 500, 0.8)
	cut := append([]float32(nil), s...)
	FadeIn(Format{24000, 1}, cut)
	FadeOut(Format{24000, 1}, cut)
	if math.Abs(float64(cut[0])) > 1e-3 || math.Abs(float64(cut[2399])) > 1e-3 || cut[1000] != s[1000] {
		t.Errorf("faded: %v … %v … %v", cut[0], cut[1000], cut[2399])
	}
	if c := Clicks(cut, 24000); len(c) != 0 {
		t.Errorf("clicks: %v", c)
	}
}

func TestAudible(t *testing.T) {
	const rate = 24000
	mix := func(parts ...[]float32) (all []float32) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	tone := sine(rate, 2400, 1000, 0.5)
	quiet := sine(rate, 2400, 1000, 0.001) // -63 dBFS
	still := make([]float32, 2400)
	spike := make([]float32, 2400)
	spike[1200] = 0.02 // a lone sample has no energy
	for _, tt := range []struct {
		name       string
		in         []float32
		first, end int
	}{
		{"nothing", nil, -1, -1},
		{"silence", still, -1, -1},
		{"below the level", quiet, -1, -1},
		{"a spike", spike, -1, -1},
		{"all", tone, 0, 2400},
		{"inside", mix(still, quiet, tone, quiet, still), 4800, 7200},
		{"short", tone[:20], 0, 20},
		{"behind a spike", mix(spike, tone, still), 2400, 4800},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, end := Audible(tt.in, rate)
			if FirstAudible(tt.in, rate) != first {
				t.Error("FirstAudible differs")
			}
			near := func(a, b int) bool { return a == b || a >= 0 && b >= 0 && max(a-b, b-a) <= 2 }
			if !near(first, tt.first) || !near(end, tt.end) {
				t.Errorf("%d to %d, want %d to %d", first, end, tt.first, tt.end)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	const rate = 24000
	tone := sine(rate, 2400, 1000, 0.5)
	still := make([]float32, 1200) // 50 ms
	var s []float32
	for _, p := range [][]float32{still, tone, still, tone, still[:240], tone, still, {0.02}, still, tone, still} {
		s = append(s, p...)
	}
	got := Gaps(s, rate, 20*time.Millisecond)
	want := []Span{{3600, 4800}, {4800 + 2400 + 240 + 2400, 4800 + 2400 + 240 + 2400 + 2401}}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range got {
		if a, b := got[i].Start-want[i].Start, got[i].End-want[i].End; max(a, -a) > 2 || max(b, -b) > 2 {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if g := Gaps(still, rate, 0); g != nil {
		t.Errorf("gaps of silence: %v", g)
	}
}

func TestClicks(t *testing.T) {
	const rate = 24000
	tone := func(hz float64) []float32 {
		s := sine(rate, 12000, hz, 0.5)
		FadeIn(Format{rate, 1}, s)
		FadeOut(Format{rate, 1}, s)
		return s
	}
	clean := map[string][]float32{
		"tone": tone(440), "high tone": tone(5000),
		"two tones": append(tone(300), tone(2000)...),
		"silence":   make([]float32, 1000), "nothing": nil,
	}
	noise := make([]float32, 24000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = float32(r.NormFloat64() * 0.1)
	}
	FadeIn(Format{rate, 1}, noise)
	FadeOut(Format{rate, 1}, noise)
	clean["noise"] = noise
	for name, s := range clean {
		if c := Clicks(s, rate); len(c) != 0 {
			t.Errorf("%s: clicks %v", name, c)
		}
	}
	cut := tone(440)[:6010]
	lost := append(append([]float32(nil), tone(440)[:6000]...), tone(440)[6020:]...)
	hole := tone(440)
	for i := range 300 {
		hole[6010+i] = 0
	}
	for _, tt := range []struct {
		name string
		s    []float32
		at   []int
	}{
		{"hard cut", cut, []int{6010}}, {"lost piece", lost, []int{6000}}, {"hole", hole, []int{6010, 6310}},
	} {
		c := Clicks(tt.s, rate)
		if len(c) != len(tt.at) {
			t.Errorf("%s: %v, want %v", tt.name, c, tt.at)
			continue
		}
		for i := range c {
			if d := c[i].Sample - tt.at[i]; d < -3 || d > 3 {
				t.Errorf("%s: %v, want %v", tt.name, c, tt.at)
			}
		}
	}
}

func TestPeakRMS(t *testing.T) {
	s := sine(48000, 48000, 100, 0.5)
	if p := Peak(s); math.Abs(p-0.5) > 1e-4 {
		t.Error(p)
	}
	if d := Decibels(RMS(s)); math.Abs(d-(-9.03)) > 0.01 {
		t.Error(d)
	}
	if Peak(nil) != 0 || RMS(nil) != 0 || len(Silence(Format{24000, 2}, 10*time.Millisecond)) != 480 {
		t.Error("of nothing")
	}
}
