package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"koe/internal/audio"
	"koe/internal/audio/audiotest"
	"koe/internal/audio/pulse/pulsetest"
	"koe/internal/audio/wav"
	"koe/internal/ort"
)

// koe returns the program as a command, away from the user's own configuration.
func koe(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("koe") // TestMain's
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "KOE_CONFIG=", ort.EnvLibrary+"="+library(t))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

var spokenSentences = []string{
	"I'll run the failing test first.",
	"The function returns the wrong value.",
	"All tests pass now.",
}

// sound is what a sentence sounds like, at the rate of the server's recordings.
func sound(t testing.TB, sentence string) []float32 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sentence.wav")
	if out, err := koe(t, nil, "--wav", name, "say", "--translate", sentence).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, samples, err := wav.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audio.NewResampler(f.Rate, pulsetest.Rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	samples = r.Flush(r.Append(nil, samples))
	first, end := audio.Audible(samples, pulsetest.Rate)
	return samples[first:end]
}

// What is spoken comes out of a real sound server: every sentence, in order, whole. A busy machine may starve the player
// (it says so by counting underruns, which are no defect of the sound), so that it has three tries.
func TestPlays(t *testing.T) {
	var want [][]float32
	library(t)
	pulsetest.StartServer(t) // skips before anything is done
	for _, s := range spokenSentences {
		want = append(want, sound(t, s))
	}
	var problems []string
	for range 3 {
		if problems = playOnce(t, want); len(problems) == 0 {
			return
		}
		t.Logf("problems: %s", strings.Join(problems, "; "))
	}
	t.Errorf("three times in a row: %s", strings.Join(problems, "; "))
}

func playOnce(t *testing.T, want [][]float32) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	server := pulsetest.StartServer(t)
	rec := server.Record(t, pulsetest.Sink)
	cmd := koe(t, server.Env())
	cmd.Stdin = strings.NewReader(strings.Join(spokenSentences, " ") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rec.Await(t, func(got []float32) bool { // a while of silence after the last sound
		_, end := audio.Audible(got, pulsetest.Rate)
		return end > 0 && len(got)-end > pulsetest.Rate/4
	})
	got := rec.Stop()
	end := 0
	for i, w := range want {
		at, same := audiotest.Locate(got, w, end)
		if same < 0.98 {
			bad("sentence %d: similarity %.3f at sample %d", i+1, same, at)
			continue
		}
		region := got[at:min(at+len(w), len(got))]
		// The voice's own silences (closures, commas) are in both.
		own := audio.Gaps(w, pulsetest.Rate, 20*time.Millisecond)
		const slack = pulsetest.Rate / 50
		for _, g := range audio.Gaps(region, pulsetest.Rate, 20*time.Millisecond) {
			known := false
			for _, o := range own {
				known = known || g.Start >= o.Start-slack && g.End <= o.End+slack
			}
			if !known {
				bad("sentence %d: a gap of %v", i+1, time.Duration(g.End-g.Start)*time.Second/pulsetest.Rate)
			}
		}
		end = at + len(w)
	}
	if clicks := audio.Clicks(got, pulsetest.Rate); len(clicks) > 0 {
		bad("%d clicks, the first at sample %d", len(clicks), clicks[0].Sample)
	}
	return problems
}

// A sink that is pulled out and a server that dies end the sound, not the captions.
func TestSoundLost(t *testing.T) {
	library(t)
	for _, tt := range []struct {
		name string
		lose func(*testing.T, *pulsetest.Server)
	}{
		{"unplugged", func(t *testing.T, s *pulsetest.Server) { s.Unplug(t, pulsetest.Sink) }},
		{"server killed", func(_ *testing.T, s *pulsetest.Server) { s.Kill() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := pulsetest.StartServer(t)
			cmd := koe(t, server.Env(), "--json")
			cmd.Stdin = strings.NewReader(strings.Join(spokenSentences, " ") + "\n")
			var errs bytes.Buffer
			cmd.Stderr = &errs
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			watchdog := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
			defer watchdog.Stop()
			var lines []string
			lost := false
			for scan := bufio.NewScanner(out); scan.Scan(); {
				lines = append(lines, scan.Text())
				if !lost && strings.Contains(scan.Text(), `"event":"speaking"`) {
					lost = true
					tt.lose(t, server)
				}
			}
			_, _ = io.Copy(io.Discard, out)
			_ = cmd.Wait()
			all := strings.Join(lines, "\n")
			if code := cmd.ProcessState.ExitCode(); code != exitSound {
				t.Errorf("exit code %d, want %d: %s", code, exitSound, errs.String())
			}
			if !strings.Contains(all, `"event":"sound_lost"`) {
				t.Errorf("no sound_lost in\n%s", all)
			}
			if n := strings.Count(all, `"event":"speaking"`); n != len(spokenSentences) {
				t.Errorf("%d captions, want %d:\n%s", n, len(spokenSentences), all)
			}
			if errs.Len() == 0 {
				t.Error("nothing on standard error")
			}
		})
	}
}
