package audio

import (
	"fmt"
	"math"
)

// Resampler changes the rate of a stream of sound: a polyphase filter, a sinc windowed by Kaiser's window. What lies
// below 0.9 of the lower rate's half passes unchanged; what lies above 1.1 of it is damped by 95 dB.
// Output n is the sound at time n / rate: there is no delay, but the last bit of output comes with Flush.
type Resampler struct {
	from, to, channels int // up and down are to and from without their common factor
	up, down           int
	half               int         // taps to each side
	phases             int         // rows of the table; up, or fewer and then they are interpolated
	table              [][]float32 // a filter of 2*half taps for each phase, and one more
	single             []bool      // the phase's filter is one tap of 1: the sample itself

	buf   [][]float32 // of each channel: input from half-1 samples before pos on
	pos   int         // the input sample at or before the next output, as an index to buf
	phase int         // how far behind it that output lies, in 1/up
	in    int64       // frames got
	out   int64       // frames given
}

const (
	zeroCrossings = 32   // of the sinc, to each side
	kaiserBeta    = 9.57 // 95 dB
	mostPhases    = 1024 // more are interpolated; the error is below -110 dB
)

// NewResampler returns a resampler for interleaved sound.
func NewResampler(from, to, channels int) (*Resampler, error) {
	for _, f := range []Format{{from, channels}, {to, channels}} {
		if err := f.Validate(); err != nil {
			return nil, fmt.Errorf("resample %d Hz to %d Hz: %w", from, to, err)
		}
	}
	g := gcd(from, to)
	r := &Resampler{from: from, to: to, channels: channels, up: to / g, down: from / g, buf: make([][]float32, channels)}
	cutoff := min(1, float64(to)/float64(from))
	r.half = int(math.Ceil(zeroCrossings / cutoff))
	r.phases = min(r.up, int(math.Ceil(mostPhases*cutoff))) // a wider sinc is smoother
	r.table = make([][]float32, r.phases+1)
	r.single = make([]bool, r.phases+1)
	for p := range r.table {
		r.table[p], r.single[p] = kaiserSinc(r.half, cutoff, float64(p)/float64(r.phases))
	}
	r.reset()
	return r, nil
}

// reset begins a new stream.
func (r *Resampler) reset() {
	for c := range r.buf {
		r.buf[c] = append(r.buf[c][:0], make([]float32, r.half-1)...) // silence before the beginning
	}
	r.pos, r.phase, r.in, r.out = r.half-1, 0, 0, 0
}

// kaiserSinc is the filter that gives the sound at a fraction of a sample behind tap half-1.
func kaiserSinc(half int, cutoff, fraction float64) (taps []float32, single bool) {
	h := make([]float64, 2*half)
	sum := 0.0
	for k := range h {
		t := float64(k-(half-1)) - fraction
		x := t / float64(half)
		if x <= -1 || x >= 1 {
			continue
		}
		h[k] = cutoff * sinc(cutoff*t) * bessel0(kaiserBeta*math.Sqrt(1-x*x))
		sum += h[k]
	}
	taps = make([]float32, len(h))
	single = true
	for k := range h {
		taps[k] = float32(h[k] / sum) // the window's height, and exactly 1 at 0 Hz
		if k != half-1 && math.Abs(float64(taps[k])) > 1e-12 {
			single = false
		}
	}
	return taps, single
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel0 is the modified Bessel function of the first kind and order 0.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-18*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Append takes samples and appends the output that is certain to dst.
func (r *Resampler) Append(dst, samples []float32) []float32 {
	if r.from == r.to {
		return append(dst, samples...)
	}
	frames := len(samples) / r.channels
	r.in += int64(frames)
	r.take(samples[:frames*r.channels])
	return r.emit(dst, math.MaxInt64)
}

// Flush appends the rest of the output to dst and begins a new stream. In all, n frames give n·to/from, rounded up.
func (r *Resampler) Flush(dst []float32) []float32 {
	if r.from == r.to {
		return dst
	}
	total := (r.in*int64(r.up) + int64(r.down) - 1) / int64(r.down)
	r.take(make([]float32, (r.half+1)*r.channels)) // silence behind the end
	dst = r.emit(dst, total)
	r.reset()
	return dst
}

func (r *Resampler) take(samples []float32) {
	if r.channels == 1 {
		r.buf[0] = append(r.buf[0], samples...)
		return
	}
	for c := range r.buf {
		b := r.buf[c]
		for i := c; i < len(samples); i += r.channels {
			b = append(b, samples[i])
		}
		r.buf[c] = b
	}
}

// emit appends what the input allows, up to total frames since the beginning.
func (r *Resampler) emit(dst []float32, total int64) []float32 {
	n := len(r.buf[0])
	for r.pos+r.half < n && r.out < total {
		p, blend := r.phase, float32(0)
		if r.phases != r.up {
			at := float64(r.phase) * float64(r.phases) / float64(r.up)
			p = int(at)
			blend = float32(at - float64(p))
		}
		for _, b := range r.buf {
			var s float32
			switch {
			case blend != 0:
				x := b[r.pos-r.half+1 : r.pos+r.half+1]
				s = dot(x, r.table[p])*(1-blend) + dot(x, r.table[p+1])*blend
			case r.single[p]:
				s = b[r.pos]
			default:
				s = dot(b[r.pos-r.half+1:r.pos+r.half+1], r.table[p])
			}
			dst = append(dst, s)
		}
		r.out++
		r.phase += r.down
		r.pos += r.phase / r.up
		r.phase %= r.up
	}
	// What the next output doesn't need goes.
	if old := min(r.pos-r.half+1, n); old > 0 {
		for c, b := range r.buf {
			r.buf[c] = b[:copy(b, b[old:])]
		}
		r.pos -= old
	}
	return dst
}

// dot is the inner product, in four sums so that they don't wait for each other.
func dot(x, h []float32) float32 {
	var a, b, c, d float32
	for len(h) >= 8 && len(x) >= 8 {
		u, v := (*[8]float32)(x), (*[8]float32)(h)
		a += u[0]*v[0] + u[4]*v[4]
		b += u[1]*v[1] + u[5]*v[5]
		c += u[2]*v[2] + u[6]*v[6]
		d += u[3]*v[3] + u[7]*v[7]
		x, h = x[8:], h[8:]
	}
	for i, v := range h {
		a += x[i] * v
	}
	return (a + b) + (c + d)
}

// Converter changes the format of a stream of sound: first channels, then rate, or the other way, whichever is less work.
type Converter struct {
	from, to Format
	r        *Resampler
	mixed    []float32
}

// NewConverter returns a converter at a stream's beginning.
func NewConverter(from, to Format) (*Converter, error) {
	for _, f := range []Format{from, to} {
		if err := f.Validate(); err != nil {
			return nil, fmt.Errorf("convert sound: %w", err)
		}
	}
	r, err := NewResampler(from.Rate, to.Rate, min(from.Channels, to.Channels))
	if err != nil {
		return nil, err
	}
	return &Converter{from: from, to: to, r: r}, nil
}

// Append takes samples and appends the output that is certain to dst.
func (c *Converter) Append(dst, samples []float32) []float32 {
	if c.from.Channels > c.to.Channels {
		c.mixed = AppendChannels(c.mixed[:0], samples, c.from.Channels, c.to.Channels)
		return c.r.Append(dst, c.mixed)
	}
	c.mixed = c.r.Append(c.mixed[:0], samples)
	return AppendChannels(dst, c.mixed, c.from.Channels, c.to.Channels)
}

// Flush appends the rest of the output to dst and begins a new stream.
func (c *Converter) Flush(dst []float32) []float32 {
	c.mixed = c.r.Flush(c.mixed[:0])
	return AppendChannels(dst, c.mixed, min(c.from.Channels, c.to.Channels), c.to.Channels)
}
