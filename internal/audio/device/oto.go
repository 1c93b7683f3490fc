//go:build darwin || windows

package device

import (
	"context"
	"fmt"

	"koe/internal/audio"
	"koe/internal/audio/oto"
)

const standard = "default"

// Open opens the system's default device, the only one that can be opened here: name is "" or "default". A machine
// without one gives a *NoDeviceError.
func Open(ctx context.Context, name string, f audio.Format) (audio.Sink, error) {
	if name != "" && name != standard {
		return nil, fmt.Errorf("sound device %q: only the system's default device can be used here; choose it in the system's sound settings", name)
	}
	s, err := oto.Open(ctx, f)
	if err == nil {
		return s, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &NoDeviceError{Err: err, Tried: []string{"the default device: " + err.Error()}, Remedy: "connect a device or choose one in the system's sound settings, " + toFile}
}

// List lists the devices: the system's default one.
func List(ctx context.Context) ([]Device, error) {
	return []Device{{Name: standard, Description: "the system's default device", Default: true}}, ctx.Err()
}
