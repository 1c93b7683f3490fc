package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"koe/internal/bench"
	"koe/internal/pipeline"
)

// The names are a contract: docs/DESIGN.md, "The clock".
func TestBenchPipelineJSON(t *testing.T) {
	f := pipeline.Figure{N: 3, P50: 64 * time.Millisecond, P95: 110 * time.Millisecond, Max: 120 * time.Millisecond}
	r := pipelineResult{
		Head:    bench.Head{Machine: "m", Date: "2026-11-25", Command: "koe bench pipeline"},
		Summary: pipeline.Summary{FirstSoundIdle: f, Ready: f, Gap: f, Parts: []pipeline.Part{{Name: "g2p", Figure: f}}},
		Memory:  &bench.Memory{Anonymous: 1, File: 2, Total: 3}, StartReady: &bench.Figure{N: 1}, Other: &pipeline.Summary{},
		Peers: []bench.VoiceFigures{{Name: "espeak-ng"}},
	}
	var b strings.Builder
	if err := encode(&b, r); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"machine", "date", "command", "first_sound_idle", "ready", "gap", "cut", "translate", "voice", "parts", "guess_right",
		"guess_wrong", "guess_wasted_ms", "memory", "start_to_ready", "without_speculation", "voices"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q in %s", key, b.String())
		}
	}
	for _, key := range []string{"first_sound_idle", "ready", "gap"} {
		if m, ok := got[key].(map[string]any); !ok || m["p50"] != 64.0 || m["p95"] != 110.0 {
			t.Errorf("%s: %v", key, got[key])
		}
	}
	b.Reset()
	if err := r.print(streams{os.Stdin, &b, &b}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"machine: m", "2026-11-25", "| first_sound_idle", "| gap", "without speculation", "anonymous", "start to ready", "espeak-ng"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestBenchUsage(t *testing.T) {
	for _, args := range []string{"bench pipeline --sentences 0", "bench translate --runs 0", "bench targets --sentences 0", "bench quality /nowhere.tsv", "bench"} {
		var out strings.Builder
		if code := run(strings.Fields(args), streams{os.Stdin, &out, &out}); code != exitUsage {
			t.Errorf("koe %s: exit code %d\n%s", args, code, out.String())
		}
	}
}
