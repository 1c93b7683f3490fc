//go:build darwin || windows

package oto

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ebitengine/oto/v3"

	"koe/internal/audio"
)

// shared is the process's one connection to the device: oto can't open a second, nor close the first. It keeps the format
// that it was opened with; sinks of other formats are refused.
var shared struct {
	sync.Mutex
	context *oto.Context
	format  audio.Format
	ready   chan struct{}
}

// ErrNoDevice reports a machine without an output device.
var ErrNoDevice = errors.New("there is no output device")

// Open opens the system's default device for mono or stereo sound.
func Open(ctx context.Context, f audio.Format) (*Sink, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if f.Channels > 2 {
		return nil, fmt.Errorf("%d channels: a sound device is opened with 1 or 2", f.Channels)
	}
	if !present() {
		return nil, ErrNoDevice
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.context == nil {
		c, ready, err := oto.NewContext(&oto.NewContextOptions{
			SampleRate: f.Rate, ChannelCount: f.Channels, Format: oto.FormatFloat32LE, BufferSize: deviceTime,
		})
		if err != nil {
			return nil, err
		}
		shared.context, shared.ready, shared.format = c, ready, f
	}
	if shared.format != f {
		return nil, fmt.Errorf("the device is open for %d Hz and %d channels; this program can't change that", shared.format.Rate, shared.format.Channels)
	}
	select {
	case <-shared.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := shared.context.Err(); err != nil {
		return nil, err
	}
	s := newSink(f, "default")
	p := shared.context.NewPlayer(s)
	p.SetBufferSize(f.Samples(readTime) * 4)
	s.driver = player{p, shared.context}
	p.Play()
	return s, nil
}

// player is oto's player as a driver.
type player struct {
	*oto.Player
	context *oto.Context
}

func (p player) Drop() {
	_, _ = p.Seek(0, 0) // Sink.Seek has no error
}

func (p player) Err() error {
	if err := p.Player.Err(); err != nil {
		return err
	}
	return p.context.Err()
}
