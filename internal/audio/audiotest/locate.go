package audiotest

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// Locate finds sound in a mono recording, from sample from on. It returns where it fits best, and how well: the
// correlation there, 1 for the same sound at whatever volume, about 0 for another.
func Locate(recording, sound []float32, from int) (at int, similarity float64) {
	if from >= len(recording) || len(sound) == 0 {
		return 0, 0
	}
	rec := recording[from:]
	n := 1 << bits.Len(uint(len(rec)+len(sound)))
	a, b := make([]complex128, n), make([]complex128, n)
	for i, v := range rec {
		a[i] = complex(float64(v), 0)
	}
	want := 0.0
	for i, v := range sound {
		b[i] = complex(float64(v), 0)
		want += float64(v) * float64(v)
	}
	fft(a)
	fft(b)
	for i := range a {
		a[i] *= cmplx.Conj(b[i])
	}
	// The inverse, by conjugation.
	for i := range a {
		a[i] = cmplx.Conj(a[i])
	}
	fft(a)
	sums := make([]float64, len(rec)+1) // of the recording's energy
	for i, v := range rec {
		sums[i+1] = sums[i] + float64(v)*float64(v)
	}
	total := sums[len(rec)]
	for i := range rec {
		got := sums[min(i+len(sound), len(rec))] - sums[i]
		if got < 1e-6*total { // silence is like nothing
			continue
		}
		if s := real(a[i]) / float64(n) / math.Sqrt(want*got); s > similarity {
			at, similarity = from+i, s
		}
	}
	return at, similarity
}

// fft transforms in place; the length is a power of two.
func fft(a []complex128) {
	n := len(a)
	shift := 64 - uint(bits.Len(uint(n))-1)
	for i := range a {
		if j := int(bits.Reverse64(uint64(i)) >> shift); n > 1 && i < j {
			a[i], a[j] = a[j], a[i]
		}
	}
	roots := make([]complex128, n/2)
	for i := range roots {
		s, c := math.Sincos(-2 * math.Pi * float64(i) / float64(n))
		roots[i] = complex(c, s)
	}
	for size := 2; size <= n; size *= 2 {
		step := n / size
		for start := 0; start < n; start += size {
			for k := range size / 2 {
				u, v := a[start+k], a[start+k+size/2]*roots[k*step]
				a[start+k], a[start+k+size/2] = u+v, u-v
			}
		}
	}
}

// Chirp is a sine that rises steadily from one frequency to another (Hz), faded in and out: sound in which every place
// is known from every other.
func Chirp(rate, n int, from, to, amplitude float64) []float32 {
	s := make([]float32, n)
	fade := min(rate/200, n/2)
	for i := range s {
		t := float64(i) / float64(rate)
		d := float64(n) / float64(rate)
		v := amplitude * math.Sin(2*math.Pi*(from*t+(to-from)*t*t/(2*d)))
		if k := min(i, n-1-i); k < fade {
			v *= 0.5 - 0.5*math.Cos(math.Pi*float64(k)/float64(fade))
		}
		s[i] = float32(v)
	}
	return s
}
