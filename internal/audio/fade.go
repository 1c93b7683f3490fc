package audio

import (
	"math"
	"time"
)

// FadeTime is how long sound fades in or out where it begins, ends or is cut: too short to hear, long enough not to click.
const FadeTime = 5 * time.Millisecond

// Silence is silence of length d.
func Silence(f Format, d time.Duration) []float32 { return make([]float32, f.Samples(max(d, 0))) }

// FadeIn fades the beginning of samples in, in place, over FadeTime or, if they are shorter, all of them.
func FadeIn(f Format, samples []float32) {
	n := min(f.Samples(FadeTime), len(samples)) / f.Channels
	for i := range n {
		g := fadeGain(i, n)
		for c := range f.Channels {
			samples[i*f.Channels+c] *= g
		}
	}
}

// FadeOut fades the end of samples out, in place, over FadeTime or, if they are shorter, all of them.
func FadeOut(f Format, samples []float32) {
	n := min(f.Samples(FadeTime), len(samples)) / f.Channels
	end := len(samples) / f.Channels
	for i := range n {
		g := fadeGain(i, n)
		for c := range f.Channels {
			samples[(end-1-i)*f.Channels+c] *= g
		}
	}
}

// fadeGain rises from 0 at frame 0 to 1 at frame n, like half a period of a cosine.
func fadeGain(i, n int) float32 {
	return float32(0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(n)))
}

// Fader fades a stream of chunks in at its beginning and out at its end, wherever that comes. To be able to, it holds
// back the last FadeTime of what it has got.
type Fader struct {
	format Format
	held   []float32
	in     int // frames faded in so far
}

// NewFader returns a Fader at a stream's beginning.
func NewFader(f Format) *Fader { return &Fader{format: f} }

// Append appends what can be played to dst.
func (f *Fader) Append(dst, samples []float32) []float32 {
	ch, n := f.format.Channels, f.format.Samples(FadeTime)/f.format.Channels
	old := len(f.held)
	f.held = append(f.held, samples...)
	for i := old / ch; i < len(f.held)/ch && f.in < n; i++ {
		g := fadeGain(f.in, n)
		for c := range ch {
			f.held[i*ch+c] *= g
		}
		f.in++
	}
	if ready := len(f.held) - n*ch; ready > 0 {
		dst = append(dst, f.held[:ready]...)
		f.held = f.held[:copy(f.held, f.held[ready:])]
	}
	return dst
}

// End appends the faded end to dst and begins anew. It is for the stream's end and for where it is cut alike.
func (f *Fader) End(dst []float32) []float32 {
	FadeOut(f.format, f.held)
	dst = append(dst, f.held...)
	f.held, f.in = f.held[:0], 0
	return dst
}
