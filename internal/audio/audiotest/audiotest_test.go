package audiotest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"koe/internal/audio"
	"koe/internal/audio/audiotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFakeSink(t *testing.T) {
	for _, ch := range []int{1, 2} {
		audiotest.TestSink(t, func(t *testing.T) audio.Sink {
			f := audiotest.NewFake(audio.Format{Rate: 24000, Channels: ch}, audiotest.FakeOptions{})
			audiotest.Pump(t, f)
			return f
		})
	}
}

func TestPacedSink(t *testing.T) {
	audiotest.TestSink(t, func(t *testing.T) audio.Sink {
		p, err := audio.NewPaced(audio.Format{Rate: 22050, Channels: 2}, audio.PacedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
}

const ms = time.Millisecond

func ramp(from, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(from + i)
	}
	return s
}

func TestFakeTimeline(t *testing.T) {
	ctx := context.Background()
	f := audiotest.NewFake(audio.Format{Rate: 1000, Channels: 1}, audiotest.FakeOptions{Buffer: 50 * ms})
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	f.Advance(7 * ms)
	check(f.Write(ctx, ramp(0, 20)))
	check(f.Write(ctx, ramp(20, 10)))
	f.Advance(25 * ms)
	check(f.Pause(true))
	f.Advance(100 * ms)
	check(f.Pause(false)) // at 132
	f.Advance(3 * ms)
	check(f.Write(ctx, ramp(30, 5)))
	f.Advance(20 * ms) // dry from 142, now 155
	if n := f.Stats().Underruns; n != 0 {
		t.Errorf("underruns before the next Write: %d", n)
	}
	check(f.Write(ctx, ramp(35, 10))) // 13 ms late
	if n := f.Stats().Underruns; n != 1 {
		t.Errorf("underruns: %d, want 1", n)
	}
	f.Advance(4 * ms)
	check(f.Flush()) // at 159
	f.Advance(10 * ms)
	check(f.Write(ctx, ramp(100, 5))) // at 169, after a flush: no underrun
	f.Advance(5 * ms)
	check(f.Drain(ctx))
	f.Advance(10 * ms)
	check(f.Write(ctx, ramp(200, 5))) // at 184, after a drain: no underrun
	f.Advance(500 * ms)
	check(f.Write(ctx, ramp(300, 5))) // at 684: a pause of the speaker, no underrun
	f.Advance(5 * ms)
	want := []audiotest.Span{
		{Start: 7 * ms, Samples: ramp(0, 25)},
		{Start: 132 * ms, Samples: ramp(25, 10)},
		{Start: 155 * ms, Samples: ramp(35, 4)},
		{Start: 169 * ms, Samples: ramp(100, 5)},
		{Start: 184 * ms, Samples: ramp(200, 5)},
		{Start: 684 * ms, Samples: ramp(300, 5)},
	}
	if d := cmp.Diff(want, f.Sounded()); d != "" {
		t.Error(d)
	}
	if st := f.Stats(); st.Underruns != 1 || st.Played != 54*ms {
		t.Errorf("stats %+v", st)
	}
	check(f.Close())
}

// A Write longer than the buffer plays through without a gap however far Advance jumps.
func TestFakeLongWrite(t *testing.T) {
	f := audiotest.NewFake(audio.Format{Rate: 16000, Channels: 2}, audiotest.FakeOptions{Buffer: 30 * ms})
	done := make(chan error, 1)
	go func() { done <- f.Write(context.Background(), ramp(0, 32000)) }()
	for f.Stats().Queued == 0 {
		time.Sleep(ms)
	}
	f.Advance(2 * time.Second)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]audiotest.Span{{Samples: ramp(0, 32000)}}, f.Sounded()); d != "" {
		t.Error(d)
	}
}

func TestFakeLost(t *testing.T) {
	f := audiotest.NewFake(audio.Format{Rate: 16000, Channels: 1}, audiotest.FakeOptions{})
	done := make(chan error, 1)
	go func() { done <- f.Write(context.Background(), ramp(0, 32000)) }()
	for f.Stats().Queued == 0 {
		time.Sleep(ms)
	}
	f.Lose()
	if err := <-done; !errors.Is(err, audio.ErrSinkLost) {
		t.Errorf("the blocked Write: %v, want ErrSinkLost", err)
	}
	if err := f.Drain(context.Background()); !errors.Is(err, audio.ErrSinkLost) {
		t.Errorf("Drain: %v, want ErrSinkLost", err)
	}
}

func TestPacedInSimulatedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		n := 0
		p, err := audio.NewPaced(audio.Format{Rate: 44100, Channels: 1}, audio.PacedOptions{Sounded: func(d time.Duration, s []float32) error {
			at = append(at, d)
			n += len(s)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx := context.Background()
		for range 7 { // 7 s in odd pieces: no drift
			for range 1000 {
				if err := p.Write(ctx, ramp(0, 44)); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Write(ctx, ramp(0, 100)); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 7*time.Second || took > 7*time.Second+ms {
			t.Errorf("7 s of sound took %v", took)
		}
		if n != 7*44100 || at[0] != 0 || p.Stats().Underruns != 0 {
			t.Errorf("%d samples from %v, %d underruns", n, at[0], p.Stats().Underruns)
		}
	})
}
