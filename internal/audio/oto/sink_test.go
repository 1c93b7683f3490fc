package oto

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"koe/internal/audio"
	"koe/internal/audio/audiotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// device plays as oto and a device do: every 10 ms it takes 10 ms of what was read, and reads more.
type device struct {
	sink *Sink
	f    audio.Format

	mu    sync.Mutex
	buf   []byte
	on    bool
	heard []float32
	err   error
}

func (d *device) Play()             { d.mu.Lock(); d.on = true; d.mu.Unlock() }
func (d *device) Pause()            { d.mu.Lock(); d.on = false; d.mu.Unlock() }
func (d *device) Drop()             { d.mu.Lock(); d.buf = nil; d.mu.Unlock() }
func (d *device) BufferedSize() int { d.mu.Lock(); defer d.mu.Unlock(); return len(d.buf) }
func (d *device) Err() error        { d.mu.Lock(); defer d.mu.Unlock(); return d.err }

func (d *device) tick() {
	b := make([]byte, 4*d.f.Samples(readTime)-d.BufferedSize())
	n, _ := d.sink.Read(b) // not under the lock: oto doesn't either
	d.mu.Lock()
	defer d.mu.Unlock()
	d.buf = append(d.buf, b[:n]...)
	if !d.on {
		return
	}
	n = min(4*d.f.Samples(10*time.Millisecond), len(d.buf))
	for i := 0; i < n; i += 4 {
		d.heard = append(d.heard, math.Float32frombits(binary.LittleEndian.Uint32(d.buf[i:])))
	}
	d.buf = append([]byte(nil), d.buf[n:]...)
}

func play(t *testing.T, f audio.Format) (*Sink, *device) {
	s := newSink(f, "default")
	d := &device{sink: s, f: f, on: true}
	s.driver = d
	done, quit := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(2 * time.Millisecond): // five times as fast as real time
				d.tick()
			}
		}
	}()
	t.Cleanup(func() { close(quit); <-done })
	return s, d
}

func TestSink(t *testing.T) {
	for _, f := range []audio.Format{{Rate: 24000, Channels: 1}, {Rate: 48000, Channels: 2}} {
		audiotest.TestSink(t, func(t *testing.T) audio.Sink {
			s, _ := play(t, f)
			return s
		})
	}
}

func TestSounds(t *testing.T) {
	f := audio.Format{Rate: 24000, Channels: 1}
	s, d := play(t, f)
	chirp := audiotest.Chirp(f.Rate, 24000, 300, 3000, 0.5)
	for c := range slices.Chunk(chirp, 1000) {
		if err := s.Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	heard := slices.Clone(d.heard)
	d.mu.Unlock()
	at, same := audiotest.Locate(heard, chirp, 0)
	if same < 0.9999 {
		t.Errorf("similarity %.4f at %d", same, at)
	}
	if rest := len(heard) - at - len(chirp); rest < f.Samples(deviceTime)-f.Samples(10*time.Millisecond) {
		t.Errorf("Drain returned before the device has played: %d samples behind", rest)
	}
	d.mu.Lock()
	d.err = errors.New("unplugged")
	d.mu.Unlock()
	if err := s.Write(t.Context(), chirp); !errors.Is(err, audio.ErrSinkLost) {
		t.Errorf("Write: %v, want ErrSinkLost", err)
	}
}
