package audiotest

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"koe/internal/audio"
)

// Tone is a sine of the given frequency (Hz) and amplitude, in every channel.
func Tone(f audio.Format, hz, amplitude float64, d time.Duration) []float32 {
	s := make([]float32, f.Samples(d))
	for i := range s {
		t := float64(i/f.Channels) / float64(f.Rate)
		s[i] = float32(amplitude * math.Sin(2*math.Pi*hz*t))
	}
	return s
}

// Pump advances the fake continuously, ten times as fast as real time, until the test ends.
func Pump(t testing.TB, f *Fake) {
	done, quit := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(time.Millisecond):
				f.Advance(10 * time.Millisecond)
			}
		}
	}()
	t.Cleanup(func() { close(quit); <-done })
}

// TestSink tests that a sink does what audio.Sink says. open returns a new sink whose clock runs; TestSink closes it.
func TestSink(t *testing.T, open func(t *testing.T) audio.Sink) {
	// A sink that hangs must fail its test, not the whole run.
	bounded := func(t *testing.T, d time.Duration, what string, f func() error) error {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- f() }()
		select {
		case err := <-done:
			return err
		case <-time.After(d):
			t.Fatalf("%s: no return within %v", what, d)
			return nil
		}
	}
	const long = 10 * time.Second
	test := func(name string, f func(t *testing.T, s audio.Sink)) {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			defer func() {
				if err := bounded(t, long, "Close", s.Close); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			f(t, s)
		})
	}
	ctx := context.Background()
	write := func(t *testing.T, s audio.Sink, d time.Duration) {
		t.Helper()
		if err := bounded(t, long, "Write", func() error { return s.Write(ctx, Tone(s.Format(), 440, 0.3, d)) }); err != nil {
			t.Fatalf("Write: %v", err)
		}
	}
	drain := func(t *testing.T, s audio.Sink) {
		t.Helper()
		if err := bounded(t, long, "Drain", func() error { return s.Drain(ctx) }); err != nil {
			t.Fatalf("Drain: %v", err)
		}
	}
	near := func(t *testing.T, what string, got, want, tolerance time.Duration) {
		t.Helper()
		if got < want-tolerance || got > want+tolerance {
			t.Errorf("%s: got %v, want %v ± %v", what, got, want, tolerance)
		}
	}
	const exact = 5 * time.Millisecond

	test("plays what is written", func(t *testing.T, s audio.Sink) {
		if err := s.Format().Validate(); err != nil {
			t.Errorf("Format: %v", err)
		}
		drain(t, s) // of nothing
		for range 5 {
			write(t, s, 60*time.Millisecond)
		}
		if err := s.Write(ctx, nil); err != nil {
			t.Errorf("Write of nothing: %v", err)
		}
		drain(t, s)
		st := s.Stats()
		if st.Name == "" {
			t.Error("Stats: no name")
		}
		near(t, "played", st.Played, 300*time.Millisecond, exact)
		near(t, "queued", st.Queued, 0, 0)
		drain(t, s) // again
		write(t, s, 20*time.Millisecond)
		drain(t, s)
		near(t, "played after a second write", s.Stats().Played, 320*time.Millisecond, exact)
	})

	test("refuses broken frames", func(t *testing.T, s audio.Sink) {
		if s.Format().Channels < 2 {
			t.Log("does not apply: mono has no broken frames")
			return
		}
		if err := s.Write(ctx, make([]float32, 3)); err == nil {
			t.Error("a Write of half a frame succeeded")
		}
	})

	test("honours its context", func(t *testing.T, s audio.Sink) {
		over, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.Write(over, make([]float32, 100*s.Format().Channels)); !errors.Is(err, context.Canceled) {
			t.Errorf("Write: %v, want context.Canceled", err)
		}
		if err := s.Drain(over); !errors.Is(err, context.Canceled) {
			t.Errorf("Drain: %v, want context.Canceled", err)
		}
		if err := s.Pause(true); err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
		defer cancel()
		err := bounded(t, long, "Write", func() error { return s.Write(soon, Tone(s.Format(), 440, 0.3, 3*time.Second)) })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write into a paused sink: %v, want context.DeadlineExceeded", err)
		}
		if s.Stats().Queued > 0 {
			if err := bounded(t, long, "Drain", func() error { return s.Drain(soon) }); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Drain of a paused sink: %v, want context.DeadlineExceeded", err)
			}
		}
	})

	test("bounds its buffer", func(t *testing.T, s audio.Sink) {
		if !s.Stats().Realtime {
			t.Log("does not apply: it takes sound as fast as it comes")
			return
		}
		if err := s.Pause(true); err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := s.Write(soon, Tone(s.Format(), 440, 0.3, 3*time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Write of 3 s: %v, want context.DeadlineExceeded", err)
		}
		if q := s.Stats().Queued; q == 0 || q > time.Second {
			t.Errorf("queued %v, want more than nothing and at most 1 s", q)
		}
	})

	test("pauses and loses nothing", func(t *testing.T, s audio.Sink) {
		write(t, s, 100*time.Millisecond)
		if err := s.Pause(true); err != nil {
			t.Fatal(err)
		}
		if err := s.Pause(true); err != nil {
			t.Fatalf("a second Pause: %v", err)
		}
		before := s.Stats().Played
		time.Sleep(100 * time.Millisecond)
		near(t, "played while paused", s.Stats().Played, before, 30*time.Millisecond)
		written := make(chan error, 1)
		go func() { written <- s.Write(ctx, Tone(s.Format(), 440, 0.3, time.Second)) }()
		select {
		case err := <-written:
			t.Fatalf("a Write of 1 s into a paused sink returned: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		if err := s.Pause(false); err != nil {
			t.Fatal(err)
		}
		if err := bounded(t, long, "Write", func() error { return <-written }); err != nil {
			t.Fatal(err)
		}
		drain(t, s)
		near(t, "played", s.Stats().Played, 1100*time.Millisecond, exact)
	})

	test("flushes", func(t *testing.T, s audio.Sink) {
		if err := s.Flush(); err != nil {
			t.Fatalf("Flush of nothing: %v", err)
		}
		if err := s.Pause(true); err != nil {
			t.Fatal(err)
		}
		written := make(chan error, 1)
		go func() { written <- s.Write(ctx, Tone(s.Format(), 440, 0.3, 3*time.Second)) }()
		time.Sleep(50 * time.Millisecond)
		if s.Stats().Realtime {
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := bounded(t, long, "Write after Flush", func() error { return <-written }); err != nil {
				t.Errorf("a Write that was flushed: %v", err)
			}
			near(t, "queued after Flush", s.Stats().Queued, 0, 0)
		}
		if err := s.Pause(false); err != nil {
			t.Fatal(err)
		}
		if !s.Stats().Realtime {
			if err := <-written; err != nil {
				t.Error(err)
			}
			return
		}
		drain(t, s)
		near(t, "played of what was flushed", s.Stats().Played, 0, exact)
		write(t, s, 50*time.Millisecond)
		drain(t, s)
		near(t, "played after Flush", s.Stats().Played, 50*time.Millisecond, exact)
	})

	test("counts underruns, not pauses", func(t *testing.T, s audio.Sink) {
		if !s.Stats().Realtime {
			t.Log("does not apply: it takes sound as fast as it comes")
			return
		}
		for range 2 {
			write(t, s, 30*time.Millisecond)
			drain(t, s)
		}
		if n := s.Stats().Underruns; n != 0 {
			t.Errorf("underruns with Drain between the sentences: %d, want 0", n)
		}
	})

	test("closes under a blocked Write", func(t *testing.T, s audio.Sink) {
		if err := s.Pause(true); err != nil {
			t.Fatal(err)
		}
		written := make(chan error, 1)
		go func() { written <- s.Write(ctx, Tone(s.Format(), 440, 0.3, 3*time.Second)) }()
		time.Sleep(20 * time.Millisecond)
		if err := bounded(t, long, "Close", s.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := bounded(t, long, "Write after Close", func() error { return <-written }); !errors.Is(err, audio.ErrSinkClosed) {
			t.Errorf("the blocked Write: %v, want ErrSinkClosed", err)
		}
		for name, call := range map[string]func() error{
			"Write": func() error { return s.Write(ctx, make([]float32, s.Format().Channels)) },
			"Drain": func() error { return s.Drain(ctx) },
			"Flush": s.Flush,
			"Pause": func() error { return s.Pause(true) },
		} {
			if err := bounded(t, long, name, call); !errors.Is(err, audio.ErrSinkClosed) {
				t.Errorf("%s after Close: %v, want ErrSinkClosed", name, err)
			}
		}
		s.Stats()
	})

	test("survives everything at once", func(t *testing.T, s audio.Sink) {
		var wg sync.WaitGroup
		stop := time.Now().Add(300 * time.Millisecond)
		loop := func(f func() error) {
			wg.Go(func() {
				for i := 0; time.Now().Before(stop); i++ {
					if err := f(); err != nil {
						t.Error(err)
						return
					}
					time.Sleep(time.Duration(i%7) * time.Millisecond)
				}
			})
		}
		n := 0
		loop(func() error {
			soon, cancel := context.WithTimeout(ctx, 40*time.Millisecond)
			defer cancel()
			n++
			err := s.Write(soon, Tone(s.Format(), 440, 0.3, time.Duration(n%90)*time.Millisecond))
			if n%5 == 0 && err == nil {
				err = s.Drain(soon)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				return nil
			}
			return err
		})
		loop(s.Flush)
		p := false
		loop(func() error { p = !p; return s.Pause(p) })
		loop(func() error { s.Stats(); return nil })
		wg.Wait()
		if err := s.Pause(false); err != nil {
			t.Fatal(err)
		}
		drain(t, s)
		near(t, "queued at the end", s.Stats().Queued, 0, 0)
	})
}
