package koe

import (
	"math"
	"slices"
	"testing"
)

// TestStretcher checks length, pitch and seamlessness on a tone that slides, whatever the chunks.
func TestStretcher(t *testing.T) {
	in := make([]float32, 2*rate)
	phase := 0.0
	for i := range in {
		phase += 2 * math.Pi * (150 + 100*float64(i)/float64(len(in))) / rate
		in[i] = float32(0.3*math.Sin(phase) + 0.2*math.Sin(2*phase))
	}
	for _, ratio := range []float64{1.01, 1.33, 2} {
		var want []float32
		for _, size := range []int{len(in), 7, 700, 3600} {
			s := &stretcher{ratio: ratio}
			var out []float32
			for part := range slices.Chunk(in, size) {
				out = append(out, s.add(part)...)
				if len(s.in) > size+8*pieceLength {
					t.Fatalf("%d samples kept", len(s.in))
				}
			}
			out = append(out, s.end()...)
			if want == nil {
				want = out
			} else if !slices.Equal(out, want) {
				t.Errorf("ratio %v: chunks of %d differ", ratio, size)
			}
		}
		if d := float64(len(want)) - float64(len(in))/ratio; math.Abs(d) > 2*pieceLength {
			t.Errorf("ratio %v: %d samples of %d", ratio, len(want), len(in))
		}
		// Zero crossings count the cycles; each keeps its length.
		cycles := func(s []float32) (n float64) {
			for i := 1; i < len(s); i++ {
				if s[i-1] < 0 && s[i] >= 0 {
					n++
				}
			}
			return n / float64(len(s)) * rate
		}
		if a, b := cycles(in), cycles(want); math.Abs(a-b) > 0.04*a {
			t.Errorf("ratio %v: %v Hz became %v", ratio, a, b)
		}
		var step float32
		for i := 1; i < len(want)-2*pieceLength; i++ {
			step = max(step, want[i]-want[i-1], want[i-1]-want[i])
		}
		if step > 0.08 { // the tone's own is 0.06
			t.Errorf("ratio %v: a step of %v", ratio, step)
		}
	}
}

func TestStretcherShort(t *testing.T) {
	for n := 0; n < 2000; n += 37 {
		s := &stretcher{ratio: 2}
		out := append(s.add(make([]float32, n)), s.end()...)
		if len(out) > n/2+1 {
			t.Fatalf("%d samples of %d", len(out), n)
		}
	}
}

func BenchmarkStretcher(b *testing.B) {
	in := make([]float32, rate)
	noise(in, 1, 0)
	for b.Loop() {
		(&stretcher{ratio: 2}).add(in)
	}
}
