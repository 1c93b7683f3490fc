package audio

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func sine(rate, n int, hz, amplitude float64) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)+0.3))
	}
	return s
}

func resampled(t testing.TB, from, to int, s []float32) []float32 {
	t.Helper()
	r, err := NewResampler(from, to, 1)
	if err != nil {
		t.Fatal(err)
	}
	return r.Flush(r.Append(nil, s))
}

var ratePairs = [][2]int{{24000, 48000}, {22050, 48000}, {24000, 44100}, {48000, 24000}, {44100, 16000}, {16000, 44100}, {44101, 48000}, {47999, 11025}}

// Sines below 0.9 of the lower half-rate come out as the same sines.
func TestResamplerSNR(t *testing.T) {
	for _, p := range ratePairs {
		from, to := p[0], p[1]
		for _, part := range []float64{0.01, 0.25, 0.5, 0.75, 0.9} {
			hz := part * float64(min(from, to)) / 2
			out := resampled(t, from, to, sine(from, from/2, hz, 0.7))
			want := sine(to, len(out), hz, 0.7)
			var noise, signal float64
			edge := 100 * (1 + to/from) // the filter's length, where the sine is switched on and off
			for i := edge; i < len(out)-edge; i++ {
				d := float64(out[i]) - float64(want[i])
				noise += d * d
				signal += float64(want[i]) * float64(want[i])
			}
			snr := 10 * math.Log10(signal/noise)
			t.Logf("%d → %d Hz, sine of %5.0f Hz: signal to noise %.1f dB", from, to, hz, snr)
			if snr < 90 {
				t.Errorf("%d → %d Hz, sine of %.0f Hz: signal to noise %.1f dB, want 90", from, to, hz, snr)
			}
		}
	}
}

// Sines above 1.1 of the lower half-rate don't come out.
func TestResamplerStopBand(t *testing.T) {
	for _, p := range ratePairs {
		from, to := p[0], p[1]
		if to > from {
			continue // what upsampling adds shows as noise above
		}
		for _, part := range []float64{1.1, 1.3, 1.37} {
			hz := part * float64(to) / 2
			if hz > float64(from)/2 {
				continue
			}
			s := sine(from, from/2, hz, 0.7)
			FadeIn(Format{1000, 1}, s[:0]) // nothing is fine
			for i := range 2000 {          // a sudden begin has sound of all frequencies
				g := float32(0.5 - 0.5*math.Cos(math.Pi*float64(i)/2000))
				s[i] *= g
				s[len(s)-1-i] *= g
			}
			out := resampled(t, from, to, s)
			damped := Decibels(RMS(out) / RMS(s))
			t.Logf("%d → %d Hz, sine of %5.0f Hz: %.1f dB", from, to, hz, damped)
			if damped > -90 {
				t.Errorf("%d → %d Hz, sine of %.0f Hz: damped to %.1f dB, want -90", from, to, hz, damped)
			}
		}
	}
}

// A stream comes out the same in whatever pieces it came, with a length that fits, also when the resampler is used again.
func TestResamplerPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{1000, 7919, 16000, 22050, 24000, 44100, 44101, 48000})
		from, to := rate.Draw(t, "from"), rate.Draw(t, "to")
		ch := rapid.IntRange(1, 3).Draw(t, "channels")
		frames := rapid.IntRange(0, 3000).Draw(t, "frames")
		s := sine(from, frames*ch, 440, 0.5)
		r, err := NewResampler(from, to, ch)
		if err != nil {
			t.Fatal(err)
		}
		whole := r.Flush(r.Append(nil, s))
		if want := (frames*to + from - 1) / from * ch; len(whole) != want {
			t.Fatalf("%d samples of %d channels, %d → %d Hz: %d, want %d", len(s), ch, from, to, len(whole), want)
		}
		var pieces []float32
		for rest := s; ; {
			n := rapid.IntRange(0, 500).Draw(t, "piece") * ch
			if n = min(n, len(rest)); n == len(rest) && len(pieces) > 0 || len(rest) == 0 {
				pieces = r.Append(pieces, rest)
				break
			}
			pieces = r.Append(pieces, rest[:n])
			rest = rest[n:]
		}
		pieces = r.Flush(pieces)
		if d := cmp.Diff(whole, pieces); d != "" {
			t.Error(d)
		}
	})
}

func TestResamplerChannelsApart(t *testing.T) {
	left, right := sine(24000, 5000, 300, 0.5), sine(24000, 5000, 777, 0.4)
	both := make([]float32, 0, 10000)
	for i := range left {
		both = append(both, left[i], right[i])
	}
	r, err := NewResampler(24000, 44100, 2)
	if err != nil {
		t.Fatal(err)
	}
	out := r.Flush(r.Append(nil, both))
	l, rt := resampled(t, 24000, 44100, left), resampled(t, 24000, 44100, right)
	for i := range l {
		if out[2*i] != l[i] || out[2*i+1] != rt[i] {
			t.Fatalf("frame %d: %v, want %v, %v", i, out[2*i:2*i+2], l[i], rt[i])
		}
	}
}

func TestConverter(t *testing.T) {
	for _, tt := range []struct{ from, to Format }{
		{Format{24000, 1}, Format{48000, 2}},
		{Format{48000, 2}, Format{24000, 1}},
		{Format{22050, 1}, Format{22050, 1}},
		{Format{24000, 2}, Format{24000, 6}},
	} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			c, err := NewConverter(tt.from, tt.to)
			if err != nil {
				t.Fatal(err)
			}
			in := AppendChannels(nil, sine(tt.from.Rate, tt.from.Rate, 440, 0.5), 1, tt.from.Channels)
			var out []float32
			for len(in) > 0 {
				n := min(960*tt.from.Channels, len(in))
				out = c.Append(out, in[:n])
				in = in[n:]
			}
			out = c.Flush(out)
			if len(out) != tt.to.Samples(time.Second) {
				t.Fatalf("%d samples", len(out))
			}
			want := sine(tt.to.Rate, tt.to.Rate, 440, 0.5)
			for i := 500; i < tt.to.Rate-500; i++ {
				for ch := range tt.to.Channels {
					w := want[i]
					if ch > 1 {
						w = 0
					}
					if got := out[i*tt.to.Channels+ch]; math.Abs(float64(got-w)) > 1e-4 {
						t.Fatalf("frame %d, channel %d: %v, want %v", i, ch, got, w)
					}
				}
			}
		})
	}
	if _, err := NewConverter(Format{24000, 1}, Format{0, 1}); err == nil {
		t.Error("a rate of 0 was taken")
	}
}

func BenchmarkResampleMinute(b *testing.B) {
	for _, p := range [][2]int{{24000, 48000}, {22050, 48000}, {24000, 44100}, {48000, 24000}} {
		b.Run(fmt.Sprintf("%d-%d", p[0], p[1]), func(b *testing.B) {
			r, err := NewResampler(p[0], p[1], 1)
			if err != nil {
				b.Fatal(err)
			}
			in := sine(p[0], 60*p[0], 440, 0.5)
			var out []float32
			for b.Loop() {
				out = r.Flush(r.Append(out[:0], in))
			}
		})
	}
}
