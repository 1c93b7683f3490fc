package audio

import "math"

// Int16 is a sample as a 16-bit integer: scaled by 32767, rounded to nearest (half away from zero), clipped, without
// dither. NaN is 0.
func Int16(s float32) int16 {
	v := s * 32767
	switch {
	case v >= 32767:
		return 32767
	case v <= -32767:
		return -32767
	case v >= 0:
		return int16(v + 0.5)
	case v < 0:
		return int16(v - 0.5)
	}
	return 0
}

// Float32 is a 16-bit sample as a float, -1 to 1: Int16(Float32(i)) == i, but for -32768, which is clipped.
func Float32(i int16) float32 { return max(float32(i)/32767, -1) }

// AppendInt16 appends samples to dst as Int16 converts them.
func AppendInt16(dst []int16, samples []float32) []int16 {
	for _, s := range samples {
		dst = append(dst, Int16(s))
	}
	return dst
}

// AppendFloat32 appends 16-bit samples to dst as Float32 converts them.
func AppendFloat32(dst []float32, samples []int16) []float32 {
	for _, i := range samples {
		dst = append(dst, Float32(i))
	}
	return dst
}

// AppendChannels appends samples of from channels to dst as samples of to channels. One channel goes to all; many become
// one as their mean; else the first are kept and the missing are silent.
func AppendChannels(dst, samples []float32, from, to int) []float32 {
	switch {
	case from == to:
		return append(dst, samples...)
	case from == 1:
		for _, s := range samples {
			for range to {
				dst = append(dst, s)
			}
		}
	case to == 1:
		for i := 0; i+from <= len(samples); i += from {
			sum := float32(0)
			for _, s := range samples[i : i+from] {
				sum += s
			}
			dst = append(dst, sum/float32(from))
		}
	default:
		for i := 0; i+from <= len(samples); i += from {
			for c := range to {
				s := float32(0)
				if c < from {
					s = samples[i+c]
				}
				dst = append(dst, s)
			}
		}
	}
	return dst
}

// Decibels is an amplitude (1 is full scale) in dBFS; -Inf for 0.
func Decibels(amplitude float64) float64 { return 20 * math.Log10(amplitude) }
