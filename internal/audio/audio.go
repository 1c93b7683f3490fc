// Package audio owns PCM: formats, resampling, WAV files, fades, and the Sink that sound goes to. Samples are float32,
// -1 to 1, interleaved.
package audio

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Format is a PCM format.
type Format struct {
	Rate     int // samples a second and channel (Hz)
	Channels int
}

// Duration is how long n samples (of all channels together) last.
func (f Format) Duration(n int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(f.Rate*f.Channels)
}

// Samples is how many samples (of all channels together) last d.
func (f Format) Samples(d time.Duration) int {
	return int(d.Seconds()*float64(f.Rate)+0.5) * f.Channels
}

// Validate reports a format that no sink and no file can have.
func (f Format) Validate() error {
	if f.Rate < 1000 || f.Rate > 768000 {
		return fmt.Errorf("sample rate %d Hz: must be 1000 to 768000", f.Rate)
	}
	if f.Channels < 1 || f.Channels > 32 {
		return fmt.Errorf("%d channels: must be 1 to 32", f.Channels)
	}
	return nil
}

// whole reports samples that are not a whole number of frames (one sample of each channel).
func (f Format) whole(samples []float32) error {
	if len(samples)%f.Channels != 0 {
		return fmt.Errorf("%d samples are no whole number of %d-channel frames", len(samples), f.Channels)
	}
	return nil
}

// Sink takes sound and plays it in real time, or writes it as fast as it comes (Stats().Realtime tells). One goroutine
// writes; Pause, Flush, Close and Stats may be called from others at any time. After Close the others return
// ErrSinkClosed.
type Sink interface {
	Format() Format
	// Write hands over samples, blocking while the sink's bounded buffer is full or the sink is paused. It returns early
	// with ctx.Err(); samples already taken may still sound. ErrSinkLost when the device is gone.
	Write(ctx context.Context, samples []float32) error
	// Drain returns when everything written has sounded.
	Drain(ctx context.Context) error
	// Flush drops what has been written and has not sounded. A blocked Write returns nil, its rest dropped too.
	Flush() error
	// Pause stops (true) or resumes (false) playing; what was written is kept.
	Pause(paused bool) error
	Stats() SinkStats
	// Close drops what is unplayed and releases the device. A file is completed.
	Close() error
}

// SinkStats is a snapshot of a sink.
type SinkStats struct {
	Name      string        // device or file
	Realtime  bool          // false: a file, which takes sound as fast as it comes
	Latency   time.Duration // from Write to the speaker as the device reports it, without what is queued before
	Queued    time.Duration // written and not yet played
	Played    time.Duration // sounded since the sink was opened
	Underruns int           // times the device ran dry while more was to come: see UnderrunWindow
}

// UnderrunWindow tells an underrun from a pause. A device that ran dry without a Drain since the last Write, and gets
// the next Write within this time, was waited for; later, or after a Drain, there was nothing to say.
const UnderrunWindow = 250 * time.Millisecond

// ErrSinkLost reports that the sound device disappeared or its server went away.
var ErrSinkLost = errors.New("sound device lost")

// ErrSinkClosed reports a call on a sink after its Close.
var ErrSinkClosed = errors.New("sink is closed")
