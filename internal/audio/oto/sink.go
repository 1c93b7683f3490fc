// Package oto owns playing on macOS and Windows, through the oto library, which needs no cgo there. (On Linux it would;
// there the pulse package plays.)
package oto

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"time"

	"koe/internal/audio"
)

// driver is what plays: oto's player, which reads the sink.
type driver interface {
	Play()
	Pause()
	Drop()             // forgets what has been read and has not been handed to the device
	BufferedSize() int // bytes that have been read and have not been handed to the device
	Err() error
}

const (
	queueTime  = 200 * time.Millisecond // written ahead of what has been read
	deviceTime = 40 * time.Millisecond  // held by the device
	readTime   = 20 * time.Millisecond  // held by oto
)

// Sink is an audio.Sink whose sound a driver reads. Between sounds it reads silence, so the device runs on and what is
// written sounds without its starting time.
type Sink struct {
	format audio.Format
	name   string
	driver driver
	limit  int

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when a blocked call must look again
	err     error
	queue   []float32
	flushes uint64
	paused  bool
	reads   []read
	stream  int64 // frames read, silence too
	given   int64 // frames of sound read
	sounded int64 // frames of sound that have sounded, at least
	ended   bool  // a Drain was asked for since the last Write
	dryAt   time.Time
	under   int
}

// read is a piece that was read: sound, then silence.
type read struct {
	stream int64 // where it begins
	given  int64 // how much sound was before it
	sound  int64 // its frames of sound
}

func newSink(f audio.Format, name string) *Sink {
	return &Sink{format: f, name: name, limit: f.Samples(queueTime), changed: make(chan struct{})}
}

// Read implements io.Reader for the driver: float32, little endian. It never blocks.
func (s *Sink) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame := 4 * s.format.Channels
	frames := len(b) / frame
	b = b[:frames*frame]
	n := min(frames*s.format.Channels, len(s.queue))
	for i, v := range s.queue[:n] {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
	}
	clear(b[4*n:])
	s.queue = s.queue[:copy(s.queue, s.queue[n:])]
	sound := int64(n / s.format.Channels)
	s.reads = append(s.reads, read{s.stream, s.given, sound})
	s.stream += int64(frames)
	s.given += sound
	if sound > 0 {
		s.dryAt = time.Time{}
		if int(sound) < frames && !s.ended {
			s.dryAt = time.Now()
		}
		s.wake()
	}
	return len(b), nil
}

// Seek implements io.Seeker, which oto asks for to forget what it has read.
func (s *Sink) Seek(int64, int) (int64, error) { return 0, nil }

func (s *Sink) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// buffered is what the driver holds in frames; mu is not held, for the driver may be reading.
func (s *Sink) buffered() int64 { return int64(s.driver.BufferedSize() / (4 * s.format.Channels)) }

// played brings up to date what has sounded; mu is held.
func (s *Sink) played(buffered int64) int64 {
	at := s.stream - buffered - int64(s.format.Samples(deviceTime)/s.format.Channels)
	if s.paused { // the device has played what it held
		at = s.stream - buffered
	}
	for len(s.reads) > 0 && s.reads[0].stream <= at {
		r := s.reads[0]
		s.sounded = max(s.sounded, min(r.given+min(r.sound, at-r.stream), s.given))
		if len(s.reads) > 1 && s.reads[1].stream <= at {
			s.reads = s.reads[:copy(s.reads, s.reads[1:])]
			continue
		}
		break
	}
	return s.sounded
}

// check finds out whether the device is lost; mu is held.
func (s *Sink) check() error {
	if s.err == nil {
		if err := s.driver.Err(); err != nil {
			s.err = fmt.Errorf("%w: %s: %w", audio.ErrSinkLost, s.name, err)
		}
	}
	return s.err
}

// Format implements audio.Sink.
func (s *Sink) Format() audio.Format { return s.format }

// Write implements audio.Sink.
func (s *Sink) Write(ctx context.Context, samples []float32) error {
	if len(samples)%s.format.Channels != 0 {
		return fmt.Errorf("%d samples are no whole number of %d-channel frames", len(samples), s.format.Channels)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.check() == nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if len(samples) > 0 {
		if !s.dryAt.IsZero() && time.Since(s.dryAt) <= audio.UnderrunWindow {
			s.under++
		}
		s.dryAt, s.ended = time.Time{}, false
	}
	flushes := s.flushes
	for s.check() == nil && flushes == s.flushes && len(samples) > 0 {
		n := min(s.limit-len(s.queue), len(samples))
		n -= n % s.format.Channels
		s.queue = append(s.queue, samples[:n]...)
		samples = samples[n:]
		if len(samples) > 0 {
			if err := s.wait(ctx, time.Second); err != nil { // a lost device doesn't call
				return err
			}
		}
	}
	return s.err
}

// wait waits for a change, or for d; mu is held at call and return.
func (s *Sink) wait(ctx context.Context, d time.Duration) error {
	changed := s.changed
	s.mu.Unlock()
	defer s.mu.Lock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Drain implements audio.Sink.
func (s *Sink) Drain(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.check() == nil && ctx.Err() != nil {
		return ctx.Err()
	}
	s.ended, s.dryAt = true, time.Time{}
	for s.check() == nil {
		s.mu.Unlock()
		buffered := s.buffered()
		s.mu.Lock()
		if len(s.queue) == 0 && s.played(buffered) == s.given {
			break
		}
		if err := s.wait(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return s.err
}

// Flush implements audio.Sink.
func (s *Sink) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(); err != nil {
		return err
	}
	s.queue = s.queue[:0]
	s.flushes++
	s.dryAt = time.Time{}
	s.wake()
	s.mu.Unlock()
	buffered := s.buffered()
	s.driver.Drop()
	s.mu.Lock()
	// What the device holds plays on for a moment, and is not counted.
	s.given = s.played(buffered)
	s.reads = nil
	return nil
}

// Pause implements audio.Sink. What the device holds (40 ms) plays to its end.
func (s *Sink) Pause(paused bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(); err != nil || paused == s.paused {
		return err
	}
	s.paused, s.dryAt = paused, time.Time{}
	s.mu.Unlock()
	if paused {
		s.driver.Pause()
	} else {
		s.driver.Play()
	}
	s.mu.Lock()
	s.wake()
	return nil
}

// Stats implements audio.Sink.
func (s *Sink) Stats() audio.SinkStats {
	buffered := s.buffered()
	s.mu.Lock()
	defer s.mu.Unlock()
	played := s.played(buffered)
	return audio.SinkStats{
		Name:      s.name,
		Realtime:  true,
		Latency:   deviceTime + readTime,
		Queued:    s.format.Duration(len(s.queue) + int(s.given-played)*s.format.Channels),
		Played:    s.format.Duration(int(played) * s.format.Channels),
		Underruns: s.under,
	}
}

// Close implements audio.Sink.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == audio.ErrSinkClosed { //nolint:errorlint // set only here
		return nil
	}
	s.err = audio.ErrSinkClosed
	s.queue = s.queue[:0]
	s.wake()
	s.mu.Unlock()
	s.driver.Pause()
	s.driver.Drop()
	s.mu.Lock()
	return nil
}
