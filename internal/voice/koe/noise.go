package koe

import "math"

// noise fills dst with the standard normal numbers first, first+1, … of a seed's stream. The stream is random access: the
// pair 2j, 2j+1 is Box and Muller's transform of the numbers 2j+1 and 2j+2 of splitmix64 (Steele, Lea, Flood 2014) from
// the seed, so tools/reference/voice_golden.py makes the same.
func noise(dst []float32, seed uint64, first int) {
	for i := 0; i < len(dst); {
		j := uint64((first + i) / 2) //nolint:gosec // not negative
		u := float64(splitmix(seed, 2*j+1)>>11+1) / (1 << 53)
		w := float64(splitmix(seed, 2*j+2)>>11) / (1 << 53)
		r := math.Sqrt(-2 * math.Log(u))
		sin, cos := math.Sincos(2 * math.Pi * w)
		if (first+i)%2 == 0 {
			dst[i] = float32(r * cos)
			i++
			if i == len(dst) {
				return
			}
		}
		dst[i] = float32(r * sin)
		i++
	}
}

// splitmix is the nth number (from 1) of splitmix64 from the seed.
func splitmix(seed, n uint64) uint64 {
	z := seed + n*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
