package pulse_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"koe/internal/audio"
	"koe/internal/audio/audiotest"
	"koe/internal/audio/pulse"
	"koe/internal/audio/pulse/pulsetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func open(t testing.TB, s *pulsetest.Server, f audio.Format, o pulse.Options) *pulse.Player {
	t.Helper()
	o.Server = s.Address
	p, err := pulse.Open(ctx, f, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestSink(t *testing.T) {
	s := pulsetest.StartServer(t)
	for _, f := range []audio.Format{{Rate: 24000, Channels: 1}, {Rate: 48000, Channels: 2}} {
		audiotest.TestSink(t, func(t *testing.T) audio.Sink { return open(t, s, f, pulse.Options{}) })
	}
}
