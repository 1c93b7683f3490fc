package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"koe/internal/audio"
	"koe/internal/pipeline"
	"koe/internal/prose"
	"koe/internal/translate/translatetest"
	"koe/internal/voice"
	"koe/internal/voice/voicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The stream is spoken at its pace: in simulated time, on fakes of known speed.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		translator := translatetest.New(20 * time.Millisecond)
		v := &voicetest.Fake{}
		stream := Stream{Sentences: 6, Seed: 1}
		begun := time.Now()
		s, spoken, err := stream.Run(t.Context(), v.Format(), func(sink audio.Sink, observe func(pipeline.Note)) (*pipeline.Pipeline, error) {
			return pipeline.New(pipeline.Parts{Cutter: prose.NewMux(prose.Options{}), Translator: translator, Voice: v, Sink: sink, Observe: observe},
				pipeline.Options{Source: "eng_Latn", Target: "jpn_Jpan", Lang: "ja"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.Sentences != 6 || s.Spoken != 6 || len(spoken) != 6 || !s.Realtime {
			t.Errorf("%+v", s)
		}
		for _, one := range spoken {
			if one.Source == "" || one.Text == "" {
				t.Errorf("%+v", one)
			}
		}
		if s.FirstSoundIdle.N == 0 || s.Gap.N == 0 || s.FirstSoundIdle.N+s.Gap.N != 6 {
			t.Errorf("%d idle, %d queued: both are needed", s.FirstSoundIdle.N, s.Gap.N)
		}
		if took := time.Since(begun); took < s.Sound {
			t.Errorf("%v for %v of sound", took, s.Sound)
		}
	})
}

func TestStreamCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		v := &voicetest.Fake{}
		_, _, err := Stream{Sentences: 50}.Run(ctx, v.Format(), func(sink audio.Sink, observe func(pipeline.Note)) (*pipeline.Pipeline, error) {
			return pipeline.New(pipeline.Parts{Cutter: prose.NewMux(prose.Options{}), Voice: v, Sink: sink, Observe: observe}, pipeline.Options{})
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err %v", err)
		}
	})
}

func TestFigure(t *testing.T) {
	var d []time.Duration
	for i := range 20 {
		d = append(d, time.Duration(20-i)*time.Millisecond)
	}
	f := FigureOf(d)
	if f != (Figure{20, 10 * time.Millisecond, 19 * time.Millisecond, 20 * time.Millisecond}) {
		t.Errorf("%+v", f)
	}
	got, err := json.Marshal(f)
	if want := `{"n":20,"p50":10,"p95":19,"max":20}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if (FigureOf(nil) != Figure{}) {
		t.Error("no durations: not empty")
	}
}

func TestSentences(t *testing.T) {
	all := Sentences(1000, 15, 20)
	some := Sentences(7, 15, 20)
	if len(all) < 50 || len(some) != 7 {
		t.Fatalf("%d and %d sentences", len(all), len(some))
	}
	for i, s := range append(all, some...) {
		if n := len(strings.Fields(s)); n < 15 || n > 20 || strings.ContainsAny(s, "`’—") {
			t.Errorf("%q", s)
		}
		if slices.Index(all, s) != i && i < len(all) {
			t.Errorf("twice: %q", s)
		}
	}
	if got := Sentences(0, 15, 20); len(got) != 0 {
		t.Errorf("none: %q", got)
	}
}

func TestTable(t *testing.T) {
	table := Table{Columns: []string{"a", "n", "p50", "p95", "max"}}
	table.AddFigure("声", FigureOf([]time.Duration{1500 * time.Microsecond}))
	table.AddFigure("nothing", Figure{})
	var b strings.Builder
	if err := table.Print(&b); err != nil {
		t.Fatal(err)
	}
	want := `| a       | n |    p50 |    p95 |    max |
|---------|--:|-------:|-------:|-------:|
| 声       | 1 | 1.5 ms | 1.5 ms | 1.5 ms |
| nothing | 0 |      – |      – |      – |
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(_ context.Context, _ voice.Request, n int) error {
			if n == 0 {
				time.Sleep(30 * time.Millisecond)
			}
			return nil
		}
		bad := errors.New("lost its voice")
		var parts Parts
		got, err := Compare(t.Context(), []Speaker{
			Synthesizer("slow", &voicetest.Fake{Delay: slow}, voice.Request{Lang: "ja"}, parts.Add),
			Synthesizer("mute", &voicetest.Fake{Fail: func(voice.Request) error { return bad }}, voice.Request{Lang: "ja"}, nil),
		}, []string{"かなです。", "もう一つ。", "…"})
		if err != nil {
			t.Fatal(err)
		}
		if f := got[0]; f.First.N != 2 || f.First.P50 < 30*time.Millisecond || f.First.P50 > 60*time.Millisecond || f.Factor <= 0 || f.Failed != 1 {
			t.Errorf("%+v", f)
		}
		if f := got[1]; f.First.N != 0 || f.Failed != 3 || f.Error != bad.Error() {
			t.Errorf("%+v", f)
		}
	})
}

func TestParts(t *testing.T) {
	var p Parts
	p.Add("g2p", 2*time.Millisecond)
	p.Add("acoustic", 8*time.Millisecond)
	p.Add("g2p", 4*time.Millisecond)
	got, err := json.Marshal(p.Figures())
	if want := `[{"name":"g2p","n":2,"p50":2,"p95":4,"max":4},{"name":"acoustic","n":1,"p50":8,"p95":8,"max":8}]`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestTranslate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := &translatetest.Engine{Delay: 10 * time.Millisecond}
		slow := &translatetest.Engine{Delay: 60 * time.Millisecond}
		decode := func(e *translatetest.Engine) Decoder {
			return func(ctx context.Context, text string) (string, error) {
				return e.Decode(ctx, text, "eng_Latn", "jpn_Jpan", 1)
			}
		}
		got, err := Translate(t.Context(), []string{"fast", "slow"}, []Decoder{decode(fast), decode(slow)}, []string{"one", "two"}, 3,
			func(string) int { return 6 })
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Sentence.P50 != 10*time.Millisecond || got[1].Sentence.Max != 60*time.Millisecond || got[1].TokensPerSec != 100 {
			t.Errorf("%+v", got)
		}
		if fast.Calls() != 7 || slow.Calls() != 7 {
			t.Errorf("%d and %d calls", fast.Calls(), slow.Calls())
		}
		if n := Same(got[0], got[1]); n != 2 {
			t.Errorf("%d are the same", n)
		}
		got[1].Translations[1] = "x"
		if n := Same(got[0], got[1]); n != 1 {
			t.Errorf("%d are the same", n)
		}
		fast.Err = errors.New("broken")
		if _, err := Translate(t.Context(), []string{"fast"}, []Decoder{decode(fast)}, []string{"one"}, 1, nil); !errors.Is(err, fast.Err) || !strings.Contains(err.Error(), "fast") {
			t.Errorf("err %v", err)
		}
	})
}

// The protocol with the peer, on a script of the shell's.
func TestTransformers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	script := func(text string) string {
		name := filepath.Join(t.TempDir(), "peer.sh")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good := script(`echo "{\"versions\":{\"args\":\"$*\"}}"
while read -r line; do echo "{\"ms\":1,\"text\":\"<$line>\"}"; done`)
	p, err := StartTransformers(t.Context(), "sh", good, "DIR", 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Versions["args"]; got != "DIR --serve --threads 2" {
		t.Errorf("arguments %q", got)
	}
	for _, s := range []string{"One two.", "Three."} {
		if got, err := p.Decode(t.Context(), s); err != nil || got != "<"+s+">" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	var skip *SkipError
	if _, err = StartTransformers(t.Context(), "sh", script("echo no torch >&2; exit 1"), "DIR", 2); !errors.As(err, &skip) || !strings.Contains(err.Error(), "no torch") {
		t.Errorf("err %v", err)
	}
	if _, err = StartTransformers(t.Context(), filepath.Join(t.TempDir(), "python"), good, "DIR", 2); !errors.As(err, &skip) || !strings.Contains(err.Error(), "--python") {
		t.Errorf("err %v", err)
	}
}

func TestOpenJTalkMissing(t *testing.T) {
	var skip *SkipError
	if _, err := OpenJTalk(filepath.Join(t.TempDir(), "no"), filepath.Join(t.TempDir(), "no"), t.TempDir()); !errors.As(err, &skip) {
		t.Errorf("err %v", err)
	}
}

func TestWatch(t *testing.T) {
	stop := Watch(time.Millisecond)
	held := bytes.Repeat([]byte{1}, 32<<20)
	time.Sleep(5 * time.Millisecond)
	m, err := stop()
	if err != nil {
		t.Skip("this kernel does not tell: ", err)
	}
	if m.Anonymous < uint64(len(held)) || m.Total < m.Anonymous {
		t.Errorf("%+v", m)
	}
	runtime.KeepAlive(held)
}
