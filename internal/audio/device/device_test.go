//go:build !darwin && !windows

package device_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"koe/internal/audio"
	"koe/internal/audio/device"
	"koe/internal/audio/pulse"
	"koe/internal/audio/pulse/pulsetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var speech = audio.Format{Rate: 24000, Channels: 1}

func TestOpen(t *testing.T) {
	s := pulsetest.StartServer(t)
	t.Setenv("PULSE_SERVER", s.Address)
	list, err := device.List(t.Context())
	if err != nil || len(list) != 1 || list[0] != (device.Device{Name: pulsetest.Sink, Description: "Nowhere", Default: true}) {
		t.Errorf("%v, %v", list, err)
	}
	sink, err := device.Open(t.Context(), "nowhere", speech)
	if err != nil {
		t.Fatal(err)
	}
	if name := sink.Stats().Name; name != pulsetest.Sink {
		t.Errorf("device %q", name)
	}
	if err := sink.Close(); err != nil {
		t.Error(err)
	}
	var choice *pulse.DeviceError
	var none *device.NoDeviceError
	if _, err := device.Open(t.Context(), "nobody", speech); !errors.As(err, &choice) || errors.As(err, &none) {
		t.Errorf("%v", err)
	}
	s.Unplug(t, pulsetest.Sink)
	if _, err := device.Open(t.Context(), "", speech); !errors.As(err, &none) || !strings.Contains(err.Error(), "has no output device); connect") {
		t.Errorf("%v", err)
	}
	if _, err := device.List(t.Context()); !errors.As(err, &none) {
		t.Errorf("%v", err)
	}
}

func TestNoServer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PULSE_SERVER", "")
	t.Setenv("PULSE_RUNTIME_PATH", "")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	_, err := device.Open(t.Context(), "", speech)
	var none *device.NoDeviceError
	if !errors.As(err, &none) || len(none.Tried) == 0 || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%v", err)
	}
	if want := "unix:" + filepath.Join(dir, "pulse/native") + ": connect: no such file"; !strings.HasPrefix(none.Tried[0], want) {
		t.Errorf("tried %q, want %q …", none.Tried, want)
	}
	if !strings.Contains(err.Error(), "PULSE_SERVER") || !strings.Contains(err.Error(), "--wav FILE") {
		t.Errorf("no remedy in %q", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := device.Open(ctx, "", speech); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
