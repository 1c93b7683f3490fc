package pipeline

import (
	"math"
	"time"

	"koe/internal/audio"
)

func fadeIn(s []float32, f audio.Format, d time.Duration) {
	n := min(f.Samples(d), len(s))
	for i := range n {
		s[i] *= float32(i) / float32(n)
	}
}
func fadeOut(s []float32, f audio.Format, d time.Duration) {
	n := min(f.Samples(d), len(s))
	for i := range n {
		s[len(s)-1-i] *= float32(i) / float32(n)
	}
}
func firstAudible(s []float32, f audio.Format) int {
	for i, v := range s {
		if math.Abs(float64(v)) > 0.003 {
			return i
		}
	}
	return len(s)
}
