package replay

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"koe/internal/agent/streamgen"
)

// simulated is a clock on which only sleeping takes time.
type simulated struct{ now time.Time }

func (c *simulated) Now() time.Time { return c.now }

func (c *simulated) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// stamps notes when each line was written.
type stamps struct {
	clock *simulated
	at    []int // ms
	all   bytes.Buffer
}

func (s *stamps) Write(p []byte) (int, error) {
	s.at = append(s.at, int(s.clock.now.UnixMilli()))
	return s.all.Write(p)
}

func TestCopy(t *testing.T) {
	delta := func(n int) string {
		return `{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"` + strings.Repeat("声", n) + `"}}}`
	}
	for _, tt := range []struct {
		name  string
		lines []string
		speed float64
		want  []int
	}{
		{"recorded", []string{`{"_t":0}`, `{"_t":100}`, `{"_t":2000.5}`}, 1, []int{0, 100, 2000}},
		{"twice as fast", []string{`{"_t":100}`, `{"_t":2000}`}, 2, []int{50, 1000}},
		{"half as fast", []string{`{"_t":100}`}, 0.5, []int{200}},
		{"backwards", []string{`{"_t":100}`, `{"_t":50}`, `{"_t":-1e300}`}, 1, []int{100, 100, 100}},
		{"absurd", []string{`{"_t":1e300}`}, 1, []int{24 * 3600 * 1000}},
		{"no times", []string{`{"type":"system"}`, `{"type":"stream_event","event":{"type":"message_start"}}`, delta(24), delta(240), `{"type":"user"}`, "noise"}, 1,
			[]int{0, 1500, 1600, 2600, 3100, 3100}},
		{"mixed", []string{`{"_t":100}`, delta(24), `{"_t":1000}`}, 1, []int{100, 200, 1000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := &simulated{now: time.UnixMilli(0)}
			out := &stamps{clock: clock}
			src := strings.Join(tt.lines, "\n") // the last line lacks its newline
			if err := CopyClock(context.Background(), out, strings.NewReader(src), tt.speed, clock); err != nil {
				t.Fatal(err)
			}
			if out.all.String() != src {
				t.Errorf("the lines were changed: %q", out.all.String())
			}
			for i := range tt.want {
				if i >= len(out.at) || out.at[i] != tt.want[i] {
					t.Fatalf("got %v ms, want %v", out.at, tt.want)
				}
			}
		})
	}
}

func TestCopyErrors(t *testing.T) {
	boom := errors.New("boom")
	for _, speed := range []float64{0, -1} {
		if err := Copy(context.Background(), &bytes.Buffer{}, strings.NewReader("x"), speed); err == nil {
			t.Errorf("speed %v: no error", speed)
		}
	}
	if err := Copy(context.Background(), failing{boom}, strings.NewReader("{}\n"), 1); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(5*time.Millisecond, cancel)
	if err := Copy(ctx, &bytes.Buffer{}, strings.NewReader(`{"_t":3600000}`+"\n"), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A generated recording comes out whole, in its own time.
func TestCopyGenerated(t *testing.T) {
	var rec bytes.Buffer
	stats, err := streamgen.Generate(&rec, streamgen.Options{Seed: 1, Sentences: 100})
	if err != nil {
		t.Fatal(err)
	}
	clock := &simulated{now: time.UnixMilli(0)}
	out := &stamps{clock: clock}
	if err := CopyClock(context.Background(), out, bytes.NewReader(rec.Bytes()), 1, clock); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.all.Bytes(), rec.Bytes()) {
		t.Error("the recording was changed")
	}
	if took := out.at[len(out.at)-1]; int64(took) > stats.Duration.Milliseconds() || int64(took) < stats.Duration.Milliseconds()-10000 {
		t.Errorf("took %d ms of %v", took, stats.Duration)
	}
}

func FuzzCopy(f *testing.F) {
	f.Add([]byte(`{"_t":5,"type":"user"}` + "\n" + `{"_t":"x"}` + "\nnoise"))
	f.Fuzz(func(t *testing.T, data []byte) {
		clock := &simulated{now: time.UnixMilli(0)}
		var out bytes.Buffer
		if err := CopyClock(context.Background(), &out, bytes.NewReader(data), 1, clock); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), strings.ReplaceAll(string(data), "\r\n", "\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
