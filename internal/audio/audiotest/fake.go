// Package audiotest owns what tests need of sound: Fake, a sink on a simulated clock, and TestSink, the conformance test
// that every audio.Sink passes.
package audiotest

import (
	"runtime"
	"sync"
	"time"

	"koe/internal/audio"
)

// Span is sound without a break.
type Span struct {
	Start   time.Duration // simulated time since NewFake
	Samples []float32
}

// End is when the span's last sample has sounded.
func (s Span) End(f audio.Format) time.Duration { return s.Start + f.Duration(len(s.Samples)) }

// FakeOptions are the options of NewFake.
type FakeOptions struct {
	Buffer time.Duration // how much may be written ahead; 200 ms by default
	Settle func()        // called after each step of Advance so that writers go on; synctest.Wait in a bubble
}

// Fake is a sink on a simulated clock that only Advance moves. It records what sounds, and when.
type Fake struct {
	*audio.Paced
	settle func()

	mu    sync.Mutex
	clock time.Time
	spans []Span
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// NewFake returns a Fake. It panics on an invalid format.
func NewFake(f audio.Format, o FakeOptions) *Fake {
	fake := &Fake{clock: epoch, settle: o.Settle}
	if fake.settle == nil {
		fake.settle = func() {
			for range 50 {
				runtime.Gosched()
			}
			time.Sleep(20 * time.Microsecond)
		}
	}
	paced, err := audio.NewPaced(f, audio.PacedOptions{Name: "fake", Buffer: o.Buffer, Now: fake.now, Sounded: fake.sounded})
	if err != nil {
		panic(err)
	}
	fake.Paced = paced
	return fake
}

func (f *Fake) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

// Now is the simulated time since NewFake.
func (f *Fake) Now() time.Duration { return f.now().Sub(epoch) }

// Advance plays for d of simulated time, in steps of at most 10 ms, after each of which blocked writers get the time to
// go on. A Write in progress never underruns, however long d is.
func (f *Fake) Advance(d time.Duration) {
	const step = 10 * time.Millisecond
	for {
		f.settle()
		if d <= 0 {
			return
		}
		f.mu.Lock()
		f.clock = f.clock.Add(min(d, step))
		f.mu.Unlock()
		f.Tick()
		d -= step
	}
}

func (f *Fake) sounded(at time.Duration, samples []float32) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	const tolerance = time.Microsecond // of rounding
	if n := len(f.spans); n > 0 {
		last := &f.spans[n-1]
		if gap := at - last.End(f.Format()); gap < tolerance {
			last.Samples = append(last.Samples, samples...)
			return nil
		}
	}
	f.spans = append(f.spans, Span{Start: at, Samples: append([]float32(nil), samples...)})
	return nil
}

// Sounded is what has sounded so far, silence between spans left out.
func (f *Fake) Sounded() []Span {
	f.Stats() // plays what is due
	f.mu.Lock()
	defer f.mu.Unlock()
	spans := make([]Span, len(f.spans))
	for i, s := range f.spans {
		spans[i] = Span{Start: s.Start, Samples: append([]float32(nil), s.Samples...)}
	}
	return spans
}

// Samples is all that has sounded so far, back to back.
func (f *Fake) Samples() []float32 {
	var all []float32
	for _, s := range f.Sounded() {
		all = append(all, s.Samples...)
	}
	return all
}

// Lose makes the device disappear: blocked calls and later ones return audio.ErrSinkLost.
func (f *Fake) Lose() { f.Fail(audio.ErrSinkLost) }
