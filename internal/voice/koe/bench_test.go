package koe

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"koe/internal/voice"
)

// BenchmarkFirstChunk prints the parts of the way to the first chunk, medians in ms.
func BenchmarkFirstChunk(b *testing.B) {
	v := testVoice(b)
	r := voice.Request{Text: "設定ファイルを読み込んで、認証ミドルウェアの不具合を調べます。"}
	enough := errors.New("enough")
	parts := map[string][]float64{}
	ctx := voice.WithTrace(context.Background(), func(part string, took time.Duration) {
		parts[part] = append(parts[part], float64(took)/1e6)
	})
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Synthesize(ctx, r, func(voice.Chunk) error { return enough }); !errors.Is(err, enough) {
			b.Fatal(err)
		}
	}
	for part, ms := range parts {
		slices.Sort(ms)
		b.ReportMetric(ms[len(ms)/2], part[:min(5, len(part))]+"-ms")
	}
}

// BenchmarkSentence reports the real-time factor of a whole sentence.
func BenchmarkSentence(b *testing.B) {
	v := testVoice(b)
	r := voice.Request{Text: "設定ファイルを読み込んで、認証ミドルウェアの不具合を調べます。"}
	samples := 0
	b.ReportAllocs()
	for b.Loop() {
		samples = 0
		if err := v.Synthesize(context.Background(), r, func(c voice.Chunk) error { samples += len(c.Samples); return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(float64(samples)/rate), "rtf")
}

func BenchmarkNoise(b *testing.B) {
	dst := make([]float32, 24000)
	for b.Loop() {
		noise(dst, 1, 0)
	}
}
