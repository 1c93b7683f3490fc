package koe

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"koe/internal/voice"
)

// BenchmarkCancel cancels a long text at a random moment and reports how long Synthesize takes to return: the median and
// the worst, in milliseconds.
func BenchmarkCancel(b *testing.B) {
	v := testVoice(b)
	text := ""
	for range 40 {
		text += "次のテストでは、関数の戻り値を確かめてから、残りの変更をまとめてコミットします。"
	}
	r := rand.New(rand.NewPCG(1, 2))
	var late []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		var at time.Time
		timer := time.AfterFunc(time.Duration(r.IntN(120))*time.Millisecond, func() {
			at = time.Now()
			cancel()
		})
		err := v.Synthesize(ctx, voice.Request{Text: text, Lang: "ja"}, func(voice.Chunk) error { return nil })
		if err == nil {
			b.Fatal("it was not cancelled")
		}
		late = append(late, time.Since(at))
		timer.Stop()
		cancel()
	}
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(late[len(late)-1].Microseconds())/1e3, "max-ms")
}
