package audiotest_test

import (
	"math"
	"testing"

	"koe/internal/audio/audiotest"
)

func TestLocate(t *testing.T) {
	chirp := audiotest.Chirp(8000, 2000, 300, 2000, 0.5)
	other := audiotest.Chirp(8000, 2000, 2000, 300, 0.5)
	rec := make([]float32, 20000)
	for i, v := range chirp {
		rec[3000+i] += v * 0.3
		rec[9000+i] += v
	}
	copy(rec[15000:], other)
	for _, tt := range []struct {
		sound      []float32
		from, want int
	}{{chirp, 0, 3000}, {chirp, 3001, 9000}, {other, 0, 15000}} {
		at, s := audiotest.Locate(rec, tt.sound, tt.from)
		if at != tt.want && tt.from > 0 || at != 3000 && at != 9000 && at != 15000 || math.Abs(s-1) > 1e-3 {
			t.Errorf("from %d: %d (%.3f), want %d", tt.from, at, s, tt.want)
		}
	}
	if at, s := audiotest.Locate(rec, chirp, 11000); s > 0.5 {
		t.Errorf("found at %d (%.3f) what isn't there", at, s)
	}
	if _, s := audiotest.Locate(nil, chirp, 0); s != 0 {
		t.Errorf("found in nothing: %v", s)
	}
}
