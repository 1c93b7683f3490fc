package audio

import (
	"math"
	"time"
)

// What is audible is defined here, once: sound whose root mean square over 5 ms reaches -50 dBFS. It begins and ends at
// the samples in those windows that reach that level.
const (
	AudibleLevel  = 0.0031622776601683795 // -50 dBFS
	AudibleWindow = 5 * time.Millisecond
)

// FirstAudible is the index of the first audible sample of mono sound, -1 if there is none.
func FirstAudible(samples []float32, rate int) int {
	first, _ := Audible(samples, rate)
	return first
}

// Audible is the range of mono sound from its first audible sample to behind the last, -1 and -1 if there is none.
func Audible(samples []float32, rate int) (first, end int) {
	n := len(samples)
	first = firstAudible(n, rate, func(i int) float32 { return samples[i] })
	if first < 0 {
		return -1, -1
	}
	return first, n - firstAudible(n, rate, func(i int) float32 { return samples[n-1-i] })
}

func window(rate int) int {
	return max(int(AudibleWindow.Seconds()*float64(rate)+0.5), 1)
}

func firstAudible(n, rate int, at func(int) float32) int {
	w := window(rate)
	const level = AudibleLevel * AudibleLevel
	sum := 0.0
	for i := range n {
		v := float64(at(i))
		sum += v * v
		if i >= w {
			old := float64(at(i - w))
			sum -= old * old
		}
		if sum >= level*float64(w) {
			for j := max(i-w+1, 0); j <= i; j++ {
				if math.Abs(float64(at(j))) >= AudibleLevel {
					return j
				}
			}
		}
	}
	return -1
}

// Span is a range of samples, End excluded.
type Span struct{ Start, End int }

// Gaps are the silences (nothing audible) longer than least inside mono sound; what is silent before its first and after
// its last audible sample is none.
func Gaps(samples []float32, rate int, least time.Duration) []Span {
	first, end := Audible(samples, rate)
	if first < 0 {
		return nil
	}
	var gaps []Span
	limit := int(least.Seconds() * float64(rate))
	w := window(rate)
	quiet := first // the first sample of the silence that may be under way
	for quiet < end {
		// To the next sample that reaches the level.
		next := quiet
		for next < end && math.Abs(float64(samples[next])) < AudibleLevel {
			next++
		}
		if next-quiet > limit {
			gaps = append(gaps, Span{quiet, next})
		}
		quiet = next + 1
	}
	// A single loud sample doesn't end a silence: join gaps with less than a window's energy between them.
	joined := gaps[:0]
	for _, g := range gaps {
		if k := len(joined); k > 0 && g.Start-joined[k-1].End <= w && energy(samples[joined[k-1].End:g.Start]) < AudibleLevel*AudibleLevel*float64(w) {
			joined[k-1].End = g.End
			continue
		}
		joined = append(joined, g)
	}
	return joined
}

func energy(samples []float32) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return sum
}

// Peak is the largest amplitude.
func Peak(samples []float32) float64 {
	peak := 0.0
	for _, s := range samples {
		peak = max(peak, math.Abs(float64(s)))
	}
	return peak
}

// RMS is the root mean square; 0 for nothing.
func RMS(samples []float32) float64 {
	if len(samples) == 0 {
		return 0
	}
	return math.Sqrt(energy(samples) / float64(len(samples)))
}

// Click is a jump in the sound.
type Click struct {
	Sample int
	// Severity is how far the jump stands out: the second difference there, over the root mean square of those within
	// 10 ms, 12 at least. Noise reaches 5, voices 9.
	Severity float64
}

// Clicks finds jumps in mono sound, which come from lost or repeated pieces and hard cuts: samples whose second
// difference exceeds 12 times what is usual within 10 ms around, and 1 % of full scale.
func Clicks(samples []float32, rate int) []Click {
	const severity, least, around = 12, 0.01, 10 * time.Millisecond
	n := len(samples)
	at := func(i int) float64 { // silent before and after
		if i < 0 || i >= n {
			return 0
		}
		return float64(samples[i])
	}
	diff := make([]float64, n+2) // of at(i-2), at(i-1), at(i)
	sums := make([]float64, n+3)
	for i := range diff {
		diff[i] = at(i) - 2*at(i-1) + at(i-2)
		sums[i+1] = sums[i] + diff[i]*diff[i]
	}
	w := max(int(around.Seconds()*float64(rate)), 8)
	var clicks []Click
	for i, d := range diff {
		if math.Abs(d) < least {
			continue
		}
		// What is usual, without what the jump itself does to the differences beside it. Both sides are taken apart: a
		// hard cut has silence on one.
		const own = 3
		left, right := max(i-w, 0), min(i+w, len(diff)-1)
		usual := 0.0
		if a, b := left, max(i-own, left); b > a {
			usual = max(usual, (sums[b]-sums[a])/float64(b-a))
		}
		if a, b := min(i+own, right), right; b > a {
			usual = max(usual, (sums[b+1]-sums[a+1])/float64(b-a))
		}
		s := math.Abs(d) / math.Sqrt(max(usual, 1e-12))
		if s < severity {
			continue
		}
		if k := len(clicks); k > 0 && i-1-clicks[k-1].Sample <= own { // one jump has several large differences
			if s > clicks[k-1].Severity {
				clicks[k-1] = Click{i - 1, s}
			}
			continue
		}
		clicks = append(clicks, Click{i - 1, s})
	}
	return clicks
}
