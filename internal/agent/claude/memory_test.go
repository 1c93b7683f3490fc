//go:build !race

// The race detector has a memory of its own.

package claude_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"koe/internal/agent"
	"koe/internal/agent/claude"
	"koe/internal/agent/streamgen"
)

// piped is a generated stream that is made while it is read, so that only the reader's memory counts.
func piped(t testing.TB, o streamgen.Options) io.Reader {
	t.Helper()
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := streamgen.Generate(pw, o)
		pw.CloseWithError(err)
	}()
	t.Cleanup(func() {
		_ = pr.Close()
		<-done
	})
	return pr
}

// heapPeak reads src and returns the most bytes that were live after a collection on the way.
func heapPeak(t *testing.T, src io.Reader) (uint64, agent.Report) {
	t.Helper()
	var peak uint64
	var m runtime.MemStats
	n := 0
	report, err := claude.Reader{}.Read(context.Background(), src, func(agent.Event) error {
		if n++; n%5000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	return max(peak, m.HeapAlloc), report
}

func TestMemoryIsBounded(t *testing.T) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	const allowed = 24 << 20
	check := func(name string, peak uint64) {
		t.Helper()
		if peak > before && peak-before > allowed {
			t.Errorf("%s: %d MB more than before", name, (peak-before)>>20)
		}
	}

	peak, report := heapPeak(t, piped(t, streamgen.Options{Seed: 1, Bytes: 50 << 20}))
	check("a stream of 50 MB", peak)
	if report.Lines < 50000 || len(report.Skipped) > 0 {
		t.Errorf("report %+v", report)
	}

	// one line of 64 MB without an end, then a good one
	long := io.MultiReader(strings.NewReader(`{"type":"assistant","message":{"content":"`), io.LimitReader(letters{}, 64<<20),
		strings.NewReader("\n"+`{"type":"assistant","message":{"id":"m","content":"Hello."}}`+"\n"))
	peak, report = heapPeak(t, long)
	check("a line of 64 MB", peak)
	if report.Events != 2 || len(report.Skipped) != 1 {
		t.Errorf("report %+v", report)
	}

	// subagents, messages and blocks that never end
	var endless []io.Reader
	for i := range 100 {
		var b bytes.Buffer
		for j := range 200 {
			fmt.Fprintf(&b, `{"type":"stream_event","parent_tool_use_id":"%d","event":{"type":"message_start","message":{"id":"%d.%d"}}}`+"\n", i, i, j)
			fmt.Fprintf(&b, `{"type":"stream_event","parent_tool_use_id":"%d","event":{"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":"%s"}}}`+"\n", i, j, strings.Repeat("x", 2000))
		}
		endless = append(endless, &b)
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	before = m.HeapAlloc
	peak, _ = heapPeak(t, io.MultiReader(endless...))
	check("messages without end", peak)
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
