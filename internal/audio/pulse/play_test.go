package pulse_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"koe/internal/audio"
	"koe/internal/audio/audiotest"
	"koe/internal/audio/pulse"
	"koe/internal/audio/pulse/pulsetest"
	"koe/internal/testenv"
)

var speech = audio.Format{Rate: 24000, Channels: 1}

// heard is sound as the recording has it.
func heard(t testing.TB, s []float32) []float32 {
	t.Helper()
	r, err := audio.NewResampler(speech.Rate, pulsetest.Rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	return r.Flush(r.Append(nil, s))
}

func write(t testing.TB, p *pulse.Player, s []float32) {
	t.Helper()
	if err := p.Write(ctx, s); err != nil {
		t.Fatal(err)
	}
}

func drain(t testing.TB, p *pulse.Player) {
	t.Helper()
	if err := p.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

// ended reports that the recording has silence after sound.
func ended(s []float32) bool {
	_, end := audio.Audible(s, pulsetest.Rate)
	return end > 0 && len(s)-end > pulsetest.Rate/5
}

// problems are what a try of a test finds.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// steady runs a test until the machine has the time for it: a try with underruns shows a busy machine, and is tried again
// with larger buffers. Problems without an underrun fail at once.
func steady(t *testing.T, try func(p *pulse.Player, s *pulsetest.Server) problems) {
	t.Helper()
	s := pulsetest.StartServer(t)
	for i, buffer := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond} {
		p := open(t, s, speech, pulse.Options{Buffer: buffer})
		found := try(p, s)
		st := p.Stats()
		if st.Underruns > 0 && i < 2 {
			t.Logf("buffer of %v: %d underruns, tried again (%q)", buffer, st.Underruns, found)
			continue
		}
		for _, f := range found {
			t.Error(f)
		}
		t.Logf("%+v", st)
		return
	}
}

// What is written in pieces sounds whole, in order, without gaps and clicks.
func TestPlays(t *testing.T) {
	steady(t, func(p *pulse.Player, s *pulsetest.Server) (found problems) {
		rec := s.Record(t, pulsetest.Sink)
		sentences := [][]float32{
			audiotest.Chirp(speech.Rate, 24000, 200, 3000, 0.5),
			audiotest.Chirp(speech.Rate, 12000, 4000, 400, 0.5),
			audiotest.Chirp(speech.Rate, 18000, 100, 900, 0.5),
		}
		for _, c := range sentences {
			for i := 0; i < len(c); i += 1777 {
				write(t, p, c[i:min(i+1777, len(c))])
			}
			write(t, p, audio.Silence(speech, 150*time.Millisecond))
		}
		drain(t, p)
		rec.Await(t, ended)
		got := rec.Stop()
		end := 0
		for i, c := range sentences {
			want := heard(t, c)
			at, same := audiotest.Locate(got, want, end)
			if same < 0.999 {
				found.add("sentence %d: similarity %.4f at %d", i, same, at)
			}
			if first, _ := audio.Audible(got[end:min(at+len(want), len(got))], pulsetest.Rate); i > 0 && first < pulsetest.Rate/10 {
				found.add("sentence %d: sound %d samples after the one before, where the pause should be", i, first)
			}
			end = at + len(want)
		}
		if gaps := audio.Gaps(got, pulsetest.Rate, 20*time.Millisecond); len(gaps) != len(sentences)-1 {
			found.add("gaps %v, want the %d pauses", gaps, len(sentences)-1)
		}
		if c := audio.Clicks(got, pulsetest.Rate); len(c) != 0 {
			found.add("clicks: %v", c)
		}
		return found
	})
}

// A pause is silent at once, and nothing is lost or repeated by it.
func TestPause(t *testing.T) {
	chirp := audiotest.Chirp(speech.Rate, 2*24000, 200, 4000, 0.5)
	want := heard(t, chirp)
	quickest := time.Hour
	for range 2 {
		steady(t, func(p *pulse.Player, s *pulsetest.Server) (found problems) {
			rec := s.Record(t, pulsetest.Sink)
			done := make(chan error, 1)
			go func() { done <- p.Write(ctx, chirp) }()
			for range 2 {
				time.Sleep(500 * time.Millisecond)
				asked := time.Now()
				if err := p.Pause(true); err != nil {
					t.Fatal(err)
				}
				took := time.Since(asked)
				time.Sleep(300 * time.Millisecond)
				_, last := audio.Audible(rec.Samples(), pulsetest.Rate)
				silent := rec.At(last - 1).Sub(asked)
				quickest = min(quickest, silent)
				t.Logf("Pause took %v; the last sound came to the recording %v after it", took, silent)
				if err := p.Pause(false); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			drain(t, p)
			rec.Await(t, ended)
			got := rec.Stop()
			// Without the pauses it is what was written.
			gaps := audio.Gaps(got, pulsetest.Rate, 50*time.Millisecond)
			if len(gaps) != 2 {
				found.add("pauses in the recording: %v, want 2", gaps)
				return found
			}
			from, _ := audio.Audible(got, pulsetest.Rate)
			joined := append([]float32(nil), got[max(from-1000, 0):gaps[0].Start]...)
			joined = append(joined, got[gaps[0].End:gaps[1].Start]...)
			joined = append(joined, got[gaps[1].End:]...)
			first, end := audio.Audible(joined, pulsetest.Rate)
			wantFirst, wantEnd := audio.Audible(want, pulsetest.Rate)
			if d := (end - first) - (wantEnd - wantFirst); d < -96 || d > 96 {
				found.add("%d samples of sound too many", d)
			}
			if _, same := audiotest.Locate(joined, want, 0); same < 0.98 {
				found.add("similarity without the pauses: %.4f", same)
			}
			return found
		})
	}
	// The best of all, for the machine may be busy; the recording itself comes up to 20 ms late.
	if quickest > 50*time.Millisecond {
		t.Errorf("silent %v after Pause at best, want 50 ms", quickest)
	}
}

// Skipped sound stops at once and never comes; what is written after it does.
func TestFlush(t *testing.T) {
	skipped := audiotest.Chirp(speech.Rate, 4*24000, 200, 4000, 0.5)
	next := audiotest.Chirp(speech.Rate, 12000, 5000, 300, 0.5)
	want := heard(t, next)
	for _, paused := range []bool{false, true} {
		steady(t, func(p *pulse.Player, s *pulsetest.Server) (found problems) {
			rec := s.Record(t, pulsetest.Sink)
			done := make(chan error, 1)
			go func() { done <- p.Write(ctx, skipped) }()
			time.Sleep(600 * time.Millisecond)
			if err := p.Pause(paused); err != nil {
				t.Fatal(err)
			}
			if err := p.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				found.add("the skipped Write: %v", err)
			}
			if st := p.Stats(); st.Queued != 0 || st.Played < 300*time.Millisecond || st.Played > 3*time.Second {
				found.add("stats after Flush: %+v", st)
			}
			if err := p.Pause(false); err != nil {
				t.Fatal(err)
			}
			write(t, p, next)
			drain(t, p)
			rec.Await(t, ended)
			got := rec.Stop()
			at, same := audiotest.Locate(got, want, 0)
			if same < 0.999 {
				found.add("what came next: similarity %.4f", same)
			}
			first, end := audio.Audible(got, pulsetest.Rate)
			if d := time.Duration(at-first) * time.Second / pulsetest.Rate; d > 3*time.Second {
				found.add("%v of the skipped 4 s sounded", d)
			}
			if end > at+len(want)+100 {
				found.add("%d samples sounded after the end", end-at-len(want))
			}
			return found
		})
	}
}

// blocked starts a Write that can't end soon.
func blocked(p *pulse.Player) chan error {
	done := make(chan error, 1)
	go func() { done <- p.Write(ctx, audiotest.Chirp(speech.Rate, 60*24000, 200, 4000, 0.5)) }()
	time.Sleep(200 * time.Millisecond)
	return done
}

func lost(t *testing.T, p *pulse.Player, done chan error) {
	t.Helper()
	begin := time.Now()
	select {
	case err := <-done:
		if !errors.Is(err, audio.ErrSinkLost) {
			t.Errorf("Write: %v, want ErrSinkLost", err)
		}
		t.Logf("after %v: %v", time.Since(begin).Round(time.Millisecond), err)
	case <-time.After(10 * time.Second):
		t.Fatal("Write goes on")
	}
	for name, call := range map[string]func() error{
		"Write": func() error { return p.Write(ctx, make([]float32, 10)) },
		"Drain": func() error { return p.Drain(ctx) },
		"Flush": p.Flush,
		"Pause": func() error { return p.Pause(true) },
	} {
		if err := call(); !errors.Is(err, audio.ErrSinkLost) {
			t.Errorf("%s: %v, want ErrSinkLost", name, err)
		}
	}
	p.Stats()
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestServerKilled(t *testing.T) {
	s := pulsetest.StartServer(t)
	p := open(t, s, speech, pulse.Options{})
	done := blocked(p)
	s.Kill()
	lost(t, p, done)
}

func TestUnplugged(t *testing.T) {
	s := pulsetest.StartServer(t)
	p := open(t, s, speech, pulse.Options{})
	done := blocked(p)
	s.Unplug(t, pulsetest.Sink)
	lost(t, p, done)
}

// On a desktop the server moves the sound of a device that is unplugged to another.
func TestMoved(t *testing.T) {
	s := pulsetest.StartServer(t)
	s.LoadSink(t, "other", "Other")
	s.RescueStreams(t)
	rec := s.Record(t, "other")
	p := open(t, s, speech, pulse.Options{Device: pulsetest.Sink})
	if name := p.Stats().Name; name != pulsetest.Sink {
		t.Errorf("device %q", name)
	}
	done := make(chan error, 1)
	go func() { done <- p.Write(ctx, audiotest.Chirp(speech.Rate, 24000, 200, 4000, 0.5)) }()
	time.Sleep(200 * time.Millisecond)
	s.Unplug(t, pulsetest.Sink)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	drain(t, p)
	rec.Await(t, ended)
	if name := p.Stats().Name; name != "other" {
		t.Errorf("device %q after the move", name)
	}
}

func TestDevices(t *testing.T) {
	s := pulsetest.StartServer(t)
	s.LoadSink(t, "usb_headset", "Headset of mine")
	s.LoadSink(t, "usb_speaker", "Speaker")
	ds, err := pulse.Devices(ctx, s.Address)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(ds); got != "[{koe Nowhere true} {usb_headset Headset of mine false} {usb_speaker Speaker false}]" {
		t.Errorf("devices %s", got)
	}
	for name, want := range map[string]string{
		"": "koe", "koe": "koe", "Speaker": "usb_speaker", "HEADSET": "usb_headset", "of mine": "usb_headset", "spea": "usb_speaker",
	} {
		if got := open(t, s, speech, pulse.Options{Device: name}).Stats().Name; got != want {
			t.Errorf("device %q: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"usb":    `several sound devices match "usb"; there are: usb_headset (Headset of mine), usb_speaker (Speaker)`,
		"nobody": `no sound device is named "nobody"; there are: koe (Nowhere), `,
	} {
		_, err := pulse.Open(ctx, speech, pulse.Options{Server: s.Address, Device: name})
		var de *pulse.DeviceError
		if !errors.As(err, &de) || !strings.Contains(err.Error(), want) {
			t.Errorf("device %q: %v", name, err)
		}
	}
	if _, err := pulse.Open(ctx, audio.Format{Rate: 24000, Channels: 6}, pulse.Options{Server: s.Address}); err == nil {
		t.Error("6 channels were taken")
	}
	// With none left, there is an error instead of silence.
	for _, d := range ds {
		s.Unplug(t, d.Name)
	}
	if _, err := pulse.Open(ctx, speech, pulse.Options{Server: s.Address}); !errors.Is(err, pulse.ErrNoDevice) {
		t.Errorf("without a device: %v", err)
	}
}

// A stream that nobody listens to any more is gone from the server.
func TestCloseIsPrompt(t *testing.T) {
	s := pulsetest.StartServer(t)
	p := open(t, s, speech, pulse.Options{})
	done := blocked(p)
	if n := s.Streams(t); n != 1 {
		t.Fatalf("%d streams", n)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, audio.ErrSinkClosed) {
		t.Errorf("Write: %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); s.Streams(t) != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stream stays")
		}
	}
}

// Sound that came too late is counted.
func TestUnderrun(t *testing.T) {
	s := pulsetest.StartServer(t)
	p := open(t, s, speech, pulse.Options{})
	for try := 0; ; try++ { // on a busy machine this test may itself be late
		before := p.Stats().Underruns
		write(t, p, audiotest.Chirp(speech.Rate, 2400, 200, 4000, 0.5))
		time.Sleep(180 * time.Millisecond)
		write(t, p, audiotest.Chirp(speech.Rate, 2400, 200, 4000, 0.5))
		drain(t, p)
		if n := p.Stats().Underruns - before; n == 1 {
			return
		} else if try == 5 {
			t.Fatalf("%d underruns, want 1", n)
		}
	}
}

// What another program plays back through the tools of PulseAudio's own agrees on what was chosen.
func TestAgreesWithPactl(t *testing.T) {
	pactl, err := exec.LookPath("pactl")
	if err != nil {
		testenv.Skip(t, "pactl (package pulseaudio-utils)")
	}
	s := pulsetest.StartServer(t)
	p := open(t, s, audio.Format{Rate: 22050, Channels: 2}, pulse.Options{})
	done := make(chan error, 1)
	go func() { done <- p.Write(ctx, make([]float32, 2*22050)) }()
	cmd := exec.Command(pactl, "list", "sink-inputs")
	cmd.Env = append(os.Environ(), s.Env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"float32le 2ch 22050Hz", `application.name = "Koe"`, `media.name = "speech"`, "Mute: no", "Corked: no"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("pactl doesn't say %q:\n%s", want, out)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// BenchmarkFirstSound measures how long a device that was silent takes from Write to the monitor's recording, which
// itself takes sound in pieces of 10 ms.
func BenchmarkFirstSound(b *testing.B) {
	s := pulsetest.StartServer(b)
	p := open(b, s, speech, pulse.Options{})
	rec := s.Record(b, pulsetest.Sink)
	tone := audiotest.Tone(speech, 1000, 0.5, 50*time.Millisecond)
	var took []time.Duration
	for b.Loop() {
		time.Sleep(300 * time.Millisecond)
		from := len(rec.Samples())
		begin := time.Now()
		if err := p.Write(ctx, tone); err != nil {
			b.Fatal(err)
		}
		rec.Await(b, func(s []float32) bool { return audio.FirstAudible(s[from:], pulsetest.Rate) >= 0 })
		first := audio.FirstAudible(rec.Samples()[from:], pulsetest.Rate)
		took = append(took, rec.At(from+first).Sub(begin))
		if err := p.Drain(ctx); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
	b.ReportMetric(0, "ns/op")
}
