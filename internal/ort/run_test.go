package ort_test

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"koe/internal/ort"
	"koe/internal/ort/orttest"
)

// endless is a trip count that takes hours.
const endless = math.MaxInt64 / 2

func TestCancelLoop(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	log := captureLog(t)
	s := session(t, rt, loopModel(), ort.Options{})
	trip, x := tensor(t, rt, []int64{endless}), tensor(t, rt, []float32{0})
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		var cancelled time.Time
		timer := time.AfterFunc(20*time.Millisecond, func() { cancelled = time.Now(); cancel() })
		_, err := s.Run(ctx, map[string]*ort.Value{"trip": trip, "x": x})
		t.Logf("returned %v after the cancel", time.Since(cancelled))
		timer.Stop()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want the context's error", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Run(ctx, map[string]*ort.Value{"trip": trip, "x": x}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the deadline's error", err)
	}
	// The session serves on.
	outs, err := s.Run(t.Context(), map[string]*ort.Value{"trip": tensor(t, rt, []int64{3}), "x": x})
	if err != nil {
		t.Fatal(err)
	}
	defer outs[0].Release()
	if got := data[float32](t, outs[0]); got[0] != 3 {
		t.Errorf("after cancels: %v, want 3", got)
	}
	if log.Len() > 0 {
		t.Errorf("cancels were logged: %s", log)
	}
}

// One run of several is cancelled; the others are not.
func TestCancelOne(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, loopModel(), ort.Options{})
	x := tensor(t, rt, []float32{0})
	long, short := tensor(t, rt, []int64{endless}), tensor(t, rt, []int64{50_000})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := s.Run(ctx, map[string]*ort.Value{"trip": long, "x": x}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled run: %v", err)
		}
	})
	for range 2 {
		wg.Go(func() {
			outs, err := s.Run(t.Context(), map[string]*ort.Value{"trip": short, "x": x})
			if err != nil {
				t.Error(err)
				return
			}
			defer outs[0].Release()
			if got, err := ort.Data[float32](outs[0]); err != nil || got[0] != 50_000 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	time.AfterFunc(5*time.Millisecond, cancel)
	wg.Wait()
}

// Close waits for the run in progress, and an input released meanwhile is kept for it.
func TestCloseAndReleaseDuringRun(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, loopModel(), ort.Options{})
	trip, x := tensor(t, rt, []int64{endless}), tensor(t, rt, []float32{0})
	before := rt.LiveValues()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() {
		_, err := s.Run(ctx, map[string]*ort.Value{"trip": trip, "x": x})
		ran <- err
	}()
	time.Sleep(20 * time.Millisecond)
	trip.Release()
	x.Release()
	if n := rt.LiveValues(); n != before {
		t.Errorf("%d of the run's inputs were freed under it", before-n)
	}
	closed := make(chan struct{})
	go func() { _ = s.Close(); close(closed) }()
	select {
	case <-closed:
		t.Error("closed under a run")
	case <-time.After(10 * time.Millisecond):
	}
	cancel()
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-closed
	if n := rt.LiveValues(); n != before-2 {
		t.Errorf("%d values live, want %d", n, before-2)
	}
}

// Many goroutines on one session, each with its own data, with the collector running and memory churning.
func TestConcurrentRuns(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, matMulModel(), ort.Options{})
	stop := make(chan struct{})
	var collector, wg sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				if err := checkRun(ctx, rt, s, float32(1000*g+i)); err != nil {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	close(stop)
	collector.Wait()
}

// checkRun runs matMulModel on rows whose results it can tell, from memory that nothing but the tensor refers to.
func checkRun(ctx context.Context, rt *ort.Runtime, s *ort.Session, seed float32) error {
	const rows = 50
	x, err := ort.NewTensor(rt, func() []float32 {
		x := make([]float32, 3*rows)
		for i := range x {
			x[i] = seed + float32(i/3)
		}
		return x
	}(), rows, 3)
	if err != nil {
		return err
	}
	defer x.Release()
	outs, err := s.Run(ctx, map[string]*ort.Value{"x": x}, "y")
	if err != nil {
		return err
	}
	defer outs[0].Release()
	y, err := ort.Data[float32](outs[0])
	if err != nil {
		return err
	}
	for i := range rows {
		v := seed + float32(i)
		if y[2*i] != 9*v || y[2*i+1] != 12*v {
			return errors.New("wrong result: memory was reused under the run")
		}
	}
	return nil
}

// Values that nobody releases leak; they must not crash the process when the collector finds them.
func TestForgottenValue(t *testing.T) {
	rt := orttest.Open(t)
	for range 10 {
		if _, err := ort.NewTensor(rt, make([]float32, 1000), 1000); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

// residentAnonymous returns the process's anonymous resident memory in bytes.
func residentAnonymous(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc/self/status here")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Skip("no RssAnon here")
	return 0
}

// growth returns by how many bytes resident memory grows in a round, as the median of five: what is noise (the
// collector) comes and goes, what leaks comes every time. Under the race detector it only runs the rounds.
func growth(t *testing.T, round func()) int {
	t.Helper()
	measure := func() int {
		round()
		debug.FreeOSMemory()
		return residentAnonymous(t)
	}
	measure()
	before := measure()
	var grown []int
	for range 5 {
		now := measure()
		grown = append(grown, now-before)
		before = now
	}
	slices.Sort(grown)
	t.Logf("rounds grew by %d bytes", grown)
	if raceDetector {
		return 0
	}
	return grown[2]
}

// 10,000 runs, cancellable and not, with new tensors each: resident memory stays where it was.
func TestRunsLeakNothing(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, matMulModel(), ort.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const runs = 2_000
	grown := growth(t, func() {
		for i := range runs {
			c := ctx
			if i%2 == 0 {
				c = context.Background()
			}
			if err := checkRun(c, rt, s, float32(i)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if grown > runs*64 {
		t.Errorf("each run leaks %d bytes", grown/runs)
	}
}

// The same for sessions.
func TestSessionsLeakNothing(t *testing.T) {
	rt := orttest.Open(t)
	const sessions = 60
	grown := growth(t, func() {
		for range sessions {
			s, err := rt.NewSession(matMulModel(), ort.Options{IntraThreads: 2})
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
		}
	})
	if grown > sessions*512 {
		t.Errorf("each session leaks %d bytes", grown/sessions)
	}
}

// BenchmarkRun is the cost of a run besides the model's own work: one Add of three numbers.
func BenchmarkRun(b *testing.B) {
	rt := orttest.Open(b)
	s := session(b, rt, addModel(), ort.Options{})
	a := tensor(b, rt, []float32{1, 2, 3}, 1, 3)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	inputs := map[string]*ort.Value{"a": a, "b": a}
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": ctx} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				outs, err := s.Run(ctx, inputs)
				if err != nil {
					b.Fatal(err)
				}
				outs[0].Release()
			}
		})
	}
}

func BenchmarkNewTensor(b *testing.B) {
	rt := orttest.Open(b)
	x := make([]float32, 512)
	b.ReportAllocs()
	for b.Loop() {
		v, err := ort.NewTensor(rt, x, 1, 512)
		if err != nil {
			b.Fatal(err)
		}
		v.Release()
	}
}

// BenchmarkCancel is the time from a cancel in the middle of a Loop to Run's return.
func BenchmarkCancel(b *testing.B) {
	rt := orttest.Open(b)
	s := session(b, rt, loopModel(), ort.Options{})
	inputs := map[string]*ort.Value{"trip": tensor(b, rt, []int64{endless}), "x": tensor(b, rt, []float32{0})}
	var total, longest time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		var at time.Time
		time.AfterFunc(time.Millisecond, func() { at = time.Now(); cancel() })
		if _, err := s.Run(ctx, inputs); !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
		took := time.Since(at)
		total += took
		longest = max(longest, took)
	}
	b.ReportMetric(float64(total.Microseconds())/float64(b.N), "µs/cancel")
	b.ReportMetric(float64(longest.Microseconds()), "µs/cancel-max")
}
