package claude_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"koe/internal/agent"
	"koe/internal/agent/claude"
	"koe/internal/agent/streamgen"
)

func BenchmarkRead(b *testing.B) {
	var data bytes.Buffer
	stats, err := streamgen.Generate(&data, streamgen.Options{Seed: 1, Bytes: 50 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	var took time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := (claude.Reader{}).Read(context.Background(), bytes.NewReader(data.Bytes()), func(agent.Event) error { return nil }); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N)/float64(stats.Lines), "ns/line")
}
