// Package device owns the choice of the sound device: PulseAudio or PipeWire on Linux and other systems that have it,
// the system's default device on macOS and Windows.
package device

import (
	"fmt"
	"strings"
)

// Device is a sound device.
type Device struct {
	Name        string // what Open takes
	Description string // for people
	Default     bool
}

// NoDeviceError reports that there is nothing to play on.
type NoDeviceError struct {
	Tried  []string // what was tried, and how it failed
	Remedy string
	Err    error
}

func (e *NoDeviceError) Error() string {
	return fmt.Sprintf("no sound device (%s); %s", strings.Join(e.Tried, "; "), e.Remedy)
}

// Unwrap gives the cause.
func (e *NoDeviceError) Unwrap() error { return e.Err }

const toFile = "or write the sound to a file with --wav FILE"
