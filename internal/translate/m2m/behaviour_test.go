package m2m

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"koe/internal/model"
	"koe/internal/ort/orttest"
	"koe/internal/testenv"
	"koe/internal/translate"
	"koe/internal/translate/translatetest"
)

// openDefault opens the default model, which lies in the repository.
func openDefault(t testing.TB) *Engine {
	t.Helper()
	rt := orttest.Open(t)
	e, err := OpenDir(rt, filepath.Join(testenv.Root(t), "models", "enja"), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestConformance(t *testing.T) {
	translatetest.TestTranslator(t, func() translate.Translator { return translate.New(openDefault(t), translate.Options{}) })
}

// TestDefaultModel holds what the default model makes of some narration to words that a translation must have.
func TestDefaultModel(t *testing.T) {
	e := openDefault(t)
	defer closeEngine(t, e)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"I'll run the tests again.", []string{"テスト", "実行"}},
		{"The build failed because of a missing file.", []string{"ビルド", "ファイル", "失敗"}},
		{"I replaced <x0> with <x1> in the parser.", []string{"<x0>", "<x1>", "置き換え"}},
		{"There are 3 errors in the log.", []string{"3", "エラー", "ログ"}},
		{"<x0> calls <x1>, and <x1> returns 42.", []string{"<x0>", "<x1>", "42", "返"}},
		{"Let me read the configuration first.", []string{"設定"}},
	} {
		for _, beam := range []int{1, 4} {
			got, err := e.Decode(t.Context(), c.text, "eng_Latn", "jpn_Jpan", beam)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("%q, beam %d: %q, without %q", c.text, beam, got, w)
				}
			}
		}
	}
	for n := range 11 {
		mask, ok := e.Mask(n)
		if want := fmt.Sprintf("<x%d>", n); ok != (n < 10) || ok && mask != want {
			t.Errorf("Mask(%d) = %q, %v", n, mask, ok)
		}
	}
	if n := e.rt.LiveValues(); n != 0 {
		t.Errorf("%d tensors were not released", n)
	}
}

// TestManifest verifies the default model's files against its manifest.
func TestManifest(t *testing.T) {
	dir := os.DirFS(filepath.Join(testenv.Root(t), "models", "enja"))
	data, err := os.ReadFile(filepath.Join(testenv.Root(t), "models", "enja", ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.ParseManifest(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := model.VerifyFiles(t.Context(), m, func(name string) (io.ReadCloser, error) { return dir.Open(name) }); err != nil {
		t.Error(err)
	}
	if m.Size() > 32<<20 {
		t.Errorf("the model has %.1f MiB; it may have 32", float64(m.Size())/(1<<20))
	}
}

func closeEngine(t testing.TB, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// long is a sentence that takes a while.
var long = strings.Repeat("The parser reads the file, and then the writer writes it back. ", 9)

func TestCancel(t *testing.T) {
	e := openDefault(t)
	defer closeEngine(t, e)
	for _, beam := range []int{1, 4} {
		for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			timer := time.AfterFunc(after, func() { at = time.Now(); cancel() })
			_, err := e.Decode(ctx, long, "eng_Latn", "jpn_Jpan", beam)
			late := time.Since(at)
			timer.Stop()
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("beam %d, cancelled after %v: %v", beam, after, err)
			}
			t.Logf("beam %d, cancelled after %v: returned %v later", beam, after, late)
		}
	}
	if n := e.rt.LiveValues(); n != 0 {
		t.Errorf("%d tensors were not released", n)
	}
}

func TestConcurrent(t *testing.T) {
	e, cases := openTiny(t, "uneven", exact)
	target := e.config.LanguageCodes["jpn_Jpan"]
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c := cases[i%len(cases)]
			cross, err := e.encode(t.Context(), c.IDs)
			if err != nil {
				t.Error(err)
				return
			}
			defer release(cross)
			greedy, err := e.greedy(t.Context(), cross, target, c.Steps)
			if err != nil || !slices.Equal(greedy, c.Beam1) {
				t.Errorf("greedy: %v, %v, want %v", greedy, err, c.Beam1)
			}
			beam, err := e.beam(t.Context(), cross, target, 4, c.Steps)
			if err != nil || !slices.Equal(beam, c.Beam4) {
				t.Errorf("beam: %v, %v, want %v", beam, err, c.Beam4)
			}
		})
	}
	wg.Wait()
}

// TestQuantised checks that quantised models of every recipe run and stay near the exact one.
func TestQuantised(t *testing.T) {
	for _, shape := range shapes {
		for _, r := range []Recipe{{Int8, Int8, Int8}, {Int4, Int4, Int8}, DefaultRecipe} {
			t.Run(shape+" "+r.String(), func(t *testing.T) {
				e, cases := openTiny(t, shape, r)
				for _, c := range cases[:3] {
					var dot, a, b float64
					for i, v := range e.states(t, c.IDs) {
						w := float64(c.Encoder[i])
						dot, a, b = dot+float64(v)*w, a+float64(v)*float64(v), b+w*w
					}
					least := 0.99
					if r.Encoder != Int8 {
						least = 0.9
					}
					if cos := dot / (math.Sqrt(a) * math.Sqrt(b)); cos < least {
						t.Errorf("encoder's result has cosine %.4f to the exact one", cos)
					}
					for _, beam := range []int{1, 3} {
						if _, err := e.search(t.Context(), c.IDs, e.config.LanguageCodes["jpn_Jpan"], beam); err != nil {
							t.Fatal(err)
						}
					}
				}
			})
		}
	}
}

func TestErrors(t *testing.T) {
	e, _ := openTiny(t, "even", exact)
	var unsupported *translate.UnsupportedError
	if _, err := e.Decode(t.Context(), "Hello.", "eng_Latn", "fra_Latn", 1); !errors.As(err, &unsupported) {
		t.Errorf("unknown language: %v", err)
	}
	var tooLong *TooLongError
	if _, err := e.Decode(t.Context(), strings.Repeat("a b ", 500), "eng_Latn", "jpn_Jpan", 1); !errors.As(err, &tooLong) {
		t.Errorf("too long: %v", err)
	}
	for _, text := range []string{"", " ", "\u3000"} {
		if got, err := e.Decode(t.Context(), text, "eng_Latn", "jpn_Jpan", 1); got != "" && text == "" || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if err := (Builder{}).Accepts(t.TempDir()); err == nil {
		t.Error("an empty folder is accepted")
	}
	if err := (Builder{}).Accepts(filepath.Join("testdata", "even")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Builder{}).Build(ctx, filepath.Join("testdata", "even"), t.TempDir(), func(model.Progress) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled build: %v", err)
	}
}
