package koe

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"koe/internal/ort"
	"koe/internal/ort/orttest"
	"koe/internal/testenv"
	"koe/internal/voice"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened is the voice that tests share: nothing in it changes.
var opened struct {
	sync.Once
	v *Voice
}

func testVoice(t testing.TB) *Voice {
	t.Helper()
	rt := orttest.Open(t)
	opened.Do(func() { opened.v = openVoice(t, rt, Options{}) })
	if opened.v == nil {
		t.Fatal("the voice did not open")
	}
	return opened.v
}

func openVoice(t testing.TB, rt *ort.Runtime, opts Options) *Voice {
	t.Helper()
	v, err := Open(rt, testModels(t), testLexicon(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func testModels(t testing.TB) Models {
	t.Helper()
	read := func(elem ...string) []byte {
		data, err := os.ReadFile(filepath.Join(append([]string{testenv.Root(t), "models"}, elem...)...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	return Models{G2P: read("g2p-ja", "g2p.onnx"), G2PTable: read("g2p-ja", "g2p.json"),
		Acoustic: read("voice-ja", "acoustic.onnx"), Vocoder: read("voice-ja", "vocoder.onnx")}
}

func say(t testing.TB, v *Voice, r voice.Request) ([]float32, []voice.Mark) {
	t.Helper()
	var samples []float32
	var marks []voice.Mark
	err := v.Synthesize(context.Background(), r, func(c voice.Chunk) error {
		for _, m := range c.Marks {
			marks = append(marks, voice.Mark{Sample: len(samples) + m.Sample, Offset: m.Offset})
		}
		samples = append(samples, c.Samples...)
		return nil
	})
	if err != nil {
		t.Fatalf("%q: %v", r.Text, err)
	}
	return samples, marks
}

type sentenceGolden struct {
	Text, Plain string
	Tokens      []string
	Source      []int32
	IDs, Acc    []int64
	Dur         []int64
	Start       int
	F0          []float32
}

// TestGolden compares tokens, phonemes, durations and F0 of 100 sentences with training/say.py's.
func TestGolden(t *testing.T) {
	v := testVoice(t)
	var rows []sentenceGolden
	if err := json.Unmarshal(gunzip(t, "phonemes.json.gz"), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 100 {
		t.Fatalf("%d sentences", len(rows))
	}
	phonemes, moved := 0, 0
	for _, g := range rows {
		s := v.scratch.Get().(*scratch)
		j := &job{scratch: s, request: voice.Request{Text: g.Text, Speed: 1}, offset: -1}
		j.cells = s.normaliser.normalise(g.Text)
		if got := plain(j.cells); got != g.Plain {
			t.Errorf("%q: normalised %q, want %q", g.Text, got, g.Plain)
			continue
		}
		if n := nextPiece(j.cells); n != len(j.cells) {
			t.Errorf("%q: cut after %d of %d characters", g.Text, n, len(j.cells))
			continue
		}
		tokens, err := v.readTokens(t.Context(), s, j.cells, 0)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		var source []int32
		for _, k := range tokens {
			names = append(names, v.name(k))
			source = append(source, k.cell)
		}
		if !slices.Equal(undevoiced(names), undevoiced(g.Tokens)) || !slices.Equal(source, g.Source) {
			t.Errorf("%q:\n got %v %v\nwant %v %v", g.Text, names, source, g.Tokens, g.Source)
			continue
		}
		if _, rest := v.nextUnit(tokens); len(rest) > 0 {
			t.Errorf("%q: cut %d tokens before the end", g.Text, len(rest))
			continue
		}
		x, err := v.frames(t.Context(), j, tokens)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.phonemes.ids, g.IDs) || !slices.Equal(s.phonemes.acc, g.Acc) {
			t.Errorf("%q:\n got %v %v\nwant %v %v", g.Text, s.phonemes.ids, s.phonemes.acc, g.IDs, g.Acc)
		}
		// A duration at the edge between two frames may fall either way on another processor.
		same := true
		for i, d := range x.durations {
			phonemes++
			if d != g.Dur[i] {
				moved++
				same = false
				if d-g.Dur[i] > 1 || g.Dur[i]-d > 1 {
					t.Errorf("%q: phoneme %d lasts %d frames, want %d", g.Text, i, d, g.Dur[i])
				}
			}
		}
		if same {
			if x.start != g.Start {
				t.Errorf("%q: starts at %d, want %d", g.Text, x.start, g.Start)
			}
			for i, f := range x.f0 {
				if d := math.Abs(float64(f - g.F0[i])); d > 0.2 && f > 0 && g.F0[i] > 0 {
					t.Errorf("%q: F0 of frame %d is %v, want %v", g.Text, i, f, g.F0[i])
					break
				}
			}
		}
		x.release()
		v.scratch.Put(s)
	}
	t.Logf("%d of %d durations differ by a frame", moved, phonemes)
	if moved*500 > phonemes {
		t.Errorf("%d of %d durations differ", moved, phonemes)
	}
}

// name writes a token as the reference does, without devoicing.
func (v *Voice) name(k token) string {
	switch s := v.table.symbols[k.symbol]; s.kind {
	case kindPhrase:
		return "#"
	case kindWord:
		return "_"
	case kindMark:
		return map[int64]string{3: "、", 4: "。", 6: "？", 5: "！"}[s.phonemes[0]]
	default:
		if k.high {
			return s.mora + "1"
		}
		return s.mora + "0"
	}
}

func undevoiced(names []string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "*", "")
	}
	return out
}

// TestSamples compares the sound with the reference's, which makes the whole sentence at once.
func TestSamples(t *testing.T) {
	v := testVoice(t)
	head, data, _ := bytes.Cut(gunzip(t, "samples.bin.gz"), []byte("\n"))
	var rows []struct {
		Text    string
		Samples int
	}
	if err := json.Unmarshal(head, &rows); err != nil {
		t.Fatal(err)
	}
	for _, g := range rows {
		want := make([]float32, g.Samples)
		var y int16
		for i := range want {
			y += int16(binary.LittleEndian.Uint16(data[2*i:]))
			want[i] = float32(y) / (1 << 15)
		}
		data = data[2*g.Samples:]
		got, _ := say(t, v, voice.Request{Text: g.Text, Lang: "ja"})
		// The silence before it is trimmed: find where it begins.
		skip := 0
		for skip < len(want) && math.Abs(float64(want[skip])) < voice.Silence {
			skip++
		}
		skip = max(0, skip-margin)
		worst := 2.0
		for shift := max(0, skip-2); shift <= skip+2; shift++ {
			d := 0.0
			for i := range got {
				d = max(d, math.Abs(float64(got[i]-want[shift+i])))
			}
			worst = min(worst, d)
		}
		rest := 0.0
		for _, w := range want[min(len(want), skip+len(got)+300):] {
			rest = max(rest, math.Abs(float64(w)))
		}
		t.Logf("%s: %d of %d samples, difference %.1e, trimmed sound at most %.1e", g.Text, len(got), len(want), worst, rest)
		if worst > 1.2e-4 {
			t.Errorf("%s: differs by %v", g.Text, worst)
		}
		if rest > 2*voice.Silence {
			t.Errorf("%s: sound of %v trimmed", g.Text, rest)
		}
	}
}

// TestChunks compares the sound in chunks of several sizes with the whole.
func TestChunks(t *testing.T) {
	v := testVoice(t)
	s := v.scratch.Get().(*scratch)
	j := &job{scratch: s, request: voice.Request{Speed: 1}, offset: -1}
	j.cells = s.normaliser.normalise("設定ファイルを読み込んで、不具合を調べます。")
	tokens, err := v.readTokens(t.Context(), s, j.cells, 0)
	if err != nil {
		t.Fatal(err)
	}
	x, err := v.frames(t.Context(), j, tokens)
	if err != nil {
		t.Fatal(err)
	}
	defer x.release()
	var whole []float32
	if err := v.vocode(t.Context(), j, x, 0, len(x.f0), func(y []float32) error { whole = slices.Clone(y); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{7, 12, 33, 40, 120} {
		worst := 0.0
		for a := 0; a < len(x.f0); a += size {
			b := min(len(x.f0), a+size)
			err := v.vocode(t.Context(), j, x, a, b, func(y []float32) error {
				for i := range y {
					worst = max(worst, math.Abs(float64(y[i]-whole[a*hop+i])))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if worst > 1e-4 {
			t.Errorf("chunks of %d: differ by %v", size, worst)
		}
		t.Logf("chunks of %d frames: %.1e", size, worst)
	}
}

func TestRequestErrors(t *testing.T) {
	v := testVoice(t)
	emit := func(voice.Chunk) error { return nil }
	var lang *voice.LangError
	if err := v.Synthesize(t.Context(), voice.Request{Text: "hello", Lang: "en"}, emit); !errors.As(err, &lang) || !strings.Contains(err.Error(), "espeak") {
		t.Errorf("English: %v", err)
	}
	for _, r := range []voice.Request{{Speed: 0.4}, {Speed: 3.1}, {Speed: math.NaN()}, {Pitch: 13}, {Volume: 2.5}, {Volume: -1}} {
		if err := v.Synthesize(t.Context(), r, emit); err == nil {
			t.Errorf("%+v: no error", r)
		}
	}
}

func TestMarks(t *testing.T) {
	v := testVoice(t)
	for _, text := range []string{
		"設定を読み込みます。次に、テストを実行して、結果を確認します。",
		"`src/main.go`を直しました。3.5%のエラーが、10分で、なくなりました。",
	} {
		samples, marks := say(t, v, voice.Request{Text: text})
		var clauses []string
		for i, m := range marks {
			end := len(text)
			if i+1 < len(marks) {
				end = marks[i+1].Offset
			}
			if m.Sample < 0 || m.Sample >= len(samples) || i > 0 && m.Sample <= marks[i-1].Sample || end < m.Offset {
				t.Fatalf("marks %v of %d samples", marks, len(samples))
			}
			clauses = append(clauses, text[m.Offset:end])
		}
		want := strings.SplitAfter(strings.NewReplacer("、", "、|", "。", "。|").Replace(strings.Trim(text, "`")), "|")
		for i := range want {
			want[i] = strings.TrimSuffix(want[i], "|")
		}
		if want = want[:len(want)-1]; !slices.Equal(clauses, want) {
			t.Errorf("got %q, want %q", clauses, want)
		}
	}
}

// TestTrace also prints the time to the first sound.
func TestTrace(t *testing.T) {
	v := testVoice(t)
	r := voice.Request{Text: "設定ファイルを読み込んで、認証ミドルウェアの不具合を調べます。"}
	best := map[string]time.Duration{}
	var order []string
	for range 5 {
		order = order[:0]
		ctx := voice.WithTrace(t.Context(), func(part string, took time.Duration) {
			order = append(order, part)
			if b, ok := best[part]; !ok || took < b {
				best[part] = took
			}
		})
		if err := v.Synthesize(ctx, r, func(voice.Chunk) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(order, []string{"normalise", "g2p", "acoustic", "first chunk"}) {
		t.Errorf("parts %q", order)
	}
	t.Log(best)
}
