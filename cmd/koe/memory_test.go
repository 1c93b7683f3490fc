package main

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestMemory reports what doctor's self-test takes: loading to ready, and what is resident at the end and at the peak. It
// fails when the report lacks a figure, not on its size.
func TestMemory(t *testing.T) {
	out, err := koe(t, []string{"PULSE_SERVER=unix:/nonexistent"}, "--json", "doctor").Output()
	var report struct {
		Exit  int `json:"exit_code"`
		Parts []struct {
			Name string `json:"part"`
			Data struct {
				LoadMS   float64 `json:"load_ms"`
				Resident map[string]float64
			}
		}
	}
	if jerr := json.Unmarshal(out, &report); jerr != nil {
		t.Fatalf("%v (%v): %s", jerr, err, out)
	}
	if report.Exit != exitSound {
		t.Errorf("exit code %d in the report, want %d", report.Exit, exitSound)
	}
	for _, p := range report.Parts {
		if p.Name != "self-test" {
			continue
		}
		line := fmt.Sprintf("ready after %.0f ms;", p.Data.LoadMS)
		for _, key := range []string{"Total", "Anonymous", "File", "Peak"} {
			line += fmt.Sprintf(" %s %.0f MB", key, p.Data.Resident[key]/1e6)
		}
		t.Log(line)
		if p.Data.LoadMS <= 0 || p.Data.Resident["Total"] <= 0 {
			t.Error("no figures")
		}
		return
	}
	t.Error("no self-test in the report")
}
