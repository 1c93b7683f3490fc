package claude

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"koe/internal/agent"
	"koe/internal/agent/agenttest"
	"koe/internal/testenv"
)

func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "samples", "*.live.jsonl"))
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

// truth is the text of all complete blocks, read with the standard library alone.
func truth(t testing.TB, data []byte) (prose, thinking string, tools []string) {
	t.Helper()
	for line := range bytes.Lines(data) {
		var l struct {
			Type    string
			Message json.RawMessage
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.Type != "assistant" {
			continue
		}
		var m struct {
			Content []struct{ Type, Text, Thinking, ID string }
		}
		if err := json.Unmarshal(l.Message, &m); err != nil {
			t.Fatal(err)
		}
		for _, b := range m.Content {
			prose += b.Text
			thinking += b.Thinking
			if b.Type == "tool_use" {
				tools = append(tools, b.ID)
			}
		}
	}
	return prose, thinking, tools
}

// withoutPieces drops the stream events, as if --include-partial-messages were missing.
func withoutPieces(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte(`{"type":"stream_event"`)) {
			out = append(out, line...)
		}
	}
	return out
}

// withoutBlocks drops the complete blocks.
func withoutBlocks(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte(`{"type":"assistant"`)) {
			out = append(out, line...)
		}
	}
	return out
}

func TestSamplesWithoutLoss(t *testing.T) {
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			prose, thinking, tools := truth(t, data)
			events, report := agenttest.Collect(t, Reader{}, bytes.NewReader(data))
			if len(report.Skipped) > 0 {
				t.Errorf("skipped:\n%v", report)
			}
			if got := agenttest.Text(events, agent.Prose); got != prose {
				t.Errorf("prose\n got %q\nwant %q", got, prose)
			}
			if got := agenttest.Text(events, agent.Thinking); got != thinking {
				t.Errorf("thinking\n got %q\nwant %q", got, thinking)
			}
			var got []string
			for _, ev := range events {
				if ev.Kind == agent.ToolUse {
					got = append(got, ev.Tool.ID)
					if ev.Tool.Detail == "" {
						t.Errorf("tool %s: no detail", ev.Tool.Name)
					}
				}
			}
			if strings.Join(got, " ") != strings.Join(tools, " ") {
				t.Errorf("tools %v, want %v", got, tools)
			}
			for name, part := range map[string][]byte{"blocks": withoutPieces(data), "pieces": withoutBlocks(data), "twice": append(data, data...)} {
				events, _ := agenttest.Collect(t, Reader{}, bytes.NewReader(part))
				want := prose
				if got := agenttest.Text(events, agent.Prose); got != want {
					t.Errorf("only %s: prose\n got %q\nwant %q", name, got, want)
				}
			}
		})
	}
}

func kinds(events []agent.Event) string {
	names := map[agent.Kind]string{agent.SessionStart: "start", agent.ToolUse: "tool", agent.ToolResult: "result",
		agent.Permission: "permission", agent.Notification: "note", agent.Prompt: "prompt", agent.TurnEnd: "end", agent.Error: "error",
		agent.Text: "text", agent.BlockEnd: "blockend"}
	var out []string
	for _, ev := range events {
		name := names[ev.Kind]
		if ev.Channel == agent.Thinking {
			name = "thinking-" + name
		}
		if ev.Parent != "" {
			name = "sub-" + name
		}
		if n := len(out); n == 0 || out[n-1] != name {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

func TestSampleEvents(t *testing.T) {
	all := samples(t)
	for name, want := range map[string]string{
		"01-text-markdown.live.jsonl":   "start prompt text blockend end",
		"04-thinking.live.jsonl":        "start thinking-text prompt thinking-blockend text blockend end",
		"05-interrupt.live.jsonl":       "start prompt tool result error",
		"07-compact.live.jsonl":         "start text prompt blockend end text prompt blockend end note end",
		"09-nested-subagent.live.jsonl": "start prompt text blockend tool sub-prompt sub-tool note sub-result note result text blockend end",
	} {
		events, _ := agenttest.Collect(t, Reader{}, bytes.NewReader(all[name]))
		if got := kinds(events); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
		for _, ev := range events {
			if ev.Session == "" {
				t.Errorf("%s: no session: %+v", name, ev)
			}
		}
	}
}
