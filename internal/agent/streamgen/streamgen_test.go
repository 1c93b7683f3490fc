package streamgen_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"koe/internal/agent"
	"koe/internal/agent/agenttest"
	"koe/internal/agent/claude"
	"koe/internal/agent/streamgen"
	"koe/internal/testenv"
)

func generate(t testing.TB, o streamgen.Options) ([]byte, streamgen.Stats) {
	t.Helper()
	var b bytes.Buffer
	stats, err := streamgen.Generate(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), stats
}

func TestGenerate(t *testing.T) {
	for name, o := range map[string]streamgen.Options{
		"real":     {Seed: 1, Sentences: 200},
		"plain":    {Seed: 2, Sentences: 200, Plain: true},
		"noPieces": {Seed: 3, Sentences: 200, NoPieces: true},
		"bytes":    {Seed: 4, Bytes: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			data, stats := generate(t, o)
			if again, _ := generate(t, o); !bytes.Equal(again, data) {
				t.Error("two runs differ")
			}
			o.Seed++
			if other, _ := generate(t, o); bytes.Equal(other, data) {
				t.Error("another seed gives the same")
			}
			if stats.Bytes != int64(len(data)) || stats.Lines != bytes.Count(data, []byte("\n")) {
				t.Errorf("stats %+v for %d bytes", stats, len(data))
			}
			if stats.Sentences < o.Sentences || (o.Plain && stats.Sentences != o.Sentences) || stats.Bytes < o.Bytes {
				t.Errorf("too short: %+v", stats)
			}
			last := -1.0
			for i, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
				var l struct {
					T *float64 `json:"_t"`
				}
				if err := json.Unmarshal(line, &l); err != nil || l.T == nil || *l.T < last {
					t.Fatalf("line %d: %v, time %v after %v: %s", i+1, err, l.T, last, line)
				}
				last = *l.T
			}
			events, report := agenttest.Collect(t, claude.Reader{}, bytes.NewReader(data))
			if err := agenttest.Check(events, report); err != nil || len(report.Skipped) > 0 {
				t.Errorf("%v\n%v", err, report)
			}
			seen := map[agent.Kind]bool{}
			for _, ev := range events {
				seen[ev.Kind] = true
			}
			for _, kind := range []agent.Kind{agent.ToolUse, agent.ToolResult, agent.Permission, agent.Notification} {
				if seen[kind] == o.Plain {
					t.Errorf("kind %d: there: %t", kind, seen[kind])
				}
			}
		})
	}
	if _, err := streamgen.Generate(&bytes.Buffer{}, streamgen.Options{}); err == nil {
		t.Error("no length: no error")
	}
}

// Deltas are as long as those of real streams.
func TestDeltaSizes(t *testing.T) {
	data, _ := generate(t, streamgen.Options{Seed: 5, Sentences: 800})
	var sizes, firsts []int
	starts := false
	for line := range bytes.Lines(data) {
		var l struct {
			Event struct {
				Type  string
				Delta struct{ Text string }
			}
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		switch n := utf8.RuneCountInString(l.Event.Delta.Text); {
		case l.Event.Type == "content_block_start":
			starts = true
		case n > 0 && starts:
			firsts, starts = append(firsts, n), false
		case n > 0:
			sizes = append(sizes, n)
		}
	}
	slices.Sort(sizes)
	slices.Sort(firsts)
	// a block's end cuts its last delta short, which moves all quantiles down a little
	if m := sizes[len(sizes)/2]; m < 36 || m > 52 {
		t.Errorf("median %d characters", m)
	}
	if p := sizes[len(sizes)*9/10]; p < 85 || p > 115 {
		t.Errorf("90th percentile %d characters", p)
	}
	if m := firsts[len(firsts)/2]; m != 7 {
		t.Errorf("median of first deltas %d characters", m)
	}
}

// A stream that is heard leaves each message the time to be spoken, and says nothing twice.
func TestHeard(t *testing.T) {
	o := streamgen.Options{Seed: 6, Sentences: 60, Heard: 20}
	data, stats := generate(t, o)
	if stats.Sentences != o.Sentences {
		t.Errorf("%d sentences", stats.Sentences)
	}
	events, report := agenttest.Collect(t, claude.Reader{}, bytes.NewReader(data))
	if err := agenttest.Check(events, report); err != nil {
		t.Error(err)
	}
	text := agenttest.Text(events, agent.Prose)
	if least := time.Duration(len(text)) * time.Second / 20; stats.Duration < least {
		t.Errorf("%v for %d characters", stats.Duration, len(text))
	}
	said := 0
	for _, s := range streamgen.Sentences() {
		if strings.Contains(text, s) {
			said++
		}
	}
	if said < o.Sentences {
		t.Errorf("only %d different sentences", said)
	}
}

func TestSentences(t *testing.T) {
	all := streamgen.Sentences()
	if len(all) < 300 {
		t.Errorf("only %d sentences", len(all))
	}
	for _, s := range all {
		if strings.TrimSpace(s) != s || s == "" || strings.Count(s, "`")%2 != 0 {
			t.Errorf("%q", s)
		}
	}
}

// The demo's recording is made of its script, lasts as long as it should, and says all of it.
func TestDemo(t *testing.T) {
	demo := filepath.Join(testenv.Root(t), "recordings")
	script, err := os.ReadFile(filepath.Join(demo, "session.md"))
	if err != nil {
		t.Fatal(err)
	}
	recording, err := os.ReadFile(filepath.Join(demo, "session.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var made bytes.Buffer
	stats, err := streamgen.Record(&made, bytes.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made.Bytes(), recording) {
		t.Error("recordings/session.jsonl is not what recordings/session.md makes: run go generate ./internal/agent/streamgen")
	}
	if stats.Duration < 60*time.Second || stats.Duration > 75*time.Second {
		t.Errorf("the demo lasts %v", stats.Duration)
	}
	events, report := agenttest.Collect(t, claude.Reader{}, bytes.NewReader(recording))
	if err := agenttest.Check(events, report); err != nil || len(report.Skipped) > 0 {
		t.Errorf("%v\n%v", err, report)
	}
	said := agenttest.Text(events, agent.Prose)
	for _, paragraph := range []string{"I'll run the failing test first", "- A negative value is wrong", "Three packages call this", "total := hours", "| `-00:30` |", "in the release notes."} {
		if !strings.Contains(said, paragraph) {
			t.Errorf("the demo does not say %q", paragraph)
		}
	}
	if !strings.Contains(agenttest.Text(events, agent.Thinking), "I suspect the handling") {
		t.Error("the demo does not think")
	}
}

func TestRecordErrors(t *testing.T) {
	for script, want := range map[string]string{
		"x\n@say soon\nHello.":     "line 2",
		"@sing 1s\nHello.":         "no such heading",
		"@tool Bash 1s {\"a\":\nx": "not JSON",
		"@tool Bash":               "line 1",
		"@subagent x y\nz":         "line 1",
		"@end":                     "line 1",
	} {
		if _, err := streamgen.Record(&bytes.Buffer{}, strings.NewReader(script)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", script, err, want)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("c\n@prompt\nHi\n@thinking 1s\nhm\n@say 1s\n# A\n\nb\n@tool Bash 1s {}\nx\n@permission Bash 1s {}\n@subagent 1s d\na\n\nb\n@end 1s\n")
	f.Fuzz(func(t *testing.T, script string) {
		var out bytes.Buffer
		if _, err := streamgen.Record(&out, strings.NewReader(script)); err != nil {
			return
		}
		events, report := agenttest.Collect(t, claude.Reader{}, &out)
		if err := agenttest.Check(events, report); err != nil {
			t.Fatal(err)
		}
	})
}
