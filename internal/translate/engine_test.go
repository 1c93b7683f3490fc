package translate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"koe/internal/translate"
	"koe/internal/translate/translatetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	translatetest.TestTranslator(t, func() translate.Translator { return translatetest.New(0) })
}

func TestConformanceOfCache(t *testing.T) {
	translatetest.TestTranslator(t, func() translate.Translator {
		c, err := translate.NewCache(translatetest.New(time.Millisecond), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

func request(text string) translate.Request {
	return translate.Request{Text: text, Source: "eng_Latn", Target: "jpn_Jpan"}
}

// losing returns what the spoiled engine loses: anything of the list, in searches narrower than the beam, in texts longer
// than so many words.
func losing(beam, words int, what ...string) func(text, out string, b int) (string, bool) {
	return func(text, out string, b int) (string, bool) {
		if b >= beam || len(strings.Fields(text)) <= words {
			return "", false
		}
		for _, w := range what {
			out = strings.ReplaceAll(out, w, "")
		}
		return out, true
	}
}

// TestFallbacks: whatever an engine loses comes back, and the translation says by which means.
func TestFallbacks(t *testing.T) {
	for _, c := range []struct {
		name  string
		text  string
		spoil func(text, out string, beam int) (string, bool)
		want  translate.Fallback
		runs  int
	}{
		{"nothing lost", "The `cache` holds 3 entries.", nil, translate.NoFallback, 1},
		{"span, greedy search alone", "The `cache` holds 3 entries.", losing(2, 0, "<x0>"), translate.SecondTry, 2},
		{"number, greedy search alone", "The `cache` holds 30 entries.", losing(2, 0, "30"), translate.SecondTry, 2},
		{"name, greedy search alone", "The file main.go has no tests.", losing(2, 0, "main.go"), translate.SecondTry, 2},
		{"number, until hidden", "The cache holds 30 entries.", losing(9, 0, "30"), translate.SecondTry, 3},
		{"name, until hidden", "The file main.go has no tests.", losing(9, 0, "main.go"), translate.SecondTry, 3},
		{"span, in long texts", "The old `cache` is gone now, and the new `store` holds 3 entries.", losing(9, 7, "<x1>"), translate.Piecewise, -1},
		{"span, always", "The old `cache` is gone now, and the new `store` holds 3 entries.", losing(9, 0, "<x0>", "<x1>"), translate.Piecewise, -1},
		{"everything, always", "The old `cache` is gone and main.go has 12 tests.", losing(9, 0, "<x0>", "<x1>", "<x2>", "main.go", "12"), translate.Piecewise, -1},
		{"repetition", "We look at it, then we fix it.", func(_, out string, b int) (string, bool) { return strings.Repeat("かな", 20), b < 2 }, translate.SecondTry, 2},
		{"nothing at all", "We look at it, then we fix it.", func(string, string, int) (string, bool) { return "", true }, translate.Piecewise, -1},
		{"foreign placeholder", "The `cache` holds 3 entries.", func(_, out string, _ int) (string, bool) { return out + "<x7>", true }, translate.NoFallback, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &translatetest.Engine{Spoil: c.spoil}
			tr := translate.New(e, translate.Options{})
			got, err := tr.Translate(context.Background(), request(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if l := translate.Compare(request(c.text), got.Text); len(got.Lost)+len(l.Spans)+len(l.Numbers)+len(l.Names) > 0 {
				t.Errorf("%q lost %q %+v", got.Text, got.Lost, l)
			}
			if got.Fallback != c.want || c.runs > 0 && e.Calls() != c.runs {
				t.Errorf("%q: fallback %d after %d runs, want %d after %d", got.Text, got.Fallback, e.Calls(), c.want, c.runs)
			}
			if (got.Fallback != translate.NoFallback) != (got.First != "" || c.name == "nothing at all") {
				t.Errorf("the first try is %q", got.First)
			}
			if strings.Contains(got.Text, "<x") {
				t.Errorf("a placeholder is left in %q", got.Text)
			}
		})
	}
}

// TestNothingLost: whatever an engine drops, spans stay, and the work is bounded.
func TestNothingLost(t *testing.T) {
	words := []string{"the", "server", "`a`", "`b.c`", "`d e`", "main.go", "--flag", "12", "1,024", "99.9%", "and", "which", "reads,", "writes.", "v1.2.3", "snake_case"}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 40).Draw(rt, "words"), " ")
		drop := rapid.SliceOf(rapid.SampledFrom([]string{"<x0>", "<x1>", "<x2>", "12", "main.go", "1,024", "--flag", "v1.2.3"})).Draw(rt, "dropped")
		e := &translatetest.Engine{Spoil: losing(rapid.IntRange(1, 9).Draw(rt, "beam"), rapid.IntRange(0, 10).Draw(rt, "longer than"), drop...)}
		tr := translate.New(e, translate.Options{HideNames: rapid.Bool().Draw(rt, "hide names")})
		got, err := tr.Translate(context.Background(), request(text))
		if err != nil {
			rt.Fatal(err)
		}
		if l := translate.Compare(request(text), got.Text); len(l.Spans)+len(l.Numbers)+len(l.Names) > 0 {
			rt.Fatalf("%q became %q and lost %+v", text, got.Text, l)
		}
		if e.Calls() > 40 {
			rt.Fatalf("%d runs for %q", e.Calls(), text)
		}
	})
}

func TestErrors(t *testing.T) {
	broken := errors.New("out of memory")
	e := &translatetest.Engine{Err: broken}
	tr := translate.New(e, translate.Options{})
	if _, err := tr.Translate(context.Background(), request("Hello there.")); !errors.Is(err, broken) {
		t.Errorf("the engine's error: %v", err)
	}
	if err := tr.Close(); err != nil || !e.Closed() {
		t.Errorf("Close: %v, engine closed: %v", err, e.Closed())
	}
	slow := translatetest.New(time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := slow.Translate(ctx, request("Hello there.")); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}

func TestCache(t *testing.T) {
	e := &translatetest.Engine{}
	c, err := translate.NewCache(translate.New(e, translate.Options{}), 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(text string, tentative bool) translate.Translation {
		t.Helper()
		r := request(text)
		r.Tentative = tentative
		got, err := c.Translate(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	ask("A guess.", true)
	if got := ask("A guess.", true); got.Cached {
		t.Error("a tentative translation was stored")
	}
	if s := c.Stats(); s.Entries != 0 || s.Bytes != 0 {
		t.Errorf("after tentative work: %+v", s)
	}
	r := request("A guess.")
	r.Tentative = true
	kept := ask("A guess.", true)
	c.Keep(r, kept)
	if got := ask("A guess.", true); !got.Cached || got.Text != kept.Text {
		t.Errorf("after Keep: %+v", got)
	}
	first := ask("Certain.", false)
	calls := e.Calls()
	if got := ask("Certain.", false); !got.Cached || got.Text != first.Text || e.Calls() != calls {
		t.Errorf("asked again: %+v, %d more runs", got, e.Calls()-calls)
	}
	if got, err := c.Translate(context.Background(), translate.Request{Text: "Certain.", Source: "jpn_Jpan", Target: "eng_Latn"}); err != nil || got.Cached {
		t.Errorf("other languages: %+v, %v", got, err)
	}
	if s := c.Stats(); s.Hits != 2 || s.Misses != 5 || s.Entries != 3 || s.Bytes <= 0 {
		t.Errorf("%+v", s)
	}
	for i := range 2000 { // far beyond the limit
		ask(fmt.Sprintf("This is the sentence %d.", i), false)
	}
	if s := c.Stats(); s.Bytes > 1<<16+4096 {
		t.Errorf("%d bytes, limit %d", s.Bytes, 1<<16)
	}
	e.Err = errors.New("broken")
	if _, err := c.Translate(context.Background(), request("Fails now.")); !errors.Is(err, e.Err) {
		t.Errorf("an error: %v", err)
	}
	e.Err = nil
	if got := ask("Fails now.", false); got.Cached {
		t.Error("an error was stored")
	}
	if err := c.Close(); err != nil || !e.Closed() || c.Stats().Entries != 0 {
		t.Errorf("Close: %v, %+v", err, c.Stats())
	}
	if _, err := translate.NewCache(c, 0); err == nil {
		t.Error("a cache of nothing")
	}
}

func FuzzTranslate(f *testing.F) {
	for _, s := range translatetest.Sentences {
		f.Add(s, "")
		f.Add(s, "モデルの出力 <x0>, <x9>. \"12\"")
	}
	f.Fuzz(func(t *testing.T, text, output string) {
		e := &translatetest.Engine{Spoil: func(string, string, int) (string, bool) { return output, output != "" }}
		got, err := translate.New(e, translate.Options{}).Translate(context.Background(), request(text))
		if err != nil {
			t.Fatal(err)
		}
		if l := translate.Compare(request(text), got.Text); len(l.Spans) > 0 {
			t.Fatalf("%q became %q and lost %q", text, got.Text, l.Spans)
		}
		if !utf8.ValidString(got.Text) {
			t.Fatalf("%q became %q", text, got.Text)
		}
	})
}

// An encoded string right before a Japanese particle is there.
func TestCompareEncoded(t *testing.T) {
	long := strings.Repeat("Abcdefgh.", 8) + "End"
	r := translate.Request{Text: "See " + long + " and `x`.", Source: "eng_Latn", Target: "jpn_Jpan"}
	if l := translate.Compare(r, long+"と`x`を見てください。"); len(l.Spans) != 0 || l.AllSpans != 2 {
		t.Errorf("%+v", l)
	}
	if l := translate.Compare(r, long[1:]+"とxを見てください。"); len(l.Spans) != 2 {
		t.Errorf("%+v", l)
	}
}
