//go:build !darwin && !windows

package device

import (
	"context"
	"errors"
	"fmt"

	"koe/internal/audio"
	"koe/internal/audio/pulse"
	"koe/internal/audio/pulse/wire"
)

// Open opens a device by its name, its description or a part of them; "" is the default. A machine without one gives a
// *NoDeviceError.
func Open(ctx context.Context, name string, f audio.Format) (audio.Sink, error) {
	p, err := pulse.Open(ctx, f, pulse.Options{Device: name})
	if err != nil {
		return nil, explain(err)
	}
	return p, nil
}

// List lists the devices. A machine without any gives a *NoDeviceError.
func List(ctx context.Context) ([]Device, error) {
	found, err := pulse.Devices(ctx, "")
	if err != nil {
		return nil, explain(err)
	}
	if len(found) == 0 {
		return nil, explain(pulse.ErrNoDevice)
	}
	list := make([]Device, len(found))
	for i, d := range found {
		list[i] = Device(d)
	}
	return list, nil
}

func explain(err error) error {
	var connect *wire.ConnectError
	switch {
	case errors.As(err, &connect):
		none := &NoDeviceError{Err: err, Remedy: "start PulseAudio or PipeWire (packages pulseaudio, or pipewire-pulse with wireplumber), or set PULSE_SERVER, " + toFile}
		for _, a := range connect.Tried {
			none.Tried = append(none.Tried, fmt.Sprintf("%s: %v", a.Server, a.Err))
		}
		return none
	case errors.Is(err, pulse.ErrNoDevice):
		return &NoDeviceError{Err: err, Tried: []string{err.Error()}, Remedy: "connect or switch on a device (pactl list short sinks shows them), " + toFile}
	}
	return err
}
