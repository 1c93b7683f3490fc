package transcript

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"koe/internal/agent"
	"koe/internal/agent/agenttest"
	"koe/internal/testenv"
)

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "samples", "*.transcript.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("samples: %v %v", files, err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(f)] = data
	}
	return all
}

func TestConformance(t *testing.T) {
	agenttest.TestReader(t, Reader{}, samples(t))
}

// truth is the text of all of the assistant's blocks, read with the standard library alone.
func truth(data []byte) (prose, thinking, tools string) {
	for line := range bytes.Lines(data) {
		var l struct {
			Type    string
			Message struct {
				Content []struct{ Type, Text, Thinking, ID string }
			}
		}
		if json.Unmarshal(line, &l) != nil || l.Type != "assistant" {
			continue
		}
		for _, b := range l.Message.Content {
			prose += b.Text
			thinking += b.Thinking
			if b.Type == "tool_use" {
				tools += b.ID + " "
			}
		}
	}
	return prose, thinking, tools
}

func TestSamplesWithoutLoss(t *testing.T) {
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			prose, thinking, tools := truth(data)
			if prose+tools == "" {
				t.Fatal("nothing in the sample")
			}
			events, report := agenttest.Collect(t, Reader{}, bytes.NewReader(data))
			if got := agenttest.Text(events, agent.Prose); got != prose {
				t.Errorf("prose\n got %q\nwant %q", got, prose)
			}
			if got := agenttest.Text(events, agent.Thinking); got != thinking {
				t.Errorf("thinking\n got %q\nwant %q", got, thinking)
			}
			got := ""
			for _, ev := range events {
				if ev.Kind == agent.ToolUse {
					got += ev.Tool.ID + " "
				}
				if ev.Session == "" {
					t.Errorf("no session: %+v", ev)
				}
			}
			if got != tools {
				t.Errorf("tools %q, want %q", got, tools)
			}
			if !strings.Contains(name, "edge-cases") && len(report.Skipped) > 0 {
				t.Errorf("skipped:\n%v", report)
			}
			twice, _ := agenttest.Collect(t, Reader{}, bytes.NewReader(append(bytes.TrimSuffix(data, []byte("\n")), append([]byte("\n"), data...)...)))
			if got := agenttest.Text(twice, agent.Prose); got != prose && !strings.Contains(name, "edge-cases") {
				t.Errorf("the lines of a resumed session are said twice: %q", got)
			}
		})
	}
}

func TestEdgeCases(t *testing.T) {
	events, report := agenttest.Collect(t, Reader{}, bytes.NewReader(samples(t)["15-cclog-edge-cases.transcript.jsonl"]))
	want := `2 of 19 lines: JSON of an unexpected shape (line 10, 11)
3 of 19 lines: not a JSON object (line 13, 15, 16)
1 of 19 lines: unknown type "" (line 14)`
	if report.String() != want {
		t.Errorf("report\n got %v\nwant %v", report, want)
	}
	for _, ev := range events {
		if ev.Kind == agent.Prompt && (strings.Contains(ev.Text, "<command") || strings.Contains(ev.Text, "Caveat")) {
			t.Errorf("a line no person wrote is a prompt: %q", ev.Text)
		}
	}
}

func TestTurns(t *testing.T) {
	all := samples(t)
	for name, want := range map[string]int{"02-text-markdown.transcript.jsonl": 1, "10-subagent.transcript.jsonl": 1} {
		events, _ := agenttest.Collect(t, Reader{}, bytes.NewReader(all[name]))
		ends := 0
		for _, ev := range events {
			if ev.Kind == agent.TurnEnd {
				ends++
			}
		}
		if ends != want || events[len(events)-1].Kind != agent.TurnEnd {
			t.Errorf("%s: %d turns end, want %d, the last event being one", name, ends, want)
		}
	}
	events, _ := agenttest.Collect(t, Reader{}, bytes.NewReader(all["06-interrupt.transcript.jsonl"]))
	if last := events[len(events)-1]; last.Kind != agent.Error {
		t.Errorf("interrupted: last event %+v", last)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"type":"user","sessionId":"s","uuid":"1","message":{"role":"user","content":"hi"}}` + "\n" +
		`{"type":"assistant","sessionId":"s","uuid":"2","message":{"id":"m","stop_reason":"end_turn","content":[{"type":"text","text":"Hello."}]}}` + "\n"))
	f.Add([]byte(`{"type":"assis{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"x"}]}}`))
	f.Add([]byte("\x00\x00{\"type\":\"system\",\"subtype\":\"turn_duration\"}\n42\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, report := agenttest.Collect(t, Reader{MaxLine: 4096}, iotest.HalfReader(bytes.NewReader(data)))
		if err := agenttest.Check(events, report); err != nil {
			t.Fatal(err)
		}
	})
}
