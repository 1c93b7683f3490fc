package voice

import "math"

const knee = 0.8

// Limit scales samples by the gain and keeps them within ±1: what is over 0.8 is bent towards 1 by a tanh, so that loud
// sound is compressed rather than clipped. Under 0.8 nothing but the gain changes.
func Limit(samples []float32, gain float64) {
	g := float32(gain)
	for i, x := range samples {
		x *= g
		switch {
		case x > knee:
			x = knee + (1-knee)*float32(math.Tanh(float64((x-knee)/(1-knee))))
		case x < -knee:
			x = -knee - (1-knee)*float32(math.Tanh(float64((-x-knee)/(1-knee))))
		case x != x: // a graph's NaN must not reach a loudspeaker
			x = 0
		}
		samples[i] = x
	}
}
