package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"koe/internal/agent/streamgen"
	"koe/internal/audio"
	"koe/internal/pipeline"
	"koe/internal/prose"
	"koe/internal/voice/voicetest"
)

// An agent never waits for koe: with a paused player, 50 MB are taken without the writer waiting for more than 50 ms at a
// time, however long the machine kept this process from running (which a heartbeat measures).
func TestDrains(t *testing.T) {
	const size = 50 << 20
	for _, tt := range []struct {
		name string
		open func(context.Context, *os.File) io.Reader
	}{
		{"as koe reads", func(ctx context.Context, r *os.File) io.Reader { return newDrain(ctx, r) }},
		// The pipeline alone keeps up, so that what the drain holds does not matter.
		{"without the drain", func(_ context.Context, r *os.File) io.Reader { return r }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			voice := &voicetest.Fake{}
			sink, err := audio.NewPaced(voice.Format(), audio.PacedOptions{})
			if err != nil {
				t.Fatal(err)
			}
			pipe, err := pipeline.New(pipeline.Parts{Cutter: prose.NewMux(prose.Defaults()), Voice: voice, Sink: sink}, pipeline.Options{Lang: "ja"})
			if err != nil {
				t.Fatal(err)
			}
			if err := pipe.Pause(true); err != nil {
				t.Fatal(err)
			}
			flags := inputFlags{Format: "claude", Rate: 1}
			ran := make(chan error, 1)
			go func() {
				_, err := pipe.Run(ctx, flags.source(tt.open(ctx, r)))
				_ = r.Close() // so that a pipeline that ended too early fails the writer instead of blocking it
				ran <- err
			}()
			beat := startHeartbeat()
			slow := &timed{w: w}
			stats, err := streamgen.Generate(slow, streamgen.Options{Seed: 1, Bytes: size})
			starved := beat.stop()
			if err = errors.Join(err, w.Close()); err != nil {
				cancel()
				t.Fatalf("%v; the pipeline: %v", err, <-ran)
			}
			t.Logf("%d MB; longest write %v, longest the process was kept waiting %v", stats.Bytes>>20, slow.longest, starved)
			if stats.Bytes < size {
				t.Errorf("only %d bytes", stats.Bytes)
			}
			if slow.longest > 50*time.Millisecond+starved {
				t.Errorf("a write took %v, while the process was kept waiting for %v at most", slow.longest, starved)
			}
			cancel()
			select {
			case err := <-ran:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("Run: %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("the pipeline hangs")
			}
			if err := sink.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// timed measures writes.
type timed struct {
	w       io.Writer
	longest time.Duration
}

func (t *timed) Write(p []byte) (int, error) {
	start := time.Now()
	n, err := t.w.Write(p)
	t.longest = max(t.longest, time.Since(start))
	return n, err
}

// heartbeat measures how late a goroutine that sleeps for a millisecond wakes up.
type heartbeat struct {
	done  chan struct{}
	ended chan struct{}
	worst atomic.Int64
}

func startHeartbeat() *heartbeat {
	h := &heartbeat{done: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(h.ended)
		for {
			start := time.Now()
			select {
			case <-h.done:
				return
			case <-time.After(time.Millisecond):
			}
			if late := time.Since(start) - time.Millisecond; int64(late) > h.worst.Load() {
				h.worst.Store(int64(late))
			}
		}
	}()
	return h
}

func (h *heartbeat) stop() time.Duration {
	close(h.done)
	<-h.ended
	return time.Duration(h.worst.Load())
}
