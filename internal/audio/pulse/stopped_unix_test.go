//go:build unix

package pulse_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"koe/internal/audio/pulse"
	"koe/internal/audio/pulse/pulsetest"
)

// A server that stops answering is lost, too, and holds up nobody for long.
func TestServerStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for time-outs")
	}
	s := pulsetest.StartServer(t)
	p := open(t, s, speech, pulse.Options{})
	done := blocked(p)
	if err := s.Process().Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := pulse.Open(short, speech, pulse.Options{Server: s.Address}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open: %v, want context.DeadlineExceeded", err)
	}
	lost(t, p, done)
}
