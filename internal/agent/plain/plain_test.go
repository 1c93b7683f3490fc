package plain

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"koe/internal/agent"
	"koe/internal/agent/agenttest"
)

func TestConformance(t *testing.T) {
	agenttest.TestReader(t, Reader{}, map[string][]byte{
		"markdown": []byte("# Title\n\nSome text, 声 and 🎉.\n\n```go\n\nx := 1\n```\n"),
		"damaged":  []byte("one\x00\x00 two \xff\xfe three \xe5\xa3"),
	})
}

func TestReader(t *testing.T) {
	for _, tt := range []struct {
		name, input, want string
		lines, skipped    int
	}{
		{"one line", "Hello.", "Hello.", 1, 0},
		{"newline at the end", "Hello.\n", "Hello.\n", 1, 0},
		{"three lines", "a\n\nb", "a\n\nb", 3, 0},
		{"half a character at the end", "声\xe5\xa3", "声\uFFFD\uFFFD", 1, 2},
		{"NUL", "a\x00b", "ab", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, report := agenttest.Collect(t, Reader{}, iotest.OneByteReader(strings.NewReader(tt.input)))
			if got := agenttest.Text(events, agent.Prose); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			skipped := 0
			for _, s := range report.Skipped {
				skipped += s.Count
			}
			if report.Lines != tt.lines || skipped != tt.skipped {
				t.Errorf("report %+v, want %d lines, %d skipped", report, tt.lines, tt.skipped)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nb\x00\xff声"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, report := agenttest.Collect(t, Reader{}, iotest.HalfReader(bytes.NewReader(data)))
		if err := agenttest.Check(events, report); err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(string(data), "\x00", "")
		if got := agenttest.Text(events, agent.Prose); utf8.Valid(data) && got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
